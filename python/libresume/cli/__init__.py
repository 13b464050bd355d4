# SPDX-License-Identifier: Apache-2.0
"""The command line tool ``resume``. Not needed by programs: ``import libresume`` never loads it.

This file is all that works without the extra ``cli``, so it imports nothing of it at its top.
"""

from __future__ import annotations

import sys

from libresume.cli._exit import Exit

INSTALL = "resume: the command line needs more packages: pip install 'libresume[cli]'"


def main() -> int:
    """Runs the tool with the process's arguments; returns or exits with a code of ``Exit``."""
    try:
        import rich  # noqa: F401
        import typer  # noqa: F401
    except ImportError as error:
        print(f"{INSTALL} ({error.name} is missing)", file=sys.stderr)
        return Exit.USAGE
    from libresume.cli._app import app

    app(prog_name="resume")
    return Exit.OK
