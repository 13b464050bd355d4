# SPDX-License-Identifier: Apache-2.0
"""http.server with libresume: python http_server.py PORT CERT.pem (certificate and key)."""

from __future__ import annotations

import ssl
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import libresume


class Handler(BaseHTTPRequestHandler):
    """Says hello."""

    def do_GET(self) -> None:
        body = b"hello from http.server\n"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main(port: int, certificate: str) -> None:
    """Serves until it is stopped."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    libresume.attach(context)
    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
