"""
`vectra-freqtrade compare` of a strategy on real data, over a loopback exchange.

    python -m tests.real.compare --shared ../shared --set daily --userdir DIR -- \
        --strategy VectraStrategy --timerange 20210901-20250602 --datasets

`hourly` and `daily` as in tests.real.build; `coins`: ADA, DOGE, ETH, SOL and XRP, 1h candles from
2022 (OKX's) with CoinGlass's own daily history; its daily funding is paid three times a day, and
mark prices are the candles. What stands behind -- is compare's own.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import freqtrade.templates
import pandas as pd
from typer.testing import CliRunner

from tests.real.build import DELAY, build_daily, build_hourly
from tests.support.bot import SHIPPED_STRATEGIES, base_config
from vectra_freqtrade.cli.main import app
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.rows import downloaded
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.simulator.exchange.exchange import LoopbackExchange

DAILY_DATASETS = [
    *("open_interest", "funding_rate", "long_short_ratio", "taker_volume", "liquidation"),
]
COINS = ("ADA", "DOGE", "ETH", "SOL", "XRP")


def coins_rows(shared: Path) -> Iterator[tuple[Series, pd.DataFrame]]:
    """
    :param shared: folder with data/
    :return: CoinGlass's daily history of COINS in the store's units
    """
    data = shared / "data"
    names = ("coinglass_daily_BTC_ETH.parquet", "coinglass_daily_5coins_to_2023.parquet")
    everything = pd.concat([pd.read_parquet(data / name) for name in names], ignore_index=True)
    for coin in COINS:
        raw = everything[everything["symbol"] == coin].rename(columns={"date": "time"})
        raw = raw.sort_values("time").drop_duplicates("time")
        time = raw["time"]
        yield (
            Series("open_interest", coin, "1d"),
            pd.DataFrame({"time": time, "oi": raw["oi_total_close"] / raw["close"]}),
        )
        yield (
            Series("funding_rate", coin, "1d"),
            pd.DataFrame({"time": time, "funding": raw["funding_oi_weight_pct"] / 100}),
        )
        ratios = {"lsr": raw["lsr_global"], "lsr_top": raw["lsr_top_accounts"]}
        symbol = f"Binance_{coin}USDT"
        yield Series("long_short_ratio", symbol, "1d"), pd.DataFrame({"time": time, **ratios})
        for dataset, values in (
            ("taker_volume", ("taker_buy_usd", "taker_sell_usd")),
            ("liquidation", ("liq_long_usd", "liq_short_usd")),
        ):
            frame = pd.DataFrame({"time": time, **{name: raw[name] for name in values}})
            yield Series(dataset, coin, "1d"), frame


def build_coins(shared: Path, userdir: Path) -> None:
    """
    :param shared: folder with data/
    :param userdir: freqtrade's user_data, filled
    """
    folder = userdir / "data" / "binance" / "futures"
    folder.mkdir(parents=True, exist_ok=True)
    store = Store(userdir / "data" / "coinglass")
    for series, frame in coins_rows(shared):
        store.add(series, downloaded(series, frame, DELAY))
        if series.dataset == "funding_rate":
            paid = frame.set_index("time")["funding"].resample("8h").ffill()
            name = f"{series.symbol}_USDT_USDT-1h"
            funding = pd.DataFrame({"date": paid.index, "open": paid.to_numpy()})
            funding = funding.assign(high=0.0, low=0.0, close=0.0, volume=0.0)
            funding.to_feather(folder / f"{name}-funding_rate.feather")
            candles = shared / "data" / "freqtrade_1h_2022" / f"{name}-futures.feather"
            for kind in ("futures", "mark"):
                shutil.copyfile(candles, folder / f"{name}-{kind}.feather")


#: set -> builder, coins, what differs in the config
SETS: dict[str, tuple[Callable[[Path, Path], None], tuple[str, ...], dict[str, Any]]] = {
    "hourly": (
        build_hourly,
        ("BTC", "ETH"),
        {"coinglass": {"datasets": ["open_interest", "funding_rate"]}},
    ),
    "daily": (
        build_daily,
        ("BTC",),
        {"timeframe": "1h", "coinglass": {"datasets": DAILY_DATASETS}},
    ),
    "coins": (
        build_coins,
        COINS,
        {"timeframe": "1h", "coinglass": {"datasets": DAILY_DATASETS}},
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--shared", type=Path, required=True, help="folder that holds data/")
    parser.add_argument("--userdir", type=Path, required=True, help="filled where it is not there")
    parser.add_argument("--set", choices=SETS, default="hourly", dest="chosen")
    parser.add_argument("options", nargs="+", help="of compare, behind --")
    arguments = parser.parse_args()
    make, coins, changes = SETS[arguments.chosen]
    userdir: Path = arguments.userdir
    if not userdir.is_dir():
        make(arguments.shared, userdir)
    strategies = userdir / "strategies"
    shutil.copytree(SHIPPED_STRATEGIES, strategies, dirs_exist_ok=True)
    sample = Path(freqtrade.templates.__path__[0]) / "sample_strategy.py"
    shutil.copy(sample, strategies / "SampleStrategy.py")
    config = base_config([f"{coin}/USDT:USDT" for coin in coins], **changes)
    with LoopbackExchange(list(coins)) as exchange:
        files = {"config.json": config, "loopback.json": exchange.config_overlay()}
        words = ["compare", "--userdir", str(userdir)]
        for name, content in files.items():
            (userdir / name).write_text(json.dumps(content))
            words += ["-c", str(userdir / name)]
        done = CliRunner().invoke(app, [*words, *arguments.options])
    print(done.output)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    sys.exit(done.exit_code)


if __name__ == "__main__":
    main()
