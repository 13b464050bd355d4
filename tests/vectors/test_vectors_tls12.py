# SPDX-License-Identifier: Apache-2.0
"""The key schedule of TLS 1.2 against all of NIST's and OpenSSL's vectors for it (I-160)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from sets import acvp, ask, evp_bytes, sentence, stanzas

# ACVP's name, RESUME_HASH_*, and a suite of that hash with a key block as long as they come.
HASHES = {"SHA2-256": (1, 0x003D), "SHA2-384": (2, 0xC028)}

Question = tuple[str, str]  # what to ask, and the answer in hexadecimal


def compare(questions: list[Question], whole: bool = True) -> None:
    """Asks all at once. Not whole: the longer of both may go on after the shorter ends."""
    answers = ask("tls12-kdf", [question for question, _ in questions])
    for (question, expected), (status, value) in zip(questions, answers, strict=True):
        assert status == 0, question
        expected = expected.lower()
        length = len(expected) if whole else min(len(expected), len(value))
        assert length >= 64, question
        assert value[:length] == expected[:length], question
        assert not whole or len(value) == length, question


def key_questions(case: dict[str, Any], answer: dict[str, Any]) -> list[Question]:
    """The key block by the PRF, at its full length."""
    number = HASHES[case["hashAlg"]][0]
    label = b"key expansion".hex()
    seed = case["serverRandom"] + case["clientRandom"]
    length = case["keyBlockLength"] // 8
    assert 2 * length == len(answer["keyBlock"])
    line = f"prf {number} {answer['masterSecret']} {label} {seed} {length}"
    return [(line, answer["keyBlock"])]


def block_questions(case: dict[str, Any], answer: dict[str, Any]) -> list[Question]:
    """The key block as a suite's."""
    suite = HASHES[case["hashAlg"]][1]
    line = f"keys {suite} {answer['masterSecret']} {case['clientRandom']} {case['serverRandom']}"
    return [(line, answer["keyBlock"])]


def test_acvp_extended_master_secret(vectors: Path, summary: list[str]) -> None:
    masters, keys, blocks = [], [], []
    left: Counter[str] = Counter()
    for case, answer in acvp(vectors, "TLS12"):
        if case["hashAlg"] not in HASHES:  # no suite of TLS 1.2 has SHA-512
            left[case["hashAlg"]] += 1
            continue
        suite = HASHES[case["hashAlg"]][1]
        line = f"extended {suite} {case['preMasterSecret']} {case['sessionHash']}"
        masters.append((line, answer["masterSecret"]))
        keys += key_questions(case, answer)
        blocks += block_questions(case, answer)
    compare(masters)
    compare(keys)
    compare(blocks, whole=False)
    summary.append(sentence("acvp/TLS12", len(masters), left))


def test_acvp_master_secret(vectors: Path, summary: list[str]) -> None:
    masters, keys, blocks = [], [], []
    left: Counter[str] = Counter()
    for case, answer in acvp(vectors, "kdf-components"):
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
        line = f"prf {hashes[digest]} {values['secret']} {label} {''.join(seeds) or '-'}"
        line += f" {len(output) // 2}"
        questions.append((line, output))
    compare(questions)
    summary.append(sentence("openssl/evpkdf_tls12_prf", len(questions), left))
