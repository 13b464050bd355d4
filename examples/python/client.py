# SPDX-License-Identifier: Apache-2.0
"""A client that resumes, also in the next process: run it twice.

python client.py HOST PORT CERT.pem SESSIONS: CERT.pem holds the certificate to trust; the file
SESSIONS keeps what the server issues, sealed under a key in SESSIONS.key, which is made first.
"""

from __future__ import annotations

import http.client
import os
import ssl
import sys

import libresume


def make_key(path: str) -> None:
    """Makes a key file that only this user can read, if there is none."""
    if not os.path.exists(path):
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(os.urandom(80))


def visit(context: ssl.SSLContext, host: str, port: int) -> None:
    """One request over a connection of its own."""
    connection = http.client.HTTPSConnection(host, port, context=context, timeout=30)
    connection.request("GET", "/", headers={"Connection": "close"})
    how = "resumed" if connection.sock.session_reused else "full handshake"
    version = connection.sock.version()
    status = connection.getresponse().status
    connection.close()
    print(f"{version}: {how}, answered {status}")


def main(host: str, port: int, certificate: str, sessions: str) -> None:
    """Visits the server three times."""
    make_key(f"{sessions}.key")
    context = ssl.create_default_context(cafile=certificate)
    client = libresume.attach_client(context, path=sessions, keys=f"file:{sessions}.key")
    print(f"{len(client)} sessions from the process before")
    for _ in range(3):
        visit(context, host, port)
    client.close()  # writes the file; the interpreter's end would too


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4])
