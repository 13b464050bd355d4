# SPDX-License-Identifier: Apache-2.0
"""``resume keygen`` and ``resume rotate``: files that servers take, and rings that lose nothing."""

from __future__ import annotations

import base64
import json
import multiprocessing
import os
import pty
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from clitool import Runner, leaks
from libresume.cli import _keyfiles, _records
from libresume.cli._exit import Exit
from libresume.cli._records import DIALECTS, Order
from typer.testing import Result

from libresume import Codec, InvalidError, Keyring, Status

Inside = Callable[..., Result]
ONE_KEY = [name for name, dialect in DIALECTS.items() if dialect.order is Order.ONE]
MANY_KEYS = [name for name in DIALECTS if name not in ONE_KEY]


def names(done: Result, role: str | None = None) -> list[str]:
    """The names of the keys that a command told, of one role or of all."""
    assert done.exit_code == Exit.OK, done.output
    rows = json.loads(done.stdout)["keys"]
    return [row["name"] for row in rows if role in (None, row["role"])]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_new_file_is_private_and_whole(inside: Inside, tmp_path: Path, dialect: str) -> None:
    for bits in DIALECTS[dialect].sizes:
        path = tmp_path / f"{bits}.key"
        done = inside("keygen", "-d", dialect, "--bits", bits, "-o", path, "--json")
        kind, data = DIALECTS[dialect], path.read_bytes()
        records = _records.parse(kind, data)
        assert [_records.name_of(kind, record) for record in records] == names(done)
        assert len(names(done, "current")) == 1 and mode(path) == 0o600
        if dialect != "h2o":  # whose text holds more than the key
            assert all(len(record) == kind.sizes[bits] for record in records)
            assert leaks(done.output, *(record[16:] for record in records)) == []
    assert sorted(tmp_path.iterdir()) == sorted(
        tmp_path / f"{b}.key" for b in DIALECTS[dialect].sizes
    )


def test_a_file_is_replaced_only_by_force(tool: Runner, tmp_path: Path) -> None:
    path = tmp_path / "fleet.key"
    first = tool("keygen", "-d", "nginx", "-o", path)
    assert first.code == Exit.OK
    before = path.read_bytes()
    done = tool("keygen", "-d", "nginx", "-o", path)
    assert done.code == Exit.USAGE and "--force" in done.err and done.err.count("\n") == 1
    assert path.read_bytes() == before
    assert tool("keygen", "-d", "nginx", "-o", path, "--force").code == Exit.OK
    assert path.read_bytes() != before and list(tmp_path.iterdir()) == [path]


def test_of_several_files_none_is_written_if_one_is_there(inside: Inside, tmp_path: Path) -> None:
    path = tmp_path / "fleet.key"
    (tmp_path / "fleet.key.1").write_bytes(b"mine")
    done = inside("keygen", "-d", "nginx", "--count", 3, "-o", path)
    assert done.exit_code == Exit.USAGE and not path.exists()
    assert (tmp_path / "fleet.key.1").read_bytes() == b"mine"


def test_a_key_on_stdout_is_only_the_key(tool: Runner) -> None:
    done = tool("keygen", "-d", "haproxy", "--bits", "128", "-o", "-")
    assert done.code == Exit.OK and done.err == ""
    assert [len(base64.b64decode(line)) for line in done.out.splitlines()] == [48] * 3
    assert tool("keygen", "-d", "nginx", "--count", "2", "-o", "-").code == Exit.USAGE
    assert tool("keygen", "-d", "nginx", "-o", "-", "--json").code == Exit.USAGE
    assert tool("keygen", "-d", "nginx").code == Exit.USAGE


def test_no_key_goes_to_a_screen() -> None:
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "libresume.cli", "keygen", "-d", "go", "-o", "-"]
    done = subprocess.run(command, stdin=slave, stdout=slave, stderr=subprocess.PIPE, timeout=60)
    os.close(slave)
    os.set_blocking(master, False)
    with pytest.raises(OSError):  # noqa: PT011 - nothing is there to read: no key was written
        os.read(master, 100)
    os.close(master)
    assert done.returncode == Exit.USAGE and b"terminal" in done.stderr


