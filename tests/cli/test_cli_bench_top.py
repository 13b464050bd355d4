# SPDX-License-Identifier: Apache-2.0
"""``resume bench`` and ``resume top``: real work measured, real servers' counters read."""

from __future__ import annotations

import json
import signal
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from clitool import Runner, s_client, tls_server
from libresume.cli._exit import Exit, UsageError
from libresume.cli.top import Sample, address_of, as_data, parse
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from typer.testing import Result

import libresume

Inside = Callable[..., Result]


class Counters(Collector):
    """A server's counters as Prometheus has them, by prometheus_client's own writer."""

    def __init__(self, server: libresume.Server) -> None:
        self._server = server

    def collect(self) -> Iterator[Metric]:
        events = CounterMetricFamily("libresume_outcomes", "outcomes", labels=["path", "reason"])
        for (path, reason), number in self._server.counters().items():
            events.add_metric([path.name.lower(), reason.name.lower()], number)
        yield events
        ages = GaugeMetricFamily("libresume_key_age_seconds", "ages", labels=["name"])
        assert self._server.keyring is not None
        for key in self._server.keyring:
            ages.add_metric([key.name.hex()], 60)
        yield ages


@contextmanager
def endpoint(page: Callable[[], bytes]) -> Iterator[str]:
    """A metrics endpoint in a thread; gives host and port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = page()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *_: object) -> None:  # noqa: A002
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def visited(certificate: Path, tmp_path: Path) -> libresume.Server:
    """A server that one client visited three times: new, resumed, resumed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    libresume.attach(context, keys="random:")
    saved = str(tmp_path / "session.pem")
    with tls_server(context) as port:
        s_client(port, "-tls1_2", "-sess_out", saved)
        for _ in range(2):
            assert b"Reused," in s_client(port, "-tls1_2", "-sess_in", saved)
    server = libresume.server_of(context)
    assert server is not None
    return server


def page_of(server: libresume.Server) -> Callable[[], bytes]:
    registry = CollectorRegistry()
    registry.register(Counters(server))
    return lambda: generate_latest(registry)


def test_top_reads_what_a_server_counted(tool: Runner, visited: libresume.Server) -> None:
    with endpoint(page_of(visited)) as address:
        done = tool("top", address, "--once", "--json")
        text = tool("top", address, "--once")
    assert done.code == Exit.OK and done.err == ""
    (seen,) = json.loads(done.out)
    assert (seen["handshakes"], seen["offered"], seen["resumed"]) == (3, 2, 2)
    assert (seen["hit_ratio"], seen["resumed_ratio"]) == (1.0, 0.6667)
    assert seen["reasons"]["tls12_ticket"]["resumed"] == 2
    assert visited.keyring is not None
    assert {key["name"] for key in seen["keys"]} == {key.name.hex() for key in visited.keyring}
    assert text.code == Exit.OK and "100.0 %" in text.out and "tls12_ticket" in text.out


def test_top_shows_the_others_when_one_is_gone(tool: Runner, visited: libresume.Server) -> None:
    with endpoint(page_of(visited)) as address:
        done = tool("top", address, "127.0.0.1:1", "--once", "--json")
    assert done.code == Exit.NO_CONNECTION and done.err.count("\n") == 1
    there, gone = json.loads(done.out)
    assert there["handshakes"] == 3 and "refused" in gone["error"]


def test_top_goes_on_until_it_is_ended(visited: libresume.Server) -> None:
    with endpoint(page_of(visited)) as address:
        command = [sys.executable, "-m", "libresume.cli", "top", address]
        process = subprocess.Popen(
            [*command, "--json", "--interval", "0.05"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())[0]
        visited.count(libresume.Path.TLS12_TICKET, libresume.Reason.RESUMED)
        seen = first
        while seen["handshakes"] < 4:
            seen = json.loads(process.stdout.readline())[0]
        assert first["handshakes_per_s"] is None and seen["handshakes_per_s"] > 0
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in err


def test_what_is_no_endpoint_of_ours(inside: Inside) -> None:
    with endpoint(lambda: b"# TYPE python_info gauge\npython_info 1\n") as address:
        done = inside("top", address, "--once")
        assert done.exit_code == Exit.NO_CONNECTION and "no libresume metrics" in done.stdout
    with endpoint(lambda: b"<html>\x1b[2J</html>") as address:
        done = inside("top", address)
        assert done.exit_code == Exit.NO_CONNECTION and "\x1b" not in done.output
    for wrong in ("ftp://host/metrics", "file:///etc/passwd", "http://"):
        with pytest.raises(UsageError):
            address_of(wrong)


def test_a_server_that_began_anew_counts_from_zero() -> None:
    before, now = Sample("x", 1.0), Sample("x", 3.0)
    before.counts["tls13_ticket", "resumed"] = 100
    now.counts["tls13_ticket", "resumed"] = 6
    assert as_data(now, before)["resumed_per_s"] == 3.0


def test_issued_tickets_are_no_handshakes() -> None:
    text = "# TYPE libresume_x counter\n"
    for reason, number in (
        ("issued", 5),
        ("not_issued_no_key", 7),
        ("not_offered", 2),
        ("forged", 1),
    ):
        text += f'libresume_x_total{{path="tls13_ticket",reason="{reason}"}} {number}\n'
    sample = parse("x", text, 0.0)
    assert (sample.handshakes, sample.offered, sample.resumed) == (3, 1, 0)


def test_bench_measures_and_draws(tool: Runner, certificate: Path, tmp_path: Path) -> None:
    picture, session_file = tmp_path / "bench.png", tmp_path / "sessions"
    stores = ("--store", "memory:", "--store", f"shm:{session_file}?bytes=4M")
    arguments = ("--seconds", "0.01", "--certificate", certificate, "--plot", picture, "--json")
    done = tool("bench", *stores, *arguments)
    assert done.code == Exit.OK and done.err == f"drew {picture}\n"
    rows = {row["name"]: row for row in json.loads(done.out)}
    names = {
        f"TLS {v} by {how}"
        for v in ("1.2", "1.3")
        for how in ("ticket, attached", "store, attached")
    }
    names |= {"memory: store, get", "shm: store, put", "seal 200 B, XAES-GCM"}
    assert names <= rows.keys()
    assert all(row["value_us"] > 0 for row in rows.values())
    assert picture.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_bench_says_what_it_cannot_measure(inside: Inside, tmp_path: Path) -> None:
    quick = ("--seconds", "0.001")
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing\n")
    done = inside("bench", *quick, "--certificate", empty)
    assert done.exit_code == Exit.USAGE and str(empty) in done.stderr
    assert inside("bench", *quick, "--store", "bogus:").exit_code == Exit.USAGE
    assert inside("bench", "--seconds", "-1").exit_code == Exit.USAGE
