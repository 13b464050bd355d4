# SPDX-License-Identifier: Apache-2.0
"""Whole sets of third-party vectors, which are not part of this repository.

LIBRESUME_VECTORS names a folder with the sets in acvp/ (from BoringSSL's
util/fipstools/acvp/acvptool/test, unpacked: NAME.vectors.json and NAME.expected.json), openssl/
(from OpenSSL's test/recipes/30-test_evp_data), wycheproof/ (its testvectors_v1) and c2sp/ (the
section "Test vectors" of XAES-256-GCM.md, as XAES-256-GCM-test-vectors.md). Without it these tests
are not collected, and the end of the run says so; with it a set that is not there is a failure. A
few values of most sets stand in tests/unit and are always tried.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

FOLDER = os.environ.get("LIBRESUME_VECTORS")
collect_ignore_glob = [] if FOLDER else ["test_vectors_*.py"]
SUMMARY = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def vectors() -> Path:
    """The folder with the sets."""
    assert FOLDER
    return Path(FOLDER)


@pytest.fixture
def summary(pytestconfig: pytest.Config) -> list[str]:
    """Lines for the end of the run: what was compared, and what of a set has no counterpart."""
    return pytestconfig.stash.setdefault(SUMMARY, [])


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if not FOLDER:
        terminalreporter.write_line(
            "vectors: third-party sets were not run: LIBRESUME_VECTORS names no folder with them"
        )
    for line in config.stash.get(SUMMARY, []):
        terminalreporter.write_line(f"vectors: {line}")
