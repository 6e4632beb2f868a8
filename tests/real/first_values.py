"""
How far first values of CoinGlass differ from last ones, and how many decisions do.

    python -m tests.real.first_values --shared ../shared

Prints the tables of docs/time.md. BTC and ETH, one answer a day from 2025-05-20 to 2025-11-14.
First value: the newest closed row of an answer (k=1), as sent. A decision is made at the moment of
the answer, from the answer's rows as sent over the final ones before them, by `add_columns` at the
defaults: with `settle` 0 from k=1, with `settle` 1 from k=2. It differs where the columns are not
those made at that moment from final values with `settle` 0.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from tests.real.build import COINS, four_hourly_candles, hourly_candles
from tests.real.captures import (
    BOOK,
    CUSTOM,
    FUNDING,
    LSR,
    OI_COINS,
    OI_USD,
    READ,
    TAKER_1D,
    TAKER_4H,
    Captured,
    Captures,
    Source,
    changes,
)
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.signals.assemble import PairData, add_columns

#: An answer is read at once: what was sent within a minute of the close is a first value too.
DELAY = pd.Timedelta(0)
#: CoinGlass changed its ways: since then far more of the newest rows are provisional.
LATELY = pd.Timestamp("2025-10-01", tz="UTC")


@dataclass(frozen=True, slots=True)
class Decision:
    """
    What is compared.

    :param label: what the table calls it
    :param sources: series that it is made from; an answer counts where all of them are in it
    :param columns: it differs where one of these does
    :param coins: that it is told for
    :param kept: the row before the newest is as a bot kept it, too (`Captured.kept`)
    """

    label: str
    sources: tuple[Source, ...]
    columns: tuple[str, ...]
    coins: tuple[str, ...] = COINS
    kept: bool = False

    @property
    def interval(self) -> str:
        """The lower interval of the settings; the book's rows of 8h are read as its own."""
        return self.sources[0].interval


def _sides(name: str) -> tuple[str, str]:
    return f"cg_{name}_long", f"cg_{name}_short"


_ALL = (OI_USD, FUNDING, LSR, TAKER_4H, BOOK)

DECISIONS = (
    *(
        Decision(f"OI × price state{label}", (source,), ("cg_state_code",), (coin,), kept)
        for coin in COINS
        for source, label, kept in (
            (OI_USD, "", False),
            (OI_USD, ", row before as kept", True),
            (OI_COINS, ", stablecoin margin", False),
        )
    ),
    Decision("funding extreme", (FUNDING,), ("cg_funding_extreme",)),
    Decision("long/short extreme", (LSR,), ("cg_lsr_extreme",)),
    Decision("taker multiplier", (TAKER_4H,), _sides("mod_taker")),
    Decision("taker multiplier", (TAKER_1D,), _sides("mod_taker")),
    Decision("book multiplier (0.2)", (BOOK,), _sides("mod_book")),
    Decision("book gate (0.35)", (BOOK,), _sides("wait")),
    Decision("confidence of these five", _ALL, _sides("confidence"), ("BTC",)),
    Decision("the same without the book", _ALL[:-1], _sides("confidence"), ("BTC",)),
)


class Measure:
    """
    :param shared: folder with data/
    """

    def __init__(self, shared: Path) -> None:
        self._captures = Captures(shared, DELAY)
        self._candles = {coin: four_hourly_candles(hourly_candles(shared, coin)) for coin in COINS}

    def series(self, source: Source, coin: str) -> Captured | None:
        """As `Captures.series`."""
        return self._captures.series(source, coin)

    def decided(self, decision: Decision, coin: str) -> pd.DataFrame | None:
        """
        :param decision: what is decided
        :param coin: BTC or ETH
        :return: per answer: captured_at, speaks (the final values do), settle_0 and settle_1
            (whether they differ); None where there are no captures
        """
        held = self._held(decision, coin)
        if held is None:
            return None
        moments = _moments(held)
        final = {each.source: each.final for each in held}
        wanted = self._columns(decision, coin, final, moments, 0)
        sent: dict[int, list[pd.DataFrame]] = {0: [], 1: []}
        for moment in moments:
            answer = {
                each.source: each.kept(moment) if decision.kept else each.answer(moment)
                for each in held
            }
            for settle, rows in sent.items():
                rows.append(self._columns(decision, coin, answer, [moment], settle))
        return pd.DataFrame(
            {
                "captured_at": moments,
                "speaks": _speaks(wanted),
                **{f"settle_{n}": _differs(pd.concat(rows), wanted) for n, rows in sent.items()},
            }
        )

    def waited(self, decision: Decision, coin: str) -> pd.Series | None:
        """
        :param decision: what is decided
        :param coin: BTC or ETH
        :return: over all final history, one decision a row of the first series: whether the row
            before decides otherwise; None where there are no captures
        """
        held = self._held(decision, coin)
        if held is None:
            return None
        final = {each.source: each.final for each in held}
        first = held[0]
        moments = list(first.final["time"].iloc[1:] + first.source.length + DELAY)
        now, late = (self._columns(decision, coin, final, moments, settle) for settle in (0, 1))
        known = (now.notna() & late.notna()).all(axis=1) & _told(now) & _told(late)
        return _differs(late, now)[known.to_numpy()]

    def _held(self, decision: Decision, coin: str) -> list[Captured] | None:
        if coin not in decision.coins:
            return None
        held = [self.series(source, coin) for source in decision.sources]
        found = [each for each in held if each is not None]
        return found if len(found) == len(held) else None

    def _columns(
        self,
        decision: Decision,
        coin: str,
        rows: Mapping[Source, pd.DataFrame],
        moments: Sequence[pd.Timestamp],
        settle: int,
    ) -> pd.DataFrame:
        """The decision's columns, one row a moment."""
        interval, candles = decision.interval, self._candles[coin]
        native = {}
        for source, frame in rows.items():
            wait = source.length * (1 + settle) + DELAY
            known = frame.assign(available_at=frame["time"] + wait)
            if source is OI_USD:  # a close that is missing makes a row that is
                known["oi"] /= known["time"].map(candles.set_index("date")["close"])
            native[source.dataset, interval] = known
        datasets = tuple(source.dataset for source in rows)
        settings = CoinglassSettings().override(datasets=datasets)
        frame = pd.DataFrame({"date": pd.DatetimeIndex(moments).as_unit("ms"), "close": 1.0})
        data = PairData(native, {interval: candles}, coin)
        return add_columns(frame, 0, data, settings, (interval,))[list(decision.columns)]


