# SPDX-License-Identifier: Apache-2.0
"""The documentation as pages, with one for each public header, made from its comments.

Run by ./dev docs. Everything is copied into build/docs first, because the headers' pages are made
and not kept; MkDocs then checks every link and anchor.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEADERS = ROOT / "libresume" / "include" / "resume"
BUILD = ROOT / "build" / "docs"

COMMENT = re.compile(r"/\*\*(.*?)\*/\s*(RESUME_API[^;]*;)", re.DOTALL)
SPACE = re.compile(r"\s+")


def lines_of(comment: str) -> list[str]:
    """The comment without its frame."""
    return [re.sub(r"^\s*\* ?", "", line).rstrip() for line in comment.strip("\n").splitlines()]


def declaration(text: str) -> str:
    """On one line, without the macros that only compilers read."""
    return SPACE.sub(" ", re.sub(r"RESUME_(API|MUST_USE)\s+", "", text)).strip()


def name_of(text: str) -> str:
    found = re.search(r"\b(resume_\w+)\(", declaration(text))
    assert found, text
    return found[1]


def escaped(text: str) -> str:
    return text.replace("<", "&lt;").replace("_", r"\_").replace("*", r"\*")


def entry(comment: str, text: str) -> list[str]:
    """A call: what it does, its declaration, its parameters."""
    page = [f"### {escaped(name_of(text))}()", "", "```c", declaration(text), "```", ""]
    in_tag = False
    for line in lines_of(comment):
        tag = re.match(r"@(param|return|since)\s+(.*)", line)
        if tag:
            name, _, rest = tag[2].partition(" ") if tag[1] == "param" else ("", "", tag[2])
            label = f"`{name}`" if name else f"**{tag[1]}**"
            page += ["" if not in_tag else None, f"- {label} {escaped(rest)}"]  # type: ignore[list-item]
            in_tag = True
        else:
            page.append(("  " if in_tag and line else "") + escaped(line.strip()))
    return [line for line in page if line is not None] + [""]


def page_of(header: Path) -> str:
    """The header's own words, then its calls in order."""
    text = header.read_text()
    opening = re.search(r"/\*\n(.*?)\*/", text[text.index("*/") + 2 :], re.DOTALL)
    page = [f"# &lt;resume/{header.name}&gt;", ""]
    page += [escaped(line) for line in lines_of(opening[1])] if opening else []
    page.append("")
    for comment, declared in COMMENT.findall(text):
        # A struct's or a function type's comment may stand before: the last one is the call's.
        page += entry(comment.rsplit("/**", 1)[-1], declared)
    return "\n".join(page) + "\n"


def main() -> int:
    shutil.rmtree(BUILD, ignore_errors=True)
    shutil.copytree(ROOT / "docs", BUILD, ignore=shutil.ignore_patterns("*.py", "man"))
    reference = BUILD / "reference"
    reference.mkdir()
    for header in sorted(HEADERS.glob("*.h")):
        (reference / f"{header.stem}.md").write_text(page_of(header))
    api = (BUILD / "api.md").read_text()
    linked = re.sub(r"## `<resume/(\w+)\.h>`", r"## [&lt;resume/\1.h&gt;](reference/\1.md)", api)
    (BUILD / "api.md").write_text(linked)
    command = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    return subprocess.run(command, cwd=ROOT).returncode


if __name__ == "__main__":
    sys.exit(main())
