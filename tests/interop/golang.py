# SPDX-License-Identifier: Apache-2.0
"""Go programs of the tests, built against the library in the build folder."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("RESUME_BUILD", ROOT / "build"))
MODULE = ROOT / "bindings" / "go"
PATIENCE = 300  # seconds, for the first build of Go's own library


def find_go() -> str:
    program = shutil.which("go", path=os.environ.get("PATH", "") + ":/usr/local/go/bin")
    if program is None:
        pytest.fail("go is missing; ./dev setup installs it")
    return program


def environment(prefix: Path | None = None) -> dict[str, str]:
    """Where pkg-config and the loader find libresume: in the build, or in an installed prefix."""
    pkgconfig = [BUILD / "meson-uninstalled"]
    libraries = [BUILD / "libresume"]
    if prefix is not None:
        pkgconfig = list(prefix.glob("lib*/**/pkgconfig"))
        libraries = [folder.parent for folder in pkgconfig]
    # Go's cache keeps what pkg-config said once, as long as the flags are the same: so the folder
    # is among them, or a program would be linked with another one, which may be gone.
    flags = f"-O2 -g -DLIBRESUME_IN={libraries[0]}"
    if prefix is None:  # meson's own pkg-config file for the build folder leaves them out
        flags += f" -I{ROOT / 'libresume' / 'include'}"
    return {
        **os.environ,
        "CGO_CFLAGS": flags,
        "CGO_ENABLED": "1",
        "PKG_CONFIG_PATH": ":".join(map(str, pkgconfig)),
        "LD_LIBRARY_PATH": ":".join(map(str, libraries)),
    }


def run_go(
    *arguments: str, cwd: Path = MODULE, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """One go command, however it ends."""
    return subprocess.run(
        [find_go(), *arguments],
        cwd=cwd,
        env=environment() if env is None else env,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def build_go(package: str, program: Path) -> None:
    done = run_go("build", "-o", str(program), package)
    assert done.returncode == 0, done.stdout + done.stderr
