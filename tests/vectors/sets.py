# SPDX-License-Identifier: Apache-2.0
"""Reads the third-party sets, each in its own format, and asks the programs beside this file."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("RESUME_BUILD", ROOT / "build"))


def ask(program: str, questions: Sequence[str]) -> list[tuple[int, str]]:
    """Asks all at once; the status and the bytes, in hexadecimal, of each answer."""
    assert questions
    asked = "".join(f"{question}\n" for question in questions)
    path = BUILD / "tests" / "vectors" / program
    done = subprocess.run([path], input=asked, capture_output=True, text=True, check=True)
    answers = [line.partition(" ") for line in done.stdout.splitlines()]
    assert len(answers) == len(questions)
    return [(int(status), value) for status, _, value in answers]


def acvp(folder: Path, name: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each group's facts and a test's questions joined, and the answers under the same tcId."""
    asked = json.loads((folder / "acvp" / f"{name}.vectors.json").read_text())[1]
    answered = json.loads((folder / "acvp" / f"{name}.expected.json").read_text())[1]
    # BoringSSL keeps some groups without their tests.
    answers = {
        test["tcId"]: test for group in answered["testGroups"] for test in group["tests"] or []
    }
    for group in asked["testGroups"]:
        for test in group["tests"] or []:
            yield {**group, **test}, answers.pop(test["tcId"])
    assert not answers, "answers without a question"


def wycheproof(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    """Each test with its group's facts; as many as the file says."""
    whole = json.loads((folder / "wycheproof" / f"{name}_test.json").read_text())
    tests = [{**group, **test} for group in whole["testGroups"] for test in group["tests"]]
    assert len(tests) == whole["numberOfTests"]
    yield from tests


def stanzas(text: str) -> Iterator[list[tuple[str, str]]]:
    """OpenSSL's evp_test format: lines of `name = value`, apart by empty lines."""
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for block in re.split(r"\n\s*\n", lines):
        pairs = [line.split(" = ", 1) for line in block.splitlines() if " = " in line]
        if pairs:
            yield [(name.strip(), value.strip()) for name, value in pairs]


def evp_bytes(value: str) -> tuple[str, str]:
    """`hexseed:00ff` as ("seed", "00ff"), `seed:ab` as ("seed", "6162")."""
    kind, _, rest = value.partition(":")
    plain = kind.removeprefix("hex")
    return plain, rest if kind != plain else rest.encode().hex()


def sentence(name: str, compared: int, left: Counter[str]) -> str:
    """For the end of the run."""
    without = ", ".join(f"{count} of {what}" for what, count in left.items())
    return f"{name}: {compared} cases agree" + (f"; no counterpart: {without}" if without else "")
