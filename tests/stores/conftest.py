# SPDX-License-Identifier: Apache-2.0
"""Real backends on free ports, and a proxy that spoils what they say."""

from __future__ import annotations

import contextlib
import getpass
import os
import secrets
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from libresume import Statistic, Store

PATIENCE = 20.0  # seconds, for what takes milliseconds
NOW = 1_800_000_000_000
LATER = NOW + 3_600_000
SECRET = bytes(range(200, 250))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def program(*names: str) -> str:
    """The first of these that is installed."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/bin"
    for name in names:
        found = shutil.which(name, path=path)
        if found:
            return found
    pytest.fail(f"{names[0]} is missing; ./dev setup installs it")


def until(holds: Callable[[], bool], what: str, patience: float = PATIENCE) -> float:
    """Waits until something holds; gives the seconds that it took."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < patience, f"in vain: {what}"
        time.sleep(0.002)
    return time.monotonic() - began


class Redis:
    """A redis-server, or a valkey-server, of the test's own."""

    def __init__(self, executable: str, folder: Path, *settings: str, port: int = 0) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.path = folder / f"{self.port}.sock"
        self.command = [executable, "--port", str(self.port), "--bind", "127.0.0.1"]
        self.command += ["--unixsocket", str(self.path), "--dir", str(folder), "--save", ""]
        self.command += ["--appendonly", "no", "--daemonize", "no", "--logfile", "log", *settings]
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self.command)
        until(self.answers, "the server listens")

    def answers(self) -> bool:
        assert self.process.poll() is None, "the server ended: " + self.log()
        try:
            return self.talk("PING").startswith(("+PONG", "-NOAUTH"))
        except OSError:
            return False

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def talk(self, *words: str, login: str = "") -> str:
        """One command in the server's inline form, and the first bytes of its answer."""
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as talk:
            reader = talk.makefile("rb")
            if login:
                talk.sendall(f"AUTH {login}\r\n".encode())
                assert reader.readline() == b"+OK\r\n"
            talk.sendall(" ".join(words).encode() + b"\r\n")
            return reader.readline().decode()

    def cli(self, *words: str) -> bytes:
        """redis-cli's answer, raw."""
        command = [program("redis-cli", "valkey-cli"), "-p", str(self.port), "--raw", *words]
        return subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE).stdout

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.kill()


def servers() -> list[str]:
    """Both kinds where both are installed; redis-server always is (./dev setup)."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/bin"
    return [
        "redis-server",
        *(["valkey-server"] if shutil.which("valkey-server", path=path) else []),
    ]


Launcher = Callable[..., Redis]


@pytest.fixture(params=servers())
def launch(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Launcher]:
    running: list[Redis] = []

    def launcher(*settings: str, port: int = 0) -> Redis:
        folder = tmp_path / str(len(running))
        folder.mkdir()
        running.append(Redis(program(request.param), folder, *settings, port=port))
        return running[-1]

    yield launcher
    for server in running:
        server.stop()


@pytest.fixture
def redis(launch: Launcher) -> Redis:
    return launch()


class Memcached:
    """A memcached of the test's own."""

    def __init__(self, *settings: str, port: int = 0, path: Path | None = None) -> None:
        self.port = port or free_port()
        self.path = path
        self.command = [program("memcached"), "-u", getpass.getuser(), *settings]
        if path:
            self.command += ["-s", str(path)]
        else:
            self.command += ["-l", "127.0.0.1", "-p", str(self.port), "-U", "0"]
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self.command)
        until(self.answers, "the server listens")

    def answers(self) -> bool:
        assert self.process.poll() is None, "the server ended"
        if self.path:
            return self.path.exists()
        try:
            return self.talk("version").startswith("VERSION")
        except OSError:
            return False

    def talk(self, command: str) -> str:
        """The first line of an answer."""
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as talk:
            talk.sendall(command.encode() + b"\r\n")
            return talk.makefile("rb").readline().decode("latin-1")

    def lines(self, command: str) -> list[str]:
        """An answer of several lines up to its END."""
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as talk:
            talk.sendall(command.encode() + b"\r\n")
            found: list[str] = []
            for line in talk.makefile("rb"):
                if line == b"END\r\n":
                    break
                found.append(line.decode("latin-1"))
            return found

    def names(self) -> list[str]:
        """The names of all items, as an observer of the server lists them."""
        lines = self.lines("lru_crawler metadump all")
        return [line.split()[0].removeprefix("key=") for line in lines]

    def count(self) -> int:
        stats = dict(line.split()[1:3] for line in self.lines("stats"))
        return int(stats["curr_items"])

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.kill()  # it keeps nothing, and takes a second to end by itself


