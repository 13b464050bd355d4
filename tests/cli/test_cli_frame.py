# SPDX-License-Identifier: Apache-2.0
"""What holds for every command: exit codes, stdout and stderr, colour, completion, manual pages."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer.main
from clitool import Runner
from libresume.cli import INSTALL
from libresume.cli._app import COMMANDS, app
from libresume.cli._exit import Exit
from libresume.cli._output import clean
from typer.testing import Result

import libresume

ROOT = Path(__file__).resolve().parents[2]


def test_the_exit_codes_are_promised() -> None:
    assert {code.name: int(code) for code in Exit} == {
        "OK": 0,
        "CHECK_FAILED": 1,
        "USAGE": 2,
        "NO_CONNECTION": 3,
        "BAD_KEY": 4,
    }


@pytest.mark.parametrize(
    "arguments",
    [(), ("nonsense",), ("doctor", "--nonsense"), ("inspect",), ("inspect", "no-such-file")],
)
def test_mistakes_are_one_line_on_stderr(tool: Runner, arguments: tuple[str, ...]) -> None:
    done = tool(*arguments)
    assert (done.code, done.out) == (Exit.USAGE, "")
    assert done.err.startswith("resume: ") and done.err.count("\n") == 1


def test_version_and_help_are_data(tool: Runner) -> None:
    done = tool("--version")
    assert (done.code, done.out, done.err) == (0, f"resume {libresume.__version__}\n", "")
    done = tool("--help")
    assert done.code == 0 and done.err == ""
    assert all(name in done.out for name, _, _ in COMMANDS)


def test_every_command_has_json_and_help(inside: Callable[..., Result]) -> None:
    for name, _, _ in COMMANDS:
        command = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]
        assert any("--json" in parameter.opts for parameter in command.params), name
        shown = inside(name, "--help")
        assert shown.exit_code == 0 and "--json" in shown.stdout


def test_without_typer_one_sentence_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text("raise ModuleNotFoundError('gone', name='typer')\n")
    path = f"{tmp_path}{os.pathsep}{os.environ['PYTHONPATH']}"
    done = subprocess.run(
        [sys.executable, "-m", "libresume.cli", "doctor"],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
    )
    assert (done.returncode, done.stdout) == (Exit.USAGE, "")
    assert done.stderr == f"{INSTALL} (typer is missing)\n"


def test_the_package_does_not_load_the_tool() -> None:
    code = "import sys, libresume; print([n for n in ('typer', 'rich', 'aiohttp') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_command_loads_only_what_it_needs() -> None:
    code = "import sys, libresume.cli._app\nprint([n for n in ('matplotlib', 'aiohttp', "
    code += "'prometheus_client') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def _on_a_terminal(*arguments: str, **environment: str) -> str:
    """What the tool writes where stdout and stderr are a terminal."""
    master, slave = pty.openpty()
    settings = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
    settings |= {"TERM": "xterm-256color"} | environment
    process = subprocess.Popen(
        [sys.executable, "-m", "libresume.cli", *arguments],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=settings,
    )
    os.close(slave)
    seen = b""
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:  # Linux's way to say that the other end is gone
            break
        if not piece:
            break
        seen += piece
    process.wait(timeout=60)
    os.close(master)
    return seen.decode()


def test_colour_is_for_terminals_without_no_color(tool: Runner) -> None:
    colour = "\x1b[3"
    assert colour in _on_a_terminal("doctor")
    assert colour not in _on_a_terminal("doctor", NO_COLOR="1")
    assert "\x1b" not in _on_a_terminal("doctor", TERM="dumb")
    assert "\x1b" not in tool("doctor").out


def test_long_work_shows_a_bar_on_a_terminal_only(tool: Runner) -> None:
    assert "seal 200 B" in tool("bench", "--seconds", "0.001").out
    seen = _on_a_terminal("bench", "--seconds", "0.001", "--json")
    assert seen.index("━") < seen.index("[\r\n")  # the bar first, and the data after it
    assert "━" not in tool("bench", "--seconds", "0.001").err


def test_nothing_moves_the_cursor() -> None:
    assert clean("a\x1b[2Jb\r\x07\u202e") == "a\\x1b[2Jb\\r\\x07\\u202e"
    assert clean("grün") == "grün"


def test_a_reader_that_leaves_early_is_no_error() -> None:
    command = f"{sys.executable} -m libresume.cli doctor --json | head -c 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "{", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_gives_a_script(tool: Runner, shell: str) -> None:
    done = tool("--show-completion", shell)
    assert done.code == 0 and "RESUME_COMPLETE" in done.out


def test_completion_completes() -> None:
    environment = os.environ | {
        "_RESUME_COMPLETE": "complete_bash",
        "COMP_WORDS": "resume ins",
        "COMP_CWORD": "1",
    }
    program = "from libresume.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True
    )
    assert done.stdout.split() == ["inspect"]


def test_the_manual_pages_are_those_of_the_tool(tmp_path: Path) -> None:
    generator = ROOT / "docs" / "man" / "generate.py"
    subprocess.run([sys.executable, generator, tmp_path], check=True)
    fresh = {page.name: page.read_text() for page in tmp_path.glob("*.1")}
    kept = {page.name: page.read_text() for page in generator.parent.glob("*.1")}
    assert fresh == kept, "run python docs/man/generate.py"
    assert set(fresh) == {"resume.1", *(f"resume-{name}.1" for name, _, _ in COMMANDS)}
    build = (ROOT / "python" / "libresume" / "cli" / "meson.build").read_text()
    assert set(re.findall(r"docs/man/(.*)'", build)) == set(fresh), "list all of them there"


def test_every_module_is_in_the_wheel() -> None:
    folder = ROOT / "python" / "libresume" / "cli"
    for part in {path.parent for path in folder.rglob("*.py")}:
        listed = re.findall(r"^    '(\S+\.py)',", (part / "meson.build").read_text(), re.M)
        assert sorted(listed) == sorted(path.name for path in part.glob("*.py"))


def test_doctor_says_what_is_there(tool: Runner) -> None:
    done = tool("doctor", "--json")
    assert done.code == Exit.OK
    states = {check["check"]: check["state"] for check in json.loads(done.out)["checks"]}
    assert states["Python's TLS"] == states["OpenSSL"] == "ok"


def test_doctor_fails_where_a_url_of_the_environment_does(tool: Runner) -> None:
    done = tool("doctor", LIBRESUME_KEYS="file:/no/such.key", LIBRESUME_STORE="memory:")
    assert done.code == Exit.CHECK_FAILED
    assert "LIBRESUME_KEYS" in done.out and "bad" in done.out
    assert "/no/such.key" in done.out


def test_doctor_tells_when_pythons_tls_is_out_of_reach(
    inside: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    import _ssl  # the real check runs: it asks this module where its file is

    monkeypatch.setattr(_ssl, "__file__", "/no/such/_ssl.so")
    done = inside("doctor")
    assert done.exit_code == Exit.CHECK_FAILED
    assert "private OpenSSL" in done.stdout and "pyenv" in done.stdout
