/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The package raw of the Go module: every public call that makes sense in Go, one to one, for the
 * package resume that stands on it. Private: programs use the package.
 *
 * Its output lies in bindings/go/internal/raw, so that a user needs no SWIG.
 * bindings/go/generate.sh writes it anew, and tests/go looks whether it is up to date.
 */
%module raw

%insert(cgo_comment_typedefs) %{
#cgo pkg-config: libresume
%}

%{
#include <resume/resume.h>
%}

%include "resume_go.swg"
%include "resume.i"
