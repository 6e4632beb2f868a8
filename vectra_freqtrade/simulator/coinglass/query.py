"""One history request to the loopback CoinGlass, resolved: its rows, and their values as sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vectra_freqtrade.simulator.coinglass.provisional import EXACT, Size, deviations
from vectra_freqtrade.simulator.coinglass.restatements import Restatements
from vectra_freqtrade.simulator.coinglass.scope import Scope
from vectra_freqtrade.simulator.market.market import SimulatedMarket
from vectra_freqtrade.simulator.market.series import coin_price, flow, level_at, level_ohlc
from vectra_freqtrade.simulator.market.venues import VENUES

Row = dict[str, Any]
Values = NDArray[np.float64]
Ohlc = tuple[Values, Values, Values, Values]


@dataclass(frozen=True)
class Query:
    """
    :param interval: seconds
    :param times: consecutive openings in seconds UTC; the last may be open at `now`
    :param series: name of the series for what is off before its value is final
    :param provisional: whether the newest closed row is
    :param restatements: of past sums over venues; None where there are none
    """

    market: SimulatedMarket
    scope: Scope
    interval: int
    times: NDArray[np.int64]
    now: float
    params: Mapping[str, str]
    series: str = ""
    provisional: bool = False
    restatements: Restatements | None = None

    @property
    def stamps(self) -> list[int]:
        stamps: list[int] = (self.times * 1000).tolist()
        return stamps

    @property
    def last_is_open(self) -> bool:
        return len(self.times) > 0 and float(self.times[-1]) + self.interval > self.now

    @property
    def ends(self) -> Values:
        """End of each row, or now."""
        return np.minimum(self.times.astype(np.float64) + self.interval, self.now)

    @property
    def in_coins(self) -> bool:
        return self.params.get("unit") == "coin"

    @cached_property
    def newest_closed(self) -> int | None:
        """Place of the row that has closed while the next one has not; None where it isn't here."""
        if len(self.times) == 0:
            return None
        newest = self.now - (self.now - float(self.times[0])) % self.interval - self.interval
        place = int((newest - float(self.times[0])) // self.interval)
        return place if 0 <= place < len(self.times) else None

    def off(self, size: Size, part: str = "") -> tuple[float, float]:
        """What two values of the newest closed row are multiplied by until they are final."""
        place = self.newest_closed
        if place is None or not self.provisional or size is EXACT:
            return 1.0, 1.0
        opened = int(self.times[place])
        passed = (self.now - opened) / self.interval - 1
        return deviations(self.market.seed, f"{self.series} {part}", size, opened, passed)

    def sent(self, size: Size, *values: Values, part: str = "") -> list[Values]:
        """The values of up to two sides, the newest closed row's as far off as it still is."""
        off = self.off(size, part)
        if off == (1.0, 1.0):
            return list(values)
        place, changed = self.newest_closed, []
        for array, factor in zip(values, off, strict=False):
            copy = array.copy()
            copy[place] *= factor
            changed.append(copy)
        return changed

    def sent_ohlc(self, size: Size, values: Ohlc, part: str = "") -> Ohlc:
        """Of the newest closed row the close is off, high and low hold it."""
        opened, high, low, close = values
        (moved,) = self.sent(size, close, part=part)
        if moved is close:
            return values
        return opened, np.maximum(high, moved), np.minimum(low, moved), moved

    def restated(self, kind: str) -> Values | None:
        """What the sums over venues are multiplied by by now; None for a single venue's own."""
        if self.restatements is None or self.scope.exchange:
            return None
        scope = self.scope
        parts = {v: scope.listing.size * VENUES[v] / scope.share for v in scope.venues}
        return self.restatements.factors(
            scope.coin, kind, parts, self.interval, self.times, self.now
        )

    def flows(self, kind: str, *names: str) -> list[Values]:
        """Flows of one kind over each row, on the venues asked for."""
        coin, factors = self.scope.coin, self.restated(kind)
        scale = self.scope.share if factors is None else self.scope.share * factors
        return [
            flow(self.market, coin, name, self.interval, self.times, self.now) * scale
            for name in names
        ]

    def level(self, name: str, times: Values) -> Values:
        return level_at(self.market, self.scope.coin, name, times)

    def level_ohlc(self, name: str, *, priced: bool = False) -> Ohlc:
        return level_ohlc(
            self.market, self.scope.coin, name, self.interval, self.times, self.now, priced=priced
        )

    def price(self) -> Values:
        """Price of a single coin at the end of each row."""
        return coin_price(self.market, self.scope.coin, self.ends)


def decimal(value: float, digits: int) -> str:
    """A decimal string without trailing zeros, as the API writes them: 0.01, 0.007742, 50."""
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
