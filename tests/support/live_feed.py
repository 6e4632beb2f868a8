"""A live feed on a CoinGlass in memory: nothing sleeps, nothing is asked but by `run_due`."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pandas as pd

from tests.coinglass.clocks import FakeClock
from tests.coinglass.fake import FakeCoinglass, envelope
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.live.feed import LiveFeed
from vectra_freqtrade.live.health import Health
from vectra_freqtrade.live.schedule import MAX_CLOCK_SKEW

#: A bot starts half a second and some microseconds after twelve minutes past six.
NOW = 1_763_877_600.0 + 720.500123
FUNDING = Series("funding_rate", "BTC", "1h")
Change = Callable[[list[dict[str, Any]]], list[dict[str, Any]]]


def stamp(text: str) -> pd.Timestamp:
    """:param text: time of the bot's first day, as 05:00"""
    return pd.Timestamp(f"2025-11-23 {text}", tz="UTC")


class Bench:
    """
    A bot's feed, which may end and start again.

    :param root: of the store
    :param settings: of the section
    """

    def __init__(self, root: Path, **settings: Any) -> None:
        self.clock = FakeClock(NOW)
        self.fake = FakeCoinglass(self.clock)
        self.fake.first.append(self._changed)
        self.changes: list[Change] = []
        self.store = Store(root)
        self.settings = settings
        self.feed = self.start()

    def start(self, *, candles: timedelta = timedelta(days=2)) -> LiveFeed:
        """A new process."""
        client = self.fake.client(
            self.store.state_dir, max_clock_skew=MAX_CLOCK_SKEW, **self.settings
        )
        self.feed = LiveFeed(client, self.store, candles, Health())
        return self.feed

    def read(self, series: Series = FUNDING) -> pd.DataFrame:
        """What the bot sees now."""
        now = pd.Timestamp(self.clock.now(), unit="s", tz="UTC").floor("ms")
        return self.feed.rows(series, now)

    def run(self, until: pd.Timestamp, step: float = 20.0) -> None:
        """The feed's threads, every few seconds."""
        while self.clock.now() < until.timestamp():
            self.feed.run_due()
            self.clock.time = min(self.clock.time + step, until.timestamp())
        self.feed.run_due()

    def asked(self, path: str = "") -> list[httpx.Request]:
        """What history was asked for, of paths that contain a word."""
        return [r for r in self.fake.seen if "interval" in r.url.params and path in r.url.path]

    def _changed(self, request: httpx.Request) -> httpx.Response | None:
        if not self.changes or "interval" not in request.url.params:
            return None
        rows = self.fake.rows(request.url.params)
        for change in self.changes:
            rows = change(rows)
        return envelope(rows)


def without(*times: pd.Timestamp) -> Change:
    """Rows that are not published yet."""
    hidden = {int(time.timestamp() * 1000) for time in times}
    return lambda rows: [row for row in rows if row["time"] not in hidden]


def with_value(time: pd.Timestamp, value: float) -> Change:
    """A row that is sent with another value."""
    at = int(time.timestamp() * 1000)
    return lambda rows: [row | {"close": str(value)} if row["time"] == at else row for row in rows]
