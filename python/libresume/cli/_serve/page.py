# SPDX-License-Identifier: Apache-2.0
"""The page: one HTML file without anything from elsewhere, and a header that holds it to that."""

from __future__ import annotations

import base64
import functools
import hashlib
import html as escapes
import json
import re
from collections.abc import Mapping
from importlib import resources
from typing import Any


@functools.cache
def _template() -> str:
    return resources.files(__package__).joinpath("page.html").read_text("utf-8")


def _hashes(tag: str) -> str:
    parts = re.findall(rf"<{tag}>(.*?)</{tag}>", _template(), re.DOTALL)
    digests = (hashlib.sha256(part.encode()).digest() for part in parts)
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)


HEADERS: dict[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; script-src {_hashes('script')}; style-src {_hashes('style')}; "
        "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def sentence(you: Mapping[str, Any]) -> str:
    """What is told where scripts do not run."""
    how = "resumed" if you.get("resumed") else "new"
    return f"This connection is {how}: TLS {you.get('tls')}, worker {you.get('worker')}."


def html(you: Mapping[str, Any]) -> str:
    """The page for a connection."""
    # In a script element only "</" and "<!--" could end or change it.
    data = json.dumps(you).replace("<", "\\u003c")
    text = _template().replace("@SENTENCE@", escapes.escape(sentence(you)))
    return text.replace("@YOU@", data)
