#!/bin/sh
# Installs the programs that tests start, at fixed versions, into .tools/bin.
# Idempotent: what is there at its version is left alone.
set -eu
cd "$(dirname "$0")/.."
mkdir -p .tools/bin
GOBIN="$PWD/.tools/bin"
export GOBIN

# install NAME MODULE VERSION
install() {
	if [ "$(cat ".tools/$1.version" 2>/dev/null)" != "$2@$3" ] || [ ! -x ".tools/bin/$1" ]; then
		echo "installing $1 $3"
		# Outside the module, so that its go.mod does not decide.
		(cd / && GOFLAGS= CGO_ENABLED=0 go install "$2@$3")
		echo "$2@$3" >".tools/$1.version"
	fi
}

# A real S3 server for the tests of blob/s3blob. Apache-2.0.
install versitygw github.com/versity/versitygw/cmd/versitygw v1.8.0
