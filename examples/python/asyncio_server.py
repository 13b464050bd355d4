# SPDX-License-Identifier: Apache-2.0
"""asyncio with libresume: python asyncio_server.py PORT CERT.pem (certificate and key)."""

from __future__ import annotations

import asyncio
import ssl
import sys

import libresume


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Reads a request and says hello."""
    await reader.readuntil(b"\r\n\r\n")
    body = b"hello from asyncio\n"
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n")
    writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    await writer.drain()
    writer.close()


async def main(port: int, certificate: str) -> None:
    """Serves until it is stopped."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    server = await asyncio.start_server(answer, "127.0.0.1", port, ssl=libresume.attach(context))
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
