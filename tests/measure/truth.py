"""
What a download must have brought, from the server's own answers and by other means than ours.

The server is asked in this process, without a network, a rate or a fault; the cells are read with
`float` and put together with dictionaries. What a row held may have been sent before its values
were final, or before a sum was restated: a cell is right if the server sent it at some moment.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pandas as pd

from tests.support.coinglass_server import DEMO_KEY, CoinglassServer
from tests.support.stepped_clock import SteppedClock
from vectra_freqtrade.catalogue.datasets import Endpoint, Kind
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.simulator.coinglass.plans import PLANS
from vectra_freqtrade.simulator.coinglass.rules import Rules
from vectra_freqtrade.simulator.loopback import Request
from vectra_freqtrade.simulator.market.market import SimulatedMarket

DAY_MS = 86_400_000
_EXCHANGES = "Binance,OKX,Bybit"
Row = tuple[float, ...]


@dataclass
class Compared:
    """
    :param expected: rows that had closed when the download began and were in the plan's reach
        until it ended
    :param missing: of them, those that are not stored
    :param differing: stored rows with another value than the server's
    :param foreign: stored rows that the server has nothing of
    :param examples: of those that are wrong
    """

    expected: int = 0
    missing: int = 0
    differing: int = 0
    foreign: int = 0
    examples: list[str] = field(default_factory=list)

    def __iadd__(self, other: "Compared") -> "Compared":
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))
        return self

    @property
    def whole(self) -> bool:
        return self.expected > 0 and not (self.missing or self.differing or self.foreign)


class Truth:
    """
    :param market: the server's own, or one made alike
    :param plan: in whose reach a row must lie
    :param began: server time at which the download began, seconds
    :param ended: and at which it ended
    :param delay: the setting, seconds
    :param recorded: a bot kept each row as it came first, long before `began`
    """

    def __init__(
        self,
        market: SimulatedMarket,
        plan: str,
        began: float,
        ended: float,
        delay: int = 60,
        *,
        recorded: bool = False,
    ) -> None:
        self.plan = PLANS[plan]
        self.began, self.ended, self.delay = began, ended, delay
        self.recorded = recorded
        self._server = CoinglassServer(
            market,
            SteppedClock(ended),
            plans={DEMO_KEY: "professional"},
            rules=Rules(per_minute=10**9),
            keep_rows=False,
        )

    def close(self) -> None:
        self._server.close()

    def rows(
        self, series: Series, start: datetime, end: datetime, held: pd.DataFrame | None
    ) -> Compared:
        """
        :param series: which
        :param start: wanted
        :param end: wanted
        :param held: the store's file
        """
        times = (round(start.timestamp() * 1000), round(end.timestamp() * 1000))
        length = series.length_ms
        if series.spec.kind is Kind.DAILY:
            known = self._daily(series)
            steps = [after - before for before, after in pairwise(sorted(known))]
            length = min(steps, default=length)
            sent = {time: [row] for time, row in known.items()}
        else:
            known = self._joined(series, *times, self.ended)
            sent = self._sent(series, *times, known)
        wait = 1000 * (self.delay + series.spec.extra_delay.total_seconds()) + length
        reach = 1000 * max(start.timestamp(), self.plan.reach(series.interval, self.ended))
        if series.spec.kind is Kind.DAILY:
            reach = times[0]
        first = min((time for time, row in known.items() if any(row)), default=0)
        must = {
            time
            for time in known
            if max(reach, first) <= time < times[1] and time + wait <= 1000 * self.began
        }
        if (
            held is not None
        ):  # what left the plan's reach meanwhile, one endpoint may still have had
            held = held[held["time"].astype("int64") >= reach]
        return _compared(series, sent, must, held)

    def _sent(
        self, series: Series, start: int, end: int, known: dict[int, Row]
    ) -> dict[int, list[Row]]:
        """All that a row was, or may have been, when it was asked for."""
        sent = {time: [row] for time, row in known.items()}
        for time, row in self._joined(series, start, end, self.began).items():
            sent[time].append(row)
        length = series.length_ms
        for time, rows in sent.items():
            if self.recorded or time + 2 * length > 1000 * self.began:
                for quarter in range(4):
                    at = (time + length * (1 + quarter / 4)) / 1000
                    rows += self._joined(series, time, time + length, at).values()
        return sent

    def orders(
        self, symbol: str, start: datetime, end: datetime, held: pd.DataFrame | None
    ) -> Compared:
        """As `rows`, for the large orders of an instrument; ends that came later count as open."""
        exchange, _, instrument = symbol.partition("_")
        params = {"exchange": exchange, "symbol": instrument}
        known: dict[int, dict[str, Any]] = {}
        for begin, until in _days(start, end):
            span = {"start_time": str(begin), "end_time": str(until)}
            for state in "123":
                path = "/api/futures/orderbook/large-limit-order-history"
                for order in self._ask(path, {**params, **span, "state": state}):
                    known[int(order["id"])] = order
        result = Compared()
        stored = {} if held is None else held.set_index("id").to_dict("index")
        result.foreign = len(stored.keys() - known.keys())
        for number, order in known.items():
            if order["start_time"] + 1000 * self.delay > 1000 * self.began:
                continue
            result.expected += 1
            if number not in stored:
                result.missing += 1
            elif not self._same_order(stored[number], order):
                result.differing += 1
                result.examples.append(f"{symbol}: {stored[number]} is {order}")
        return result

    def _same_order(self, row: dict[str, Any], order: dict[str, Any]) -> bool:
        side = 1.0 if order["order_side"] == 2 else -1.0
        same = (
            row["start"].value // 10**6 == order["start_time"]
            and row["side"] == side
            and row["price"] == float(order["limit_price"])
            and row["start_usd"] == float(order["start_usd_value"])
        )
        end = order.get("order_end_time")
        if end is None or end > 1000 * self.began:  # whichever it was when it was asked for
            return same
        ended = not pd.isna(row["end"]) and row["end"].value // 10**6 == end
        return same and ended and row["executed_usd"] == float(order["executed_usd_value"])

    def _ask(self, path: str, params: dict[str, str]) -> Any:
        request = Request("GET", path, params, {"cg-api-key": DEMO_KEY}, self.ended)
        payload = self._server.handle(request).payload
        assert payload["code"] == "0", payload
        return payload["data"]

    def _joined(self, series: Series, start: int, end: int, at: float) -> dict[int, Row]:
        columns: dict[str, dict[int, float]] = {name: {} for name in series.spec.values}
        for endpoint in series.spec.endpoints:
            for row in self._pages(series, endpoint, start, end, at):
                for each in endpoint.fields:
                    cell = float(row[each.reply])
                    columns[each.value][row["time"]] = cell * each.scale
        times = sorted({time for column in columns.values() for time in column})
        nothing = float("nan")
        return {time: tuple(c.get(time, nothing) for c in columns.values()) for time in times}

    def _pages(
        self, series: Series, endpoint: Endpoint, start: int, end: int, at: float
    ) -> Iterator[dict[str, Any]]:
        params = {"interval": series.interval, "limit": "1000", **endpoint.params}
        if endpoint.exchange_list:
            params["exchange_list"] = _EXCHANGES
        exchange, _, instrument = series.symbol.partition("_")
        params |= {"exchange": exchange, "symbol": instrument} if instrument else {}
        params.setdefault("symbol", series.symbol)
        for begin in range(start, end, series.length_ms * 1000):
            until = min(end, begin + series.length_ms * 1000)
            span = {"start_time": str(begin), "end_time": str(until)}
            yield from self._server.knowable(endpoint.path, {**params, **span}, at)

    def _daily(self, series: Series) -> dict[int, Row]:
        (endpoint,) = series.spec.endpoints
        data = self._ask(endpoint.path, {"symbol": series.symbol})
        if series.dataset == "bitcoin_dominance":
            return {row["timestamp"]: (float(row["bitcoin_dominance"]),) for row in data}
        (chart,) = data
        flows: dict[int, Row] = {}
        for place, time in enumerate(chart["time_list"][1:], start=1):
            pairs = [(v[place - 1], v[place]) for v in chart["data_map"].values()]
            tracked = [now - before for before, now in pairs if None not in (before, now)]
            if tracked:
                flows[time] = (sum(tracked),)
        return flows


def _compared(
    series: Series, sent: dict[int, list[Row]], must: Iterable[int], held: pd.DataFrame | None
) -> Compared:
    must = set(must)
    stored: dict[int, Row] = {}
    if held is not None:
        stamps = held["time"].astype("int64").tolist()
        cells = held[list(series.spec.values)].itertuples(index=False, name=None)
        stored = dict(zip(stamps, cells, strict=True))
    wrong = [t for t, row in stored.items() if t in sent and not _same(row, sent[t])]
    return Compared(
        expected=len(must),
        missing=len(must - stored.keys()),
        differing=len(wrong),
        foreign=len(stored.keys() - sent.keys()),
        examples=[f"{series} {t}: {stored[t]} is {sent[t]}" for t in wrong[:3]],
    )


def _same(row: Row, sent: list[Row]) -> bool:
    """Cell by cell: a series of two endpoints was asked for at two moments."""
    return all(
        any((a != a and b != b) or abs(a - b) <= 1e-9 * max(abs(a), abs(b), 1e-12) for b in cells)
        for a, *cells in zip(row, *sent, strict=True)
    )


def _days(start: datetime, end: datetime) -> Iterator[tuple[int, int]]:
    place = start
    while place < end:
        following = min(place + timedelta(days=1), end)
        yield round(place.timestamp() * 1000), round(following.timestamp() * 1000)
        place = following
