# SPDX-License-Identifier: Apache-2.0
"""The key schedule of TLS 1.2 against all of NIST's and OpenSSL's vectors for it (I-160)."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("RESUME_BUILD", ROOT / "build"))
PROGRAM = BUILD / "tests" / "vectors" / "tls12-kdf"

# ACVP's name, RESUME_HASH_*, and a suite of that hash with a key block as long as they come.
HASHES = {"SHA2-256": (1, 0x003D), "SHA2-384": (2, 0xC028)}

Question = tuple[str, str]  # what to ask, and the answer in hexadecimal


def compare(questions: list[Question], whole: bool = True) -> None:
    """Asks all at once. Not whole: the longer of both may go on after the shorter ends."""
    assert questions
    asked = "".join(f"{question}\n" for question, _ in questions)
    done = subprocess.run([PROGRAM], input=asked, capture_output=True, text=True, check=True)
    answers = done.stdout.splitlines()
    assert len(answers) == len(questions)
    for (question, expected), answer in zip(questions, answers, strict=True):
        status, _, value = answer.partition(" ")
        assert status == "0", question
        expected = expected.lower()
        length = len(expected) if whole else min(len(expected), len(value))
        assert length >= 64, question
        assert value[:length] == expected[:length], question
        assert not whole or len(value) == length, question


def cases(folder: Path, name: str) -> Iterator[tuple[dict[str, Any], dict[str, str]]]:
    """Each group's facts and a test's questions joined, and the answers under the same tcId."""
    asked = json.loads((folder / "acvp" / f"{name}.vectors.json").read_text())[1]
    answered = json.loads((folder / "acvp" / f"{name}.expected.json").read_text())[1]
    answers = {test["tcId"]: test for group in answered["testGroups"] for test in group["tests"]}
    for group in asked["testGroups"]:
        for test in group["tests"]:
            yield {**group, **test}, answers.pop(test["tcId"])
    assert not answers, "answers without a question"


def key_questions(case: dict[str, Any], answer: dict[str, str]) -> list[Question]:
    """The key block by the PRF, at its full length."""
    number = HASHES[case["hashAlg"]][0]
    label = b"key expansion".hex()
    seed = case["serverRandom"] + case["clientRandom"]
    length = case["keyBlockLength"] // 8
    assert 2 * length == len(answer["keyBlock"])
    ask = f"prf {number} {answer['masterSecret']} {label} {seed} {length}"
    return [(ask, answer["keyBlock"])]


def block_questions(case: dict[str, Any], answer: dict[str, str]) -> list[Question]:
    """The key block as a suite's."""
    suite = HASHES[case["hashAlg"]][1]
    ask = f"keys {suite} {answer['masterSecret']} {case['clientRandom']} {case['serverRandom']}"
    return [(ask, answer["keyBlock"])]


def sentence(name: str, compared: int, left: Counter[str]) -> str:
    without = ", ".join(f"{count} of {what}" for what, count in left.items())
    return f"{name}: {compared} cases agree" + (f"; no counterpart: {without}" if without else "")


def test_acvp_extended_master_secret(vectors: Path, summary: list[str]) -> None:
    masters, keys, blocks = [], [], []
    left: Counter[str] = Counter()
    for case, answer in cases(vectors, "TLS12"):
        if case["hashAlg"] not in HASHES:  # no suite of TLS 1.2 has SHA-512
            left[case["hashAlg"]] += 1
            continue
        suite = HASHES[case["hashAlg"]][1]
        ask = f"extended {suite} {case['preMasterSecret']} {case['sessionHash']}"
        masters.append((ask, answer["masterSecret"]))
        keys += key_questions(case, answer)
        blocks += block_questions(case, answer)
    compare(masters)
    compare(keys)
    compare(blocks, whole=False)
    summary.append(sentence("acvp/TLS12", len(masters), left))


def test_acvp_master_secret(vectors: Path, summary: list[str]) -> None:
    masters, keys, blocks = [], [], []
    left: Counter[str] = Counter()
    for case, answer in cases(vectors, "kdf-components"):
        if case["tlsVersion"] != "v1.2" or case["hashAlg"] not in HASHES:
            left[f"TLS {case['tlsVersion']} {case['hashAlg']}"] += 1
            continue
        suite = HASHES[case["hashAlg"]][1]
        randoms = f"{case['clientHelloRandom']} {case['serverHelloRandom']}"
        masters.append(
            (f"master {suite} {case['preMasterSecret']} {randoms}", answer["masterSecret"])
        )
        keys += key_questions(case, answer)
        blocks += block_questions(case, answer)
    compare(masters)
    compare(keys)
    compare(blocks, whole=False)
    summary.append(sentence("acvp/kdf-components", len(masters), left))


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


def test_openssl_tls1_prf(vectors: Path, summary: list[str]) -> None:
    questions: list[Question] = []
    left: Counter[str] = Counter()
    hashes = {"SHA256": 1, "SHA384": 2}
    for pairs in stanzas((vectors / "openssl" / "evpkdf_tls12_prf.txt").read_text()):
        facts = dict(pairs)
        if "KDF" not in facts:
            continue
        if "Result" in facts:  # OpenSSL's own errors: no digest, FIPS mode
            left["stanzas about OpenSSL's errors"] += 1
            continue
        given = [evp_bytes(value) for name, value in pairs if name.startswith("Ctrl.")]
        values = {kind.lower(): value for kind, value in given}
        digest = bytes.fromhex(values["digest"]).decode()
        if digest not in hashes:
            left[f"digest {digest}"] += 1
            continue
        label, *seeds = [value for kind, value in given if kind.lower() == "seed"]
        output = facts["Output"]
        ask = f"prf {hashes[digest]} {values['secret']} {label} {''.join(seeds) or '-'}"
        ask += f" {len(output) // 2}"
        questions.append((ask, output))
    compare(questions)
    summary.append(sentence("openssl/evpkdf_tls12_prf", len(questions), left))
