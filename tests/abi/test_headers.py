# SPDX-License-Identifier: Apache-2.0
"""The laws of the public headers: each compiles alone, parses, and documents every call."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import headers
import pytest

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
DIALECTS = [
    (compiler, language, std)
    for compilers, language, stds in (
        (("gcc", "clang"), "c", ("c99", "c11")),
        (("g++", "clang++"), "c++", ("c++11", "c++17")),
    )
    for compiler in compilers
    for std in stds
]
NAMES = [path.name for path in headers.header_files()]
FUNCTIONS = sorted(headers.functions())
# Callbacks whose order of arguments libssl prescribes.
PRESCRIBED = {"resume_openssl_client_hello"}
# Calls that are asked about a length and take no bytes.
LENGTH_ALONE = {"resume_codec_sealed_size"}


@pytest.mark.parametrize(("compiler", "language", "std"), DIALECTS)
@pytest.mark.parametrize("name", NAMES)
def test_header_compiles_alone(
    name: str, compiler: str, language: str, std: str, tmp_path: Path
) -> None:
    source = tmp_path / "alone.c"
    # Twice: the guard must work too. The declaration keeps the unit from being empty.
    source.write_text(
        f"#include <resume/{name}>\n#include <resume/{name}>\nextern int not_empty;\n"
    )
    command = [compiler, "-x", language, f"-std={std}", *WARNINGS, "-fsyntax-only"]
    subprocess.run([*command, "-I", str(headers.INCLUDE), str(source)], check=True)


def test_umbrella_includes_every_header_but_the_adapter() -> None:
    included = set(re.findall(r"#include <resume/(\w+\.h)>", headers.UMBRELLA.read_text()))
    assert included == set(NAMES) - {"resume.h", "openssl.h"}


@pytest.mark.parametrize("path", [headers.UMBRELLA, headers.ADAPTER], ids=lambda p: str(p.name))
def test_ffi_form_is_plain_declarations(path: Path) -> None:
    text = headers.preprocess(path)
    for word in ("__attribute__", "extern", "#", "inline", "static"):
        assert word not in text
    headers.parse(path)


@pytest.mark.parametrize("name", NAMES)
def test_header_has_a_guard_and_says_what_it_is_for(name: str) -> None:
    text = (headers.INCLUDE / "resume" / name).read_text()
    guard = f"RESUME_{name[:-2].upper()}_H"
    assert text.startswith("/* SPDX-License-Identifier: Apache-2.0 */\n/*\n * ")
    assert f"#ifndef {guard}\n#define {guard}\n" in text
    assert text.rstrip().endswith(f"#endif /* {guard} */")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_call_is_documented(name: str) -> None:
    call = headers.functions()[name]
    assert call.comment, f"{name} has no /** comment"
    assert re.search(r"@since \d+\.\d+", call.comment), f"{name} has no @since"
    lines = call.comment.count("\n") + 1
    assert 4 <= lines <= 24, f"{name}: {lines} lines of comment"
    if call.result != "void":
        assert "@return" in call.comment, f"{name} does not say what it returns"
    for parameter in call.parameters:
        assert re.search(rf"\b{parameter.name}\b", call.comment), f"{name}: {parameter.name}"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_call_is_marked(name: str) -> None:
    call = headers.functions()[name]
    assert call.prefix.split()[0] == "RESUME_API"
    if call.result == "resume_status":
        assert "RESUME_MUST_USE" in call.prefix


@pytest.mark.parametrize("name", FUNCTIONS)
def test_call_has_the_shape_that_bindings_rely_on(name: str) -> None:
    call = headers.functions()[name]
    assert not call.variadic
    seen_output = False
    for index, parameter in enumerate(call.parameters):
        assert parameter.name, f"{name}: a parameter without a name"
        assert not parameter.by_value_struct, f"{name}: {parameter.spelling} by value"
        assert parameter.name not in {"in", "open", "from", "type", "func", "range", "map"}
        if parameter.name.startswith("ret_"):
            assert parameter.pointer
            seen_output = True
        else:
            late = seen_output and name not in PRESCRIBED
            assert not late, f"{name}: {parameter.name} stands after an output"
        length = parameter.name.endswith(("_len", "_cap")) and name not in LENGTH_ALONE
        if length and not parameter.name.startswith("ret_"):
            stem = parameter.name.rsplit("_", 1)[0]
            assert call.parameters[index - 1].name == stem, f"{name}: {parameter.name}"


def test_no_type_pretends_to_be_from_posix() -> None:
    for path in headers.header_files():
        for name in re.findall(r"\bresume_\w+_t\b", path.read_text()):
            pytest.fail(f"{path.name}: {name}")
