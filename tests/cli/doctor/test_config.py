import pytest

from vectra_freqtrade.cli.doctor import config
from vectra_freqtrade.cli.doctor.finding import Level

PAIRS = ["BTC/USDT:USDT", "ETH/USDT:USDT"]
ALL = {(pair, frame) for pair in PAIRS for frame in ("5m", "1h", "4h")}


def test_a_right_section_is_well_and_so_is_none():
    for section in ({}, {"coinglass": {"delay": 90}}):
        (found,), settings = config.settings(section)
        assert found.level is Level.OK
    assert settings.delay == 90


def test_each_wrong_setting_is_a_problem_and_the_right_ones_hold():
    section = {"lookbak": 2, "delay": 90, "datasets": ["open_intrest"], "intervals": ["4h"]}
    found, settings = config.settings({"coinglass": section})
    assert [each.level for each in found] == [Level.PROBLEM] * 2
    assert "did you mean 'lookback'" in " ".join(each.text for each in found)
    assert (settings.delay, settings.intervals) == (90, ("4h",))


def test_a_key_in_the_config_is_a_problem_and_not_repeated():
    found, _ = config.settings({"coinglass": {"api_key": "5ecret0marked0key0f00d"}})
    assert found[0].level is Level.PROBLEM
    assert "COINGLASS_API_KEY" in found[0].text
    assert "5ecret" not in repr(found)


def test_a_section_of_another_kind_is_a_problem():
    found, _ = config.settings({"coinglass": "yes"})
    assert found[0].level is Level.PROBLEM


@pytest.mark.parametrize(
    ("name", "value"),
    [("use_exit_signal", False), ("trailing_stop", True), ("use_custom_stoploss", False)],
)
def test_what_would_stop_a_trailing_strategy_is_a_warning(name, value):
    (found,) = config.freqtrade_config({name: value})
    assert found.level is Level.WARNING
    assert name in found.text
    assert config.freqtrade_config({name: not value}) == []
    assert config.freqtrade_config({}) == []


def test_candles_that_are_there_are_well():
    assert config.candles(ALL, PAIRS, ("1h", "4h"), "5m", False).level is Level.OK
    assert config.candles(ALL, [], ("1h", "4h"), "5m", False) is None


def test_missing_candles_are_named_with_the_command():
    found = config.candles(ALL - {(PAIRS[1], "1h")}, PAIRS, ("1h", "4h"), None, False)
    assert found.level is Level.WARNING
    assert found.fix == "freqtrade download-data --pairs ETH/USDT:USDT --timeframes 1h"


@pytest.mark.parametrize(
    ("timeframe", "adaptive", "made"),
    [("5m", False, True), ("5m", True, False), ("4h", False, False), (None, False, False)],
)
def test_it_is_told_whether_a_backtest_can_do_without_them(timeframe, adaptive, made):
    found = config.candles(ALL - {(PAIRS[1], "1h")}, PAIRS, ("1h", "4h"), timeframe, adaptive)
    assert ("a backtest makes them" in found.text) == made
