import pytest

from vectra_freqtrade.catalogue.coin_names import Coin, CoinNames, Name
from vectra_freqtrade.catalogue.datasets import DATASETS
from vectra_freqtrade.catalogue.multiples import looks_like, split
from vectra_freqtrade.catalogue.symbols import (
    coin_of,
    instrument_of,
    price_units,
    symbol_of,
    units_of,
)
from vectra_freqtrade.errors import SettingsError
from vectra_freqtrade.settings.section import CoinglassSettings


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
        ("KPEPE/USDC:USDC", "hyperliquid", "hyperliquid", ("Hyperliquid", "kPEPE-USD")),
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


@pytest.mark.parametrize(
    ("name", "coin", "multiplier"),
    [
        ("PEPE", "PEPE", 1),
        ("1000CAT", "CAT", 1000),
        ("kPEPE", "PEPE", 1000),
        ("kNEIRO", "NEIRO", 1000),
        ("SHIB1000", "SHIB", 1000),
        ("1MBABYDOGE", "BABYDOGE", 1_000_000),
        ("10000SATS", "SATS", 10_000),
        ("100BONK", "BONK", 100),
        ("10000000AIDOGE", "AIDOGE", 10_000_000),
        ("1INCH", "1INCH", 1),
        ("1DOLLAR", "1DOLLAR", 1),
        ("BROCCOLI714", "BROCCOLI714", 1),
        ("KAVA", "KAVA", 1),
    ],
)
def test_a_listed_name_tells_its_coin_and_how_many_a_contract_holds(name, coin, multiplier):
    assert split(name) == (coin, multiplier)


def test_a_name_with_a_form_that_nobody_knows_is_told_from_a_coins_own():
    assert looks_like("5BONK", "BONK")
    assert looks_like("1KBONK", "BONK")
    assert looks_like("BONK500", "BONK")
    assert looks_like("BONK10K", "BONK")
    assert not looks_like("1000BONK", "BONK")
    assert not looks_like("BONKETTE", "BONK")
    assert not looks_like("KAVA", "AVA")


#: Real ids, 2025-11-14 (cases/coinglass/instrument-ids.json): in USDT, in USDC, inverse.
REAL = {
    "binance": ("BTCUSDT", "BTCUSDC", "BTCUSD_PERP"),
    "bingx": ("BTC-USDT", "BTC-USDC", "BTC-USD"),
    "bitget": ("BTCUSDT_UMCBL", None, "BTCUSD_DMCBL"),
    "bitmex": ("XBTUSDT", None, "XBTUSD"),
    "bitunix": ("BTCUSDT", None, "BTCUSD"),
    "bybit": ("BTCUSDT", "BTCPERP", "BTCUSD"),
    "coinex": ("BTCUSDT", "BTCUSDC", "BTCUSD"),
    "gate": ("BTC_USDT", None, None),
    "htx": ("BTC-USDT", None, "BTC-USD"),
    "kucoin": ("XBTUSDTM", None, None),
    "kucoinfutures": ("XBTUSDTM", None, None),
    "mexc": ("BTC_USDT", "BTC_USDC", "BTC_USD"),
    "okx": ("BTC-USDT-SWAP", "BTC-USDC-SWAP", "BTC-USD-SWAP"),
    "whitebit": ("BTC_PERP", None, None),
    "krakenfutures": (None, None, "PI_XBTUSD"),
    "deribit": (None, None, "BTC-PERPETUAL"),
}
PAIRS_OF = ("BTC/USDT:USDT", "BTC/USDC:USDC", "BTC/USD:BTC")


@pytest.mark.parametrize(
    ("exchange", "pair", "instrument"),
    [
        *(
            (exchange, pair, instrument)
            for exchange, ids in REAL.items()
            for pair, instrument in zip(PAIRS_OF, ids, strict=True)
            if instrument is not None
        ),
        ("hyperliquid", "BTC/USDC:USDC", "BTC-USD"),
        ("hyperliquid", "SOL/USDC:USDC", "SOL-USD"),
        ("dydx", "BTC/USDC:USDC", "BTC-USD"),
        ("coinbase", "XRP/USDC:USDC", "XRP-PERP"),
        ("cryptocom", "SOL/USD:USD", "SOLUSD-PERP"),
        ("krakenfutures", "BTC/USD:USD", "PF_XBTUSD"),
        ("krakenfutures", "SOL/USD:USD", "PF_SOLUSD"),
        ("bitmex", "SOL/USDT:USDT", "SOLUSDT"),
        ("kucoin", "SOL/USDT:USDT", "SOLUSDTM"),
        ("bitfinex", "BTC/USDT:USDT", "tBTCF0-USTF0"),
    ],
)
def test_a_pairs_own_contract_has_the_venues_own_id(exchange, pair, instrument):
    assert instrument_of(pair, exchange, exchange)[1] == instrument


