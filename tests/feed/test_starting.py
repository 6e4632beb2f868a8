"""What is said at the start about candles that liquidation levels would lack."""

import pytest

from tests.support.frames import settings_with
from vectra_freqtrade.errors import SettingsError
from vectra_freqtrade.feed.starting import check_adaptive, few_candles_for_levels, levels_startup
from vectra_freqtrade.intervals import levels_interval


def warning(candles=240, intervals=("1h", "4h"), **sections):
    return few_candles_for_levels(settings_with(**sections), intervals, candles, "Mine")


def test_a_startup_that_is_too_short_for_levels_is_named_with_the_figure_and_what_happens_else():
    # Two blocks of ten days are 480 hours; a row may be three hours old, and closes after one.
    assert levels_startup(settings_with(), "1h") == 484
    said = warning(240)
    assert "startup_candle_count of Mine to at least 484 (it is 240)" in said
    assert "no levels in its first 11 days" in said  # 244 hours
    assert warning(483) is not None
    assert warning(484) is None


def test_the_figure_follows_interval_half_life_and_max_age():
    assert levels_startup(settings_with(), "4h") == 124
    assert levels_startup(settings_with(levels={"half_life_days": 3.5}), "1h") == 244
    assert levels_startup(settings_with(max_age_intervals=10), "1h") == 491
    assert warning(240, levels={"half_life_days": 3.0}) is None


def test_nothing_is_said_where_nothing_is_estimated():
    assert warning(30, levels_source="heatmap") is None
    assert warning(30, datasets=("funding_rate",)) is None
    assert warning(30) is not None


@pytest.mark.parametrize(
    ("intervals", "chosen"),
    [
        (("1h", "4h"), "1h"),
        (("5m", "1h"), "1h"),
        (("30m", "4h"), "4h"),
        (("4h", "12h"), "4h"),
        (("5m",), "5m"),
        (("5m", "15m"), "15m"),
    ],
)
def test_levels_are_estimated_on_an_interval_whose_candles_a_bot_can_have(intervals, chosen):
    assert levels_interval(intervals) == chosen
    assert f"candles of {chosen}:" in warning(30, intervals)


def test_adaptive_bands_need_a_startup_that_holds_their_window():
    adaptive = settings_with(bands="adaptive")
    with pytest.raises(SettingsError, match="startup_candle_count of Mine to at least 201"):
        check_adaptive(adaptive, 200, "Mine")
    check_adaptive(adaptive, 201, "Mine")
    check_adaptive(settings_with(), 0, "Mine")
