# SPDX-License-Identifier: Apache-2.0
"""Hypercorn with libresume: python hypercorn_server.py PORT CERT.pem (certificate and key)."""

from __future__ import annotations

import asyncio
import ssl
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config

import libresume


async def app(
    scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    """Says hello."""
    if scope["type"] == "http":
        headers = [(b"content-type", b"text/plain")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"hello from hypercorn\n"})
    elif scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})


class ResumingConfig(Config):
    """Hypercorn's configuration, whose SSL context is attached."""

    def create_ssl_context(self) -> ssl.SSLContext | None:
        context = super().create_ssl_context()
        return None if context is None else libresume.attach(context)


if __name__ == "__main__":
    config = ResumingConfig()
    config.bind = [f"127.0.0.1:{sys.argv[1]}"]
    config.certfile = config.keyfile = sys.argv[2]
    asyncio.run(serve(app, config))
