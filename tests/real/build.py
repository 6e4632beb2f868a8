"""
Real market data as a user_data folder: store files and freqtrade candles.

    python -m tests.real.build --shared ../shared --userdir DIR [--set hourly|daily]

`hourly`: BTC and ETH, 5m candles 2025-11-30 to 2026-01-29, hourly open interest (Hyperliquid) and
funding (Binance, Bybit, Hyperliquid) since 2025-03. `daily`: BTC 1h candles and CoinGlass's own
daily history since 2021-08. Nothing is filled or shifted; every row goes through the public writer.
"""

import argparse
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pandas as pd

from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.rows import downloaded
from vectra_freqtrade.history.store import Store

COINS = ("BTC", "ETH")
DELAY = timedelta(seconds=60)
DAILY_START = pd.Timestamp("2021-08-01", tz="UTC")  # earlier price rows are faulty
#: A settlement's rate holds for its row and the seven after it: eight hours.
CARRIED_ROWS = 7

_DAILY_VALUES = {
    "funding_rate": {"funding": "funding"},
    "long_short_ratio": {"lsr": "lsr_global", "lsr_top": "lsr_top_accounts"},
    "taker_volume": {"taker_buy_usd": "taker_buy_usd", "taker_sell_usd": "taker_sell_usd"},
    "liquidation": {"liq_long_usd": "liq_long_usd", "liq_short_usd": "liq_short_usd"},
}


def hourly_rows(shared: Path) -> Iterator[tuple[Series, pd.DataFrame]]:
    """
    :param shared: folder with data/
    :return: open interest (coins) and funding (fraction per 8 h) at 1h and 4h, NaN where missing
    """
    everything = pd.read_parquet(shared / "data" / "hourly_oi_funding_BTC_ETH.parquet")
    for coin in COINS:
        raw = everything[everything["coin"] == coin].sort_values("date")
        settled = raw[["funding_binance", "funding_bybit"]].ffill(limit=CARRIED_ROWS)
        funding = settled.assign(hyperliquid=8 * raw["funding_hyperliquid"])
        hourly = pd.DataFrame(
            {
                "time": raw["date"],
                "oi": raw["oi_usd_hyperliquid"] / raw["close"],
                "funding": funding.mean(axis=1, skipna=False),
            }
        )
        for dataset, value in (("open_interest", "oi"), ("funding_rate", "funding")):
            yield Series(dataset, coin, "1h"), hourly[["time", value]]
            yield Series(dataset, coin, "4h"), four_hourly(hourly, value)


def four_hourly(hourly: pd.DataFrame, value: str) -> pd.DataFrame:
    """
    :param hourly: time and value, one row an hour, NaN where missing
    :param value: the column
    :return: time (the open of four hours) and the last hour's value, where all four are there
    """
    groups = hourly.groupby(hourly["time"].dt.floor("4h"))[value]
    complete = groups.count() == 4
    return groups.last()[complete].rename_axis("time").reset_index()


def daily_rows(shared: Path) -> Iterator[tuple[Series, pd.DataFrame]]:
    """
    :param shared: folder with data/
    :return: CoinGlass's daily history of BTC in the store's units
    """
    raw = pd.read_parquet(shared / "data" / "coinglass_daily_BTC_ETH.parquet")
    raw = raw[(raw["symbol"] == "BTC") & (raw["date"] >= DAILY_START)]
    raw = raw.assign(
        oi=raw["oi_total_close"] / raw["close"], funding=raw["funding_oi_weight_pct"] / 100
    ).rename(columns={"date": "time"})
    yield Series("open_interest", "BTC", "1d"), raw[["time", "oi"]]
    for dataset, names in _DAILY_VALUES.items():
        symbol = "Binance_BTCUSDT" if dataset == "long_short_ratio" else "BTC"
        values = {value: raw[source] for value, source in names.items()}
        yield Series(dataset, symbol, "1d"), pd.DataFrame({"time": raw["time"], **values})


def fill_store(store: Store, rows: Iterator[tuple[Series, pd.DataFrame]]) -> None:
    """
    :param store: written through its public writer
    :param rows: series and their rows
    """
    for series, frame in rows:
        store.add(series, downloaded(series, frame, DELAY))


def hourly_candles(shared: Path, coin: str) -> pd.DataFrame:
    """
    :param shared: folder with data/
    :param coin: BTC or ETH
    :return: Binance's 1h candles as freqtrade stores them
    """
    everything = pd.read_parquet(shared / "data" / "hourly_oi_funding_BTC_ETH.parquet")
    candles = everything[everything["coin"] == coin]
    return candles[["date", "open", "high", "low", "close", "volume"]].reset_index(drop=True)


def four_hourly_candles(candles: pd.DataFrame) -> pd.DataFrame:
    """
    :param candles: 1h candles
    :return: 4h candles out of four complete hours
    """
    groups = candles.groupby(candles["date"].dt.floor("4h"))
    longer = groups.agg(
        {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
    )
    return longer[groups.size() == 4].reset_index()


def build_hourly(shared: Path, userdir: Path) -> None:
    """
    :param shared: folder with data/
    :param userdir: freqtrade's user_data, filled
    """
    folder = userdir / "data" / "binance" / "futures"
    shutil.copytree(shared / "data" / "freqtrade_5m_2025", folder, dirs_exist_ok=True)
    for coin in COINS:
        candles = hourly_candles(shared, coin)
        candles.to_feather(folder / f"{coin}_USDT_USDT-1h-futures.feather")
        four_hourly_candles(candles).to_feather(folder / f"{coin}_USDT_USDT-4h-futures.feather")
    fill_store(Store(userdir / "data" / "coinglass"), hourly_rows(shared))


def build_daily(shared: Path, userdir: Path) -> None:
    """
    :param shared: folder with data/
    :param userdir: freqtrade's user_data, filled
    """
    folder = userdir / "data" / "binance" / "futures"
    folder.mkdir(parents=True, exist_ok=True)
    for name in (shared / "data" / "freqtrade_1h_2019").iterdir():
        # freqtrade reads funding and mark from files that say 1h, whatever their rows' distance.
        target = name.name.replace("-8h-", "-1h-")
        shutil.copyfile(name, folder / target)
    fill_store(Store(userdir / "data" / "coinglass"), daily_rows(shared))


BUILDERS = {"hourly": build_hourly, "daily": build_daily}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--shared", type=Path, required=True, help="folder that holds data/")
    parser.add_argument("--userdir", type=Path, required=True, help="user_data to fill")
    parser.add_argument("--set", choices=BUILDERS, default="hourly", dest="chosen")
    arguments = parser.parse_args()
    BUILDERS[arguments.chosen](arguments.shared, arguments.userdir)


if __name__ == "__main__":
    main()
