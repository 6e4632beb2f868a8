"""The two strategies that data triggers, on nothing but freqtrade's own candles."""

import shutil

import pytest

from tests.freqtrade.conftest import DAYS
from tests.support.bot import Bot
from tests.support.seen import expected_cascade, expected_funding, seen_frames, seen_strategy
from tests.support.simulated import fill_exchange, timerange

pytestmark = pytest.mark.freqtrade

RANGE = ("--timerange", timerange(DAYS, 2))
EXPECTED = {
    "VectraFundingRate": expected_funding,
    "VectraLiquidationCascade": expected_cascade,
}
#: An hour later than CoinGlass's rows, most of a cascade is over; funding is slow.
LEAST = {"VectraFundingRate": 15, "VectraLiquidationCascade": 1}


@pytest.mark.parametrize("name", EXPECTED)
def test_without_a_key_it_trades_on_the_exchanges_own_open_interest_and_funding(
    bot: Bot, name: str
):
    """By its own rules; what the exchange does not list is said at the start."""
    shutil.rmtree(bot.userdir / "data" / "coinglass")
    fill_exchange(bot.userdir, days=DAYS)
    seen, code = seen_strategy(name)
    bot.strategy(seen, code)
    run = bot.run("backtesting", "--strategy", seen, "--cache", "none", *RANGE)
    trades = bot.last_result()["strategy"][seen]["trades"]
    assert len(trades) >= LEAST[name]
    entries = 0
    for frame in seen_frames(bot.userdir, name).values():
        for side in ("long", "short"):
            expected = EXPECTED[name](frame, "1h", side)
            signal = frame[f"enter_{side}"] == 1
            assert (frame["enter_tag"].where(signal, "")[490:] == expected[490:]).all()
            entries += int((expected[490:] != "").sum())
    assert entries >= len(trades)
    if name == "VectraFundingRate":
        assert {trade["is_short"] for trade in trades} == {True, False}
    said = " ".join(run.output.split())
    assert "open_interest and funding_rate come from binance's own candles" in said
    assert "Empty and without an opinion: long_short_ratio, taker_volume, liquidation" in said
