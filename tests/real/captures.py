"""
What CoinGlass answered at a moment, and what it says of the same rows since: real captures.

`coinglass_captures_BTC_ETH.parquet` holds the last six rows of up to 134 daily answers a series,
`coinglass_final_BTC_ETH.parquet` each row as the last answer that held it gave it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from vectra_freqtrade.catalogue.intervals import interval_ms

CAPTURES = "coinglass_captures_BTC_ETH.parquet"
FINAL = "coinglass_final_BTC_ETH.parquet"
PERCENT = 0.01
#: A sum over venues in another order differs by less, as a share.
SAME = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """
    A series of the captures.

    :param label: what a table calls it
    :param name: in the captures
    :param interval: of its rows
    :param fields: the values that matter: name in the captures -> in the store
    :param dataset: of the package, "" where only a `custom` column could read it
    :param scale: store's unit in one of the captures'
    """

    label: str
    name: str
    interval: str
    fields: Mapping[str, str]
    dataset: str = ""
    scale: float = field(default=1.0, kw_only=True)

    @property
    def length(self) -> pd.Timedelta:
        """Of the interval."""
        return pd.Timedelta(interval_ms(self.interval), "ms")


_BUY_SELL = {
    "aggregated_buy_volume_usd": "taker_buy_usd",
    "aggregated_sell_volume_usd": "taker_sell_usd",
}
_LIQUIDATED = {
    "aggregated_long_liquidation_usd": "liq_long_usd",
    "aggregated_short_liquidation_usd": "liq_short_usd",
}

OI_USD = Source(
    "open interest, all venues (USD)", "open_interest_usd", "4h", {"close": "oi"}, "open_interest"
)
OI_COINS = Source(
    "open interest, stablecoin margin (coins)",
    "open_interest_stablecoin_coins",
    "4h",
    {"close": "oi"},
    "open_interest",
)
FUNDING = Source(
    "funding, weighted by open interest",
    "funding_oi_weight",
    "4h",
    {"close": "funding"},
    "funding_rate",
    scale=PERCENT,
)
LSR = Source(
    "long/short ratio, global",
    "long_short_global",
    "4h",
    {"global_account_long_short_ratio": "lsr"},
    "long_short_ratio",
)
LSR_TOP = Source(
    "long/short ratio, top accounts",
    "long_short_top_account",
    "4h",
    {"top_account_long_short_ratio": "lsr_top"},
)
TAKER_4H = Source("taker volume", "taker_aggregated_4h", "4h", _BUY_SELL, "taker_volume")
TAKER_1D = Source("taker volume", "taker_aggregated", "1d", _BUY_SELL, "taker_volume")
LIQUIDATION = Source("liquidations", "liquidation_aggregated", "4h", _LIQUIDATED, "liquidation")
BOOK = Source(
    "order book",
    "order_book_aggregated",
    "8h",
    {"aggregated_bids_usd": "book_bids_usd", "aggregated_asks_usd": "book_asks_usd"},
    "order_book",
)

#: What the package reads.
READ = (OI_USD, OI_COINS, FUNDING, LSR, LSR_TOP, TAKER_4H, TAKER_1D, LIQUIDATION, BOOK)
#: What a `custom` column could read.
CUSTOM = (
    Source(
        "long/short ratio, top positions",
        "long_short_top_position",
        "4h",
        {"top_position_long_short_ratio": "ratio"},
    ),
    Source(
        "funding, weighted by volume",
        "funding_vol_weight",
        "4h",
        {"close": "funding"},
        scale=PERCENT,
    ),
    Source(
        "spot taker volume",
        "spot_taker_aggregated",
        "4h",
        {"aggregated_buy_volume_usd": "buy", "aggregated_sell_volume_usd": "sell"},
    ),
    Source(
        "spot order book of a pair",
        "spot_order_book_pair",
        "4h",
        {"bids_usd": "bids", "asks_usd": "asks"},
    ),
    Source(
        "Bitfinex margin",
        "bitfinex_margin",
        "4h",
        {"long_quantity": "long", "short_quantity": "short"},
    ),
    Source("Coinbase premium", "coinbase_premium", "4h", {"premium_rate": "premium"}),
    Source("basis", "basis", "4h", {"close_basis": "basis"}),
)

#: Values of the store that a dataset needs and the captures of its endpoint don't hold.
_NOT_HELD = {"long_short_ratio": ("lsr_top",)}


@dataclass(frozen=True, slots=True)
class Captured:
    """
    One series of one coin.

    :param source: which
    :param coin: BTC or ETH
    :param sent: closed rows of all answers: captured_at, time, k (1 the newest closed row of its
        answer), values in the store's units; in the order of answers and times
    :param final: time, values; one row per time, sorted
    """

    source: Source
    coin: str
    sent: pd.DataFrame
    final: pd.DataFrame

    @property
    def values(self) -> list[str]:
        return list(self.source.fields.values())

    def both(self, k: int) -> pd.DataFrame:
        """
        :param k: 1 the newest closed row, 2 the one before
        :return: per answer whose row has a final value: captured_at, time, the values as sent, and
            the final ones as `{name}_final`
        """
        row = self.sent[self.sent["k"] == k].drop(columns="k")
        both = row.merge(self.final, on="time", suffixes=("", "_final"))
        return both.dropna(subset=[*self.values, *(f"{name}_final" for name in self.values)])

    def answer(self, captured_at: pd.Timestamp) -> pd.DataFrame:
        """
        :param captured_at: of an answer
        :return: the whole series as it stood then: the answer's closed rows as sent, those before
            them as they are now
        """
        rows = self.sent[self.sent["captured_at"] == captured_at]
        before = self.final[self.final["time"] < rows["time"].iloc[0]]
        return pd.concat([before, rows[self.final.columns]], ignore_index=True)

    def kept(self, captured_at: pd.Timestamp) -> pd.DataFrame:
        """
        As `answer`, with the row before the newest as a bot kept it: as first sent. No answer shows
        that, being a day apart: the row's final value, as wrong as the newest row of the answer
        before was.

        :param captured_at: of an answer
        """
        rows, firsts = self.answer(captured_at), self.both(1)
        firsts = firsts[firsts["captured_at"] < captured_at]
        final = self.final[self.final["time"] == rows["time"].iloc[-2]]
        if len(firsts) and len(final):
            for name in self.values:
                error = firsts[name].iloc[-1] / firsts[f"{name}_final"].iloc[-1]
                rows.loc[rows.index[-2], name] = final[name].iloc[0] * error
        return rows


class Captures:
    """
    The two files.

    :param shared: folder with data/
    :param delay: a row counts as closed this long after its interval has ended
    """

    def __init__(self, shared: Path, delay: pd.Timedelta) -> None:
        self._delay = delay
        self._sent = pd.read_parquet(shared / "data" / CAPTURES)
        self._final = pd.read_parquet(shared / "data" / FINAL)

    def series(self, source: Source, coin: str) -> Captured | None:
        """
        :param source: which series
        :param coin: BTC or ETH
        :return: None where there are no captures of it
        """
        sent = _wide(self._sent, source, coin, ["captured_at", "time"])
        if sent.empty:
            return None
        closed = sent["time"] + source.length + self._delay <= sent["captured_at"]
        sent = sent[closed].reset_index(drop=True)
        newest_first = sent.groupby("captured_at")["time"].rank(ascending=False)
        sent["k"] = newest_first.astype("int64")
        return Captured(source, coin, sent, _wide(self._final, source, coin, ["time"]))


def changes(series: Captured, k: int) -> pd.DataFrame:
    """
    :param series: of the captures
    :param k: 1 the newest closed row of an answer, 2 the one before
    :return: per answer and value: distance of the value as sent from the final one, in shares of
        the final one
    """
    both = series.both(k)
    moved = {}
    for name in series.values:
        sent, final = both[name], both[f"{name}_final"]
        distance = (sent / final.where(final != 0) - 1).abs()
        moved[name] = distance.where(sent != final, 0.0).fillna(np.inf).mask(distance < SAME, 0.0)
    return pd.DataFrame(moved)


def _wide(long: pd.DataFrame, source: Source, coin: str, keys: list[str]) -> pd.DataFrame:
    """One row per key, one column per value."""
    mine = long[
        (long["dataset"] == source.name)
        & (long["symbol"] == coin)
        & (long["interval"] == source.interval)
    ]
    mine = mine[mine["field"].isin(list(source.fields))].astype({"field": "str"})
    wide = mine.pivot(index=keys, columns="field", values="value").rename(columns=source.fields)
    wide = wide.reindex(columns=list(source.fields.values())) * source.scale
    for missing in _NOT_HELD.get(source.dataset, ()):
        wide[missing] = np.nan
    return wide.rename_axis(columns=None).reset_index()
