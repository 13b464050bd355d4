# SPDX-License-Identifier: Apache-2.0
"""What the public headers say, read with a C parser and a look at their comments.

Not a test: the tests in this folder, and update.py, ask it.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from pycparser import c_ast, c_generator, c_parser  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parents[2]
INCLUDE = ROOT / "libresume" / "include"
BUILD = Path(os.environ.get("RESUME_BUILD", ROOT / "build"))

# The umbrella comes first here: the adapter's header alone stands beside it.
UMBRELLA = INCLUDE / "resume" / "resume.h"
ADAPTER = INCLUDE / "resume" / "openssl.h"

FFI_FLAGS = ["-DRESUME_FFI", "-DRESUME_API="]
# What the excluded system headers would have declared.
PRELUDE = """
typedef _Bool bool; typedef unsigned char uint8_t; typedef unsigned short uint16_t;
typedef unsigned int uint32_t; typedef int int32_t; typedef unsigned long uint64_t;
typedef long int64_t; typedef unsigned long size_t;
"""


@dataclass(frozen=True)
class Parameter:
    name: str
    spelling: str
    pointer: bool
    function: bool
    by_value_struct: bool


@dataclass
class Function:
    name: str
    header: str
    result: str
    result_pointer: bool
    parameters: list[Parameter] = field(default_factory=list)
    variadic: bool = False
    comment: str = ""
    prefix: str = ""  # the words before the name: RESUME_API and the like

    @property
    def brief(self) -> str:
        text = re.sub(r"^\s*/?\*+/?", "", self.comment, flags=re.MULTILINE)
        sentence = re.split(r"(?<=[.:;])\s|\n\s*\n|@", text.strip(), maxsplit=1)[0]
        return " ".join(sentence.split()).rstrip(".:;")


def header_files() -> list[Path]:
    return sorted((INCLUDE / "resume").glob("*.h"))


def preprocess(header: Path) -> str:
    """The form for ffi.cdef: the umbrella, and for the adapter its header behind it."""
    names = [UMBRELLA] if header == UMBRELLA else [UMBRELLA, header]
    text = "".join(f"#include <resume/{path.name}>\n" for path in names)
    command = ["cc", "-E", "-P", *FFI_FLAGS, "-I", str(INCLUDE), "-x", "c", "-"]
    done = subprocess.run(command, input=text, check=True, capture_output=True, text=True)
    return done.stdout


def parse(header: Path) -> c_ast.FileAST:
    """The header's syntax tree; raises when a declaration parser could not read it."""
    return c_parser.CParser().parse(PRELUDE + preprocess(header), str(header.name))


def _spell(node: Any) -> str:
    return str(c_generator.CGenerator().visit(node))


def _parameter(node: Any) -> Parameter:
    kind = node.type
    # A function pointer is spelled by its typedef, resume_x_fn: bindings need the name.
    function = isinstance(kind, c_ast.TypeDecl) and _spell(kind.type).endswith("_fn")
    pointer = isinstance(kind, (c_ast.PtrDecl, c_ast.ArrayDecl))
    value = isinstance(kind, c_ast.TypeDecl) and isinstance(kind.type, (c_ast.Struct, c_ast.Enum))
    return Parameter(node.name or "", _spell(node), pointer, function, value)


def _function(node: Any, header: str) -> Function:
    declared = node.type
    result_node = declared.type
    pointer = isinstance(result_node, c_ast.PtrDecl)
    result = _spell(c_ast.Typename(None, [], None, _nameless(result_node)))
    found = Function(node.name, header, result, pointer)
    for parameter in declared.args.params if declared.args else []:
        if isinstance(parameter, c_ast.EllipsisParam):
            found.variadic = True
        elif not (isinstance(parameter, c_ast.Typename) and _spell(parameter) == "void"):
            found.parameters.append(_parameter(parameter))
    return found


def _nameless(node: Any) -> Any:
    if isinstance(node, c_ast.PtrDecl):
        return c_ast.PtrDecl(node.quals, _nameless(node.type))
    return c_ast.TypeDecl(None, node.quals, None, node.type)


def _attach_comments(functions: dict[str, Function]) -> None:
    pattern = re.compile(
        r"(/\*\*(?:(?!\*/).)*\*/)?\s*((?:[\w*]+\s+\**)+)(resume_\w+)\(", flags=re.DOTALL
    )
    for header in header_files():
        for match in pattern.finditer(header.read_text()):
            words, name = match.group(2), match.group(3)
            if name in functions and "RESUME_API" in words:
                functions[name].comment = match.group(1) or ""
                functions[name].prefix = words
                functions[name].header = header.name


@lru_cache(maxsize=1)
def functions() -> dict[str, Function]:
    """Every function that the public headers declare, by name."""
    found: dict[str, Function] = {}
    for header in (UMBRELLA, ADAPTER):
        if header.exists():
            for node in parse(header).ext:
                if isinstance(node, c_ast.Decl) and isinstance(node.type, c_ast.FuncDecl):
                    found.setdefault(node.name, _function(node, header.name))
    _attach_comments(found)
    return found


@lru_cache(maxsize=1)
def enumerators() -> list[str]:
    """Every enumeration constant's name, in the order of the headers."""
    names: list[str] = []
    for header in (UMBRELLA, ADAPTER):
        if not header.exists():
            continue
        for node in parse(header).ext:
            kind = getattr(node, "type", None)
            if isinstance(kind, c_ast.Enum) and kind.values:
                names += [e.name for e in kind.values.enumerators if e.name not in names]
    return names


def in_adapter(name: str) -> bool:
    return functions()[name].header == ADAPTER.name


LIBRARIES = {
    "libresume": (
        BUILD / "libresume" / "libresume.so",
        ROOT / "libresume" / "libresume.map",
    ),
    "libresume-openssl": (
        BUILD / "libresume" / "libresume-openssl.so",
        ROOT / "libresume" / "openssl" / "libresume-openssl.map",
    ),
}


def declared_names(library: str) -> set[str]:
    adapter = library == "libresume-openssl"
    return {name for name in functions() if in_adapter(name) == adapter}


def map_names(path: Path) -> set[str]:
    """The names a symbol map lists; a wildcard other than local's `*` shows up as itself."""
    text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    text = re.sub(r"local:\s*\*;", "", text)
    return set(re.findall(r"^\s*([\w*?]+);", text, flags=re.MULTILINE))


def exported_names(library: Path) -> set[str]:
    command = ["nm", "-D", "--defined-only", "--format=posix", str(library)]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    symbols = [line.split() for line in lines]
    return {s[0].split("@")[0] for s in symbols if s[1] != "A"}


def values(names: list[str], workdir: Path) -> dict[str, int]:
    """The constants' values as the C compiler sees them."""
    source = workdir / "values.c"
    lines = ["#include <resume/resume.h>"]
    if ADAPTER.exists():
        lines.append("#include <resume/openssl.h>")
    lines += ["#include <stdio.h>", "int main(void) {"]
    lines += [f'    printf("{name} %lld\\n", (long long){name});' for name in names]
    lines += ["    return 0;", "}", ""]
    source.write_text("\n".join(lines))
    program = workdir / "values"
    subprocess.run(["cc", "-I", str(INCLUDE), str(source), "-o", str(program)], check=True)
    out = subprocess.run([str(program)], check=True, capture_output=True, text=True).stdout
    return {name: int(value) for name, value in (line.split() for line in out.splitlines())}
