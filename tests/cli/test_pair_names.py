"""One reader for every spelling of a pair or a coin."""

import pytest

from vectra_freqtrade.cli.pair_names import meant, read_pair

KNOWN = ("BTC/USDT:USDT", "kPEPE/USDC:USDC")


@pytest.mark.parametrize(
    "text",
    ["BTC", "btc", "BTCUSDT", "btcusdt", "BTC_USDT", "BTC-USDT", "btc/usdt:usdt", "BTC/USDT:USDT"],
)
def test_a_futures_pair_is_read_in_any_usual_spelling(text: str):
    assert read_pair(text, futures=True) == "BTC/USDT:USDT"


@pytest.mark.parametrize("text", ["ETH", "ETHUSDT", "eth_usdt", "eth/usdt"])
def test_a_spot_pair_has_no_settlement(text: str):
    assert read_pair(text, futures=False) == "ETH/USDT"


def test_a_coin_whose_name_ends_like_a_currency_is_a_coin():
    assert read_pair("WBTC", futures=True) == "WBTC/USDT:USDT"
    assert read_pair("1000PEPE", futures=True) == "1000PEPE/USDT:USDT"


def test_a_coin_is_quoted_in_the_bots_own_currency():
    assert read_pair("BTC", futures=True, stake="USDC") == "BTC/USDC:USDC"


def test_a_known_pairs_case_is_kept():
    assert read_pair("kpepe/usdc:usdc", futures=True, known=KNOWN) == "kPEPE/USDC:USDC"


@pytest.mark.parametrize("text", [".*/USDT:USDT", "BTC.*", "(BTC|ETH)/.*", "BTC//", ""])
def test_what_is_no_name_may_be_a_wildcard(text: str):
    assert read_pair(text, futures=True) is None


def test_the_nearest_known_pair_is_named():
    assert "BTC/USDT:USDT" in meant("BTCC/USDT:USDT", KNOWN)
    assert meant("DOGE/USDT:USDT", KNOWN) == ""
