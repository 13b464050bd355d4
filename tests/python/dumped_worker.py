# SPDX-License-Identifier: Apache-2.0
"""A worker whose memory tests/stores/test_key_dumps.py reads: TLS with two threads, under the ring of a URL.

    dumped_worker.py URL CERTIFICATE

For each line on stdin it makes handshakes (TLS 1.2 and 1.3, new and resumed) and prints the names of
the keys that its ring has then. It never has a key's bytes in Python.
"""

from __future__ import annotations

import ssl
import sys
import threading
from pathlib import Path

from tls import client_context, server_context, visits

import libresume


def handshakes(contexts: list[tuple[ssl.SSLContext, ssl.SSLContext]]) -> None:
    for server, client in contexts:
        visits(server, client, 3)


def main() -> None:
    url, certificate = sys.argv[1:]
    server = libresume.Server(url)
    contexts = []
    for version in ("1.2", "1.3"):
        context = server_context(Path(certificate), version)
        contexts.append((libresume.attach(context, server=server), client_context(version)))
    again, done = threading.Semaphore(0), threading.Semaphore(0)

    def other() -> None:  # stays, with its warm contexts
        while True:
            again.acquire()
            handshakes(contexts)
            done.release()

    threading.Thread(target=other, daemon=True).start()
    for _ in sys.stdin:
        again.release()
        done.acquire()
        handshakes(contexts)
        keyring = server.keyring
        assert keyring is not None
        print(*(f"{info.name.hex()}={info.role}" for info in keyring.keys()), flush=True)


if __name__ == "__main__":
    main()
