# SPDX-License-Identifier: Apache-2.0
"""The page of ``resume serve`` in a real browser: who comes back on a fresh connection resumes."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from chromium import Chromium, Page


def pin_of(pem: Path) -> str:
    """What Chromium trusts this one key by: other certificate errors keep it from resuming."""
    public = subprocess.run(["openssl", "x509", "-in", pem, "-pubkey", "-noout"], check=True, capture_output=True).stdout  # fmt: skip
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=public, check=True, capture_output=True).stdout  # fmt: skip
    return base64.b64encode(hashlib.sha256(der).digest()).decode()


def make_certificate(folder: Path) -> Path:
    key, public, both = folder / "key.pem", folder / "cert.pem", folder / "both.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost"]
    command += ["-keyout", str(key), "-out", str(public)]
    subprocess.run(command, check=True, capture_output=True)
    both.write_bytes(key.read_bytes() + public.read_bytes())
    return both


@contextmanager
def serving(pem: Path, *options: str) -> Iterator[dict[str, Any]]:
    command = [sys.executable, "-m", "libresume.cli", "serve", "--port", "0", "--json"]
    command += ["--certificate", str(pem), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            lines = ""
            for line in process.stdout:
                lines += line
                if line == "}\n":
                    break
            yield json.loads(lines)
        finally:
            process.terminate()
            assert process.wait(20) == 0


async def see(page: Page, url: str, mode: str, tls: str) -> None:
    # A browser speaks TLS 1.3 and fills the session ID with random bytes, which is an ID in TLS 1.2.
    first = "not in store" if mode == "session ID" and tls == "1.2" else "not offered"
    await page.go(url)
    assert await page.value("$('verdict').textContent") == f"new, because: {first}"
    await page.go(url)
    assert await page.value("$('verdict').textContent") == f"resumed, by {mode}"
    assert f"TLS {tls}, " in await page.value("$('details').textContent")

    for count in (2, 3):
        await page.value("$('again').click()")
        await page.until(f"$('visits').textContent.includes('of {count} connections')")
        text = f"{count} of {count} connections of this page resumed"
        assert await page.value("$('visits').textContent") == text

    await page.until("$('live').textContent === 'Live.' && $('recent').rows.length >= 4")
    await page.until("document.querySelectorAll('#chart rect.resumed').length > 0")
    assert await page.value("document.querySelectorAll('#chart rect.new').length") >= 1
    assert await page.value("$('workers').rows.length") == 2
    outcomes = await page.value("[...$('recent').rows].map(r => r.cells[1].textContent)")
    assert outcomes.count("resumed") >= 3 and outcomes[-1] == "new"
    reasons = await page.value("[...$('recent').rows].map(r => r.cells[2].textContent)")
    assert reasons[-1] == first
    assert {r for r, o in zip(reasons, outcomes, strict=True) if o == "resumed"} <= {"resumed", "renewed"}  # fmt: skip


@pytest.mark.parametrize(
    ("tls", "mode", "options"),
    [("1.3", "ticket", ()), ("1.2", "ticket", ()), ("1.2", "session ID", ("--store", "shm:"))],
)
def test_a_second_visit_resumes_and_the_page_shows_it(
    tmp_path: Path, tls: str, mode: str, options: tuple[str, ...]
) -> None:
    pem = make_certificate(tmp_path)
    if options:
        options = ("--store", f"shm:{tmp_path}/store?bytes=4M")
    profile = tmp_path / "profile"
    profile.mkdir()

    async def visit(url: str) -> None:
        async with browser.page() as page:
            await see(page, url, mode, tls)
            keys = await page.value("$('keys').rows.length")
            assert (keys == 0) == (mode == "session ID")
            assert await page.value("$('no-keys').hidden") == (keys > 0)
            # Nothing from elsewhere, nothing that its own policy forbids.
            pages = [address for address in page.requested() if not address.startswith("data:")]
            assert pages and all(address.startswith(url) for address in pages)
            assert page.complaints() == []

    browser = Chromium(profile, f"--ignore-certificate-errors-spki-list={pin_of(pem)}")
    with serving(pem, "--workers", "2", "--tls", tls, *options) as settings, browser:
        asyncio.run(visit(settings["url"]))
