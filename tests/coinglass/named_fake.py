"""A CoinGlass that lists coins under several names, each counted in one of two ways."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from tests.coinglass.clocks import FakeClock
from tests.coinglass.fake import FakeCoinglass, envelope
from vectra_freqtrade.catalogue.intervals import interval_ms
from vectra_freqtrade.coinglass.client import CoinglassClient

NOW = datetime(2026, 11, 23, 6, 5, 30, tzinfo=UTC)
DAY_MS = 86_400_000


@dataclass
class Listed:
    """
    A name.

    :param usd: its open interest; it grows by a thousandth an hour, and liquidations, taker
        volume and the book are a hundredth of it
    :param price: of one contract, USD
    :param multiplier: coins that one contract holds
    :param counts_coins: `unit=coin` counts single coins, not contracts
    :param venues: venue → instrument id
    :param funding: percent
    :param since: milliseconds; no rows before
    :param until: milliseconds; no rows from then on
    :param holes: times without a row
    """

    usd: float
    price: float
    multiplier: int = 1
    counts_coins: bool = False
    venues: dict[str, str] = field(default_factory=dict)
    funding: float = 0.01
    since: int = 0
    until: int = 2**62
    holes: set[int] = field(default_factory=set)

    def amount(self, time: int) -> float:
        """USD at a time."""
        return self.usd * (1 + time // 3_600_000 % 24 / 1000)


class NamedCoinglass(FakeCoinglass):
    """
    :param names: what is listed, and what there is of it
    :param prices: whether price history can be had
    """

    def __init__(self, names: dict[str, Listed], *, rate: int | None = None) -> None:
        super().__init__(FakeClock(NOW.timestamp()), rate=rate)
        self.names = names
        self.prices = True
        self.unlisted: set[str] = set()
        self.first.append(self._named)

    @property
    def lists(self) -> dict[str, list[dict[str, str]]]:
        venues: dict[str, list[dict[str, str]]] = {}
        for name, listed in self.names.items():
            for venue, instrument in listed.venues.items():
                item = {"instrument_id": instrument, "base_asset": name, "quote_asset": "USDT"}
                if name not in self.unlisted:
                    venues.setdefault(venue, []).append(item)
        return venues

    def _named(self, request: httpx.Request) -> httpx.Response | None:
        path, params = request.url.path, request.url.params
        if path.endswith("/supported-exchange-pairs"):
            return envelope(self.lists)
        if "symbol" not in params:
            return None
        if path.endswith("/price/history"):
            return self._price(params)
        if "exchange" in params:  # of a pair
            return None
        listed = self.names.get(params["symbol"])
        if listed is None:
            return envelope(code="500", msg="Server Error")
        if "heatmap" in path:
            price = listed.price
            axis = [price * 0.9, price * 1.1]
            cells = [[0, 0, listed.usd], [0, 1, 2 * listed.usd]]
            return envelope({"y_axis": axis, "liquidation_leverage_data": cells})
        if "interval" not in params:
            return envelope([])
        return envelope([self._row(listed, time, params, path) for time in _times(self, params)])

    def _price(self, params: httpx.QueryParams) -> httpx.Response:
        if not self.prices:
            return envelope(code="401", msg="Upgrade plan")
        place = (params["exchange"], params["symbol"])
        found = [held for held in self.names.values() if place in held.venues.items()]
        rows = [{"time": time, "close": str(found[0].price)} for time in _times(self, params)]
        return envelope(rows)

    def _row(
        self, listed: Listed, time: int, params: httpx.QueryParams, path: str
    ) -> dict[str, Any]:
        usd = listed.amount(time)
        units = usd / listed.price * (listed.multiplier if listed.counts_coins else 1)
        close = units if params.get("unit") == "coin" else usd
        if "funding" in path:
            close = listed.funding
        share = sum(venue in params.get("exchange_list", "") for venue in listed.venues)
        part = usd / 100 * share / len(listed.venues)
        sums = (
            "buy_volume",
            "sell_volume",
            "long_liquidation",
            "short_liquidation",
            "bids",
            "asks",
        )
        return {
            "time": time,
            "close": str(close),
            **{f"aggregated_{name}_usd": part for name in sums},
        }

    def asked(self, path: str = "") -> list[str]:
        """Symbols of the requests whose path holds a word, in order."""
        return [
            r.url.params["symbol"]
            for r in self.seen
            if path in r.url.path and "symbol" in r.url.params
        ]

    def client(self, state_dir: Path | None = None, **settings: Any) -> CoinglassClient:
        self.seen.clear()
        return super().client(state_dir, **settings)


def _times(fake: NamedCoinglass, params: httpx.QueryParams) -> list[int]:
    length = interval_ms(params["interval"])
    start, end = int(params["start_time"]), int(params["end_time"])
    end = min(end, int(fake.clock.now() * 1000))
    listed = fake.names.get(params["symbol"])
    since = 0 if listed is None else listed.since
    until = 2**62 if listed is None else listed.until
    holes: set[int] = set() if listed is None else listed.holes
    first = -(-start // length) * length
    return [
        time
        for time in range(first, end, length)[: int(params["limit"])]
        if time + length > since and time < until and time not in holes
    ]


def pepe() -> dict[str, Listed]:
    """PEPE as real venues list it: most of it by the thousand."""
    return {
        "1000PEPE": Listed(
            61e6,
            0.0071,
            1000,
            venues={"Binance": "1000PEPEUSDT", "Bybit": "1000PEPEUSDT"},
            funding=0.01,
        ),
        "PEPE": Listed(31e6, 0.0000071, venues={"OKX": "PEPE-USDT-SWAP"}, funding=0.03),
        "kPEPE": Listed(
            8e6, 0.0071, 1000, True, venues={"Hyperliquid": "kPEPE-USD"}, funding=-0.02
        ),
    }


def span(days: float = 2) -> tuple[datetime, datetime]:
    return NOW - timedelta(days=days), NOW


def ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