@pytest.fixture
def launch_memcached() -> Iterator[Callable[..., Memcached]]:
    running: list[Memcached] = []

    def launcher(*settings: str, port: int = 0, path: Path | None = None) -> Memcached:
        running.append(Memcached(*settings, port=port, path=path))
        return running[-1]

    yield launcher
    for server in running:
        server.stop()


@pytest.fixture
def memcached(launch_memcached: Callable[..., Memcached]) -> Memcached:
    return launch_memcached()


Opener = Callable[..., Store]


@pytest.fixture
def opened() -> Iterator[Opener]:
    """Opens stores with the fleet's secret and closes them afterwards."""
    stores: list[Store] = []

    def opener(
        where: Redis | Memcached | int | str, *parameters: str, secret: bytes = SECRET
    ) -> Store:
        if isinstance(where, Redis):
            where = where.port
        if isinstance(where, Memcached):
            where = f"memcached://127.0.0.1:{where.port}"
        if isinstance(where, int):
            where = f"redis://127.0.0.1:{where}"
        # A busy machine may pause for longer than the default: not where that is the point.
        if not any(parameter.startswith("timeout=") for parameter in parameters):
            parameters = (*parameters, "timeout=2s")
        stores.append(Store(where + "?" + "&".join(parameters), secret=secret))
        return stores[-1]

    yield opener
    for store in stores:
        store.close()


def new_id() -> bytes:
    return secrets.token_bytes(32)


def sent(store: Store) -> None:
    """Waits until nothing waits."""
    until(lambda: store.statistic(Statistic.QUEUED) == 0, "the queue is empty")


class Proxy:
    """Passes bytes on, and lets a function decide about what the backend says.

    `spoil` is given the number of the connection and the backend's bytes; what it returns goes to
    the client, and None closes the connection.
    """

    def __init__(self, port: int, spoil: Callable[[int, bytes], bytes | None]) -> None:
        self.backend = port
        self.spoil = spoil
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        self.count = 0
        self.open: list[socket.socket] = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.backend))
                self.open += [client, server]
                number, self.count = self.count, self.count + 1
                for work in (
                    lambda c=client, s=server: self.forward(c, s),
                    lambda c=client, s=server, n=number: self.back(c, s, n),
                ):
                    threading.Thread(target=work, daemon=True).start()

    @staticmethod
    def forward(client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                server.sendall(data)
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)

    def back(self, client: socket.socket, server: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                changed = self.spoil(number, data)
                if changed:
                    client.sendall(changed)
                if changed is None or len(changed) < len(data):
                    break
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for one in self.open:
            one.close()


ProxyMaker = Callable[[int, Callable[[int, bytes], "bytes | None"]], Proxy]


@pytest.fixture
def proxied() -> Iterator[ProxyMaker]:
    made: list[Proxy] = []

    def maker(port: int, spoil: Callable[[int, bytes], bytes | None]) -> Proxy:
        made.append(Proxy(port, spoil))
        return made[-1]

    yield maker
    for proxy in made:
        proxy.close()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificate")
    key, public, both = folder / "key.pem", folder / "cert.pem", folder / "both.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", "/CN=a.example"]
    command += ["-keyout", str(key), "-out", str(public)]
    subprocess.run(command, check=True, capture_output=True)
    both.write_bytes(key.read_bytes() + public.read_bytes())
    return both
