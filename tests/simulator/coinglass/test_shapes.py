"""Replies have the API's shapes and agree with the exchange, because both show one market.

Of values that are final; what is off before, and restated later, has tests of its own.
"""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.coinglass_server import DEMO_KEY, CoinglassServer
from tests.support.http_get import get
from tests.support.stepped_clock import SteppedClock
from vectra_freqtrade.simulator.coinglass.rules import Rules
from vectra_freqtrade.simulator.exchange.exchange import LoopbackExchange
from vectra_freqtrade.simulator.market.market import SimulatedMarket
from vectra_freqtrade.simulator.market.venues import VENUES

DAY, HOUR = 86400, 3600
MARKET = SimulatedMarket(["BTC", "PEPE"], seed=4)
NOW = MARKET.start + 60 * DAY + 13 * HOUR + 754.0
F = "/api/futures"
VENUE_LIST = "Binance,OKX,Bybit"
COIN = {"symbol": "BTC"}
LIST = {**COIN, "exchange_list": VENUE_LIST}
PAIR = {"exchange": "Binance", "symbol": "BTCUSDT"}


@pytest.fixture(scope="module")
def pair() -> Iterator[SimpleNamespace]:
    """Both servers over one market and one clock."""
    clock = SteppedClock(NOW)
    with (
        CoinglassServer(MARKET, clock, rules=Rules.plain()) as coinglass,
        LoopbackExchange(MARKET, clock) as exchange,
    ):

        def ask(path: str, **params: Any) -> Any:
            return get(coinglass.url + path, DEMO_KEY, **params).data

        def futures(path: str, **params: Any) -> Any:
            return get(exchange.url + path, **params).body

        yield SimpleNamespace(coinglass=ask, exchange=futures, clock=clock)


OHLC_STRINGS = {"time": int, "open": str, "high": str, "low": str, "close": str}
# Field names and types as in the API's own answers.
SHAPES = {
    f"{F}/open-interest/aggregated-history": (COIN, OHLC_STRINGS),
    f"{F}/funding-rate/oi-weight-history": (COIN, OHLC_STRINGS),
    f"{F}/basis/history": (
        PAIR,
        {
            "time": int,
            **dict.fromkeys(("open_basis", "close_basis", "open_change", "close_change"), float),
        },
    ),
    f"{F}/global-long-short-account-ratio/history": (
        PAIR,
        {
            "time": int,
            "global_account_long_percent": float,
            "global_account_short_percent": float,
            "global_account_long_short_ratio": float,
        },
    ),
    f"{F}/top-long-short-account-ratio/history": (
        PAIR,
        {
            "time": int,
            "top_account_long_percent": float,
            "top_account_short_percent": float,
            "top_account_long_short_ratio": float,
        },
    ),
    f"{F}/aggregated-taker-buy-sell-volume/history": (
        LIST,
        {"time": int, "aggregated_buy_volume_usd": float, "aggregated_sell_volume_usd": float},
    ),
    f"{F}/liquidation/aggregated-history": (
        LIST,
        {
            "time": int,
            "aggregated_long_liquidation_usd": float,
            "aggregated_short_liquidation_usd": float,
        },
    ),
    f"{F}/liquidation/history": (
        PAIR,
        {"time": int, "long_liquidation_usd": str, "short_liquidation_usd": str},
    ),
    f"{F}/v2/taker-buy-sell-volume/history": (
        PAIR,
        {"time": int, "taker_buy_volume_usd": str, "taker_sell_volume_usd": str},
    ),
    f"{F}/orderbook/aggregated-ask-bids-history": (
        LIST,
        {
            "aggregated_bids_usd": float,
            "aggregated_bids_quantity": float,
            "aggregated_asks_usd": float,
            "aggregated_asks_quantity": float,
            "time": int,
        },
    ),
    f"{F}/price/history": (
        {**PAIR, "limit": 50},
        {**OHLC_STRINGS, "volume_usd": str},
    ),
}


@pytest.mark.parametrize("path", SHAPES)
@pytest.mark.parametrize("interval", ["1m", "1h", "1d"])
def test_history_rows_have_the_fields_and_types_of_the_api(pair, path: str, interval: str):
    params, shape = SHAPES[path]
    rows = pair.coinglass(path, interval=interval, **params)
    closed = rows[:-1]
    assert len(closed) > 40
    for row in closed:
        assert {name: type(value) for name, value in row.items()} == shape


