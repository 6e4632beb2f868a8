"""What all columns of an event study share: forward returns, price strata, blocks of time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vectra_freqtrade.catalogue.intervals import interval_ms
from vectra_freqtrade.report.evidence.bootstrap import FloatArray, IntArray, block_weights
from vectra_freqtrade.report.evidence.buckets import BAND
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.signals.align import epoch_ns
from vectra_freqtrade.signals.divergence import bands_of, trend

#: Horizons in rows of the lower interval, below a day and from a day on.
HORIZONS, HORIZONS_DAILY = (1, 4, 12, 24), (1, 3, 7)
#: A block is so many times the longest horizon.
BLOCK_HORIZONS = 4
IN_SAMPLE = 0.6
DRAWS = 1000
TERCILES = (1 / 3, 2 / 3)
IN, OUT, ALL = "in", "out", "all"
SAMPLES = (IN, OUT, ALL)

Int64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PairRows:
    """A row per row of the lower interval as it became known, with `decision`; and candles."""

    rows: pd.DataFrame
    candles: pd.DataFrame


def forward_returns(
    candles: pd.DataFrame, decisions: Int64, spans_ns: Sequence[int]
) -> tuple[FloatArray, Int64]:
    """
    Bought at the open of the candle that starts at the decision, sold at an open.

    :param candles: date, open; gaps allowed
    :param decisions: nanoseconds
    :param spans_ns: horizons
    :return: decisions × horizons: returns as fractions, NaN where a candle is missing; and the
        times of the exits
    """
    prices = pd.Series(candles["open"].to_numpy(), index=epoch_ns(candles["date"]))
    exits = decisions[:, None] + np.asarray(spans_ns, dtype=np.int64)
    bought = prices.reindex(decisions).to_numpy()
    sold = prices.reindex(exits.ravel()).to_numpy().reshape(exits.shape)
    return sold / bought[:, None] - 1, exits


class Prepared:
    """
    :param pairs: pair -> rows and candles
    :param settings: the bands of the price twin
    :param intervals: in use, the lower first
    :param seed: of the bootstrap
    :param split: where out-of-sample begins; by default the midnight before IN_SAMPLE of the time
    :param draws: bootstrap samples
    :ivar returns: (pair, sample) -> rows × horizons, NaN outside the sample. In-sample rows whose
        return reaches over the split are left out
    :ivar block: pair -> block of time of each row
    :ivar known: pair -> in-sample rows
    :ivar weights: sample -> bootstrap samples × blocks, the same for every column
    """

    def __init__(
        self,
        pairs: Mapping[str, PairRows],
        settings: CoinglassSettings,
        intervals: Sequence[str],
        *,
        seed: int,
        split: pd.Timestamp | None = None,
        draws: int = DRAWS,
    ) -> None:
        self.settings, self.intervals, self.seed = settings, tuple(intervals), seed
        self.frames = {pair: held.rows for pair, held in pairs.items()}
        lower = interval_ms(intervals[0])
        daily = lower >= interval_ms("1d")
        self.horizons = HORIZONS_DAILY if daily else HORIZONS
        spans = [rows * lower * 1_000_000 for rows in self.horizons]
        times = {pair: epoch_ns(frame["decision"]) for pair, frame in self.frames.items()}
        self.first = pd.Timestamp(min(int(at[0]) for at in times.values()), tz="UTC")
        self.last = pd.Timestamp(max(int(at[-1]) for at in times.values()), tz="UTC")
        self.split = split or (self.first + IN_SAMPLE * (self.last - self.first)).floor("D")
        border, block = self.split.value, BLOCK_HORIZONS * spans[-1]
        self.block_rows = BLOCK_HORIZONS * self.horizons[-1]
        self.block = {pair: (at - self.first.value) // block for pair, at in times.items()}
        self.known = {pair: np.flatnonzero(at < border) for pair, at in times.items()}
        self.returns: dict[tuple[str, str], FloatArray] = {}
        self._before: dict[str, IntArray] = {}
        for pair, at in times.items():
            candles = pairs[pair].candles
            returns, exits = forward_returns(candles, at, spans)
            early = (at < border)[:, None]
            self.returns[pair, IN] = np.where(early & (exits <= border), returns, np.nan)
            self.returns[pair, OUT] = np.where(early, np.nan, returns)
            self.returns[pair, ALL] = returns
            past = -forward_returns(candles, at, [-spans[-1]])[0][:, 0]
            held = past[(at < border) & ~np.isnan(past)]
            edges = np.quantile(held, TERCILES) if held.size else np.zeros(len(TERCILES))
            self._before[pair] = np.where(np.isnan(past), -1, np.searchsorted(edges, past))
        self.block_count = 1 + max(int(places.max()) for places in self.block.values())
        rng = np.random.default_rng(seed)
        self.blocks = {sample: self._blocks_of(sample) for sample in SAMPLES}
        self.weights = {
            sample: block_weights(len(blocks), draws, rng) for sample, blocks in self.blocks.items()
        }

    def _blocks_of(self, sample: str) -> IntArray:
        """Blocks that hold a row of the sample."""
        held = [
            places[~np.isnan(self.returns[pair, sample]).all(axis=1)]
            for pair, places in self.block.items()
        ]
        return np.unique(np.concatenate(held))

    def bands(self, pair: str, interval: str) -> tuple[FloatArray | float, FloatArray | float]:
        """Bands of open interest and price, as the states were judged with."""
        sigmas = [
            self.frames[pair][f"cg_{name}_sigma_{interval}"].to_numpy()
            if self.settings.bands.adaptive
            else None
            for name in ("oi", "price")
        ]
        lookback = self.settings.lookback
        return bands_of(self.settings.bands, interval_ms(interval), lookback, *sigmas)

    def strata(self, pair: str, kind: str, interval: str) -> tuple[IntArray, int]:
        """
        The price-only twin of each row.

        :param pair: one of `frames`
        :param kind: BAND is the price band of the interval; PRICE that, and the tercile of the
            move over the longest horizon before the row
        :param interval: one of `intervals`
        :return: stratum of each row, -1 where it can't be told; how many there are
        """
        before = self._before[pair]
        column = f"cg_price_change_{interval}"
        if column not in self.frames[pair]:  # no open interest: the move before alone
            return before, len(TERCILES) + 1
        moves = self.frames[pair][column].to_numpy()
        band = self.bands(pair, interval)[1]
        stratum = np.where(np.isnan(moves + band), -1, trend(moves, band) + 1).astype(np.intp)
        if kind == BAND:
            return stratum, 3
        both = stratum * (len(TERCILES) + 1) + before
        unknown = (stratum < 0) | (before < 0)
        return np.where(unknown, -1, both).astype(np.intp), 3 * (len(TERCILES) + 1)
