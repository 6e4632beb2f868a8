"""The study's frames hold every column of the settings, as a strategy's own frame does."""

import logging
from pathlib import Path

import pandas as pd
import pytest

from tests.support.simulated import fill
from vectra_freqtrade.data.disk import disk_reader
from vectra_freqtrade.data.history import HistoryProvider
from vectra_freqtrade.history.orders import Orders, with_availability
from vectra_freqtrade.history.snapshots import Snapshots
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.report.backtest.frames import PairLoader
from vectra_freqtrade.report.evidence.prepared import PairRows
from vectra_freqtrade.settings.section import CoinglassSettings

#: Its contract's price is for a thousand coins, CoinGlass's levels are for one.
PAIR, UNITS = "1000PEPE/USDT:USDT", 1000
SECTION = {
    "datasets": ["open_interest", "large_orders"],
    "levels_source": "heatmap",
    "intervals": ["1h", "4h"],
    "max_age_intervals": 4,
}
MINUTE = pd.Timedelta(minutes=1)


@pytest.fixture(scope="module")
def userdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("whole")
    fill(path, pairs=(PAIR,), days=6, datasets=("open_interest",))
    return path


def load(userdir: Path, **section: object) -> tuple[PairRows, dict[str, object]]:
    config = {
        "exchange": {"name": "binance", "pair_whitelist": [PAIR]},
        "datadir": userdir / "data" / "binance",
        "user_data_dir": userdir,
        "trading_mode": "futures",
        "candle_type_def": "futures",
        "dataformat_ohlcv": "feather",
        "timeframe": "5m",
        "runmode": "backtest",
        "coinglass": {**SECTION, **section},
    }
    settings = CoinglassSettings.from_config(config)
    provider = HistoryProvider(Store(userdir / "data" / "coinglass"))
    return PairLoader(config, provider, settings, ("1h", "4h"), "5m").load(PAIR), config


def record(userdir: Path) -> float:
    """A wall on each side for two days, and a heatmap each hour; :return: the price at first."""
    candles = pd.read_feather(
        userdir / "data" / "binance" / "futures" / "1000PEPE_USDT_USDT-5m-futures.feather"
    )
    first, price = candles["date"].iloc[0], candles["close"].iloc[0]
    orders = pd.DataFrame(
        {
            "id": ["a", "b"],
            "start": [first + pd.Timedelta(days=1)] * 2,
            "end": [first + pd.Timedelta(days=3)] * 2,
            "side": [1, -1],
            "price": [0.5 * price, 2.0 * price],
            "start_usd": [2e6, 2e6],
            "executed_usd": [1e6, 0.0],
        }
    )
    root = userdir / "data" / "coinglass"
    Orders(root).add("Binance_1000PEPEUSDT", with_availability(orders, MINUTE))
    near = [0.9 * price / UNITS, 1.1 * price / UNITS]
    for hour in range(12):
        levels = pd.DataFrame({"price": near, "usd": [1e6, 1e6]})
        taken = (first + pd.Timedelta(hours=hour)).to_pydatetime()
        Snapshots(root).add("liquidation_heatmap", "PEPE", taken, levels)
    return float(price)


def test_large_orders_and_recorded_levels_are_in_the_study_as_in_the_strategy(userdir):
    price = record(userdir)
    held, config = load(userdir)
    own = disk_reader(config, [PAIR], "5m").add_columns(held.candles, PAIR)
    own.index = own["date"] + 5 * MINUTE
    columns = [name for name in own if name.startswith("cg_")]
    expected = own.loc[held.rows["decision"], columns].reset_index(drop=True)
    for name in ("cg_whale_bid_price", "cg_whale_ask_price", "cg_liq_above_price"):
        assert expected[name].notna().sum() > 5, name
    walls = held.rows["cg_whale_bid_price"].dropna()
    assert walls.to_numpy() == pytest.approx(0.5 * price)  # of the contract, not of a coin
    assert (held.rows["cg_whale_flow"] == 1.0).any()
    pd.testing.assert_frame_equal(held.rows[columns], expected)


def test_what_is_not_there_is_said_with_what_to_do(tmp_path, caplog):
    fill(tmp_path, pairs=(PAIR,), days=2, datasets=("open_interest",))
    with caplog.at_level(logging.WARNING):
        load(tmp_path)
    assert "No large orders of 1000PEPE/USDT:USDT" in caplog.text
    assert "No recorded liquidation heatmap of 1000PEPE/USDT:USDT" in caplog.text
    assert "vectra-freqtrade record" in caplog.text
