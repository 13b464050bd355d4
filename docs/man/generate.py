# SPDX-License-Identifier: Apache-2.0
"""Writes the manual pages of the command line tool from the tool itself. Not by hand: a test diffs.

python docs/man/generate.py [FOLDER]
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main
from libresume.cli._app import app
from libresume.cli._exit import Exit

HERE = Path(__file__).parent
MEANINGS = {
    Exit.OK: "All is well.",
    Exit.CHECK_FAILED: "A check failed.",
    Exit.USAGE: "The arguments do not fit, or a file is not there.",
    Exit.NO_CONNECTION: "Nobody answers where the command has to go.",
    Exit.BAD_KEY: "A bad key or ticket.",
}
ENVIRONMENT = {
    "LIBRESUME_KEYS": "The URL of ticket keys that inspect tries and doctor checks.",
    "LIBRESUME_STORE": "The URL of a store that doctor checks.",
    "NO_COLOR": "Set and not empty, nothing is coloured.",
}
HIDDEN = {"install_completion", "show_completion", "help"}


def roff(text: str) -> str:
    """Text as troff shows it unchanged."""
    text = text.replace("`", "").replace("\\", "\\e").replace("-", "\\-")
    return "\n".join("\\&" + line if line[:1] in {".", "'"} else line for line in text.split("\n"))


def paragraphs(text: str) -> Iterator[str]:
    """The paragraphs of a docstring."""
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        yield ".PP\n" + roff(" ".join(paragraph.split()))


def shown_default(parameter: Any) -> str:
    """A sentence about the default, if it says something."""
    default = parameter.default
    if default in (None, False, True, "", ()) or callable(default):
        return ""
    return f" Default: {getattr(default, 'value', default)}."


def metavar_of(parameter: Any) -> str:
    """What stands behind an option; nothing for a switch."""
    if getattr(parameter, "is_flag", False):
        return ""
    if parameter.metavar:
        return str(parameter.metavar)
    return "VALUE"


def argument_name(parameter: Any) -> str:
    """What an argument is called."""
    return str(parameter.metavar or parameter.name.upper())


def items(parameters: list[Any], argument: bool) -> Iterator[str]:
    """One entry for each argument or option."""
    for parameter in parameters:
        if (parameter.param_type_name == "argument") != argument or parameter.name in HIDDEN:
            continue
        if argument:
            head = f"\\fI{roff(argument_name(parameter))}\\fR"
        else:
            names = sorted(parameter.opts, key=len) + list(parameter.secondary_opts)
            head = ", ".join(f"\\fB{roff(name)}\\fR" for name in names)
            metavar = metavar_of(parameter)
            head += f" \\fI{roff(metavar)}\\fR" if metavar else ""
        text = (parameter.help or "").strip()
        yield f".TP\n{head}\n{roff(text + shown_default(parameter))}"


def synopsis(name: str, command: Any) -> str:
    """The line of all arguments."""
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    words = [f"\\fB{roff(name)}\\fR", "[\\fIOPTIONS\\fR]"]
    for parameter in arguments:
        word = f"\\fI{roff(argument_name(parameter))}\\fR"
        words.append(word if parameter.required else f"[{word}]")
    return " ".join(words)


def section(title: str, lines: Iterator[str]) -> list[str]:
    """A section, unless it is empty."""
    body = list(lines)
    return [f".SH {title}", *body] if body else []


def ending(names: list[str]) -> list[str]:
    """What all pages end with."""
    codes = (f".TP\n.B {code.value}\n{roff(text)}" for code, text in MEANINGS.items())
    variables = (f".TP\n.B {name}\n{roff(text)}" for name, text in ENVIRONMENT.items())
    others = ",\n".join(f".BR {roff(name)} (1)" for name in names)
    lines = section("EXIT STATUS", codes) + section("ENVIRONMENT", variables)
    return [*lines, ".SH SEE ALSO", others.replace(",\n", " ,\n")]


def page(name: str, command: Any, others: list[str], commands: dict[str, Any]) -> str:
    """One whole page."""
    summary, *rest = list(paragraphs(command.help or ""))
    title = summary.removeprefix(".PP\n").rstrip(".")
    words = synopsis(name.replace("-", " ", 1), command)
    if commands:
        words += " \\fICOMMAND\\fR [\\fIARGUMENTS\\fR]"
    lines = [
        '.\\" SPDX-License-Identifier: Apache-2.0',
        '.\\" Written by docs/man/generate.py from the tool.',
        f'.TH "{name.upper()}" 1 "" libresume "TLS session resumption"',
        ".SH NAME",
        f"{roff(name)} \\- {title[0].lower() if not title.startswith('TLS') else 'T'}{title[1:]}",
        ".SH SYNOPSIS",
        words,
        *section("DESCRIPTION", iter(rest)),
        *section("ARGUMENTS", items(command.params, argument=True)),
        *section("OPTIONS", items(command.params, argument=False)),
    ]
    if commands:
        entries = (
            f".TP\n.BR {roff(f'resume-{sub}')} (1)\n{next(paragraphs(inner.help))[4:]}"
            for sub, inner in commands.items()
        )
        lines += section("COMMANDS", entries)
    return "\n".join([*lines, *ending(others)]) + "\n"


def pages() -> dict[str, str]:
    """The names of the files and their text."""
    group: Any = typer.main.get_command(app)
    commands = dict(group.commands)
    names = ["resume", *(f"resume-{name}" for name in commands)]
    made = {"resume.1": page("resume", group, names[1:], commands)}
    for name, command in commands.items():
        own = f"resume-{name}"
        made[f"{own}.1"] = page(own, command, [other for other in names if other != own], {})
    return made


def main() -> None:
    """Writes all pages, and removes those of commands that are gone."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    made = pages()
    for old in set(folder.glob("*.1")) - {folder / name for name in made}:
        old.unlink()
    for name, text in made.items():
        (folder / name).write_text(text)


if __name__ == "__main__":
    main()
