#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Writes the package internal/raw anew from the public headers; for developers of libresume, after a
# change of a header or of bindings/swig. Needs SWIG 4.5 and gofmt. With a folder as its argument it
# writes there instead, which is how the test sees whether what is committed is up to date.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/internal/raw}
cd "$here/../swig"
swig -go -cgo -intgosize 64 -no-unique-id -I"$here/../../libresume/include" \
    -outdir "$out" -o "$out/raw_wrap.c" go.i
gofmt -w "$out/raw.go"
