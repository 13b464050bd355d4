# SPDX-License-Identifier: Apache-2.0
"""``resume serve`` without a browser: pages, events and metrics of real workers."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from clitool import Done, Runner, tls_server
from libresume.cli._serve.handshakes import BIN_S, BINS, Log, reason_of
from prometheus_client.parser import text_string_to_metric_families

import libresume
from libresume import Path as Way
from libresume import Reason

WAIT_S = 30


@contextmanager
def serving(*options: str | Path) -> Iterator[dict[str, Any]]:
    command = [sys.executable, "-m", "libresume.cli", "serve", "--port", "0", "--json"]
    command += ["--metrics-port", "0", *map(str, options)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            assert process.stdout is not None
            lines = ""
            for line in process.stdout:
                lines += line
                if line == "}\n":
                    break
            yield json.loads(lines)
        finally:
            process.send_signal(signal.SIGINT)
            rest, said = process.communicate(timeout=20)
        assert (process.returncode, rest) == (0, ""), said
        assert said.endswith("stopped\n") and "Traceback" not in said, said


def context(resumes: bool = True) -> ssl.SSLContext:
    made = ssl.create_default_context()
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    if resumes:
        libresume.attach_client(made)
    return made


@asynccontextmanager
async def browsing(url: str, resumes: bool = True) -> AsyncIterator[aiohttp.ClientSession]:
    connector = aiohttp.TCPConnector(ssl=context(resumes), force_close=True)
    async with aiohttp.ClientSession(url, connector=connector) as session:
        yield session


async def you(session: aiohttp.ClientSession) -> dict[str, Any]:
    async with session.get("/you") as answer:
        assert answer.status == 200
        found: dict[str, Any] = await answer.json()
        return found


async def states(session: aiohttp.ClientSession) -> AsyncIterator[dict[str, Any]]:
    """The states that the server sends as events."""
    async with session.get("/events") as answer:
        assert answer.content_type == "text/event-stream"
        async for line in answer.content:
            if line.startswith(b"data: "):
                yield json.loads(line.removeprefix(b"data: "))


async def until(
    session: aiohttp.ClientSession, holds: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    async with asyncio.timeout(WAIT_S):
        async for state in states(session):
            if holds(state):
                return state
    raise AssertionError("the events ended")


def numbers(url: str) -> dict[str, float]:
    """The sum of each counter about handshakes."""
    import urllib.request

    with urllib.request.urlopen(url, timeout=WAIT_S) as answer:
        text = answer.read().decode()
    sums: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            sums[sample.name] = sums.get(sample.name, 0) + sample.value
    return sums


def until_counted(url: str, name: str, number: float) -> dict[str, float]:
    end = time.monotonic() + WAIT_S
    while (found := numbers(url)).get(name, 0) < number:
        assert time.monotonic() < end, found
        time.sleep(0.02)
    return found


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
def test_visitors_resume_at_any_worker_and_all_see_it(tls: str) -> None:
    async def visit(url: str) -> None:
        async with browsing(url) as session:
            visits = [await you(session)]
            # The kernel spreads connections: sooner or later every worker has had one.
            while len({visit["worker"] for visit in visits}) < 2:
                visits.append(await you(session))
            first, *others = visits
            assert (first["resumed"], first["mode"], first["reason"]) == (False, "none", "not_offered")  # fmt: skip
            for other in others:
                assert other["resumed"] and other["mode"] == "ticket" and other["tls"] == tls
                assert other["reason"] in {"resumed", "renewed"}
            state = await until(session, lambda s: len(s["recent"]) > len(visits))
            assert [seen["resumed"] for seen in state["recent"]].count(False) == 1
            assert sum(state["bins"]["handshakes"]) == len(state["recent"])
            assert sum(state["bins"]["resumed"]) == len(state["recent"]) - 1
            assert {w["pid"] for w in state["workers"]} >= {visit["pid"] for visit in visits}
            roles = {key["role"]: key for key in state["keys"]}
            assert roles["current"]["seals"] > 0 and roles["current"]["opens_for_s"] > 0

    with serving("--workers", "2", "--tls", tls) as settings:
        assert settings["tls"] == tls and settings["keys"] == "random:"
        assert len(settings["workers"]) == 2
        asyncio.run(visit(settings["url"]))


def test_a_foreign_ticket_is_told_by_its_reason(certificate: Path) -> None:
    async def visit(url: str, port: int) -> None:
        async with browsing(url) as session:
            # libresume's client would not offer a ticket to another server: Python's does.
            plain = context(False)
            plain.maximum_version = ssl.TLSVersion.TLSv1_2
            with (
                socket.create_connection(("127.0.0.1", port)) as raw,
                plain.wrap_socket(raw) as there,
            ):
                there.sendall(b"x\n")
                there.recv(100)
                ticket = there.session
            assert ticket is not None and ticket.has_ticket
            here = url.removeprefix("https://localhost:").rstrip("/")
            with (
                socket.create_connection(("127.0.0.1", int(here))) as raw,
                plain.wrap_socket(raw, session=ticket) as connection,
            ):
                assert not connection.session_reused
            state = await until(
                session, lambda s: any(r["reason"] == "unknown_key" for r in s["recent"])
            )
            found = next(r for r in state["recent"] if r["reason"] == "unknown_key")
            assert (found["resumed"], found["mode"], found["tls"]) == (False, "ticket", "1.2")

    stranger = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    stranger.load_cert_chain(certificate)
    with (
        tls_server(stranger) as port,
        serving("--workers", "1", "--certificate", certificate) as settings,
    ):
        asyncio.run(visit(settings["url"], port))


def test_metrics_are_the_sum_even_over_a_worker_that_was_killed(
    tmp_path: Path, tool: Runner
) -> None:
    async def visits(url: str, count: int) -> list[dict[str, Any]]:
        async with browsing(url) as session:
            return [await you(session) for _ in range(count)]

    async def until_replaced(url: str, workers: list[int]) -> list[dict[str, Any]]:
        seen: list[dict[str, Any]] = []
        async with asyncio.timeout(WAIT_S), browsing(url) as session:
            while not {visit["pid"] for visit in seen} - set(workers):
                try:
                    seen.append(await you(session))
                except (aiohttp.ClientError, OSError):
                    continue  # it was the dead one's connection
        return seen

    store = f"shm:{tmp_path}/store?bytes=4M"
    with serving("--workers", "2", "--tls", "1.2", "--store", store) as settings:
        seen = asyncio.run(visits(settings["url"], 6))
        assert [v["resumed"] for v in seen] == [False] + [True] * 5
        assert {v["mode"] for v in seen} == {"session_id"}  # the first one's was random bytes
        scraped = settings["metrics_url"]
        found = until_counted(scraped, "libresume_resumed_total", 5)
        assert found["libresume_handshakes_total"] >= 6
        assert found["libresume_store_entries"] == 1  # one store, though two workers tell of it
        assert "libresume_key_age_seconds" not in found

        victim = seen[-1]["pid"]
        os.kill(victim, signal.SIGKILL)
        again = asyncio.run(until_replaced(settings["url"], settings["workers"]))
        assert victim not in {v["pid"] for v in again}
        assert all(v["resumed"] for v in again[1:])
        found = until_counted(scraped, "libresume_handshakes_total", 6 + len(again))
        assert found["libresume_resumed_total"] >= 5

        done: Done = tool("top", "--once", "--json", scraped)
        assert done.code == 0, done.err
        assert json.loads(done.out)[0]["resumed"] >= 5


def test_every_page_is_whole_and_closes_its_connection() -> None:
    async def look(url: str) -> None:
        async with browsing(url) as session:
            for path in ("/", "/you", "/metrics"):
                async with session.get(path) as answer:
                    text = await answer.text()
                    assert answer.headers["Connection"] == "close"
                    assert answer.headers["Cache-Control"] == "no-store"
                    policy = answer.headers["Content-Security-Policy"]
                    assert "default-src 'none'" in policy and "unsafe" not in policy
                    foreign = text.replace("http://www.w3.org/2000/svg", "")
                    assert "http://" not in foreign and "https://" not in foreign
            async with session.get("/") as answer:
                text = await answer.text()
                assert "This connection is resumed: TLS 1.3, worker 0." in text
                assert "@YOU@" not in text
            async with session.get("/nothing") as answer:
                assert answer.status == 404

    with serving("--workers", "1") as settings:
        asyncio.run(look(settings["url"]))


def test_what_cannot_be_served_is_said_in_a_sentence(tool: Runner, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = tool("serve", "--port", port)
        assert done.code == 2 and f"port {port} of 127.0.0.1 cannot be used" in done.err
    done = tool("serve", "--port", "0", "--keys", "nonsense:")
    assert done.code == 2 and "nonsense" in done.err
    weak = tmp_path / "weak.key"
    weak.write_bytes(bytes(80))
    weak.chmod(0o600)
    assert tool("serve", "--port", "0", "--keys", f"file:{weak}").code in {2, 4}
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    done = tool("serve", "--port", "0", "--certificate", empty)
    assert done.code == 2 and "holds no certificate" in done.err


def test_stdout_is_the_address_alone_and_no_secret_is_told(tmp_path: Path) -> None:
    secret = tmp_path / "secret-name"
    secret.write_bytes(os.urandom(80))
    secret.chmod(0o600)
    command = [sys.executable, "-m", "libresume.cli", "serve", "--port", "0", "--workers", "1"]
    command += ["--keys", f"file:{secret}"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline()
        process.terminate()
        rest, said = process.communicate(timeout=20)
    assert process.returncode == 0 and url.startswith("https://localhost:") and rest == ""
    assert "secret-name" not in url + said


def lives(pid: int) -> bool:
    """Whether a process runs, and is not merely waited for by nobody."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_workers_end_with_their_parent() -> None:
    command = [sys.executable, "-m", "libresume.cli", "serve", "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        text = ""
        for line in process.stdout:
            text += line
            if line == "}\n":
                break
        workers = json.loads(text)["workers"]
        assert all(lives(pid) for pid in workers)
        process.kill()
        process.stdout.read()  # ends when the last worker has closed it
    end = time.monotonic() + WAIT_S
    while left := [pid for pid in workers if lives(pid)]:
        assert time.monotonic() < end, left
        time.sleep(0.02)


def test_the_reason_is_the_one_that_decided() -> None:
    mute, ticket = (Way.NONE, Reason.NOT_OFFERED), (Way.TLS12_TICKET, Reason.RESUMED)
    issued = (Way.TLS12_TICKET, Reason.ISSUED)
    noise = (Way.TLS12_SESSION_ID, Reason.NOT_IN_STORE)
    assert reason_of({issued: 1, noise: 1, mute: 1}, False) == mute
    assert reason_of({mute: 1, ticket: 1, issued: 1}, True) == ticket
    assert reason_of({noise: 1, ticket: 0}, False) == noise
    assert reason_of({issued: 1}, False) == (Way.NONE, Reason.FAILED)


def test_a_log_forgets_what_is_old_and_goes_on_after_a_worker() -> None:
    log = Log(3)
    for at in (0, 1, BIN_S, BIN_S * BINS):
        log.add({"at": at, "resumed": at > 0})
    shown = log.shown()
    assert shown["bins"] == [[1, 1, 1], [BINS, 1, 1]]
    assert [seen["worker"] for seen in shown["recent"]] == [3] * 4
    assert Log(3, shown).shown() == shown
