# SPDX-License-Identifier: Apache-2.0
"""What Go adds to sealing and opening a ticket: bindings/go/internal/bench, built and run.

Prints what that prints. Without a Go of 1.21 or later there are no rows.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Builds and runs."""
    go = shutil.which("go", path=os.environ.get("PATH", "") + ":/usr/local/go/bin")
    if go is None:
        print("go_seal: no Go here, no rows of it", file=sys.stderr)
        return 0
    build = Path(os.environ["RESUME_BUILD"])
    env = {
        **os.environ,
        "CGO_CFLAGS": f"-O2 -I{ROOT / 'libresume' / 'include'}",
        "PKG_CONFIG_PATH": str(build / "meson-uninstalled"),
    }
    command = [go, "run", "./internal/bench"]
    return subprocess.run(command, cwd=ROOT / "bindings" / "go", env=env).returncode


if __name__ == "__main__":
    sys.exit(main())
