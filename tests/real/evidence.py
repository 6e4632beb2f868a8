"""
The evidence report of docs/evidence.md, over the real data sets, in one command.

    python -m tests.real.evidence --shared ../shared --html evidence.html --json evidence.json

freqtrade's backtests run against the loopback exchange, which only lists the markets; candles,
funding and CoinGlass data are the real ones.
"""

import argparse
import json
import logging
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from freqtrade.enums import CandleType

from tests.real.build import (
    COINS,
    DAILY_START,
    build_daily,
    build_hourly,
    fill_store,
    hourly_candles,
)
from tests.support.bot import SHIPPED_STRATEGIES, base_config
from vectra_freqtrade.data.checks import resolve_intervals
from vectra_freqtrade.data.history import HistoryProvider
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.report.backtest.frames import PairLoader
from vectra_freqtrade.report.evidence.backtests import run_backtests
from vectra_freqtrade.report.evidence.evidence import SEED, Evidence, gather, write_json
from vectra_freqtrade.report.evidence.summary import print_summary
from vectra_freqtrade.report.page.page import write_page
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.simulator.exchange.exchange import LoopbackExchange

HOURLY_DATASETS = ["open_interest", "funding_rate"]
DAILY_DATASETS = [
    *("open_interest", "funding_rate", "long_short_ratio", "taker_volume", "liquidation"),
    *("order_book", "exchange_netflow", "bitcoin_dominance"),
]


def build_year(shared: Path, userdir: Path) -> None:
    """
    As `build_hourly`, with funding and mark candles of the whole year.

    :param shared: folder with data/
    :param userdir: freqtrade's user_data, filled; mark candles are the contract's own, the set
        has no others
    """
    build_hourly(shared, userdir)
    everything = pd.read_parquet(shared / "data" / "hourly_oi_funding_BTC_ETH.parquet")
    folder = userdir / "data" / "binance" / "futures"
    for coin in COINS:
        settled = everything[everything["coin"] == coin].dropna(subset="funding_binance")
        rates = settled.rename(columns={"funding_binance": "funding_rate"})
        rates = rates[["date", "funding_rate"]].sort_values("date").reset_index(drop=True)
        rates.to_feather(folder / f"{coin}_USDT_USDT-1h-funding_rate.feather")
        hourly_candles(shared, coin).to_feather(folder / f"{coin}_USDT_USDT-1h-mark.feather")


def build_days(shared: Path, userdir: Path) -> None:
    """
    As `build_daily`, with order book, netflow and dominance, and 1d candles for adaptive bands.

    :param shared: folder with data/
    :param userdir: freqtrade's user_data, filled
    """
    build_daily(shared, userdir)
    fill_store(Store(userdir / "data" / "coinglass"), more_daily_rows(shared))
    folder = userdir / "data" / "binance" / "futures"
    hours = pd.read_feather(folder / "BTC_USDT_USDT-1h-futures.feather")
    groups = hours.groupby(hours["date"].dt.floor("D"))
    days = groups.agg(
        {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
    )
    days[groups.size() == 24].reset_index().to_feather(folder / "BTC_USDT_USDT-1d-futures.feather")


def more_daily_rows(shared: Path) -> Iterator[tuple[Series, pd.DataFrame]]:
    """
    :param shared: folder with data/
    :return: what `build.daily_rows` leaves out, in the store's units
    """
    raw = pd.read_parquet(shared / "data" / "coinglass_daily_BTC_ETH.parquet")
    raw = raw[(raw["symbol"] == "BTC") & (raw["date"] >= DAILY_START)].sort_values("date")
    values = {
        "order_book": {"book_bids_usd": raw["ob1_bids_usd"], "book_asks_usd": raw["ob1_asks_usd"]},
        "exchange_netflow": {"netflow": raw["btc_exchange_reserve"].diff()},
        "bitcoin_dominance": {"dominance": raw["btc_dominance_pct"]},
    }
    for dataset, columns in values.items():
        rows = pd.DataFrame({"time": raw["date"], **columns}).dropna()
        yield Series(dataset, "BTC", "1d"), rows


@dataclass(frozen=True, slots=True)
class Set:
    """
    :param userdir: which folder
    :param coinglass: its section of the config
    :param timerange: of events and trades
    :param traded: with a trade study
    """

    name: str
    userdir: str
    pairs: list[str]
    timeframe: str
    timerange: str
    coinglass: dict[str, Any]
    traded: bool = True


BOTH = ["BTC/USDT:USDT", "ETH/USDT:USDT"]
SETS = (
    Set(
        "Hourly set on 1h candles, one year",
        "year",
        BOTH,
        "1h",
        "20250306-20260305",
        {"datasets": HOURLY_DATASETS},
    ),
    Set(
        "Hourly set on 5m candles, two months",
        "months",
        BOTH,
        "5m",
        "20251201-20260129",
        {"datasets": HOURLY_DATASETS},
    ),
    Set(
        "CoinGlass daily set on 1h candles, since 2021-08",
        "days",
        BOTH[:1],
        "1h",
        "20210801-20250602",
        {"datasets": DAILY_DATASETS},
    ),
    Set(
        "CoinGlass daily set, adaptive bands",
        "days",
        BOTH[:1],
        "1h",
        "20210801-20250602",
        {"datasets": DAILY_DATASETS, "bands": "adaptive"},
        traded=False,
    ),
)
BUILDERS = {"year": build_year, "months": build_hourly, "days": build_days}


def gather_set(chosen: Set, folder: Path, overlay: dict[str, Any], seed: int) -> Evidence:
    """
    :param chosen: one of SETS
    :param folder: holds the user_data folders
    :param overlay: what points freqtrade at the loopback exchange
    :param seed: of every random number
    """
    userdir = folder / chosen.userdir
    config = base_config(chosen.pairs, coinglass=chosen.coinglass, timeframe=chosen.timeframe)
    settings = CoinglassSettings.from_config(config)
    store = Store(userdir / "data" / "coinglass")
    intervals = resolve_intervals(settings, store)
    data = config | {
        "datadir": userdir / "data" / "binance",
        "candle_type_def": CandleType.FUTURES,
        "timerange": chosen.timerange,
    }
    loader = PairLoader(data, HistoryProvider(store), settings, intervals, chosen.timeframe)
    held = {pair: loader.load(pair) for pair in chosen.pairs}
    runs = None
    if chosen.traded:
        files = [folder / "config.json", folder / "loopback.json"]
        for path, content in zip(files, (config, overlay), strict=True):
            path.write_text(json.dumps(content), encoding="utf-8")
        options = ["--timerange", chosen.timerange]
        runs = run_backtests(files, userdir, SHIPPED_STRATEGIES, options)
    return gather(chosen.name, held, settings, intervals, seed=seed, runs=runs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--shared", type=Path, required=True, help="folder that holds data/")
    parser.add_argument("--html", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--seed", type=int, default=SEED)
    arguments = parser.parse_args()
    logging.getLogger("vectra_freqtrade.report").setLevel(logging.INFO)
    with tempfile.TemporaryDirectory() as name, LoopbackExchange(COINS) as exchange:
        folder = Path(name)
        for kind, build in BUILDERS.items():
            build(arguments.shared, folder / kind)
        overlay = exchange.config_overlay()
        found = [gather_set(chosen, folder, overlay, arguments.seed) for chosen in SETS]
    print_summary(found)
    if arguments.json:
        write_json(found, arguments.seed, arguments.json)
    if arguments.html:
        write_page(found, arguments.seed, arguments.html)


if __name__ == "__main__":
    main()
