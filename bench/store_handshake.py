# SPDX-License-Identifier: Apache-2.0
"""What each store adds to a resumed handshake, healthy: bench/handshake.c against servers started here."""

from __future__ import annotations

import getpass
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: list[str], port: int) -> Iterator[None]:
    """A server until the end; it listens when this begins."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(1000):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.01)
        else:
            raise RuntimeError(f"{command[0]} does not listen")
        yield
    finally:
        process.kill()
        process.wait()


def main() -> None:
    program = Path(os.environ["RESUME_BUILD"]) / "bench" / "bench_handshake"
    redis, memcached = free_port(), free_port()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="libresume-bench-"))
        command = ["redis-server", "--port", str(redis), "--bind", "127.0.0.1", "--save", ""]
        stack.enter_context(running([*command, "--dir", folder], redis))
        command = ["memcached", "-l", "127.0.0.1", "-p", str(memcached), "-U", "0"]
        stack.enter_context(running([*command, "-u", getpass.getuser()], memcached))
        for name, url in (
            ("shm", f"shm:{folder}/sessions?bytes=8M"),
            ("redis", f"redis://127.0.0.1:{redis}?timeout=1s"),
            ("memcached", f"memcached://127.0.0.1:{memcached}?timeout=1s"),
            ("tiered over redis", f"tiered:?l1=memory:&l2=redis://127.0.0.1:{redis}?timeout=1s"),
        ):
            subprocess.run([str(program), name, url], check=True)


if __name__ == "__main__":
    main()
