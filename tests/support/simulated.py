"""The simulated market as a user_data folder: freqtrade candles and store files."""

from datetime import timedelta
from pathlib import Path

import pandas as pd

from tests.support.market_steps import market_steps
from vectra_freqtrade.catalogue.symbols import coin_of
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.rows import downloaded
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.simulator.market.market import SimulatedMarket

PAIRS = ("BTC/USDT:USDT", "ETH/USDT:USDT")
#: The market's start; store rows begin here, candles HISTORY_DAYS later.
START = "2026-01-01"
HISTORY_DAYS = 40
DELAY = timedelta(seconds=60)
#: What one venue has of the open interest of all.
VENUE_SHARE = 0.25

_PRICES = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}

#: dataset -> stored value -> (the market's series, how an interval sums it up)
_VALUES = {
    "open_interest": {"oi": ("oi", "last")},
    "funding_rate": {"funding": ("funding", "last")},
    "long_short_ratio": {"lsr": ("ratio", "last"), "lsr_top": ("ratio_top", "last")},
    "taker_volume": {"taker_buy_usd": ("buy_usd", "sum"), "taker_sell_usd": ("sell_usd", "sum")},
    "liquidation": {
        "liq_long_usd": ("long_liq_usd", "sum"),
        "liq_short_usd": ("short_liq_usd", "sum"),
    },
}


def market_frame(coin: str, days: int, seed: int = 7) -> pd.DataFrame:
    """5m steps of HISTORY_DAYS + days."""
    market = SimulatedMarket([coin], start=START, seed=seed)
    return market_steps(market, coin, market.start, market.start + (HISTORY_DAYS + days) * 86400)


def candles(frame: pd.DataFrame, timeframe: str) -> pd.DataFrame:
    """freqtrade's candles of a timeframe such as 5min or 1h."""
    base = frame.rename(columns={"lots": "volume"}).astype({"volume": "float64"})
    return base.resample(timeframe, on="date").agg(_PRICES).reset_index()


def native_rows(frame: pd.DataFrame, dataset: str, interval: str) -> pd.DataFrame:
    """time and the dataset's values at an interval."""
    groups = frame.resample(interval, on="date")
    values = {name: groups[source].agg(how) for name, (source, how) in _VALUES[dataset].items()}
    return pd.DataFrame(values).rename_axis("time").reset_index()


def fill(
    userdir: Path,
    *,
    pairs: tuple[str, ...] = PAIRS,
    days: int = 20,
    timeframes: tuple[str, ...] = ("5m", "1h", "4h"),
    datasets: tuple[str, ...] = tuple(_VALUES),
    intervals: tuple[str, ...] = ("1h", "4h"),
    seed: int = 7,
) -> Store:
    """
    :param userdir: freqtrade's user_data
    :param days: of candles at the strategy's timeframe; longer ones reach back further
    :return: the store
    """
    store = Store(userdir / "data" / "coinglass")
    for pair in pairs:
        coin = coin_of(pair, "binance")
        frame = market_frame(coin, days, seed)
        _write_candles(userdir, pair, frame, timeframes)
        for dataset in datasets:
            symbol = f"Binance_{coin}USDT" if dataset == "long_short_ratio" else coin
            for interval in intervals:
                series = Series(dataset, symbol, interval)
                rows = native_rows(frame, dataset, interval)
                store.add(series, downloaded(series, rows, DELAY))
    return store


def _write_candles(
    userdir: Path, pair: str, frame: pd.DataFrame, timeframes: tuple[str, ...]
) -> None:
    futures = ":" in pair
    folder = userdir / "data" / "binance" / ("futures" if futures else "")
    folder.mkdir(parents=True, exist_ok=True)
    name = pair.replace("/", "_").replace(":", "_")
    begin = pd.Timestamp(START, tz="UTC") + pd.Timedelta(days=HISTORY_DAYS)
    for timeframe in timeframes:
        longer = candles(frame, timeframe.replace("m", "min"))
        if timeframe.endswith("m"):
            longer = longer[longer["date"] >= begin].reset_index(drop=True)
        longer.to_feather(folder / f"{name}-{timeframe}{'-futures' if futures else ''}.feather")


def timerange(days: int, skip: int = 1) -> str:
    """freqtrade's --timerange over the candles, without the first days that warm up indicators."""
    begin = pd.Timestamp(START) + pd.Timedelta(days=HISTORY_DAYS + skip)
    end = begin + pd.Timedelta(days=days - skip)
    return f"{begin:%Y%m%d}-{end:%Y%m%d}"


def fill_exchange(userdir: Path, *, days: int, intervals: tuple[str, ...] = ("1h", "4h")) -> None:
    """
    freqtrade's own candles of open interest and funding, as an exchange stamps them.

    :param userdir: freqtrade's user_data
    :param days: as in `fill`
    :param intervals: of open interest; funding is settled every eight hours
    """
    folder = userdir / "data" / "binance" / "futures"
    for pair in PAIRS:
        frame = market_frame(coin_of(pair, "binance"), days)
        name = pair.replace("/", "_").replace(":", "_")
        for interval in intervals:
            rows = native_rows(frame, "open_interest", interval)
            stamps = rows["time"] + pd.Timedelta(interval)
            amounts = VENUE_SHARE * rows["oi"]
            native = {"date": stamps, "open_interest_amount": amounts, "open_interest_value": 0.0}
            pd.DataFrame(native).to_feather(folder / f"{name}-{interval}-open_interest.feather")
        settled = settlements(frame)
        settled.to_feather(folder / f"{name}-1h-funding_rate.feather")


def settlements(frame: pd.DataFrame) -> pd.DataFrame:
    """date and funding_rate of the settlements of a market frame."""
    rows = native_rows(frame, "funding_rate", "8h")
    stamps = rows["time"] + pd.Timedelta("8h")
    return pd.DataFrame({"date": stamps, "funding_rate": rows["funding"]})
