# SPDX-License-Identifier: Apache-2.0
"""abidiff against the committed baselines: any difference at all fails."""

from __future__ import annotations

import subprocess

import headers
import pytest
import update


@pytest.mark.parametrize("library", sorted(headers.LIBRARIES))
def test_abi_is_the_baseline(library: str) -> None:
    baseline = update.baseline_path(library)
    assert baseline.exists(), f"{baseline.name} is missing: ./dev abi-baseline writes it"
    built = headers.LIBRARIES[library][0]
    # A changed parameter gives status 4 and not 8, so every status but 0 is a failure.
    public = ["--headers-dir1", str(headers.INCLUDE), "--headers-dir2", str(headers.INCLUDE)]
    private = ["--suppressions", str(update.HERE / "private.suppr")]
    command = ["abidiff", *public, *private, str(baseline), str(built)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
