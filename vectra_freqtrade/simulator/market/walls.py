"""Large limit orders of the simulated market: when they rest, whether the price reached them."""

import zlib
from dataclasses import dataclass

import numpy as np

from vectra_freqtrade.simulator.market.candles import price_at
from vectra_freqtrade.simulator.market.coin_block import BOOK_LEAN
from vectra_freqtrade.simulator.market.market import SimulatedMarket
from vectra_freqtrade.simulator.market.regimes import stream

DAY = 86400
SELL, BUY = 1, 2  # CoinGlass's side codes
OPEN, FILLED, REVOKED = 1, 2, 3  # and its states
PER_DAY = 5.0
LONGEST = 12 * 3600


@dataclass(frozen=True)
class Wall:
    """One order on Binance. Its end, and `filled`, are unknown to anyone before `end`."""

    id: int
    side: int
    price: float
    quantity: float
    usd: float
    start: int
    end: int
    filled: bool

    def state(self, now: float) -> int:
        if now < self.end:
            return OPEN
        return FILLED if self.filled else REVOKED


class Walls:
    """The large orders of one market, drawn day by day."""

    def __init__(self, market: SimulatedMarket) -> None:
        self._market = market
        self._days: dict[tuple[str, int], list[Wall]] = {}

    def between(self, coin: str, begin: float, end: float) -> list[Wall]:
        """Orders that start in [begin, end), seconds UTC, in order of their start."""
        start = self._market.start
        first = max(int((begin - start) // DAY), 0)
        last = int((end - start) // DAY)
        found = [wall for day in range(first, last + 1) for wall in self._of_day(coin, day)]
        return [wall for wall in found if begin <= wall.start < end]

    def _of_day(self, coin: str, day: int) -> list[Wall]:
        if (coin, day) not in self._days:
            self._days[coin, day] = self._draw(coin, day)
        return self._days[coin, day]

    def _draw(self, coin: str, day: int) -> list[Wall]:
        rng = stream(self._market.seed, coin, 6, day)
        count = int(rng.poisson(PER_DAY))
        opened = self._market.start + day * DAY
        starts = np.sort(rng.integers(0, DAY, count)) + opened
        walls = []
        for index, start in enumerate(starts):
            lean, offset, size, life = rng.random(), rng.random(), rng.exponential(), rng.random()
            at = self._market.step_at(float(start))
            regime = int(self._market.column(coin, "regime", at, at + 1)[0])
            side = BUY if lean < 0.5 + 0.2 * BOOK_LEAN[regime] else SELL
            walls.append(self._wall(coin, day * 1000 + index, side, int(start), offset, size, life))
        return walls

    def _wall(
        self, coin: str, number: int, side: int, start: int, offset: float, size: float, life: float
    ) -> Wall:
        market, instrument = self._market, self._market.instrument(coin)
        sign = -1 if side == BUY else 1
        away = 0.001 + 0.015 * offset
        price = price_at(market, coin, start) * (1 + sign * away)
        price = float(np.round(price, instrument.price_digits))
        usd = market.profile(coin).wall_usd * (1.05 + size)
        quantity = max(round(usd / price, instrument.lot_digits), 10.0**-instrument.lot_digits)
        end = start + 600 + int(life * (LONGEST - 600))
        reached = self._reached(coin, side, price, start, end)
        return Wall(
            id=(zlib.crc32(coin.encode()) % 1000 + 2) * 1_000_000_000 + number,
            side=side,
            price=price,
            quantity=quantity,
            usd=round(quantity * price, 4),
            start=start,
            end=reached or end,
            filled=reached is not None,
        )

    def _reached(self, coin: str, side: int, price: float, start: int, end: int) -> int | None:
        """End of the first whole minute after `start` whose range holds the price, or None."""
        first = (start - self._market.start) // 60 + 1
        last = (end - self._market.start) // 60
        minutes = self._market.minute_columns(coin, first, last)
        hit = minutes.low <= price if side == BUY else minutes.high >= price
        if not hit.any():
            return None
        return self._market.start + (first + int(hit.argmax()) + 1) * 60
