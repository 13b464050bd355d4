# SPDX-License-Identifier: Apache-2.0
"""Writes what follows from the public headers; `./dev abi-baseline` runs it.

map: the two symbol maps. all: also the golden values, the API page and the ABI baselines.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import headers

HERE = Path(__file__).resolve().parent
GOLDEN = HERE / "enums.txt"
API_PAGE = headers.ROOT / "docs" / "api.md"
NODES = {"libresume": "RESUME_0.1", "libresume-openssl": "RESUME_OPENSSL_0.1"}


def baseline_path(library: str) -> Path:
    return HERE / f"{library}.abi"


def golden() -> dict[str, int]:
    if not GOLDEN.exists():
        return {}
    pairs = (line.split() for line in GOLDEN.read_text().splitlines())
    return {name: int(value) for name, value in pairs}


def renumbered(old: dict[str, int], new: dict[str, int]) -> list[str]:
    """The version and the counts of an enumeration's values are there to grow."""
    fixed = (n for n in old if n != "RESUME_VERSION" and not n.endswith("_COUNT"))
    return [name for name in fixed if new.get(name) != old[name]]


def write_maps() -> None:
    """One node: a later minor release adds its own node, and this function then has to learn it."""
    for library, (_, path) in headers.LIBRARIES.items():
        names = "".join(f"        {name};\n" for name in sorted(headers.declared_names(library)))
        node = NODES[library]
        path.write_text(f"{node} {{\n    global:\n{names}    local:\n        *;\n}};\n")


def write_golden() -> None:
    with tempfile.TemporaryDirectory() as folder:
        now = headers.values(headers.enumerators(), Path(folder))
    wrong = renumbered(golden(), now)
    if wrong and "--break" not in sys.argv:
        sys.exit(f"renumbered or removed, which breaks every program built before: {wrong}")
    GOLDEN.write_text("".join(f"{name} {value}\n" for name, value in now.items()))


def api_page() -> str:
    """Every public call with its first sentence, header by header."""
    lines = [
        "# Every call",
        "",
        "Written by `./dev abi-baseline` from the public headers, which say the rest:",
        "units, ownership, answers and failures.",
    ]
    calls = sorted(headers.functions().values(), key=lambda call: call.header)
    last = ""
    for call in calls:
        if call.header != last:
            last = call.header
            lines += ["", f"## `<resume/{last}>`", "", "| call | does | returns |", "|---|---|---|"]
        lines.append(f"| `{call.name}` | {call.brief} | `{call.result}` |")
    return "\n".join(lines) + "\n"


def write_baselines() -> None:
    # Without locations abidiff could not tell a public struct from a private one.
    quiet = ["--no-comp-dir-path", "--no-corpus-path", "--no-elf-needed"]
    quiet += ["--exported-interfaces-only", "--drop-private-types"]
    for library, (built, _) in headers.LIBRARIES.items():
        out = ["--out-file", str(baseline_path(library))]
        command = ["abidw", "--headers-dir", str(headers.INCLUDE), *quiet, *out, str(built)]
        subprocess.run(command, check=True)


def main() -> None:
    what = sys.argv[1] if len(sys.argv) > 1 else ""
    if what not in {"map", "all"}:
        sys.exit("usage: update.py map|all [--break]")
    write_maps()
    if what == "all":
        write_golden()
        API_PAGE.parent.mkdir(exist_ok=True)
        API_PAGE.write_text(api_page())
        write_baselines()


if __name__ == "__main__":
    main()
