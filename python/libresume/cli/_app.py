# SPDX-License-Identifier: Apache-2.0
"""The tool's commands put together, and how their failures are told. No command is written here.

A command is a function with typer's annotations in a module of this package. It raises
``CliError`` for what a user can do something about, and ``typer.Exit`` with another code of
``Exit`` when it has already said why.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import libresume
from libresume.cli import _output
from libresume.cli._exit import CliError, Exit

# (name, module, function), in the order of the help. What a command needs besides typer and rich,
# its module imports inside the function.
COMMANDS = (
    ("keygen", "libresume.cli.keygen", "keygen"),
    ("rotate", "libresume.cli.keygen", "rotate"),
    ("inspect", "libresume.cli.inspect", "inspect"),
    ("bench", "libresume.cli.bench", "bench"),
    ("top", "libresume.cli.top", "top"),
    ("doctor", "libresume.cli.doctor", "doctor"),
    ("probe", "libresume.cli.probe", "probe"),
    ("serve", "libresume.cli.serve", "serve"),
)

SHELLS = ("bash", "zsh", "fish", "powershell", "pwsh")

# Answers about a key or a ticket, as against those about arguments.
_KEY_ANSWERS = {
    libresume.Status.WEAK_KEY,
    libresume.Status.NO_KEY,
    libresume.Status.FORGED,
    libresume.Status.MALFORMED,
    libresume.Status.EXISTS,
    libresume.Status.EXPIRED,
}


def _ending(error: Exception) -> tuple[Exit, str]:
    """The code and the sentence for a failure that a user may meet."""
    if isinstance(error, CliError):
        return error.code, str(error)
    if isinstance(error, libresume.Error):
        return Exit.BAD_KEY if error.status in _KEY_ANSWERS else Exit.USAGE, str(error)
    if isinstance(error, OSError) and error.filename is not None:
        return Exit.USAGE, f"{error.filename}: {error.strerror}"
    code = Exit.NO_CONNECTION if isinstance(error, ConnectionError) else Exit.USAGE
    return code, str(error)


class Group(TyperGroup):
    """A group whose commands fail with one sentence on stderr instead of a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Runs a command."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise  # the reader has seen enough: typer ends quietly
        except (CliError, libresume.Error, OSError) as error:
            code, text = _ending(error)
            _output.fail(text)
            raise typer.Exit(code) from None

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Parses and runs; exits, unless it is not alone."""
        words = list(sys.argv[1:] if args is None else args)
        if len(words) == 2 and words[0] == "--show-completion":
            # typer shows the script of the shell that it runs in; this is for any, in any place.
            if words[1] not in SHELLS:
                _output.fail(f"no completion for {words[1]}: one of {', '.join(SHELLS)}")
                sys.exit(Exit.USAGE)
            os.environ["_RESUME_COMPLETE"] = f"source_{words[1]}"
            prog_name, complete_var = "resume", "_RESUME_COMPLETE"
        try:
            code = super().main(args, prog_name, complete_var, False, windows_expand_args, **extra)
            if not standalone_mode:
                return code
        except typer.Abort:
            code = Exit.CHECK_FAILED
        except Exception as error:
            message = getattr(error, "format_message", None)
            if (
                message is None or not standalone_mode
            ):  # a fault of ours: Python's traceback tells most
                raise
            _output.fail(f"{message().rstrip('.')}: see {_command_of(error)} --help")
            code = Exit.USAGE
        sys.exit(code if isinstance(code, int) else Exit.OK)


def _command_of(error: Exception) -> str:
    context = getattr(error, "ctx", None)
    return str(context.command_path) if context is not None else "resume"


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"resume {libresume.__version__}")
        raise typer.Exit()


def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """TLS session resumption: make keys, look into tickets, probe and watch servers.

    Data goes to stdout, all else to stderr. Exit codes: 0 ok, 1 a check failed, 2 usage,
    3 no connection, 4 a bad key or ticket.

    `resume --show-completion SHELL` prints the completion script of bash, zsh or fish.
    """


def build() -> typer.Typer:
    """The application with all commands."""
    made = typer.Typer(cls=Group, pretty_exceptions_enable=False, rich_markup_mode="markdown")
    made.callback()(_root)
    for name, module, function in COMMANDS:
        made.command(name)(getattr(importlib.import_module(module), function))
    return made


app = build()
