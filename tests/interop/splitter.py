# SPDX-License-Identifier: Apache-2.0
"""A man in the middle who only cuts: handshake messages in clear come in many records, two of them
in one, and where an alert would come he may end the stream."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import BinaryIO

from conftest import PATIENCE

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE = 20, 21, 22
SERVER_HELLO = 2
PIECE = 7  # bytes; so a header is cut, too


def pump(source: BinaryIO, sink: socket.socket, until_alert: bool = False) -> None:
    plain, held = True, b""
    with contextlib.suppress(OSError):
        while len(header := source.read(5)) == 5:
            if until_alert and header[0] == ALERT:
                break
            body = source.read(int.from_bytes(header[3:], "big"))
            plain = plain and header[0] != CHANGE_CIPHER_SPEC
            piece = len(body)
            if plain and header[0] == HANDSHAKE:
                # Something follows a ServerHello, so its last bytes may wait for company.
                piece, more = PIECE, body[0] == SERVER_HELLO
                body = held + body
                cut = len(body) - len(body) % PIECE if more else len(body)
                body, held = body[:cut], body[cut:]
            elif held:
                sink.sendall(bytes([HANDSHAKE, 3, 3, 0, len(held)]) + held)
                held = b""
            for at in range(0, len(body), piece):
                part = body[at : at + piece]
                sink.sendall(header[:3] + len(part).to_bytes(2, "big") + part)
        sink.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def splitting(port: int, until_alert: bool = False) -> Iterator[int]:
    """Stands before that port for one connection; gives its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE)

        def serve() -> None:
            client, _ = listener.accept()
            with client, socket.create_connection(("127.0.0.1", port)) as server:
                back = threading.Thread(
                    target=pump, args=(server.makefile("rb"), client, until_alert)
                )
                back.start()
                pump(client.makefile("rb"), server)
                back.join()

        thread = threading.Thread(target=serve)
        thread.start()
        yield int(listener.getsockname()[1])
        thread.join()
