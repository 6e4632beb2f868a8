"""One coin under several names, by the multiplier of the venues' contracts, as CoinGlass lists it.

Sums are checked against the market itself: what a venue has is its share of the whole.
"""

from collections.abc import Iterator

import numpy as np
import pytest

from tests.support.named_coins import counted, listed
from tests.support.served import (
    ALL,
    BOOK,
    FUNDING,
    HEATMAP,
    LIQUIDATION,
    MAP,
    OI,
    PAIRS,
    PRICE,
    RATIO,
    TAKER,
    F,
    Served,
)
from vectra_freqtrade.simulator.market.listings import Listing
from vectra_freqtrade.simulator.market.market import SimulatedMarket
from vectra_freqtrade.simulator.market.venues import VENUES

DAY, HOUR = 86400, 3600
COINS = ("BTC", "PEPE", "SHIB", "RATS", "LUNC", "BABYDOGE")
NAMES = {
    "PEPE": {"1000PEPE": 1000, "PEPE": 1, "kPEPE": 1000},
    "SHIB": {"1000SHIB": 1000, "SHIB1000": 1000, "SHIB": 1, "kSHIB": 1000},
    "RATS": {"1000RATS": 1000, "RATS": 1},
    "LUNC": {"1000LUNC": 1000, "LUNC": 1},
    "BABYDOGE": {"1MBABYDOGE": 10**6, "1000000BABYDOGE": 10**6, "BABYDOGE": 1},
}
MARKET = SimulatedMarket(COINS, seed=4)
NOW = MARKET.start + 20.0 * DAY + 10 * HOUR + 754
CLOSED = {"start_time": int(NOW - 30 * HOUR) * 1000, "end_time": int(NOW - 3 * HOUR) * 1000}


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    server = Served(MARKET, NOW)
    yield server
    server.close()


def column(rows: list[dict], field: str) -> np.ndarray:
    return np.array([float(row[field]) for row in rows])


def test_each_venue_lists_a_coin_under_the_name_of_its_contract(served: Served):
    pairs = served(PAIRS)
    names = {
        venue: {row["instrument_id"]: row["base_asset"] for row in rows}
        for venue, rows in pairs.items()
    }
    for venue, ids in {
        "Binance": {"BTCUSDT": "BTC", "1000PEPEUSDT": "1000PEPE", "1000SHIBUSDT": "1000SHIB"},
        "Bybit": {"1000PEPEUSDT": "1000PEPE", "SHIB1000USDT": "SHIB1000"},
        "OKX": {"BTC-USDT-SWAP": "BTC", "PEPE-USDT-SWAP": "PEPE", "SHIB-USDT-SWAP": "SHIB"},
        "Bitget": {"PEPEUSDT_UMCBL": "PEPE", "1000RATSUSDT_UMCBL": "1000RATS"},
        "Gate": {"PEPE_USDT": "PEPE", "RATS_USDT": "RATS"},
        "Hyperliquid": {"BTC-USD": "BTC", "kPEPE-USD": "kPEPE", "kSHIB-USD": "kSHIB"},
    }.items():  # fmt: skip
        assert ids.items() <= names[venue].items(), venue
    coins = served(f"{F}/supported-coins")
    assert sorted(coins) == sorted({base for rows in names.values() for base in rows.values()})
    assert set(coins) == {"BTC"} | {name for names in NAMES.values() for name in names}


