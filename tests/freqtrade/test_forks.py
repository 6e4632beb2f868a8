"""What `Bot.run` forks is what a process of its own is: this runs both and compares."""

import re
import time

import pytest

from tests.support.bot import Bot
from tests.support.simulated import timerange
from tests.support.strategies import ADOPTED

pytestmark = pytest.mark.freqtrade

ADOPTED_RUN = ("backtesting", "--strategy", "Adopted", "--cache", "none", "--timerange")


def said(output: str) -> list[str]:
    """The log's lines without their times, and without what numexpr says as it is imported."""
    lines = re.findall(r"^\S+ \S+ - ((?!numexpr)\S+ - \w+ - .*)$", output, re.MULTILINE)
    return [re.sub(r"backtest-result-\S+|\d+\.\d+ ?s\w*", "", line).strip() for line in lines]


def test_a_forked_backtest_logs_and_trades_as_a_process_of_its_own(bot: Bot):
    bot.strategy("Adopted", ADOPTED)
    trades, lines = [], []
    for bot.alone in (False, True):
        lines.append(said(bot.run(*ADOPTED_RUN, timerange(8)).output))
        trades.append(bot.last_result()["strategy"]["Adopted"]["trades"])
    assert lines[0] == lines[1] and len(lines[0]) > 30
    assert trades[0] == trades[1] and len(trades[0]) > 5


def test_a_forked_run_is_refused_in_the_words_of_a_process_of_its_own(bot: Bot):
    bot.strategy("Adopted", ADOPTED)
    bot.environment["FREQTRADE__COINGLASS__API_KEY"] = "marked-key-7f3a9c"
    runs = []
    for bot.alone in (False, True):
        runs.append(bot.run(*ADOPTED_RUN, timerange(8), fails=True))
    assert said(runs[0].output) == said(runs[1].output) and "COINGLASS_API_KEY" in runs[0].output
    assert runs[0].status == runs[1].status


def test_nothing_is_left_in_one_of_what_another_changed(bot: Bot):
    """Neither variables nor modules: both are of a child that has ended."""
    bot.strategy("Adopted", "import os, pandas\n" + ADOPTED + "\nassert not hasattr(pandas, 'mark')"
                 "\npandas.mark = os.environ['MARK'] = '1'\n")  # fmt: skip
    for _ in range(2):
        bot.run(*ADOPTED_RUN, timerange(2))


@pytest.mark.parametrize("alone", [False, True])
def test_a_run_that_takes_too_long_is_ended_and_fails(bot: Bot, alone: bool):
    bot.alone = alone
    bot.strategy("Adopted", "import time\ntime.sleep(60)\n" + ADOPTED)
    began = time.monotonic()
    with pytest.raises(AssertionError, match=r"not ready within 0\.5 s"):
        bot.run(*ADOPTED_RUN, timerange(2), fails=True, timeout=0.5)
    assert time.monotonic() - began < 30.0
