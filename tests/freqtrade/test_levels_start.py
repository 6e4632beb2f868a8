"""Liquidation levels in a real backtest do not depend on the date it starts at."""

import pandas as pd
import pytest

from tests.freqtrade.conftest import FEW_DAYS
from tests.support.bot import Bot
from tests.support.seen import seen_frames, seen_strategy
from tests.support.simulated import timerange
from tests.support.strategies import ADOPTED

pytestmark = pytest.mark.freqtrade

#: The last day of a block of ten: its levels look back farthest.
LATER = 5
WARNED = "Liquidation levels are estimated from 484 candles of 1h: set startup_candle_count"


def levels(bot: Bot, skip: int) -> pd.DataFrame:
    """The level columns that a backtest decided on, from its first day on; it warned of nothing."""
    name, code = seen_strategy("VectraStrategy")
    bot.strategy(name, code)
    span = timerange(FEW_DAYS, skip)
    run = bot.run("backtesting", "--strategy", name, "--cache", "none", "--timerange", span)
    assert WARNED not in run.output
    frame = seen_frames(bot.userdir, "VectraStrategy")["BTC"].set_index("date")
    return frame[pd.Timestamp(span.split("-")[0], tz="UTC") :].filter(like="cg_liq_")


def test_a_candle_has_the_same_levels_whichever_day_a_backtest_starts_on(bot: Bot):
    early, late = levels(bot, 2), levels(bot, LATER)
    assert early.index[0] < late.index[0]
    pd.testing.assert_frame_equal(late, early.loc[late.index], check_exact=True)
    # There are levels from the very first candle on, however near the start of a block it is.
    for frame in (early, late):
        assert (frame["cg_liq_source"].iloc[:50] == "estimate").all()


def test_a_strategy_that_loads_too_few_candles_for_levels_is_told_at_the_start(bot: Bot):
    bot.strategy("Adopted", ADOPTED)
    options = ("--strategy", "Adopted", "--cache", "none", "--timerange", timerange(FEW_DAYS))
    output = " ".join(bot.run("backtesting", *options).output.split())
    assert f"{WARNED} of Adopted to at least 484 (it is 30)" in output
