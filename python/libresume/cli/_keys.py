# SPDX-License-Identifier: Apache-2.0
"""Key rings by URL, for commands: a bad key is told from a bad argument."""

from __future__ import annotations

import urllib.parse

import libresume
from libresume.cli._exit import BadKey, UsageError


def _names_a_file(url: str, text: str) -> bool:
    """Whether a failure is about one of a URL's files, and not about the URL."""
    path, _, query = url.partition(":")[2].partition("?")
    paths = [urllib.parse.unquote(path)]
    paths += [value for _, value in urllib.parse.parse_qsl(query)]
    return any(path.startswith("/") and path in text for path in paths)


def open_ring(url: str) -> libresume.Keyring:
    """Opens keys that are there already; raises BadKey or UsageError."""
    if url.startswith("random:"):
        raise UsageError("random: keys are new in each process and open nothing from elsewhere")
    try:
        return libresume.Keyring(url)
    except libresume.InvalidError as error:
        if _names_a_file(url, str(error)):
            raise BadKey(str(error)) from None
        raise