def test_what_a_dialect_does_not_have(inside: Inside, tmp_path: Path) -> None:
    path = tmp_path / "new.key"
    for words in (
        ("-d", "caddy"),
        ("-d", "apache", "--bits", 256),
        ("-d", "haproxy", "--count", 2),
        ("-d", "go", "--count", 65),
    ):
        done = inside("keygen", *words, "-o", path)
        assert done.exit_code == Exit.USAGE and done.stderr.count("\n") == 1
    assert inside("keygen", "-d", "go", "-o", tmp_path / "no" / "x").exit_code == Exit.USAGE
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_key_opens_before_it_seals_and_after(
    inside: Inside, tmp_path: Path, dialect: str
) -> None:
    """The law of a rotation: who seals was next before, and who sealed still opens."""
    path = tmp_path / "fleet.key"
    count = max(2, DIALECTS[dialect].least)
    # In h2o's files times say the same; a delay of 0 lets each key seal at once.
    timed = ("--delay", "0") if dialect == "h2o" else ()
    done = inside("keygen", "-d", dialect, "--count", count, "-o", path, "--json")
    for _ in range(4):
        known, sealing, following = names(done), names(done, "current"), names(done, "next")
        done = inside("rotate", path, "-d", dialect, "--json", *timed)
        assert sealing[0] in names(done)
        if not timed:
            assert names(done, "current") == following
            assert names(done, "next")[0] not in known
        assert mode(path) == 0o600
    assert len(names(done)) == (3 if not timed else len(set(names(done))))


def readable() -> list[str]:
    """The dialects that the library reads, as it lists them itself."""
    with pytest.raises(InvalidError) as caught:
        Keyring("file:/none?dialect=none")
    return str(caught.value).partition("known: ")[2].split(", ")


def test_the_library_reads_what_is_made_and_agrees_who_seals(
    inside: Inside, tmp_path: Path
) -> None:
    known = readable()
    assert {"nginx", "openssl"} <= set(known) <= DIALECTS.keys()
    for dialect in known:
        path = tmp_path / dialect
        done = inside("keygen", "-d", dialect, "-o", path, "--json")
        for _ in range(3):
            sealing = Keyring(f"file:{path}?dialect={dialect}").sealing_key()
            assert sealing is not None and [sealing.name.hex()] == names(done, "current")
            done = inside("rotate", path, "-d", dialect, "--json")


@pytest.mark.parametrize("dialect", ["nginx", "openssl"])
def test_tickets_live_through_rotations(inside: Inside, tmp_path: Path, dialect: str) -> None:
    path = tmp_path / "fleet.key"
    assert inside("keygen", "-d", dialect, "--count", 3, "-o", path).exit_code == Exit.OK
    url = f"file:{path}?dialect={dialect}&old={path}.next&old={path}.1"
    slow_host = Keyring(url)  # has not read the files anew yet
    tickets = [Codec(Keyring(url)).seal(b"before")]
    assert inside("rotate", path, "-d", dialect).exit_code == Exit.OK
    tickets.append(Codec(Keyring(url)).seal(b"after"))
    for ring in (slow_host, Keyring(url)):
        for ticket in tickets:
            assert ticket is not None
            assert Codec(ring).open(ticket)[0] in (Status.OK, Status.RENEW)
    assert slow_host.reload() is Status.OK


@pytest.mark.parametrize("dialect", ONE_KEY)
def test_the_first_rotation_only_adds_the_next_key(
    inside: Inside, tmp_path: Path, dialect: str
) -> None:
    path = tmp_path / "fleet.key"
    first = names(inside("keygen", "-d", dialect, "-o", path, "--json"))
    done = inside("rotate", path, "-d", dialect, "--json")
    assert names(done, "current") == first and ".next is new" in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["fleet.key", "fleet.key.next"]


def test_old_keys_go_and_no_more_than_asked_for(inside: Inside, tmp_path: Path) -> None:
    path = tmp_path / "fleet.key"
    inside("keygen", "-d", "nginx", "--count", 2, "-o", path)
    for _ in range(4):
        kept = names(inside("rotate", path, "-d", "nginx", "--keep", 5, "--json"))
    assert len(kept) == 5 and (tmp_path / "fleet.key.3").exists()
    assert names(inside("rotate", path, "-d", "nginx", "--keep", 3, "--json"))[3:] == []
    assert not (tmp_path / "fleet.key.2").exists()
    assert inside("rotate", path, "-d", "haproxy", "--keep", 2).exit_code == Exit.USAGE