@pytest.mark.parametrize(
    ("venue", "instrument"),
    [
        ("hyperliquid", "BTC-USD"),
        ("deribit", "BTC-PERPETUAL"),
        ("crypto.com", "BTCUSD-PERP"),
        ("Coinbase", "BTC-PERP"),
        ("kraken", "PF_XBTUSD"),
        ("KuCoin", "XBTUSDTM"),
    ],
)
def test_a_pair_of_elsewhere_is_read_on_the_coins_contract_there(venue, instrument):
    assert instrument_of("BTC/USDT:USDT", "binance", venue)[1] == instrument


@pytest.mark.parametrize("exchange", ["bingx", "kucoin", "hyperliquid", "deribit", "mexc"])
def test_auto_is_the_bots_venue_only_where_it_publishes_ratios_of_accounts(exchange):
    assert instrument_of("BTC/USDT:USDT", exchange, "auto") == ("Binance", "BTCUSDT")


KNOWN = CoinNames(
    {
        "X": Coin("X", (Name("X", venues=("OKX",)),), apart=("1000X",), measured=1.0),
        "FOO": Coin(
            "FOO",
            (Name("FOO", venues=("OKX",)), Name("kFOO", 1000, 1000, ("Hyperliquid",))),
            measured=1.0,
        ),
        "RATS": Coin("RATS", (Name("1000RATS", 1000, 1, ("Bitunix", "Binance")),), measured=1.0),
    }
)


def test_where_it_was_measured_that_1000x_is_a_coin_the_pair_follows():
    pair = "1000X/USDT:USDT"
    assert (coin_of(pair, "binance"), units_of(pair, "binance")) == ("X", 1000)
    assert (coin_of(pair, "binance", KNOWN), units_of(pair, "binance", KNOWN)) == ("1000X", 1)
    assert coin_of("X/USDT:USDT", "okx", KNOWN) == "X"
    assert price_units(pair, "binance", "auto", KNOWN) == (1, 1)


def test_what_the_lists_told_of_a_venue_comes_before_what_is_known_of_old():
    assert coin_of("KFOO/USDC:USDC", "hyperliquid") == "KFOO"
    assert coin_of("KFOO/USDC:USDC", "hyperliquid", KNOWN) == "FOO"
    own = instrument_of("KFOO/USDC:USDC", "hyperliquid", "hyperliquid", KNOWN)
    assert own == ("Hyperliquid", "kFOO-USD")
    named = ("RATS/USDT:USDT", "htx", "bitunix")
    assert instrument_of(*named)[1] == "RATSUSDT"
    assert instrument_of(*named, KNOWN)[1] == "1000RATSUSDT"
    assert price_units(*named, KNOWN) == (1, 1000)


def test_a_custom_column_reads_the_name_of_the_pairs_own_venue():
    column = {"name": "x", "path": "/api/futures/x/history", "field": "close"}
    own = CoinglassSettings(custom=[column]).catalogue["custom_x"]
    every = CoinglassSettings(custom=[column | {"names": "all"}]).catalogue["custom_x"]
    place = ("auto", KNOWN, ("OKX", "Binance"))
    assert symbol_of(own, "1000PEPE/USDT:USDT", "binance", *place) == "1000PEPE"
    assert symbol_of(own, "PEPE/USDT", "binance", *place) == "1000PEPE"
    assert symbol_of(own, "PEPE/USDT:USDT", "okx", *place) == "PEPE"
    assert symbol_of(own, "SHIB1000/USDT:USDT", "bybit", *place) == "SHIB1000"
    assert symbol_of(own, "PEPE/EUR", "zaif", *place) == "PEPE", "the first of the list is OKX"
    assert symbol_of(own, "BTC/USDT:USDT", "binance", *place) == "BTC"
    assert symbol_of(every, "1000PEPE/USDT:USDT", "binance", *place) == "PEPE"


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
