"""
How often each factor speaks on real data: the share of rows on which it differs from 1.0.

    python -m tests.real.modifiers --shared ../shared

Hourly set: BTC and ETH, open interest and funding at 1h and 4h. Daily set: BTC and ETH since
2021-08, all datasets that CoinGlass's daily history holds; the order book since 2024-04, netflow
and dominance until 2024-11. One decision per row, at the moment it becomes available.
"""

import argparse
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from tests.real.build import (
    COINS,
    DAILY_START,
    DELAY,
    four_hourly_candles,
    hourly_candles,
    hourly_rows,
)
from vectra_freqtrade.catalogue.columns import DATASET_CODES
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.rows import downloaded
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.signals.assemble import PairData, add_columns

#: A feature that is there wherever the dataset could have an opinion.
OPINION_NEEDS = {
    "open_interest": "cg_oi_change_{i}",
    "funding_rate": "cg_funding_pct_{i}",
    "long_short_ratio": "cg_lsr_pct_{i}",
    "taker_volume": "cg_taker_ratio_{i}",
    "order_book": "cg_book_imbalance_{i}",
    "exchange_netflow": "cg_netflow_z",
    "bitcoin_dominance": "cg_dominance_change",
}


def hourly_columns(shared: Path, coin: str) -> pd.DataFrame:
    """
    :param shared: folder with data/
    :param coin: BTC or ETH
    :return: candles and columns, one row per hour of open interest
    """
    rows = {
        (series.dataset, series.interval): _known(series, frame)
        for series, frame in hourly_rows(shared)
        if series.symbol == coin
    }
    candles = hourly_candles(shared, coin)
    return _decided(
        PairData(rows, {"1h": candles, "4h": four_hourly_candles(candles)}, coin), ("1h", "4h")
    )


def daily_columns(shared: Path, coin: str) -> pd.DataFrame:
    """
    :param shared: folder with data/
    :param coin: BTC or ETH
    :return: candles and columns, one row per day of open interest
    """
    everything = pd.read_parquet(shared / "data" / "coinglass_daily_BTC_ETH.parquet")
    everything = everything[everything["date"] >= DAILY_START]
    raw = everything[everything["symbol"] == coin].reset_index(drop=True)
    btc = everything[everything["symbol"] == "BTC"]
    reserve = btc.set_index("date")["btc_exchange_reserve"] if coin == "BTC" else pd.Series()
    values = {
        "open_interest": {"oi": raw["oi_total_close"] / raw["close"]},
        "funding_rate": {"funding": raw["funding_oi_weight_pct"] / 100},
        "long_short_ratio": {"lsr": raw["lsr_global"], "lsr_top": raw["lsr_top_accounts"]},
        "taker_volume": {name: raw[name] for name in ("taker_buy_usd", "taker_sell_usd")},
        "order_book": {f"book_{side}_usd": raw[f"ob1_{side}_usd"] for side in ("bids", "asks")},
        "exchange_netflow": {"netflow": raw["date"].map(reserve.diff())},
        "bitcoin_dominance": {
            "dominance": raw["date"].map(btc.set_index("date")["btc_dominance_pct"])
        },
    }
    rows = {}
    for dataset, columns in values.items():
        symbol = f"Binance_{coin}USDT" if dataset == "long_short_ratio" else coin
        symbol = "BTC" if dataset == "bitcoin_dominance" else symbol
        frame = pd.DataFrame({"time": raw["date"], **columns})
        rows[dataset, "1d"] = _known(Series(dataset, symbol, "1d"), frame)
    return _decided(PairData(rows, {"1d": raw}, coin), ("1d",))


def _known(series: Series, frame: pd.DataFrame, delay: timedelta = DELAY) -> pd.DataFrame:
    return downloaded(series, frame, delay)


def _decided(data: PairData, intervals: tuple[str, ...]) -> pd.DataFrame:
    rows = data.rows["open_interest", intervals[0]]
    candles = data.candles[intervals[0]].set_index("date")["close"]
    frame = pd.DataFrame({"date": rows["available_at"]})
    frame["close"] = candles.reindex(rows["time"]).to_numpy()
    datasets = tuple(dict.fromkeys(dataset for dataset, _ in data.rows))
    settings = CoinglassSettings().override(datasets=datasets)
    return add_columns(frame, 0, data, settings, intervals)


def shares(columns: pd.DataFrame, interval: str) -> pd.DataFrame:
    """
    :param columns: from `hourly_columns` or `daily_columns`
    :param interval: the lower one
    :return: per dataset: rows on which it could have an opinion, and the share of these on which
        each side's factor is above and below 1.0, and on which a side waits
    """
    table = {}
    for dataset, needs in OPINION_NEEDS.items():
        code, needed = DATASET_CODES[dataset], needs.format(i=interval)
        if needed not in columns or columns[needed].notna().sum() == 0:
            continue
        there = columns[columns[needed].notna()]
        row = {"rows": len(there)}
        for side in ("long", "short"):
            factor = there[f"cg_mod_{code}_{side}"]
            row |= {f"{side} > 1": (factor > 1).mean(), f"{side} < 1": (factor < 1).mean()}
            row[f"{side} any"] = (factor != 1.0).mean()
        table[dataset] = row
    conflict = columns["cg_mod_conflict"]
    table["conflict"] = {"rows": len(columns), "long any": (conflict != 1.0).mean()}
    for side in ("long", "short"):
        confidence = columns[f"cg_confidence_{side}"]
        table[f"confidence {side}"] = {
            "rows": len(columns),
            f"{side} > 1": (confidence > 1).mean(),
            f"{side} < 1": (confidence < 1).mean(),
            f"{side} any": (confidence != 1.0).mean(),
        }
        if "order_book" in table:
            table[f"wait {side}"] = {
                "rows": table["order_book"]["rows"],
                f"{side} any": columns[f"cg_wait_{side}"].sum() / table["order_book"]["rows"],
            }
    return pd.DataFrame(table).T.replace(np.nan, None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--shared", type=Path, required=True, help="folder that holds data/")
    shared = parser.parse_args().shared
    with pd.option_context("display.width", 140, "display.max_columns", 20):
        for coin in COINS:
            print(f"\nhourly {coin}\n{shares(hourly_columns(shared, coin), '1h')}")
            print(f"\ndaily {coin}\n{shares(daily_columns(shared, coin), '1d')}")


if __name__ == "__main__":
    main()