def test_an_interrupted_rotation_is_finished(
    inside: Inside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "fleet.key"
    done = inside("keygen", "-d", "nginx", "--count", 4, "-o", path, "--json")
    current, following, first_old, _ = names(done)
    real = _keyfiles.write
    for stop_after in range(4):
        for file in tmp_path.iterdir():
            file.unlink()
        done = inside("keygen", "-d", "nginx", "--count", 4, "-o", path, "--json")
        current, following, first_old, _ = names(done)
        written: list[Path] = []

        def fails(
            file: Path,
            data: bytes,
            *,
            replace: bool,
            limit: int = stop_after,
            done: list[Path] = written,
        ) -> None:
            if len(done) == limit:
                raise OSError(28, "No space left on device", str(file))
            done.append(file)
            real(file, data, replace=replace)

        monkeypatch.setattr(_keyfiles, "write", fails)
        assert inside("rotate", path, "-d", "nginx").exit_code == Exit.USAGE
        monkeypatch.setattr(_keyfiles, "write", real)
        there = {file.read_bytes()[:16].hex() for file in tmp_path.iterdir()}
        assert {current, following} <= there
        after = inside("rotate", path, "-d", "nginx", "--json")
        assert names(after, "current") == [following]
        assert names(after, "previous")[:2] == [current, first_old]


def test_only_the_keys_alive_stay_in_a_timed_file(inside: Inside, tmp_path: Path) -> None:
    path = tmp_path / "h2o.yaml"
    dead = _records.make(DIALECTS["h2o"], 96, 1_000_000_000, 60)
    alive = inside("keygen", "-d", "h2o", "-o", path, "--json")
    path.write_bytes(b"# ours\n" + path.read_bytes() + dead)
    done = inside("rotate", path, "-d", "h2o", "--json")
    assert names(done, "current") == names(alive)
    assert len(names(done)) == 2 and len(names(done, "next")) == 1
    for _ in range(5):  # however often: the one that seals stays until another does
        done = inside("rotate", path, "-d", "h2o", "--json", "--keep", 2)
        assert names(done, "current") == names(alive)


BAD_FILES = {
    "nginx": [b"", bytes(79), os.urandom(160)],
    "haproxy": [b"", b"!!!\n" * 3, base64.b64encode(os.urandom(80)) + b"\n"],
    "go": [b"x" * 44 + b"\n", b"ab" * 33],
    "h2o": [b"- name: 00\n", b"nothing\n", b"- name: " + b"0a" * 16 + b"\n  key: 00\n"],
    "dnsdist": [os.urandom(81), b""],
}


@pytest.mark.parametrize("dialect", BAD_FILES)
def test_a_bad_file_stays_as_it_is(inside: Inside, tmp_path: Path, dialect: str) -> None:
    path = tmp_path / "bad.key"
    for data in BAD_FILES[dialect]:
        path.write_bytes(data)
        path.chmod(0o600)
        done = inside("rotate", path, "-d", dialect)
        assert done.exit_code == Exit.BAD_KEY, (data, done.output)
        assert str(path) in done.stderr and done.stderr.count("\n") == 1
        assert path.read_bytes() == data and list(tmp_path.iterdir()) == [path]


def test_files_that_others_may_read_are_refused(inside: Inside, tmp_path: Path) -> None:
    path = tmp_path / "loose.key"
    inside("keygen", "-d", "nginx", "-o", path)
    path.chmod(0o640)
    done = inside("rotate", path, "-d", "nginx")
    assert done.exit_code == Exit.BAD_KEY and "chmod 600" in done.stderr
    assert inside("rotate", tmp_path / "none", "-d", "nginx").exit_code == Exit.USAGE


def _rotate_often(path: Path) -> None:
    for _ in range(3):
        command = [sys.executable, "-m", "libresume.cli", "rotate", str(path), "-d", "haproxy"]
        subprocess.run(command, check=True, capture_output=True)


def test_two_who_rotate_at_once_wait_for_each_other(inside: Inside, tmp_path: Path) -> None:
    path = tmp_path / "fleet.key"
    inside("keygen", "-d", "haproxy", "-o", path)
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_rotate_often, args=(path,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert len(_records.parse(DIALECTS["haproxy"], path.read_bytes())) == 3
    assert list(tmp_path.iterdir()) == [path]
