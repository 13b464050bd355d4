# SPDX-License-Identifier: Apache-2.0
"""What the tests of the command line tool share: the tool as a process, keys, a certificate."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from clitool import Done, Runner, make_certificate
from libresume.cli._app import app
from typer.testing import CliRunner, Result


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate with its key in one file."""
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch) -> Runner:
    """The tool as a process of its own: exit code, stdout and stderr as a shell sees them."""
    monkeypatch.delenv("LIBRESUME_KEYS", raising=False)
    monkeypatch.delenv("LIBRESUME_STORE", raising=False)

    def run(*arguments: str | Path, stdin: bytes = b"", **environment: str) -> Done:
        done = subprocess.run(
            [sys.executable, "-m", "libresume.cli", *map(str, arguments)],
            input=stdin,
            capture_output=True,
            timeout=120,
            env=os.environ | environment,
        )
        assert b"Traceback" not in done.stderr, done.stderr.decode()
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture
def inside(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """The tool inside this process, by typer's own runner."""
    monkeypatch.delenv("LIBRESUME_KEYS", raising=False)
    monkeypatch.delenv("LIBRESUME_STORE", raising=False)

    def run(*arguments: str | Path, stdin: bytes = b"") -> Result:
        return CliRunner().invoke(app, list(map(str, arguments)), input=stdin)

    return run
