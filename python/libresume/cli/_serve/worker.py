# SPDX-License-Identifier: Apache-2.0
"""One worker process of the demo server: HTTP over TLS by aiohttp, and what the page shows.

A worker shows the numbers of all, which it reads from the board. Not for production.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import ssl
import time
from dataclasses import dataclass
from typing import Any

from aiohttp import web

import libresume
from libresume import metrics
from libresume._keyring import FOREVER_MS
from libresume._snapshot import Snapshot
from libresume.cli._serve import handshakes, page

PUBLISH_S = 0.05  # after a handshake: many of them at once are published together
TICK_S = 1.0  # ages move on, and a parent that is gone is noticed
LOOK_S = 0.1
ROOM = 1 << 17


@dataclass(frozen=True)
class Setup:
    """What all workers have in common; made before the fork."""

    context: ssl.SSLContext
    server: libresume.Server
    board: metrics.Board


def state(board: metrics.Board, now: float) -> dict[str, Any]:
    """All that the page shows live, of all workers together."""
    workers, recent, total = [], [], Snapshot()
    last = int(now) // handshakes.BIN_S
    first = last - handshakes.BINS + 1
    resumed, every = [0] * handshakes.BINS, [0] * handshakes.BINS
    for number in range(board.workers):
        found = board.read(number)
        if found is None:
            continue
        snapshot, extra = found[0]["default"], found[1]
        total = total.plus(snapshot, board.shared_store)
        sums = {"handshakes": extra["handshakes"], "resumed": extra["resumed"]}
        workers.append({"worker": number, "pid": extra["pid"]} | sums)
        recent += extra["recent"]
        for at, hits, whole in extra["bins"]:
            if first <= at <= last:
                resumed[at - first] += hits
                every[at - first] += whole
    recent.sort(key=lambda handshake: handshake["at"], reverse=True)
    return {
        "now": round(now, 3),
        "workers": workers,
        "keys": [_key(key, now) for key in total.keys],
        "bins": {"width_s": handshakes.BIN_S, "resumed": resumed, "handshakes": every},
        "recent": recent[: handshakes.RECENT],
    }


def _key(key: libresume.KeyInfo, now: float) -> dict[str, Any]:
    ends = None if key.open_until_ms == FOREVER_MS else round(key.open_until_ms / 1000 - now)
    return {
        "name": key.name.hex(),
        "role": key.role,
        "age_s": round(now - key.seal_from_ms / 1000),
        "opens_for_s": ends,
        "seals": key.seals,
    }


class Worker:
    """The life of one worker."""

    def __init__(self, setup: Setup, number: int) -> None:
        self._setup, self._number = setup, number
        setup.board.take(number)
        found = setup.board.read(number)
        before = found[1] if found else {}
        self._log = handshakes.Log(number, before)
        self._sums = [before.get("handshakes", 0), before.get("resumed", 0)]
        self._publishing: asyncio.TimerHandle | None = None
        self._stop = asyncio.Event()
        self._news = asyncio.Condition()
        self._state = ""
        self._viewers = 0
        handshakes.watch(setup.context, setup.server, self._saw)

    def _saw(self, handshake: handshakes.Handshake) -> None:
        self._log.add(handshake)
        self._sums[0] += 1
        self._sums[1] += handshake["resumed"]
        if self._publishing is None:
            loop = asyncio.get_running_loop()
            self._publishing = loop.call_later(PUBLISH_S, self._publish)

    def _publish(self) -> None:
        self._publishing = None
        sums = {"handshakes": self._sums[0], "resumed": self._sums[1], "pid": os.getpid()}
        self._setup.board.publish(self._number, self._setup.server, self._log.shown() | sums)

    async def _tick(self) -> None:
        parent = os.getppid()
        while os.getppid() == parent:
            self._publish()
            await asyncio.sleep(TICK_S)
        self._stop.set()

    def _all(self) -> str:
        return json.dumps(state(self._setup.board, time.time()))

    async def _look(self) -> None:
        """Tells the open pages when any worker has published."""
        known: tuple[int, ...] = ()
        while True:
            version = self._setup.board.version()
            if self._viewers and version != known:
                known = version
                self._state = self._all()
                async with self._news:
                    self._news.notify_all()
            await asyncio.sleep(LOOK_S)

    # ---- what is asked for --------------------------------------------------------------------

    def _you(self, request: web.Request) -> dict[str, Any]:
        transport = request.transport
        found = None if transport is None else transport.get_extra_info("ssl_object")
        verdict = getattr(found, "verdict", None) or {}
        cipher = found.cipher() if found is not None else None
        return verdict | {"pid": os.getpid(), "cipher": cipher[0] if cipher else None}

    def _closing(self, answer: web.Response) -> web.Response:
        """The next request shall make a new connection, and resume."""
        answer.headers.update(page.HEADERS)
        answer.force_close()
        return answer

    async def page(self, request: web.Request) -> web.Response:
        """The page, with how the connection that carries it came about."""
        text = page.html(self._you(request))
        answer = web.Response(text=text, content_type="text/html", charset="utf-8")
        return self._closing(answer)

    async def you(self, request: web.Request) -> web.Response:
        """How this connection came about."""
        return self._closing(web.json_response(self._you(request)))

    async def numbers(self, request: web.Request) -> web.Response:
        """The sum of all workers for Prometheus."""
        text = metrics.exposition(self._setup.board)
        return self._closing(
            web.Response(body=text, headers={"Content-Type": metrics.CONTENT_TYPE})
        )

    async def events(self, request: web.Request) -> web.StreamResponse:
        """The state as server-sent events: now, and whenever there is news."""
        answer = web.StreamResponse(headers=page.HEADERS | {"Content-Type": "text/event-stream"})
        answer.force_close()
        await answer.prepare(request)
        self._viewers += 1
        self._state, sent = self._all(), ""
        try:
            while not self._stop.is_set():
                if self._state != sent:
                    sent = self._state
                    await answer.write(f"event: state\ndata: {sent}\n\n".encode())
                async with self._news:
                    if self._state == sent and not self._stop.is_set():
                        await self._news.wait()
        except ConnectionError:
            pass  # the page was closed
        finally:
            self._viewers -= 1
        return answer

    # ---- its life -----------------------------------------------------------------------------

    async def run(self, listener: socket.socket, plain: socket.socket | None) -> None:
        """Serves until a signal to end, or until the parent is gone."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        app = web.Application()
        app.add_routes(
            [
                web.get("/", self.page),
                web.get("/you", self.you),
                web.get("/events", self.events),
                web.get("/metrics", self.numbers),
            ]
        )
        scraped = web.Application()
        scraped.add_routes([web.get("/metrics", self.numbers)])
        runners = [web.AppRunner(a, access_log=None, shutdown_timeout=1) for a in (app, scraped)]
        for runner in runners:
            await runner.setup()
        context = self._setup.context
        await web.SockSite(runners[0], listener, ssl_context=context, backlog=1024).start()
        if plain is not None:
            await web.SockSite(runners[1], plain).start()
        tasks = [asyncio.create_task(work) for work in (self._tick(), self._look())]
        await self._stop.wait()
        async with self._news:
            self._news.notify_all()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for runner in runners:
            await runner.cleanup()
        self._publish()


def work(setup: Setup, number: int, listener: socket.socket, plain: socket.socket | None) -> None:
    """Runs a worker in a process of its own."""

    async def live() -> None:
        await Worker(setup, number).run(listener, plain)

    asyncio.run(live())
