# SPDX-License-Identifier: Apache-2.0
"""aiohttp with libresume: python aiohttp_server.py PORT CERT.pem (certificate and key)."""

from __future__ import annotations

import ssl
import sys

from aiohttp import web

import libresume


async def hello(request: web.Request) -> web.Response:
    """Says hello."""
    return web.Response(text="hello from aiohttp\n")


def main(port: int, certificate: str) -> None:
    """Serves until it is stopped."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    app = web.Application()
    app.add_routes([web.get("/", hello)])
    web.run_app(app, host="127.0.0.1", port=port, ssl_context=libresume.attach(context))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
