# SPDX-License-Identifier: Apache-2.0
"""``resume doctor``: can libresume work here, and what to do where it cannot. Changes nothing."""

from __future__ import annotations

import ssl

import typer

import libresume
from libresume.cli._exit import Exit
from libresume.cli._output import Json, print_json, print_table


def doctor(as_json: Json = False) -> None:
    """Tell what of libresume can work on this machine, and what to do about the rest."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        libresume.attach(context, keys="random:")
        row = {"check": "python ssl", "ok": True, "found": ssl.OPENSSL_VERSION, "advice": ""}
    except libresume.UnsupportedError as error:
        row = {
            "check": "python ssl",
            "ok": False,
            "found": ssl.OPENSSL_VERSION,
            "advice": str(error),
        }
    if as_json:
        print_json([row])
    else:
        print_table(list(row), [[str(value) for value in row.values()]])
    if not row["ok"]:
        raise typer.Exit(Exit.CHECK_FAILED)
