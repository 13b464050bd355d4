#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints bindings/lua/resume/cdef.lua as the public headers make it. A test compares.
set -eu
cd "$(dirname "$0")/../.."
echo '-- SPDX-License-Identifier: Apache-2.0'
echo '-- The public headers as the FFI reads them. Written by bindings/lua/generate.sh: do not edit.'
echo 'return [['
${CC:-cc} -E -P -DRESUME_FFI -DRESUME_API= -Ilibresume/include libresume/include/resume/resume.h |
    sed 's/^ //'
echo ']]'
