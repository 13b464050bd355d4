# SPDX-License-Identifier: Apache-2.0
"""HMAC, HKDF, XAES-256-GCM and AES-CBC under a MAC against whole sets of vectors (I-160)."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sets import acvp, ask, evp_bytes, sentence, stanzas, wycheproof

PROGRAM = "crypto-vectors"
OK, FORGED, MALFORMED, E_INVALID = 0, 3, 4, -1  # as in tests/abi/enums.txt

NAME = "00" * 16
MAC_KEY = "6d61632d6b6579" * 4


def word(value: str) -> str:
    """As the program takes bytes."""
    return value or "-"


def test_hmac_wycheproof(vectors: Path, summary: list[str]) -> None:
    tests = list(wycheproof(vectors, "hmac_sha256"))
    answers = ask(PROGRAM, [f"hmac {word(t['key'])} {word(t['msg'])}" for t in tests])
    results: Counter[str] = Counter()
    for test, (status, value) in zip(tests, answers, strict=True):
        assert status == OK
        same = value[: test["tagSize"] // 4] == test["tag"]
        assert same == (test["result"] == "valid"), test
        results[test["result"]] += 1
    assert results["valid"] and results["invalid"]
    summary.append(sentence("wycheproof/hmac_sha256", len(tests), Counter()))


def test_hmac_acvp(vectors: Path, summary: list[str]) -> None:
    tests = list(acvp(vectors, "HMAC-SHA2-256"))
    answers = ask(PROGRAM, [f"hmac {word(t['key'])} {word(t['msg'])}" for t, _ in tests])
    for (test, expected), answer in zip(tests, answers, strict=True):
        assert answer == (OK, expected["mac"]), test
    summary.append(sentence("acvp/HMAC-SHA2-256", len(tests), Counter()))


def evp_hex(value: str) -> str:
    """A value of a MAC's stanza: `"text"` or hexadecimal."""
    return value[1:-1].encode().hex() if value.startswith('"') else value.lower()


def test_hmac_openssl(vectors: Path, summary: list[str]) -> None:
    questions, expected = [], []
    left: Counter[str] = Counter()
    for pairs in stanzas((vectors / "openssl" / "evpmac_common.txt").read_text()):
        facts = dict(pairs)
        if facts.get("MAC") != "HMAC":
            continue
        if facts.get("Algorithm") != "SHA256" or "Result" in facts or "Key" not in facts:
            left[f"HMAC with {facts.get('Algorithm', 'no digest')} or with an error"] += 1
            continue
        questions.append(f"hmac {word(evp_hex(facts['Key']))} {word(evp_hex(facts['Input']))}")
        expected.append((OK, facts["Output"].lower()))
    assert ask(PROGRAM, questions) == expected
    summary.append(
        sentence("openssl/evpmac_common, HMAC-SHA256", len(questions), Counter())
        + f"; {sum(left.values())} HMAC stanzas of other digests or about errors"
    )


def test_hkdf_wycheproof(vectors: Path, summary: list[str]) -> None:
    tests = list(wycheproof(vectors, "hkdf_sha256"))
    questions = [
        f"hkdf {word(t['ikm'])} {word(t['salt'])} {word(t['info'])} {t['size']}" for t in tests
    ]
    results: Counter[str] = Counter()
    for test, answer in zip(tests, ask(PROGRAM, questions), strict=True):
        # Invalid ones ask for more than there is.
        assert answer == ((OK, test["okm"]) if test["result"] == "valid" else (E_INVALID, "")), test
        results[test["result"]] += 1
    assert results["valid"] and results["invalid"]
    summary.append(sentence("wycheproof/hkdf_sha256", len(tests), Counter()))


def test_hkdf_openssl(vectors: Path, summary: list[str]) -> None:
    questions, expected = [], []
    left: Counter[str] = Counter()
    for pairs in stanzas((vectors / "openssl" / "evpkdf_hkdf.txt").read_text()):
        facts = dict(pairs)
        if "KDF" not in facts:
            continue
        values = dict(evp_bytes(v) for k, v in pairs if k.startswith("Ctrl.") and ":" in v)
        plain = {kind: bytes.fromhex(values.get(kind, "")).decode() for kind in ("mode", "digest")}
        if plain["mode"] not in ("", "EXTRACT_AND_EXPAND"):
            left[f"{plain['mode']}"] += 1
            continue
        if plain["digest"] != "SHA256" or "Result" in facts or not values.get("key"):
            left["another digest, an error or no input"] += 1
            continue
        infos = [v for k, v in map(evp_bytes, facts.values()) if k == "info"]
        assert len(infos) <= 1
        output = facts["Output"].lower()
        parts = " ".join(word(values.get(kind, "")) for kind in ("key", "salt", "info"))
        questions.append(f"hkdf {parts} {len(output) // 2}")
        expected.append((OK, output))
    assert ask(PROGRAM, questions) == expected
    summary.append(sentence("openssl/evpkdf_hkdf", len(questions), left))


def c2sp_text(vectors: Path) -> str:
    return (vectors / "c2sp" / "XAES-256-GCM-test-vectors.md").read_text()


def c2sp_value(value: str) -> str:
    return value[1:-1].encode().hex() if value.startswith('"') else value


