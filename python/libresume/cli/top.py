# SPDX-License-Identifier: Apache-2.0
"""``resume top``: the counters of running servers, read from their Prometheus endpoints.

It only reads: the server publishes. Every counter named ``libresume_..._total`` with the labels
``path`` and ``reason`` counts here, and every ``libresume_key_age_seconds`` is a key.
"""

from __future__ import annotations

import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.live import Live
from rich.text import Text

from libresume.cli._exit import Exit, UsageError
from libresume.cli._output import BAD, Json, clean, console, fail, print_json, table

BODY_MAX = 16 << 20
TIMEOUT_S = 5
KEY_AGE = "libresume_key_age_seconds"
RESUMED = {"resumed", "renewed"}
REASONS_SHOWN = 8


@dataclass
class Sample:
    """What one endpoint said at one time."""

    url: str
    at: float = 0.0
    error: str = ""
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    keys: list[dict[str, Any]] = field(default_factory=list)

    def of(self, wanted: Callable[[str], bool]) -> int:
        """The sum over all reasons that are wanted."""
        return sum(number for (_, reason), number in self.counts.items() if wanted(reason))

    @property
    def resumed(self) -> int:
        """Handshakes that resumed."""
        return self.of(RESUMED.__contains__)

    @property
    def handshakes(self) -> int:
        """All handshakes: each has one reason that is not about issuing."""
        return self.of(_is_handshake)

    @property
    def offered(self) -> int:
        """Handshakes in which the client had something to resume."""
        return self.of(lambda reason: _is_handshake(reason) and reason != "not_offered")


def _is_handshake(reason: str) -> bool:
    return not reason.startswith(("issued", "not_issued"))


def address_of(text: str) -> str:
    """The URL of an endpoint; ``host:port`` alone means http and /metrics."""
    url = text if "://" in text else f"http://{text}/metrics"
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UsageError(f"{text} is no http URL")
    return url


def parse(url: str, text: str, at: float) -> Sample:
    """Reads an exposition; what is not libresume's is passed over."""
    from prometheus_client.parser import text_string_to_metric_families

    sample = Sample(url, at)
    seen = False
    for family in text_string_to_metric_families(text):
        if not family.name.startswith("libresume_"):
            continue
        seen = True
        for name, labels, value, *_ in family.samples:
            if name.endswith("_total") and {"path", "reason"} <= labels.keys():
                sample.counts[labels["path"], labels["reason"]] += int(value)
            elif name == KEY_AGE:
                sample.keys.append(dict(labels) | {"age_s": round(value, 1)})
    if not seen:
        sample.error = "no libresume metrics there"
    return sample


def fetch(url: str) -> Sample:
    """Polls one endpoint; what goes wrong is in the sample."""
    at = time.monotonic()
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:
            text = answer.read(BODY_MAX).decode("utf-8", "replace")
        return parse(url, text, at)
    except urllib.error.HTTPError as error:
        return Sample(url, at, f"HTTP {error.code}")
    except urllib.error.URLError as error:
        return Sample(url, at, str(error.reason))
    except (OSError, ValueError) as error:
        return Sample(url, at, str(error) or type(error).__name__)


