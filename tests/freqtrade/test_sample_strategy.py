"""freqtrade's own sample strategy takes the columns in, exactly as the page says."""

from pathlib import Path

import freqtrade.templates
import pytest

from tests.docs.pages import blocks
from tests.freqtrade.conftest import FEW_DAYS
from tests.support.bot import Bot
from tests.support.simulated import timerange

pytestmark = pytest.mark.freqtrade

RANGE = ("--timerange", timerange(FEW_DAYS))
SAMPLE = Path(freqtrade.templates.__path__[0]) / "sample_strategy.py"


def patched(text: str) -> str:
    """The sample with the page's diff: each `+` line goes below the line before it."""
    (diff,) = (block.text for block in blocks("diff") if block.page == "docs/adopt.md")
    anchor = ""
    for line in diff.splitlines():
        if line == "...":
            continue
        if line[0] in " -":
            anchor = line[1:] + "\n"
            assert text.count(anchor) == 1, anchor
        elif diff.partition(line)[0].endswith(f"-{anchor}"):
            text = text.replace(anchor, line[1:] + "\n")
        else:
            text = text.replace(anchor, anchor + line[1:] + "\n")
    return text


def test_the_sample_strategy_adopts_the_columns_and_trades_as_before(bot: Bot):
    sample = SAMPLE.read_text(encoding="utf-8")
    bot.strategy("SampleStrategy", sample)
    before = bot.backtest("SampleStrategy", *RANGE)["trades"]
    own = patched(sample)
    assert len(own.splitlines()) == len(sample.splitlines()) + 2
    bot.strategy("SampleStrategy", own)
    after = bot.backtest("SampleStrategy", *RANGE)["trades"]
    assert len(before) > 5
    assert after == before


def test_a_column_used_in_it_decides(bot: Bot):
    text = patched(SAMPLE.read_text(encoding="utf-8"))
    bot.strategy("SampleStrategy", text)
    free = bot.backtest("SampleStrategy", *RANGE)["total_trades"]
    guard = '& (dataframe["cg_state"] != "NEUTRAL")\n            ),\n            "enter_long",'
    used = text.replace('            ),\n            "enter_long",', f"                {guard}")
    assert used != text
    bot.strategy("SampleStrategy", used)
    assert 0 < bot.backtest("SampleStrategy", *RANGE)["total_trades"] < free
