#!/bin/sh
# Installs what the tests need beside Go and a C compiler, at fixed versions,
# into .tools: programs in .tools/bin, the Python peers in .tools/peer, the
# official Icechunk engines in .tools/oracle.
# Idempotent: what is there at its version is left alone.
#
#	.ci/tools.sh            everything
#	.ci/tools.sh NAME...    of versitygw, golangci-lint, peer, oracle
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

# oracle installs the engine of Icechunk for Node, and for Python where there is
# one of version 3.12 or later. .tools/oracle/node runs a script with it.
oracle() {
	oracle_node
	oracle_python
}

oracle_node() {
	dir=.tools/oracle
	if ! cmp -s .ci/oracle/package.json "$dir/node.installed"; then
		echo "installing the Icechunk engine for Node"
		if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
			echo "tools.sh: no node or no npm, the Icechunk engine needs Node 18 or later" >&2
			return 1
		fi
		rm -rf "$dir/modules" "$dir/node" "$dir/node.installed"
		mkdir -p "$dir/modules"
		cp .ci/oracle/package.json "$dir/modules/"
		npm install --prefix "$dir/modules" --no-audit --no-fund --no-package-lock --ignore-scripts --loglevel=error
		preload=
		if ! NODE_PATH="$dir/modules/node_modules" node -e 'require("@earthmover/icechunk")' 2>/dev/null; then
			"${CC:-cc}" -shared -fPIC -o "$dir/glibc.so" .ci/oracle/glibc.c
			preload="LD_PRELOAD='$PWD/$dir/glibc.so' "
		fi
		printf '#!/bin/sh\nNODE_PATH=%s %sexec node "$@"\n' "'$PWD/$dir/modules/node_modules'" "$preload" >"$dir/node"
		chmod +x "$dir/node"
		"$dir/node" -e 'require("@earthmover/icechunk")'
		cp .ci/oracle/package.json "$dir/node.installed"
	fi
}

# modern_python names a Python of version 3.12 or later: on the path, or one that
# pyenv has installed.
modern_python() {
	for python in python3.13 python3.12 python3 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[2-9]*/bin/python; do
		if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then
			echo "$python"
			return
		fi
	done
}

oracle_python() {
	dir=.tools/oracle
	if cmp -s .ci/oracle/requirements.txt "$dir/python.installed"; then
		return
	fi
	python=$(modern_python)
	if [ -z "$python" ]; then
		echo "tools.sh: no Python 3.12 or later: the tests with zarr-python and xarray are skipped" >&2
		return
	fi
	echo "installing Icechunk, Zarr and xarray for Python"
	rm -rf "$dir/python" "$dir/python.installed"
	mkdir -p "$dir"
	"$python" -m venv "$dir/python" || {
		echo "tools.sh: no virtual environment (fix: apt-get install python3-venv)" >&2
		return 1
	}
	"$dir/python/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: -r .ci/oracle/requirements.txt
	cp .ci/oracle/requirements.txt "$dir/python.installed"
}

[ $# -gt 0 ] || set -- versitygw golangci-lint peer oracle
for tool; do
	case $tool in
	# A real S3 server for the tests of blob/s3blob. Apache-2.0.
	versitygw) program versitygw github.com/versity/versitygw/cmd/versitygw v1.8.0 ;;
	# GPL-3.0: run beside us, never linked.
	golangci-lint) program golangci-lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint v2.15.0 ;;
	peer) peer ;;
	oracle) oracle ;;
	*)
		echo "tools.sh: unknown tool $tool; have versitygw, golangci-lint, peer, oracle" >&2
		exit 2
		;;
	esac
done