def _moments(held: Sequence[Captured]) -> list[pd.Timestamp]:
    """Of the answers that all series have, with a row before, where both have final values."""
    common = set.intersection(*(set(each.both(k)["captured_at"]) for each in held for k in (1, 2)))
    return sorted(common)


def _told(columns: pd.DataFrame) -> pd.Series:
    """Whether there was data to decide from."""
    if "cg_state_code" in columns:
        return columns["cg_state_code"] >= 0
    return pd.Series(True, index=columns.index)


def _speaks(columns: pd.DataFrame) -> np.ndarray:
    """Whether a decision is another than that of no opinion."""
    names = list(columns)
    silent = 1.0 if names[0].startswith(("cg_mod", "cg_confidence")) else 0.0
    return (columns.astype("float64") != silent).any(axis=1).to_numpy()


def _differs(columns: pd.DataFrame, wanted: pd.DataFrame) -> np.ndarray:
    return (columns.to_numpy() != wanted.to_numpy()).any(axis=1)


def share(hits: int, n: int) -> str:
    """
    :return: percent, with Wilson's 95 % interval
    """
    low, high = binomtest(hits, n).proportion_ci(method="wilson")
    return f"{100 * hits / n:.1f} ({100 * low:.0f}-{100 * high:.0f})"


def _of(flags: np.ndarray, chosen: np.ndarray) -> str:
    return f"{100 * flags[chosen].mean():.0f}"


def value_lines(measure: Measure, sources: Sequence[Source]) -> list[str]:
    """
    :return: Markdown: how often and how far values change
    """
    lines = []
    for source in sources:
        for coin in COINS:
            series = measure.series(source, coin)
            if series is None:
                continue
            cells = []
            for k in (1, 2):
                moved = (changes(series, k) > 0).any(axis=1).to_numpy()
                late = (series.both(k)["captured_at"] >= LATELY).to_numpy()
                cells.append(
                    f"{share(int(moved.sum()), len(moved))} | {_of(moved, ~late)}, "
                    f"{_of(moved, late) if late.any() else '-'}"
                )
            first = changes(series, 1)
            sizes = np.quantile(first.to_numpy(), (0.5, 0.95), method="higher")
            lines.append(
                f"| {source.label} | {source.interval} {coin} | {len(first)} | "
                f"{cells[0]} | {cells[1]} | {100 * sizes[0]:.1f}, {100 * sizes[1]:.1f} |"
            )
    return lines


def decision_lines(measure: Measure) -> list[str]:
    """
    :return: Markdown: how many decisions differ
    """
    lines = []
    for decision in DECISIONS:
        coins, parts, waits = [], [], []
        for coin in decision.coins:
            found, waited = measure.decided(decision, coin), measure.waited(decision, coin)
            if found is not None and waited is not None:
                coins.append(coin)
                parts.append(found)
                waits.append(waited)
        answers, late = pd.concat(parts), np.concatenate(waits)
        lately = (answers["captured_at"] >= LATELY).to_numpy()
        zero, one = answers["settle_0"].to_numpy(), answers["settle_1"].to_numpy()
        lines.append(
            f"| {decision.label} | {decision.interval} {', '.join(coins)} | {len(answers)} | "
            f"{100 * answers['speaks'].mean():.0f} | {share(int(zero.sum()), len(zero))} | "
            + (
                f"- | {_of(zero, lately)} | - |"  # who waits fetches the row anew
                if decision.kept
                else f"{share(int(one.sum()), len(one))} | {_of(zero, lately)}, "
                f"{_of(one, lately)} | {100 * late.mean():.1f} |"
            )
        )
    return lines


VALUES_HEAD = (
    "| series | | n | changes later | until 2025-09, since | row before does "
    "| until 2025-09, since | median, p95 |\n|---|---|---|---|---|---|---|---|"
)
DECISIONS_HEAD = (
    "| decision | | n | speaks | differs, `settle` 0 | `settle` 1 | both since 2025-10 "
    "| `settle` 1, whole year |\n|---|---|---|---|---|---|---|---|"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--shared", type=Path, required=True, help="folder that holds data/")
    measure = Measure(parser.parse_args().shared)
    print("\n".join([VALUES_HEAD, *value_lines(measure, (*READ, *CUSTOM))]), flush=True)
    print("\n".join(["", DECISIONS_HEAD, *decision_lines(measure)]))


if __name__ == "__main__":
    main()
