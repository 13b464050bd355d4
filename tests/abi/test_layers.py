# SPDX-License-Identifier: Apache-2.0
"""Includes point down only: base < crypto < wire < core < store; the adapter sees public headers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

LIBRESUME = Path(__file__).resolve().parents[2] / "libresume"
FLOORS = ["base", "crypto", "wire", "core", "store"]
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', flags=re.MULTILINE)


def sources(folder: str) -> list[Path]:
    return sorted(p for p in (LIBRESUME / folder).rglob("*") if p.suffix in {".c", ".h"})


def includes(path: Path) -> list[tuple[str, str]]:
    return INCLUDE.findall(path.read_text())


def complaints(floor: str, found: list[tuple[str, str]]) -> list[str]:
    """What is wrong with these includes for a file on this floor."""
    below = FLOORS[: FLOORS.index(floor) + 1]
    wrong = []
    for bracket, target in found:
        room = target.split("/")[0]
        if bracket == '"' and room not in below:
            wrong.append(f'"{target}" is not on a floor below {floor}')
        if bracket == "<" and room == "openssl" and floor != "crypto":
            wrong.append(f"<{target}>: only crypto/ speaks OpenSSL")
        if target == "resume/openssl.h":
            wrong.append("the library includes its own adapter")
    return wrong


@pytest.mark.parametrize("floor", FLOORS)
def test_includes_point_down(floor: str) -> None:
    assert sources(floor), f"no sources on floor {floor}"
    wrong = {p.name: complaints(floor, includes(p)) for p in sources(floor)}
    assert {name: texts for name, texts in wrong.items() if texts} == {}


def test_adapter_sees_public_headers_only() -> None:
    own = {path.name for path in sources("openssl")}
    assert own, "no adapter"
    for path in sources("openssl"):
        for bracket, target in includes(path):
            assert bracket == "<" or target in own, f"{path.name} includes {target}"
            assert target.split("/")[0] not in FLOORS, f"{path.name} includes {target}"


def test_public_headers_include_public_headers_only() -> None:
    standard = {"stdbool.h", "stddef.h", "stdint.h"}
    for path in sources("include"):
        for bracket, target in includes(path):
            assert bracket == "<", f"{path.name} includes {target}"
            ssl = path.name == "openssl.h" and target.startswith("openssl/")
            assert target.startswith("resume/") or target in standard or ssl, f"{path}: {target}"


def test_features_are_not_chosen_by_the_preprocessor() -> None:
    """Alternatives are files with a const table; base/ is the room where the platform is."""
    for floor in [*FLOORS[1:], "openssl"]:
        for path in sources(floor):
            for line in re.findall(
                r"^\s*#\s*(?:if|ifdef|elif)\b.*$", path.read_text(), flags=re.MULTILINE
            ):
                allowed = path.suffix == ".h" or "OPENSSL_VERSION" in line or "__cplusplus" in line
                assert allowed, f"{path.relative_to(LIBRESUME)}: {line.strip()}"


def test_the_check_sees_an_upward_include() -> None:
    assert complaints("wire", [('"', "core/session.h")])
    assert complaints("core", [("<", "openssl/evp.h")])
    assert not complaints("core", [('"', "wire/der.h"), ("<", "resume/session.h")])
