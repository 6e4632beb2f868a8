"""Price paths by hand: candles in files that a real backtest reads, told as stories of a trade."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

START = pd.Timestamp("2026-03-02", tz="UTC")
QUIET = 10.0
#: Between two stories; long enough that a candle of the last trade is no signal of the next.
PAUSE = 6


@dataclass(frozen=True)
class Bar:
    """One candle of a story; it opens where it closes, unless it says otherwise."""

    high: float
    low: float
    close: float
    open: float


def bar(high: float, low: float, close: float | None = None, opened: float | None = None) -> Bar:
    """
    :param close: the middle, if None
    :param opened: the close, if None
    """
    close = (high + low) / 2 if close is None else close
    return Bar(high, low, close, close if opened is None else opened)


def told(stories: Iterable[tuple[float, list[Bar]]]) -> pd.DataFrame:
    """
    :param stories: for each the volume that marks its signal candle, and its candles from the one
        on at whose open, 100, the trade is made
    :return: 5m candles from START on; all is quiet at 100 between stories
    """
    quiet = (100.0, 100.0, 100.0, 100.0, QUIET)
    rows = [quiet] * 30
    for mark, bars in stories:
        rows += [quiet] * PAUSE + [(*quiet[:4], mark)]
        rows += [(b.open, b.high, b.low, b.close, QUIET) for b in bars]
    rows += [quiet] * 30
    frame = pd.DataFrame(rows, columns=["open", "high", "low", "close", "volume"])
    # freqtrade takes the price's precision from the digits it sees.
    frame.loc[0, ["open", "high", "low", "close"]] = (100.0, 100.001, 100.0, 100.0)
    frame.insert(0, "date", pd.date_range(START, periods=len(frame), freq="5min"))
    return frame


def hours(until: pd.Timestamp, true_range: float = 2.0) -> pd.DataFrame:
    """1h candles around 100 from three days before START, each with the same true range."""
    dates = pd.date_range(START - pd.Timedelta(days=3), until, freq="1h")
    half = true_range / 2
    return pd.DataFrame(
        {
            "date": dates,
            "open": 100.0,
            "high": 100.0 + half,
            "low": 100.0 - half,
            "close": 100.0,
            "volume": QUIET,
        }
    )


def write(userdir: Path, pair: str, frame: pd.DataFrame) -> None:
    """
    :param userdir: freqtrade's user_data
    :param pair: a futures pair
    :param frame: 5m candles from `told`
    """
    folder = userdir / "data" / "binance" / "futures"
    folder.mkdir(parents=True, exist_ok=True)
    name = pair.replace("/", "_").replace(":", "_")
    frame.to_feather(folder / f"{name}-5m-futures.feather")
    hours(frame["date"].iloc[-1]).to_feather(folder / f"{name}-1h-futures.feather")
