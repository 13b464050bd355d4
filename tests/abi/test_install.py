# SPDX-License-Identifier: Apache-2.0
"""An installed libresume is found by pkg-config, compiles, links both ways and runs."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import headers
import pytest

PROGRAM = """
#include <resume/resume.h>
#include <stdio.h>
int main(void) {
    resume_keyring *ring = NULL;
    if (resume_keyring_from_url("random:", NULL, 1000, &ring) != RESUME_OK) {
        return 1;
    }
    printf("%s %zu\\n", resume_abi_version_text(), resume_keyring_count(ring));
    resume_keyring_unref(ring);
    return resume_abi_version() == RESUME_VERSION ? 0 : 1;
}
"""
ADAPTER_PROGRAM = headers.ROOT / "examples" / "attach.c"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment in which pkg-config finds a fresh installation, static archives too."""
    build = tmp_path_factory.mktemp("build")
    prefix = tmp_path_factory.mktemp("prefix")
    options = ["--default-library=both", "-Dtests=false", "-Dbench=false", "-Dpython=disabled"]
    setup = ["meson", "setup", str(build), str(headers.ROOT), f"--prefix={prefix}", "--libdir=lib"]
    subprocess.run([*setup, *options], check=True, capture_output=True)
    subprocess.run(["meson", "install", "-C", str(build), "--quiet"], check=True)
    return {
        **os.environ,
        "PKG_CONFIG_PATH": str(prefix / "lib" / "pkgconfig"),
        "LD_LIBRARY_PATH": str(prefix / "lib"),
        "PREFIX": str(prefix),
    }


def flags(env: dict[str, str], *arguments: str) -> list[str]:
    command = ["pkg-config", *arguments]
    return subprocess.run(
        command, check=True, capture_output=True, text=True, env=env
    ).stdout.split()


def build_and_run(text: str, folder: Path, link: list[str], env: dict[str, str]) -> str:
    source = folder / "user.c"
    source.write_text(text)
    program = folder / "user"
    subprocess.run(["cc", str(source), "-o", str(program), *link], check=True, env=env)
    done = subprocess.run([str(program)], check=True, env=env, capture_output=True, text=True)
    return done.stdout


def test_shared(installed: dict[str, str], tmp_path: Path) -> None:
    link = flags(installed, "--cflags", "--libs", "libresume")
    assert "-lcrypto" not in link  # private: a user of the shared library does not link it
    version = flags(installed, "--modversion", "libresume")[0]
    assert build_and_run(PROGRAM, tmp_path, link, installed).split()[0] == version


def test_static(installed: dict[str, str], tmp_path: Path) -> None:
    link = flags(installed, "--cflags", "libresume")
    link.append(f"{installed['PREFIX']}/lib/libresume.a")
    link += [f for f in flags(installed, "--static", "--libs", "libresume") if f != "-lresume"]
    assert "-lcrypto" in link
    build_and_run(PROGRAM, tmp_path, link, installed)


def test_adapter(installed: dict[str, str], tmp_path: Path) -> None:
    link = flags(installed, "--cflags", "--libs", "libresume-openssl")
    said = build_and_run(ADAPTER_PROGRAM.read_text(), tmp_path, link, installed)
    assert said == "attached: yes, resumed: no, then yes\n"


def test_all_headers_are_installed(installed: dict[str, str]) -> None:
    found = {p.name for p in Path(installed["PREFIX"], "include", "resume").glob("*")}
    assert found == {p.name for p in headers.header_files()}