def _ratio(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _rate(now: Sample, before: Sample | None, number: Callable[[Sample], int]) -> float | None:
    """Per second since the poll before; a server that began anew counts from zero."""
    if before is None or before.error or now.error or now.at <= before.at:
        return None
    grown = number(now) - number(before)
    return round((grown if grown >= 0 else number(now)) / (now.at - before.at), 2)


def as_data(now: Sample, before: Sample | None) -> dict[str, Any]:
    """One endpoint, as JSON has it."""
    if now.error:
        return {"url": now.url, "error": now.error}
    reasons: dict[str, dict[str, int]] = {}
    for (path, reason), number in sorted(now.counts.items()):
        reasons.setdefault(path, {})[reason] = number
    return {
        "url": now.url,
        "handshakes": now.handshakes,
        "resumed": now.resumed,
        "offered": now.offered,
        "hit_ratio": _ratio(now.resumed, now.offered),
        "resumed_ratio": _ratio(now.resumed, now.handshakes),
        "handshakes_per_s": _rate(now, before, lambda sample: sample.handshakes),
        "resumed_per_s": _rate(now, before, lambda sample: sample.resumed),
        "reasons": reasons,
        "keys": now.keys,
    }


def _percent(ratio: float | None) -> str | None:
    return None if ratio is None else f"{100 * ratio:.1f} %"


def screen(samples: list[Sample], before: list[Sample | None]) -> RenderableType:
    """One picture of all endpoints."""
    rows: list[list[Any]] = []
    for now, old in zip(samples, before, strict=True):
        data = as_data(now, old)
        if now.error:
            rows.append([now.url, *[None] * 6, Text(clean(now.error), BAD)])
            continue
        rows.append([now.url, data["handshakes"], data["handshakes_per_s"], data["resumed"]])
        rows[-1] += [data["resumed_per_s"], _percent(data["hit_ratio"])]
        rows[-1] += [_percent(data["resumed_ratio"]), None]
    columns = ("server", ">handshakes", ">per s", ">resumed", ">per s", ">of offered", ">of all")
    parts: list[RenderableType] = [table((*columns, "error"), rows)]
    total: Counter[tuple[str, str]] = sum((sample.counts for sample in samples), Counter())
    if total:
        common = [(*pair, number) for pair, number in total.most_common(REASONS_SHOWN)]
        parts += ["", table(("path", "reason", ">count"), common)]
    keys = [(sample.url, key) for sample in samples for key in sample.keys]
    if keys:
        lines = [
            (
                url,
                " ".join(f"{k}={v}" for k, v in key.items() if k != "age_s"),
                f"{key['age_s']:.0f} s",
            )
            for url, key in keys
        ]
        parts += ["", table(("server", "key", ">age"), lines)]
    return Group(*parts)


class Poller:
    """Several endpoints, polled together, with what they said the time before."""

    def __init__(self, urls: list[str]) -> None:
        self._urls = urls
        self._pool = ThreadPoolExecutor(max_workers=min(32, len(urls)))
        self.samples: list[Sample] = []
        self.before: list[Sample | None] = []

    def poll(self) -> None:
        """Polls all of them once."""
        self.before = list(self.samples) or [None] * len(self._urls)
        self.samples = list(self._pool.map(fetch, self._urls))

    def data(self) -> list[dict[str, Any]]:
        """All of them, as JSON has it."""
        return [as_data(*pair) for pair in zip(self.samples, self.before, strict=True)]

    def picture(self) -> RenderableType:
        """All of them, for people."""
        return screen(self.samples, self.before)


def _once(poller: Poller, as_json: bool) -> None:
    if as_json:
        print_json(poller.data())
    else:
        console().print(poller.picture())
    lost = [sample for sample in poller.samples if sample.error]
    if lost:
        fail("; ".join(f"{sample.url}: {sample.error}" for sample in lost))
        raise typer.Exit(Exit.NO_CONNECTION)


def _watch(poller: Poller, interval: float, as_json: bool) -> None:
    """Goes on until the user ends it."""
    import json

    out = console()
    if as_json or not out.is_terminal:
        while True:
            if as_json:
                typer.echo(json.dumps(poller.data()))
            else:
                out.print(poller.picture())
            sys.stdout.flush()
            time.sleep(interval)
            poller.poll()
    with Live(poller.picture(), console=out, screen=True, auto_refresh=False) as live:
        while True:
            time.sleep(interval)
            poller.poll()
            live.update(poller.picture(), refresh=True)


def top(
    urls: Annotated[
        list[str],
        typer.Argument(
            metavar="URL...", help="Metrics endpoints: http://host:9464/metrics, or host:9464."
        ),
    ],
    once: Annotated[bool, typer.Option("--once", help="Print the counters once and end.")] = False,
    interval: Annotated[
        float,
        typer.Option(
            "--interval", metavar="N", min=0.05, max=3600, help="Seconds between two looks."
        ),
    ] = 2.0,
    as_json: Json = False,
) -> None:
    """Watch the counters of running servers: rates, hit ratio, reasons and the ages of their keys.

    "of offered" is how many of the handshakes resumed in which the client had something to resume.
    With --json and without --once a line of JSON follows each look. Exit code 3 if a server cannot
    be reached; while watching, only if none can at the start.
    """
    try:
        import prometheus_client.parser  # noqa: F401
    except ImportError:
        raise UsageError("top needs prometheus_client: pip install 'libresume[cli]'") from None
    poller = Poller([address_of(url) for url in urls])
    poller.poll()
    if once or all(sample.error for sample in poller.samples):
        _once(poller, as_json)
    else:
        _watch(poller, interval, as_json)
