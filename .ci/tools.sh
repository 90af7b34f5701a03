#!/bin/sh
# Installs what the tests need beside Go and a C compiler, at fixed versions,
# into .tools: programs in .tools/bin, the Python peers in .tools/peer.
# Idempotent: what is there at its version is left alone.
#
#	.ci/tools.sh            everything
#	.ci/tools.sh NAME...    of versitygw, golangci-lint, peer
set -eu
cd "$(dirname "$0")/.."
mkdir -p .tools/bin
GOBIN="$PWD/.tools/bin"
export GOBIN

# program NAME MODULE VERSION
program() {
	if [ "$(cat ".tools/$1.version" 2>/dev/null)" = "$2@$3" ] && [ -x ".tools/bin/$1" ]; then
		return
	fi
	echo "installing $1 $3"
	# Outside the module, so that its go.mod does not decide.
	(cd / && GOFLAGS='' CGO_ENABLED=0 go install "$2@$3")
	echo "$2@$3" >".tools/$1.version"
}

# peer makes the virtual environment of bench/requirements.txt anew when that
# has changed: upgrading in place leaves what is no longer asked for.
peer() {
	if cmp -s bench/requirements.txt .tools/peer/installed.txt; then
		return
	fi
	echo "installing the Python peers"
	if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
		echo "tools.sh: found $(python3 --version 2>&1), the peers need Python 3.11 or later" >&2
		return 1
	fi
	rm -rf .tools/peer
	python3 -m venv .tools/peer || {
		echo "tools.sh: no virtual environment (fix: apt-get install python3-venv)" >&2
		return 1
	}
	.tools/peer/bin/pip install --quiet --disable-pip-version-check --only-binary :all: -r bench/requirements.txt
	# Last, so that an install that was stopped is made again.
	cp bench/requirements.txt .tools/peer/installed.txt
}

[ $# -gt 0 ] || set -- versitygw golangci-lint peer
for tool; do
	case $tool in
	# A real S3 server for the tests of blob/s3blob. Apache-2.0.
	versitygw) program versitygw github.com/versity/versitygw/cmd/versitygw v1.8.0 ;;
	# GPL-3.0: run beside us, never linked.
	golangci-lint) program golangci-lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint v2.15.0 ;;
	peer) peer ;;
	*)
		echo "tools.sh: unknown tool $tool; have versitygw, golangci-lint, peer" >&2
		exit 2
		;;
	esac
done
