import pytest

from vectra_freqtrade.coinglass.catalogue import DATASETS
from vectra_freqtrade.coinglass.symbols import (
    coin_of,
    instrument_of,
    price_units,
    symbol_of,
    units_in,
    units_of,
)
from vectra_freqtrade.errors import SettingsError


@pytest.mark.parametrize(
    ("pair", "exchange", "coin"),
    [
        ("BTC/USDT:USDT", "binance", "BTC"),
        ("BTC/USDT", "binance", "BTC"),
        ("ETH/USD:ETH", "bybit", "ETH"),
        ("BTC/USDT:USDT-270625", "binance", "BTC"),
        ("1000PEPE/USDT:USDT", "binance", "PEPE"),
        ("1000000MOG/USDT:USDT", "binance", "MOG"),
        ("1MBABYDOGE/USDT:USDT", "binance", "BABYDOGE"),
        ("10000SATS/USDT:USDT", "bybit", "SATS"),
        ("SHIB1000/USDT:USDT", "bybit", "SHIB"),
        ("1000X/USDT:USDT", "binance", "X"),
        ("1INCH/USDT:USDT", "binance", "1INCH"),
        ("42/USDT:USDT", "binance", "42"),
        ("kPEPE/USDC:USDC", "hyperliquid", "PEPE"),
        ("KPEPE/USDC:USDC", "hyperliquid", "PEPE"),
        ("KAVA/USDC:USDC", "hyperliquid", "KAVA"),
        ("XBT/USD:XBT", "bitmex", "BTC"),
        ("PEPE/EUR", "kraken", "PEPE"),
    ],
)
def test_every_pair_maps_to_its_coin(pair, exchange, coin):
    assert coin_of(pair, exchange) == coin


@pytest.mark.parametrize(
    ("pair", "exchange", "ratio_exchange", "instrument"),
    [
        ("BTC/USDT:USDT", "binance", "auto", ("Binance", "BTCUSDT")),
        ("BTC/USD:BTC", "binance", "auto", ("Binance", "BTCUSD_PERP")),
        ("BTC/USDC:USDC", "binance", "auto", ("Binance", "BTCUSDC")),
        ("1000PEPE/USDT:USDT", "binance", "auto", ("Binance", "1000PEPEUSDT")),
        ("PEPE/USDT", "binance", "auto", ("Binance", "1000PEPEUSDT")),
        ("BTC/USDT:USDT", "bybit", "auto", ("Bybit", "BTCUSDT")),
        ("BTC/USDC:USDC", "bybit", "auto", ("Bybit", "BTCPERP")),
        ("BTC/USD:BTC", "bybit", "auto", ("Bybit", "BTCUSD")),
        ("BTC/USDT:USDT", "okx", "auto", ("OKX", "BTC-USDT-SWAP")),
        ("PEPE/USDT:USDT", "okx", "Binance", ("Binance", "1000PEPEUSDT")),
        ("BTC/USDT:USDT", "gate", "auto", ("Gate", "BTC_USDT")),
        ("BTC/USDT:USDT", "gateio", "auto", ("Gate", "BTC_USDT")),
        ("BTC/USDT:USDT", "bitget", "auto", ("Bitget", "BTCUSDT_UMCBL")),
        ("BTC/USDC:USDC", "hyperliquid", "auto", ("Binance", "BTCUSDT")),
        ("KPEPE/USDC:USDC", "hyperliquid", "auto", ("Binance", "1000PEPEUSDT")),
        ("KPEPE/USDC:USDC", "hyperliquid", "hyperliquid", ("Hyperliquid", "kPEPE")),
        ("BTC/EUR", "kraken", "auto", ("Binance", "BTCUSDT")),
        ("BTC/USDT:USDT", "binance", "okx", ("OKX", "BTC-USDT-SWAP")),
    ],
)
def test_every_pair_has_the_instrument_whose_ratio_it_reads(
    pair, exchange, ratio_exchange, instrument
):
    assert instrument_of(pair, exchange, ratio_exchange) == instrument


@pytest.mark.parametrize(
    ("pair", "exchange", "units"),
    [
        ("1000PEPE/USDT:USDT", "binance", 1000),
        ("1000000MOG/USDT:USDT", "binance", 1_000_000),
        ("1MBABYDOGE/USDT:USDT", "binance", 1_000_000),
        ("10000SATS/USDT:USDT", "bybit", 10_000),
        ("SHIB1000/USDT:USDT", "bybit", 1000),
        ("1000X/USDT:USDT", "binance", 1000),
        ("10000000AIDOGE/USDT:USDT", "bybit", 10_000_000),
        ("KPEPE/USDC:USDC", "hyperliquid", 1000),
        ("KAVA/USDC:USDC", "hyperliquid", 1),
        ("KPEPE/USDT:USDT", "binance", 1),
        ("PEPE/USDT:USDT", "okx", 1),
        ("1INCH/USDT:USDT", "binance", 1),
        ("BTC/USDT:USDT", "binance", 1),
        ("XBT/USD:XBT", "bitmex", 1),
    ],
)
def test_every_pair_says_how_many_coins_its_price_is_for(pair, exchange, units):
    assert units_of(pair, exchange) == units


@pytest.mark.parametrize(
    ("pair", "exchange", "units"),
    [
        ("1000PEPE/USDT:USDT", "binance", (1000, 1000)),
        ("PEPE/USDT", "binance", (1, 1000)),
        ("PEPE/USDT:USDT", "okx", (1, 1)),
        ("SHIB/USDT", "bybit", (1, 1000)),
        ("KPEPE/USDC:USDC", "hyperliquid", (1000, 1000)),
        ("10000SATS/USDT:USDT", "bybit", (10_000, 10_000)),
        ("10000SATS/USDT:USDT", "kraken", (10_000, 1000)),
        ("BTC/USDT:USDT", "binance", (1, 1)),
    ],
)
def test_the_contract_whose_orders_are_read_may_be_for_other_coins_than_the_pair(
    pair, exchange, units
):
    assert price_units(pair, exchange, "auto") == units


@pytest.mark.parametrize(("name", "units"), [("PEPE", 1), ("1000CAT", 1000), ("1INCH", 1)])
def test_a_coin_that_is_listed_by_the_thousand_says_so(name, units):
    assert units_in(name) == units


@pytest.mark.parametrize("pair", ["", "BTC", "BTC/", "/USDT", "BTC/USDT:USDT:USDT"])
def test_a_text_that_is_no_pair_is_named(pair):
    with pytest.raises(SettingsError, match="not a freqtrade pair"):
        coin_of(pair, "binance")


def test_a_ratio_venue_without_a_rule_is_refused_with_those_that_have_one():
    with pytest.raises(SettingsError, match="Binance, Bybit, OKX"):
        instrument_of("BTC/USDT:USDT", "binance", "Mtgox")


def test_the_file_of_a_series_follows_from_the_pair_alone():
    place = ("1000PEPE/USDT:USDT", "binance", "auto")
    assert symbol_of(DATASETS["open_interest"], *place) == "PEPE"
    assert symbol_of(DATASETS["long_short_ratio"], *place) == "Binance_1000PEPEUSDT"
    assert symbol_of(DATASETS["bitcoin_dominance"], *place) == "BTC"
