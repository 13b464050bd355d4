# SPDX-License-Identifier: Apache-2.0
"""How the tool ends. Nothing here needs a package that is not Python's own."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes, for scripts to rely on."""

    OK = 0
    CHECK_FAILED = 1
    USAGE = 2
    NO_CONNECTION = 3
    BAD_KEY = 4


class CliError(Exception):
    """What a user can do something about: one sentence and the code to exit with."""

    def __init__(self, code: Exit, text: str) -> None:
        super().__init__(text)
        self.code = code


class UsageError(CliError):
    """Arguments that do not go together, or a file that is not there."""

    def __init__(self, text: str) -> None:
        super().__init__(Exit.USAGE, text)


class ConnectionFailed(CliError):
    """Nobody answers where the command has to go."""

    def __init__(self, text: str) -> None:
        super().__init__(Exit.NO_CONNECTION, text)


class BadKey(CliError):
    """A key file or a ticket that no server would take."""

    def __init__(self, text: str) -> None:
        super().__init__(Exit.BAD_KEY, text)
