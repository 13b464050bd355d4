# SPDX-License-Identifier: Apache-2.0
"""Tornado with libresume: python tornado_server.py PORT CERT.pem (certificate and key)."""

from __future__ import annotations

import asyncio
import ssl
import sys

from tornado.httpserver import HTTPServer
from tornado.web import Application, RequestHandler

import libresume


class Hello(RequestHandler):
    """Says hello."""

    def get(self) -> None:
        self.write("hello from tornado\n")


async def main(port: int, certificate: str) -> None:
    """Serves until it is stopped."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    app = Application([(r"/", Hello)])
    HTTPServer(app, ssl_options=libresume.attach(context)).listen(port, "127.0.0.1")
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
