# SPDX-License-Identifier: Apache-2.0
"""uvicorn with libresume: python uvicorn_server.py PORT CERT.pem (certificate and key).

The factory runs in each worker. Workers are spawned, not forked, so several of them need keys that
they share: LIBRESUME_KEYS=file:/etc/fleet.key.
"""

from __future__ import annotations

import ssl
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn

import libresume

Message = dict[str, Any]


async def app(
    scope: Message,
    receive: Callable[[], Awaitable[Message]],
    send: Callable[[Message], Awaitable[None]],
) -> None:
    """Says hello."""
    if scope["type"] == "http":
        headers = [(b"content-type", b"text/plain")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"hello from uvicorn\n"})


def resuming(config: uvicorn.Config, default: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    """The context that uvicorn would use, attached."""
    return libresume.attach(default())


if __name__ == "__main__":
    uvicorn.run(
        "uvicorn_server:app",
        host="127.0.0.1",
        port=int(sys.argv[1]),
        ssl_certfile=sys.argv[2],
        ssl_context_factory=resuming,
    )
