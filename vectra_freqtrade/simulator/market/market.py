"""One seeded, simulated market behind the loopback exchange and the loopback CoinGlass server.

A fixture. It has hidden regimes, so that price, open interest, funding, ratios, taker flow,
liquidations, book depth, large orders, balances and dominance fit together; it is not fitted to any
real market and no result on it says anything about profit.

A market has a fixed start and no end. It is drawn in weekly blocks, each from its own random stream
and the state its predecessor ended in: asking for more time, other coins or another order of
questions never changes a value, and the same seed gives the same market in every process.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vectra_freqtrade.simulator.market.coin_block import (
    BLOCK_MINUTES,
    BLOCK_STEPS,
    Block,
    CoinState,
    Minutes,
    draw_block,
)
from vectra_freqtrade.simulator.market.instruments import DEFAULT_COINS, Instrument, instruments_of
from vectra_freqtrade.simulator.market.name_table import NameTable
from vectra_freqtrade.simulator.market.profiles import CoinProfile, profile_of
from vectra_freqtrade.simulator.market.regimes import STEP, RegimePath, stream

SEED = 7
KEPT_MINUTE_BLOCKS = 48  # 1m candles are drawn again when a block older than these is asked for
DEFAULT_START = "2026-01-01"


class SimulatedMarket:
    """Every simulated series of every coin, by time.

    :param coins: coins, pairs or instruments
    :param start: first moment of the market, UTC, cut to the day; nothing exists before it
    :param seed: the same seed and start give the same market
    """

    def __init__(
        self,
        coins: Iterable[str | Instrument] = DEFAULT_COINS,
        *,
        start: str | datetime | float = DEFAULT_START,
        seed: int = SEED,
    ) -> None:
        self.instruments = instruments_of(coins)
        self.table = NameTable(self.instruments)
        self.seed = seed
        self.start = _day(start)
        self._lock = threading.RLock()
        self._shared = RegimePath(seed, "shared")
        self._paths: dict[str, RegimePath] = {}
        self._blocks: dict[str, list[Block]] = {}
        self._minutes: OrderedDict[tuple[str, int], Minutes] = OrderedDict()
        self._by_coin = {instrument.coin: instrument for instrument in self.instruments}

    def instrument(self, coin: str) -> Instrument:
        """The coin's instrument; a coin that is not listed can be asked for too (BTC always is)."""
        return self._by_coin.get(coin) or Instrument.of(coin)

    def has(self, coin: str) -> bool:
        """Whether this single coin is listed, under whatever names."""
        return coin in self._by_coin

    def profile(self, coin: str) -> CoinProfile:
        return profile_of(self.instrument(coin))

    def step_at(self, time: float) -> int:
        """Index of the 5m step that holds `time` (seconds UTC); negative before the start."""
        return int((time - self.start) // STEP)

    def column(self, coin: str, name: str, begin: int, end: int) -> NDArray[np.float64]:
        """Values of one series of `Steps` for the steps [begin, end), begin >= 0."""
        if end <= begin:
            return np.zeros(0)
        first, last = begin // BLOCK_STEPS, (end - 1) // BLOCK_STEPS
        blocks = self._blocks_to(coin, last)
        parts = [getattr(blocks[b].steps, name) for b in range(first, last + 1)]
        joined = parts[0] if len(parts) == 1 else np.concatenate(parts)
        offset = first * BLOCK_STEPS
        values: NDArray[np.float64] = joined[begin - offset : end - offset]
        return values

    def minute_columns(self, coin: str, begin: int, end: int) -> Minutes:
        """1m candles of the minutes [begin, end) since the start."""
        first, last = begin // BLOCK_MINUTES, max(end - 1, begin) // BLOCK_MINUTES
        blocks = [self._block_minutes(coin, b) for b in range(first, last + 1)]
        at = slice(begin - first * BLOCK_MINUTES, end - first * BLOCK_MINUTES)
        return Minutes(
            *(
                np.concatenate([getattr(block, name) for block in blocks])[at]
                for name in ("open", "high", "low", "close", "lots")
            )
        )

    def _blocks_to(self, coin: str, last: int) -> list[Block]:
        with self._lock:
            blocks = self._blocks.setdefault(coin, [])
            while len(blocks) <= last:
                self._append(coin, blocks)
            return blocks

    def _append(self, coin: str, blocks: list[Block]) -> None:
        state = blocks[-1].end_state if blocks else self._first_state(coin)
        block, minutes = self._draw(coin, len(blocks), state)
        self._keep(coin, len(blocks), minutes)
        blocks.append(block)

    def _first_state(self, coin: str) -> CoinState:
        rng = stream(self.seed, coin, 3)
        price, oi, ratio, top = rng.normal(0, (0.1, 0.05, 0.5, 0.5))
        return CoinState(price=float(price), oi=float(oi), ratio_noise=ratio, top_noise=top)

    def _draw(self, coin: str, index: int, state: CoinState) -> tuple[Block, Minutes]:
        if coin not in self._paths:
            self._paths[coin] = RegimePath(self.seed, coin, self._shared)
        regimes = self._paths[coin].view(index * BLOCK_STEPS, (index + 1) * BLOCK_STEPS)
        shared = stream(self.seed, "shared", 4, index).standard_normal(BLOCK_MINUTES)
        rng = stream(self.seed, coin, 5, index)
        instrument = self.instrument(coin)
        return draw_block(rng, shared, state, instrument, profile_of(instrument), regimes)

    def _block_minutes(self, coin: str, index: int) -> Minutes:
        with self._lock:
            state = self._blocks_to(coin, index)[index].start_state
            kept = self._minutes.get((coin, index))
            if kept is None:
                _, kept = self._draw(coin, index, state)
                self._keep(coin, index, kept)
            else:
                self._minutes.move_to_end((coin, index))
            return kept

    def _keep(self, coin: str, index: int, minutes: Minutes) -> None:
        self._minutes[coin, index] = minutes
        while len(self._minutes) > KEPT_MINUTE_BLOCKS:
            self._minutes.popitem(last=False)


def _day(start: str | datetime | float) -> int:
    if not isinstance(start, str | datetime):
        return int(start // 86400 * 86400)
    stamp = pd.Timestamp(start)
    stamp = stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp.tz_convert("UTC")
    return int(stamp.floor("D").timestamp())
