# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium, driven over its DevTools protocol. Not a test."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Self

import aiohttp

STEP_S = 30


class Page:
    """One tab."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket, self._next = socket, 0
        self.events: list[dict[str, Any]] = []

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Calls the protocol; events that come meanwhile are kept."""
        self._next += 1
        await self._socket.send_json({"id": self._next, "method": method, "params": params})
        async with asyncio.timeout(STEP_S):
            while True:
                message = await self._socket.receive_json()
                if message.get("id") == self._next:
                    assert "error" not in message, message
                    answer: dict[str, Any] = message["result"]
                    return answer
                self.events.append(message)

    async def value(self, expression: str) -> Any:
        """What a JavaScript expression comes to, promises awaited."""
        done = await self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in done, done
        return done["result"].get("value")

    async def until(self, expression: str) -> Any:
        """Waits until an expression is true; its value."""
        end = time.monotonic() + STEP_S
        while not (value := await self.value(expression)):
            assert time.monotonic() < end, f"never true: {expression}"
            await asyncio.sleep(0.05)
        return value

    async def go(self, url: str) -> None:
        """Loads a page and waits until its scripts ran."""
        await self.value("window.left = true")
        done = await self.call("Page.navigate", url=url)
        assert "errorText" not in done, done
        await self.until("window.left === undefined && document.readyState === 'complete'")

    def requested(self) -> list[str]:
        """The addresses of all requests so far."""
        sent = (e for e in self.events if e.get("method") == "Network.requestWillBeSent")
        return [event["params"]["request"]["url"] for event in sent]

    def complaints(self) -> list[Any]:
        """What the browser's console said of errors."""
        return [
            event["params"]
            for event in self.events
            if event.get("method") == "Runtime.exceptionThrown"
            or (
                event.get("method") == "Log.entryAdded"
                and event["params"]["entry"]["level"] in {"error", "warning"}
            )
        ]


class Chromium:
    """The browser as a process with a profile of its own, and no way to any other host."""

    def __init__(self, folder: Path, *options: str) -> None:
        self._folder = folder
        command = shutil.which("chromium-headless-shell") or shutil.which("chromium")
        assert command, "chromium is missing: ./dev setup"
        self._command = [
            command, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--remote-debugging-port=0", f"--user-data-dir={folder}", "--no-first-run",
            "--disable-background-networking", "--disable-component-update",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
            *options, "about:blank",
        ]  # fmt: skip

    def __enter__(self) -> Self:
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                self._command, stdout=log, stderr=log, start_new_session=True
            )
        return self

    def __exit__(self, *_: object) -> None:
        # The command is a script around the browser, which has processes of its own: all are killed,
        # and its profile goes with the test's folder.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    async def _port(self) -> int:
        told = self._folder / "DevToolsActivePort"
        end = time.monotonic() + STEP_S
        while not (told.exists() and told.read_text().count("\n")):
            log = (self._folder / "log").read_text(errors="replace")
            assert self._process.poll() is None, f"chromium ended: {log}"
            assert time.monotonic() < end, f"chromium does not start: {log}"
            await asyncio.sleep(0.05)
        return int(told.read_text().splitlines()[0])

    @contextlib.asynccontextmanager
    async def page(self) -> AsyncIterator[Page]:
        """Its first tab."""
        port = await self._port()
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
                tabs = json.loads(await answer.text())
            address = next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page")
            async with session.ws_connect(address, max_msg_size=0) as socket:
                page = Page(socket)
                for domain in ("Page", "Network", "Runtime", "Log"):
                    await page.call(f"{domain}.enable")
                yield page
