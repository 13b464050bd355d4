# SPDX-License-Identifier: Apache-2.0
"""The symbol maps, the libraries' exports, the headers and the API page name the same calls."""

from __future__ import annotations

import re
import subprocess

import headers
import pytest
import update

BOTH = sorted(headers.LIBRARIES)


@pytest.mark.parametrize("library", BOTH)
def test_map_is_the_headers(library: str) -> None:
    assert headers.map_names(headers.LIBRARIES[library][1]) == headers.declared_names(library)


@pytest.mark.parametrize("library", BOTH)
def test_exports_are_the_headers(library: str) -> None:
    assert headers.exported_names(headers.LIBRARIES[library][0]) == headers.declared_names(library)


def test_api_page_is_the_headers() -> None:
    page = update.API_PAGE.read_text()
    assert set(re.findall(r"^\| `(resume_\w+)`", page, flags=re.MULTILINE)) == set(
        headers.functions()
    )
    assert page == update.api_page(), "run ./dev abi-baseline"


def dynamic(library: str) -> str:
    command = ["readelf", "--dynamic", "--wide", str(headers.LIBRARIES[library][0])]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("library", BOTH)
def test_library_can_not_be_unloaded(library: str) -> None:
    # Callbacks that an SSL_CTX still holds must not point into a hole.
    assert "NODELETE" in dynamic(library)
    assert f"[{library}.so.0]" in dynamic(library)


@pytest.mark.parametrize(("library", "most"), [("libresume", 64), ("libresume-openssl", 136)])
def test_threads_own_little(library: str, most: int) -> None:
    # glibc has 1500 bytes and more for the variables of all libraries that are loaded late.
    command = ["readelf", "--program-headers", "--wide", str(headers.LIBRARIES[library][0])]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    sizes = [int(line.split()[5], 16) for line in lines if line.split()[:1] == ["TLS"]]
    assert len(sizes) == 1
    assert sizes[0] <= most


def test_only_the_adapter_needs_libssl() -> None:
    assert "libssl" not in dynamic("libresume")
    assert "libcrypto.so" in dynamic("libresume")
    assert "libssl.so" in dynamic("libresume-openssl")
    assert "[libresume.so.0]" in dynamic("libresume-openssl")