def test_the_exchange_settles_the_funding_that_coinglass_shows(pair):
    begin, end = (int(MARKET.start) + 5 * DAY) * 1000, (int(MARKET.start) + 25 * DAY) * 1000
    span = {"start_time": begin, "end_time": end, "interval": "8h"}
    rows = pair.coinglass(f"{F}/funding-rate/oi-weight-history", symbol="1000PEPE", **span)
    settled = pair.exchange(
        "/fapi/v1/fundingRate", symbol="1000PEPEUSDT", startTime=begin, endTime=end, limit=1000
    )
    percent = {row["time"]: float(row["open"]) for row in rows}
    assert len(percent) == 60
    for row in settled[:-1]:
        shown = percent[row["fundingTime"]]
        assert float(row["fundingRate"]) == pytest.approx(shown / 100, abs=1e-10)
    opened = [row["open"] for row in rows[1:]]
    assert [row["close"] for row in rows[:-1]] == opened


def test_open_interest_is_the_same_in_coins_in_usd_and_on_the_exchange(pair):
    path = f"{F}/open-interest/aggregated-history"
    span = {"interval": "1h", "start_time": (int(NOW // HOUR) - 30) * HOUR * 1000, "limit": 30}
    contracts = pair.coinglass(path, symbol="1000PEPE", unit="coin", **span)
    usd = pair.coinglass(path, symbol="1000PEPE", **span)
    own = pair.exchange(
        "/futures/data/openInterestHist",
        symbol="1000PEPEUSDT",
        period="1h",
        startTime=span["start_time"],
        limit=30,
    )
    part = VENUES["Binance"] / (VENUES["Binance"] + VENUES["Bybit"])  # Binance's of 1000PEPE
    for a, b, c in zip(contracts, usd, own, strict=True):
        assert a["time"] == b["time"] == c["timestamp"]
        of_binance = float(a["open"]) * part
        assert float(c["sumOpenInterest"]) == pytest.approx(of_binance, rel=1e-8)
        price = float(c["sumOpenInterestValue"]) / float(c["sumOpenInterest"])
        assert float(b["open"]) == pytest.approx(float(a["open"]) * price, rel=1e-6)


def test_candles_and_volume_are_the_exchanges_own(pair):
    begin = (int(NOW // HOUR) - 40) * HOUR * 1000
    ask = {"interval": "1h", "start_time": begin, "limit": 40}
    shown = pair.coinglass(f"{F}/price/history", **PAIR, **ask)
    takers = pair.coinglass(f"{F}/v2/taker-buy-sell-volume/history", **PAIR, **ask)
    candles = pair.exchange(
        "/fapi/v1/klines", symbol="BTCUSDT", interval="1h", startTime=begin, limit=40
    )
    assert len(candles) == 40
    for row, taker, candle in zip(shown, takers, candles, strict=True):
        assert row["time"] == taker["time"] == candle[0]
        prices = [float(row[name]) for name in ("open", "high", "low", "close")]
        assert prices == [float(price) for price in candle[1:5]]
        assert float(row["volume_usd"]) == pytest.approx(float(candle[7]), rel=1e-9)
        both = float(taker["taker_buy_volume_usd"]) + float(taker["taker_sell_volume_usd"])
        assert both == pytest.approx(float(candle[7]), rel=1e-9)


def test_more_venues_mean_more_volume(pair):
    path = f"{F}/aggregated-taker-buy-sell-volume/history"
    totals = [
        pair.coinglass(path, interval="1h", limit=2, symbol="BTC", exchange_list=venues)[0]
        for venues in ("Binance", VENUE_LIST)
    ]
    few, many = (row["aggregated_buy_volume_usd"] for row in totals)
    share = VENUES["Binance"] / sum(VENUES[venue] for venue in VENUE_LIST.split(","))
    assert few == pytest.approx(many * share, rel=1e-6)


def test_percent_and_ratio_of_accounts_agree(pair):
    rows = pair.coinglass(f"{F}/global-long-short-account-ratio/history", interval="1h", **PAIR)
    for row in rows:
        long, short = row["global_account_long_percent"], row["global_account_short_percent"]
        assert long + short == pytest.approx(100)
        assert row["global_account_long_short_ratio"] == round(long / short, 2)


def test_the_heatmap_rests_on_both_sides_of_the_price(pair):
    body = pair.coinglass(f"{F}/liquidation/aggregated-heatmap/model1", symbol="BTC", range="3d")
    prices, cells = body["y_axis"], body["liquidation_leverage_data"]
    candles = body["price_candlesticks"]
    assert prices == sorted(prices) and len(candles) == 3 * 96
    assert [type(cell) for cell in candles[-1]] == [int, str, str, str, str, str]
    assert candles[-1][0] == NOW // 900 * 900  # seconds
    last = [(prices[y], usd) for x, y, usd in cells if x == len(candles) - 1]
    price = float(candles[-1][4])
    assert any(p < price for p, _ in last) and any(p > price for p, _ in last)
    assert all(usd > 0 for _, usd in last)
    low, high = float(candles[-1][3]), float(candles[-1][2])
    assert not [p for p, _ in last if low < p < high]


def test_large_orders_open_and_end_as_the_price_allows(pair):
    history = f"{F}/orderbook/large-limit-order-history"
    span = {"start_time": (int(NOW) - 20 * DAY) * 1000, "end_time": int(NOW) * 1000}
    by_state = {s: pair.coinglass(history, **PAIR, **span, state=s) for s in (1, 2, 3)}
    assert len(by_state[2]) > 5 and len(by_state[3]) > 5
    for state, rows in by_state.items():
        for row in rows:
            assert row["order_state"] == state and row["start_usd_value"] >= 1e6
            assert row["start_time"] <= NOW * 1000
            assert ("order_end_time" in row) == (state != 1)
            assert bool(row["executed_volume"]) == (state == 2)
    for row in by_state[2]:
        minute = row["order_end_time"] // 60000 * 60000 - 60000
        candle = pair.exchange(
            "/fapi/v1/klines", symbol="BTCUSDT", interval="1m", startTime=minute, limit=1
        )[0]
        assert float(candle[3]) <= row["limit_price"] <= float(candle[2])
        assert row["order_end_time"] <= NOW * 1000
    times = [row["start_time"] for row in by_state[3]]
    assert times != sorted(times) and times != sorted(times, reverse=True)


def test_an_order_is_open_until_its_end_and_unknown_before_its_start(pair):
    open_orders = f"{F}/orderbook/large-limit-order"
    span = {"start_time": (int(NOW) - 5 * DAY) * 1000, "end_time": int(NOW) * 1000, "state": 2}
    ended = pair.coinglass(f"{F}/orderbook/large-limit-order-history", **PAIR, **span)[0]
    seen = {}
    try:
        for name, time in (
            ("before", ended["start_time"] / 1000 - 1),
            ("resting", ended["order_end_time"] / 1000 - 1),
            ("after", ended["order_end_time"] / 1000),
        ):
            pair.clock.set(time)
            seen[name] = {row["id"]: row for row in pair.coinglass(open_orders, **PAIR)}
    finally:
        pair.clock.set(NOW)
    assert ended["id"] not in seen["before"] and ended["id"] not in seen["after"]
    resting = seen["resting"][ended["id"]]
    assert resting["order_state"] == 1 and resting["executed_volume"] == 0


def test_pairs_carry_each_venues_own_names(pair):
    pairs = pair.coinglass(f"{F}/supported-exchange-pairs")
    names = {venue: [row["instrument_id"] for row in rows] for venue, rows in pairs.items()}
    assert names["Binance"] == ["BTCUSDT", "1000PEPEUSDT", "BTCUSD_PERP"]
    assert names["OKX"] == ["BTC-USDT-SWAP", "PEPE-USDT-SWAP"]
    assert names["Hyperliquid"] == ["BTC-USD", "kPEPE-USD"]
    assert {row["base_asset"] for row in pairs["Bybit"]} == {"BTC", "1000PEPE"}
    only = pair.coinglass(f"{F}/supported-exchange-pairs", exchange="OKX")
    assert list(only) == ["OKX"]
