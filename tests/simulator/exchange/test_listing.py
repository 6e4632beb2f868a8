"""A loopback exchange without a market is enough for freqtrade to list pairs and to backtest."""

import json
import urllib.request
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.support.freqtrade_process import Workspace, base_config
from vectra_freqtrade.simulator.exchange.exchange import LoopbackExchange


def get(url: str) -> object:
    with urllib.request.urlopen(url, timeout=10) as reply:
        return json.load(reply)


def test_lists_the_pairs_it_was_given_with_their_price_steps():
    with LoopbackExchange(["BTC/USDT:USDT", "1000PEPE/USDT:USDT"]) as exchange:
        futures = get(f"{exchange.url}/fapi/v1/exchangeInfo")
        spot = get(f"{exchange.url}/api/v3/exchangeInfo")
    ticks = {s["symbol"]: s["filters"][0]["tickSize"] for s in futures["symbols"]}
    assert ticks == {"BTCUSDT": "0.1", "1000PEPEUSDT": "0.0000001"}
    assert [s["symbol"] for s in spot["symbols"]] == ["BTCUSDT", "PEPEUSDT"]


def test_gives_its_port_back_when_it_closes():
    with LoopbackExchange(["BTC"]) as exchange:
        url, port = exchange.url, exchange.port
        get(f"{url}/fapi/v1/time")
    with LoopbackExchange(["BTC"], port=port) as again:
        assert again.url == url
        assert get(f"{url}/fapi/v1/time")


def random_candles(seed: int, days: int, digits: int, price: float) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    n = days * 288
    close = np.round(price * np.exp(np.cumsum(rng.normal(0, 0.002, n))), digits)
    opened = np.concatenate([[close[0]], close[:-1]])
    dates = pd.date_range("2026-01-01", periods=n, freq="5min", tz="UTC")
    high, low = np.maximum(opened, close), np.minimum(opened, close)
    columns = {"date": dates, "open": opened, "high": high, "low": low, "close": close}
    return pd.DataFrame({**columns, "volume": 1000.0})


@pytest.mark.freqtrade
@pytest.mark.parametrize("mode", ["futures", "spot"])
def test_real_freqtrade_lists_and_backtests_against_it(tmp_path: Path, mode: str):
    pairs = ["BTC/USDT:USDT", "ETH/USDT:USDT"] if mode == "futures" else ["BTC/USDT", "ETH/USDT"]
    with LoopbackExchange(pairs) as exchange:
        space = Workspace(tmp_path, exchange.config_overlay(mode), base_config(pairs, mode))
        listed = space.run("list-pairs", "--print-json")
        assert all(pair in listed for pair in pairs)
        folder = space.userdir / "data" / "binance" / ("futures" if mode == "futures" else "")
        folder.mkdir(parents=True, exist_ok=True)
        for seed, pair in enumerate(pairs):
            name = pair.replace("/", "_").replace(":", "_")
            name += "-5m-futures.feather" if mode == "futures" else "-5m.feather"
            random_candles(seed, 5, 2, 3000.0).to_feather(folder / name)
        report = space.run("backtesting", "--strategy", "Plain", "--cache", "none")
    assert "Result for strategy Plain" in report
    assert "BACKTESTING REPORT" in report
