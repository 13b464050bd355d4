# SPDX-License-Identifier: Apache-2.0
"""What the tests of the Python package share: a certificate, a session, and slower machines."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import settings

import libresume

NOW = 1_800_000_000_000

settings.register_profile("libresume", deadline=None, max_examples=60, database=None)
settings.load_profile("libresume")


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate with its key in one file."""
    folder = tmp_path_factory.mktemp("certificate")
    key, public, both = folder / "key.pem", folder / "cert.pem", folder / "both.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    command += ["-keyout", str(key), "-out", str(public)]
    subprocess.run(command, check=True, capture_output=True)
    both.write_bytes(key.read_bytes() + public.read_bytes())
    return both


@pytest.fixture
def session() -> libresume.Session:
    """A TLS 1.2 session with a bit of everything."""
    return libresume.Session(
        version=0x0303,
        cipher_suite=0xC02F,
        secret=bytes(range(1, 49)),
        extended_master_secret=True,
        session_id=bytes(range(32)),
        created_ms=NOW,
        lifetime=3600,
        server_name="a.example",
        alpn=b"h2",
        context=b"context",
    )


@pytest.fixture
def keyring() -> libresume.Keyring:
    return libresume.Keyring("random:")


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the machine has set does not count here."""
    monkeypatch.delenv("LIBRESUME_KEYS", raising=False)
    monkeypatch.delenv("LIBRESUME_STORE", raising=False)