def test_xaes_c2sp(vectors: Path, summary: list[str]) -> None:
    form = r' {4}(\S+): ("[^"]*"|[0-9a-f]+)$'
    found = [(n, c2sp_value(v)) for n, v in re.findall(form, c2sp_text(vectors), re.M)]
    starts = [i for i, (name, _) in enumerate(found) if name == "K"]
    tests = [dict(found[a:b]) for a, b in zip(starts, [*starts[1:], len(found)], strict=True)]
    assert len(tests) == 2
    given = [f"{t['K']} {t['N']} {word(t['AAD'])}" for t in tests]
    seals = [f"xaes-seal {g} {t['Plaintext']}" for g, t in zip(given, tests, strict=True)]
    opens = [f"xaes-open {g} {t['Ciphertext']}" for g, t in zip(given, tests, strict=True)]
    assert ask(PROGRAM, seals) == [(OK, t["Ciphertext"]) for t in tests]
    assert ask(PROGRAM, opens) == [(OK, t["Plaintext"]) for t in tests]
    summary.append(sentence("c2sp/XAES-256-GCM", len(tests), Counter()))


def xaes_questions(rounds: int) -> Iterator[tuple[str, str]]:
    """Root, nonce and data, and the text, as the specification draws them from SHAKE-128."""
    stream = memoryview(hashlib.shake_128(b"").digest(rounds * 330 + 4096))
    assert stream[:4].hex() == "7f9c2ba4"
    at = 0

    def draw(length: int) -> str:
        nonlocal at
        at += length
        assert at <= len(stream)
        return stream[at - length : at].hex()

    for _ in range(rounds):
        root, nonce = draw(32), draw(24)
        plain = draw(int(draw(1), 16))
        aad = draw(int(draw(1), 16))
        yield f"{root} {nonce} {word(aad)}", plain


@pytest.mark.parametrize("rounds", [10_000, 1_000_000])
def test_xaes_c2sp_accumulated(vectors: Path, summary: list[str], rounds: int) -> None:
    text = c2sp_text(vectors).replace("10 000", "10000").replace("1 000 000", "1000000")
    wanted = re.search(rf"{rounds} iterations is\s+([0-9a-f]{{64}})", text)
    assert wanted
    digest = hashlib.shake_128()
    batch: list[tuple[str, str]] = []
    for done, question in enumerate(xaes_questions(rounds), 1):
        batch.append(question)
        if len(batch) == 10_000 or done == rounds:
            sealed = ask(PROGRAM, [f"xaes-seal {given} {word(plain)}" for given, plain in batch])
            for status, value in sealed:
                assert status == OK
                digest.update(bytes.fromhex(value))
            if done == 10_000:  # and back, as many as that
                opened = [f"xaes-open {b[0]} {s[1]}" for b, s in zip(batch, sealed, strict=True)]
                assert ask(PROGRAM, opened) == [(OK, plain) for _, plain in batch]
            batch = []
    assert digest.hexdigest(32) == wanted[1]
    summary.append(sentence("c2sp/XAES-256-GCM accumulated", rounds, Counter()))


def ticket(iv: str, cipher: str) -> str:
    """Name, IV and ciphertext under a MAC of our own, right every time."""
    body = bytes.fromhex(NAME + iv + cipher)
    return (body + hmac.digest(bytes.fromhex(MAC_KEY), body, "sha256")).hex()


def test_cbc_wycheproof(vectors: Path, summary: list[str]) -> None:
    """Wrong padding under a right MAC is forged, as a wrong MAC is (I-152); a length that no seal
    makes is malformed (I-154)."""
    tests = list(wycheproof(vectors, "aes_cbc_pkcs5"))
    left: Counter[str] = Counter()
    seen: Counter[int] = Counter()
    questions = [f"cbc-open {t['key']} {MAC_KEY} {ticket(t['iv'], t['ct'])}" for t in tests]
    for test, (status, value) in zip(tests, ask(PROGRAM, questions), strict=True):
        if test["keySize"] == 192:
            assert status == E_INVALID, test
            left["AES-192, refused"] += 1
            continue
        blocks = len(test["ct"]) % 32 == 0 and test["ct"]
        if test["result"] == "valid":
            assert (status, value) == (OK, test["msg"]), test
        else:
            assert status == (FORGED if blocks else MALFORMED), test
        seen[status] += 1
    assert set(seen) == {OK, FORGED, MALFORMED}
    summary.append(sentence("wycheproof/aes_cbc_pkcs5", sum(seen.values()), left))


def padded(test: dict[str, Any], expected: dict[str, Any]) -> tuple[str, str, str, str]:
    """Key, IV, ciphertext, plaintext, whichever of the two was asked for."""
    both = {**test, **expected}
    return both["key"].lower(), both["iv"].lower(), both["ct"].lower(), both["pt"].lower()


def test_cbc_acvp(vectors: Path, summary: list[str]) -> None:
    """These have no padding: a last block of nothing else, by libcrypto alone, makes a ticket."""
    cases = []
    left: Counter[str] = Counter()
    for test, expected in acvp(vectors, "ACVP-AES-CBC"):
        if test["testType"] != "AFT" or test["keyLen"] == 192:
            kind = "AES-192" if test["keyLen"] == 192 else "Monte Carlo, needs a chosen IV"
            left[kind] += 1
            continue
        cases.append(padded(test, expected))
    blocks = []
    for key, _, cipher, _ in cases:
        last = bytes(byte ^ 16 for byte in bytes.fromhex(cipher[-32:]))
        blocks.append(f"aes-block {key} {last.hex()}")
    pads = [value for _, value in ask(PROGRAM, blocks)]
    questions = [
        f"cbc-open {key} {MAC_KEY} {ticket(iv, cipher + pad)}"
        for (key, iv, cipher, _), pad in zip(cases, pads, strict=True)
    ]
    assert ask(PROGRAM, questions) == [(OK, plain) for _, _, _, plain in cases]
    summary.append(sentence("acvp/ACVP-AES-CBC", len(cases), left))