@pytest.mark.parametrize("coin", NAMES)
def test_the_names_of_a_coin_sum_up_to_the_whole_of_its_venues(served: Served, coin: str):
    params = {"interval": "1h", **CLOSED}
    total = sum(column(served(OI, symbol=name, **params), "close") for name in NAMES[coin])
    begin = MARKET.step_at(CLOSED["start_time"] / 1000)
    begin = -(-begin // 12) * 12  # rows open on the full hour
    steps = begin + 12 * np.arange(1, len(total) + 1) - 1
    multiplier = MARKET.instrument(coin).multiplier
    values = {name: MARKET.column(coin, name, 0, int(steps[-1]) + 1) for name in ("oi", "close")}
    whole = values["oi"][steps] * values["close"][steps] / multiplier
    listed = sum(listing.share() for listing in MARKET.instrument(coin).listings)
    np.testing.assert_allclose(total, whole * listed, rtol=1e-6)


def test_a_name_has_its_own_venues_and_no_other(served: Served):
    params = {"interval": "1h", **CLOSED}
    by_name = {
        name: column(served(OI, symbol=name, **params), "close")
        for name in ("1000PEPE", "PEPE", "kPEPE")
    }
    share = {
        "1000PEPE": VENUES["Binance"] + VENUES["Bybit"],
        "PEPE": VENUES["OKX"] + VENUES["Bitget"] + VENUES["Gate"],
        "kPEPE": VENUES["Hyperliquid"],
    }
    for name, values in by_name.items():
        np.testing.assert_allclose(values / share[name], by_name["PEPE"] / share["PEPE"], rtol=1e-6)


@pytest.mark.parametrize(
    ("path", "field"),
    [
        (TAKER, "aggregated_buy_volume_usd"),
        (LIQUIDATION, "aggregated_short_liquidation_usd"),
        (BOOK, "aggregated_bids_usd"),
    ],
)
def test_an_exchange_list_is_met_with_the_venues_of_the_name(served: Served, path, field):
    def of(name: str, venues: str) -> np.ndarray:
        return column(
            served(path, symbol=name, exchange_list=venues, interval="1h", **CLOSED), field
        )

    three = "Binance,OKX,Bybit"
    np.testing.assert_array_equal(of("1000PEPE", three), of("1000PEPE", "Binance,Bybit"))
    np.testing.assert_array_equal(of("1000PEPE", three), of("1000PEPE", ALL))
    np.testing.assert_array_equal(of("PEPE", three), of("PEPE", "OKX"))
    part = VENUES["OKX"] / (VENUES["OKX"] + VENUES["Bitget"] + VENUES["Gate"])
    np.testing.assert_allclose(of("PEPE", three), of("PEPE", ALL) * part, rtol=1e-4)
    assert served(path, symbol="kPEPE", exchange_list=three, interval="1h", **CLOSED) == []


def test_coins_are_counted_one_way_or_the_other_by_name(served: Served):
    """The two that a client has to tell apart, by the price of the name's own contract."""
    venue_and_id = {
        "1000PEPE": ("Binance", "1000PEPEUSDT"),
        "PEPE": ("OKX", "PEPE-USDT-SWAP"),
        "kPEPE": ("Hyperliquid", "kPEPE-USD"),
    }
    measured = {}
    for name, (venue, identifier) in venue_and_id.items():
        ask = {"symbol": name, "interval": "1h", **CLOSED}
        usd, coins = (
            column(served(OI, **ask), "close"),
            column(served(OI, **ask, unit="coin"), "close"),
        )
        contract = {"exchange": venue, "symbol": identifier, "limit": 50}
        close = column(served(PRICE, **contract, interval="1h", **CLOSED), "close")
        bought = served(TAKER, **ask, exchange_list=ALL, unit="coin")
        bought_usd = served(TAKER, **ask, exchange_list=ALL)
        field = "aggregated_buy_volume_usd"
        taken = column(bought, field) * close / column(bought_usd, field)
        measured[name] = np.median(coins * close / usd)
        assert np.median(taken) == pytest.approx(measured[name], rel=0.001)
    assert measured["1000PEPE"] == pytest.approx(1, rel=0.001)
    assert measured["PEPE"] == pytest.approx(1, rel=0.001)
    assert measured["kPEPE"] == pytest.approx(1000, rel=0.001)


def test_which_way_a_name_counts_is_the_markets_choice():
    ask = {"interval": "1h", "unit": "coin", **CLOSED}
    sums = []
    for counts in ("contracts", "coins"):
        server = Served(SimulatedMarket(counted(["PEPE"], {"1000PEPE": counts}), seed=4), NOW)
        sums.append(column(server(OI, symbol="1000PEPE", **ask), "close"))
        server.close()
    np.testing.assert_allclose(sums[1], 1000 * sums[0], rtol=1e-6)


def test_prices_are_those_of_the_venues_own_contract(served: Served):
    def close(exchange: str, symbol: str) -> np.ndarray:
        ask = {"interval": "1h", "limit": 50, **CLOSED}
        return column(served(PRICE, exchange=exchange, symbol=symbol, **ask), "close")

    thousand = close("Binance", "1000PEPEUSDT")
    np.testing.assert_array_equal(close("Hyperliquid", "kPEPE-USD"), thousand)
    np.testing.assert_allclose(close("OKX", "PEPE-USDT-SWAP"), thousand / 1000, rtol=1e-9)
    million = close("Binance", "1MBABYDOGEUSDT")
    np.testing.assert_allclose(close("Gate", "BABYDOGE_USDT"), million / 1e6, rtol=1e-9)


def test_a_names_heatmap_has_its_contracts_prices_and_its_venues_usd(served: Served):
    thousand, single = (served(HEATMAP, symbol=name, range="3d") for name in ("1000PEPE", "PEPE"))
    np.testing.assert_allclose(single["y_axis"], np.array(thousand["y_axis"]) / 1000, rtol=1e-6)
    ratio = (VENUES["OKX"] + VENUES["Bitget"] + VENUES["Gate"]) / (
        VENUES["Binance"] + VENUES["Bybit"]
    )
    cells = [np.array(each["liquidation_leverage_data"]) for each in (thousand, single)]
    np.testing.assert_array_equal(cells[0][:, :2], cells[1][:, :2])
    np.testing.assert_allclose(cells[1][:, 2], cells[0][:, 2] * ratio, rtol=1e-3, atol=0.02)
    last = float(single["price_candlesticks"][-1][4])
    assert last == pytest.approx(float(thousand["price_candlesticks"][-1][4]) / 1000)
    assert single["y_axis"][0] < last < single["y_axis"][-1]


def test_a_names_map_is_one_item_a_venue(served: Served):
    items = served(MAP, symbol="PEPE", range="1d")["data"]
    assert [item["instrument"]["exName"] for item in items] == ["OKX", "Bitget", "Gate"]
    sums = {
        item["instrument"]["exName"]: sum(
            row[1] for rows in item["liqMapV2"].values() for row in rows
        )
        for item in items
    }
    assert sums["OKX"] / sums["Gate"] == pytest.approx(VENUES["OKX"] / VENUES["Gate"], rel=1e-3)
    (text, rows), *_ = items[0]["liqMapV2"].items()
    assert rows[0][0] == float(text) < 0.001 and rows[0][2:] == [None, None]


def test_a_name_that_nobody_lists_is_a_server_error_and_a_contracts_id_is_nothing(served: Served):
    for path in (OI, FUNDING):
        for name in ("KPEPE", "1000BTC", "NOPE"):
            reply = served.reply(path, symbol=name, interval="1h")
            assert (reply.status, reply.payload) == (200, {"code": "500", "msg": "Server Error"})
        for contract in ("1000PEPEUSDT", "PEPE-USDT-SWAP"):
            assert served(path, symbol=contract, interval="1h") == []
    pair = {"exchange": "OKX", "symbol": "1000PEPE-USDT-SWAP", "interval": "1h"}
    assert "pair does not exist" in served.reply(RATIO, **pair).payload["msg"]
    assert served(RATIO, exchange="Hyperliquid", symbol="BTC-USD", interval="1h")


def test_funding_differs_by_name_so_that_a_mean_must_be_weighted(served: Served):
    close = {
        name: column(served(FUNDING, symbol=name, interval="1h", **CLOSED), "close")
        for name in ("1000PEPE", "PEPE", "kPEPE")
    }
    np.testing.assert_allclose(close["PEPE"] - close["1000PEPE"], 0.004, atol=2e-6)
    np.testing.assert_allclose(close["kPEPE"] - close["1000PEPE"], -0.003, atol=2e-6)


def test_balances_are_of_the_single_coin(served: Served):
    chart = "/api/exchange/balance/chart"
    assert len(served(chart, symbol="PEPE")[0]["time_list"]) == 21
    assert served(chart, symbol="1000PEPE") == []
    assert served(chart, symbol="RATS")[0]["data_map"]


def test_a_coin_can_be_given_any_names_late_ones_and_small_ones():
    late = NOW - 5 * HOUR
    foo = listed(
        "FOO",
        Listing("10000FOO", 10000, ("Binance", "Bybit")),
        Listing("FOO", 1, ("OKX",), since=late),
        Listing("kFOO", 1000, ("Hyperliquid",), size=0.1),
        tick="0.001",
        price=3.5,
    )
    lookalike = listed("1000FOO", Listing("1000FOO", 1, ("Binance",)), price=21.0)
    market = SimulatedMarket([foo, lookalike], seed=4)
    assert [each.symbol for each in market.instruments] == ["10000FOOUSDT", "1000FOOUSDT"]
    server = Served(market, NOW)
    names = ("10000FOO", "FOO", "kFOO", "1000FOO")
    rows = {name: server(OI, symbol=name, interval="1h", limit=10) for name in names}
    assert len(rows["10000FOO"]) == 10 and len(rows["FOO"]) == 5
    first = rows["FOO"][0]["time"] / 1000
    assert late <= first < late + HOUR
    assert server.reply(OI, at=late - 1, symbol="FOO", interval="1h").payload["code"] == "500"
    assert server(PAIRS, at=late - 1)["OKX"] == []
    whole = sum(float(rows[name][-1]["close"]) for name in names[:3])
    assert float(rows["kFOO"][-1]["close"]) < 0.01 * whole
    price = {
        symbol: server(PRICE, exchange="Binance", symbol=symbol, interval="1h", limit=200)
        for symbol in ("10000FOOUSDT", "1000FOOUSDT")
    }
    ratio = column(price["10000FOOUSDT"], "close") / column(price["1000FOOUSDT"], "close")
    assert ratio.std() / ratio.mean() > 0.005 and 0.1 < ratio.mean() < 0.3
    server.close()


def test_one_name_of_two_coins_is_refused():
    twin = listed("BAR", Listing("PEPE", 1, ("OKX",)))
    with pytest.raises(ValueError, match="PEPE is a name of two"):
        SimulatedMarket(["PEPE", twin])
    assert len(SimulatedMarket(["PEPE", "1000PEPE/USDT:USDT"]).instruments) == 1
