"""freqtrade's own analyses find no look-ahead, and find one that is planted."""

import csv
from pathlib import Path

import pytest

from tests.freqtrade.conftest import DAYS, FEW_DAYS
from tests.support.bot import Bot
from tests.support.simulated import timerange
from tests.support.strategies import ADOPTED, LEAKING, set_loose

pytestmark = pytest.mark.freqtrade

RANGE = ("--timerange", timerange(FEW_DAYS))
LONG = ("--timerange", timerange(DAYS))


def analysed(bot: Bot, strategy: str, span: tuple[str, str] = RANGE) -> dict[str, str]:
    """The row of freqtrade's csv; its exit status is 0 whatever it finds."""
    target = bot.userdir / "lookahead.csv"
    bot.run(
        "lookahead-analysis",
        *("--strategy", strategy, "--lookahead-analysis-exportfilename", str(target)),
        *("--minimum-trade-amount", "11", "--targeted-trade-amount", "12", *span),
    )
    return row_of(target, strategy)


def row_of(path: Path, strategy: str) -> dict[str, str]:
    with path.open() as handle:
        return next(row for row in csv.DictReader(handle) if row["strategy"] == strategy)


@pytest.mark.parametrize(
    ("strategy", "span"),
    [
        ("VectraStrategy", RANGE),
        ("VectraFundingRate", LONG),
        ("VectraLiquidationCascade", LONG),
        ("Adopted", RANGE),
    ],
)
def test_freqtrade_finds_no_lookahead(bot: Bot, strategy: str, span: tuple[str, str]):
    bot.strategy("Adopted", ADOPTED)
    set_loose(bot)
    row = analysed(bot, strategy, span)
    assert row["has_bias"] == "False"
    assert int(row["total_signals"]) >= 12


def test_freqtrade_finds_the_lookahead_that_is_planted(bot: Bot):
    """Rows joined on their interval's open, through the provider: the cap makes it visible."""
    bot.strategy("Leaking", LEAKING)
    row = analysed(bot, "Leaking")
    assert row["has_bias"] == "True"
    assert "leak" in row["biased_indicators"]


def test_no_column_depends_on_how_many_candles_come_before(bot: Bot):
    output = bot.run(
        "recursive-analysis",
        *("--strategy", "VectraStrategy", "-p", "BTC/USDT:USDT", *RANGE),
        *("--startup-candle", "490", "600", "999"),
    ).output
    assert "No lookahead bias on indicators found" in output
    varying = [line for line in output.splitlines() if "cg_" in line and "│" in line]
    assert varying == []
