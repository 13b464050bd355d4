# SPDX-License-Identifier: Apache-2.0
"""gunicorn with libresume, configuration and application in one file:

    gunicorn --config gunicorn_server.py --workers 2 --bind 127.0.0.1:PORT \
        --certfile CERT.pem --keyfile CERT.pem gunicorn_server:app

The sync and gthread workers ask for a new SSL context for each connection, so that a renewed
certificate counts at once. A new context knows no session, so the one of this worker is kept until
the certificate's file changes. The keys are made once, in the master, and forked to the workers.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Iterable
from typing import Any

import libresume

SERVER = libresume.Server(os.environ.get("LIBRESUME_KEYS", "random:"))
_contexts: dict[tuple[int, int], ssl.SSLContext] = {}


def ssl_context(config: Any, default: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    """This worker's context; gunicorn calls the function by this name."""
    key = os.getpid(), os.stat(config.certfile).st_mtime_ns
    if key not in _contexts:
        _contexts.clear()
        _contexts[key] = libresume.attach(default(), server=SERVER)
    return _contexts[key]


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Says hello, and from which worker."""
    body = f"hello from gunicorn, worker {os.getpid()}\n".encode()
    headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))]
    start_response("200 OK", headers)
    return [body]
