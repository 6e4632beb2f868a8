"""The real `freqtrade hyperopt` with two workers: parameters turn what they say they turn."""

import json
import shlex
from itertools import pairwise
from typing import Any

import pytest

from tests.docs.pages import blocks
from tests.freqtrade.conftest import FEW_DAYS
from tests.support.bot import Bot
from tests.support.simulated import timerange

pytestmark = pytest.mark.freqtrade

#: What a test has less of than a user.
SMALL = {"-j": "1", "--epochs": "4", "--timerange": timerange(FEW_DAYS), "--min-trades": "1"}

SHIPPED = ("VectraStrategy", "VectraFundingRate", "VectraLiquidationCascade")
RANGE = ("--timerange", timerange(FEW_DAYS))

Epoch = dict[str, Any]


def hyperopt(
    bot: Bot, strategy: str, *spaces: str, epochs: int = 4, workers: int = 2
) -> list[Epoch]:
    """
    :param workers: one is freqtrade's own process; more import everything anew each
    :return: freqtrade's own account of each epoch, in order
    """
    bot.run(
        "hyperopt",
        *("--strategy", strategy, "--hyperopt-loss", "SharpeHyperOptLoss"),
        *("--spaces", *spaces, "-e", str(epochs), "-j", str(workers)),
        *("--random-state", "11", *RANGE),
    )
    results = next((bot.userdir / "hyperopt_results").glob("*.fthypt"))
    found = [json.loads(line) for line in results.read_text().splitlines()]
    assert len(found) == epochs
    return found


def set_params(bot: Bot, strategy: str, epoch: Epoch) -> None:
    """Write an epoch's parameters where freqtrade looks for what hyperopt found."""
    content = {"strategy_name": strategy, "params": epoch["params_details"], "ft_stratparam_v": 1}
    (bot.userdir / "strategies" / f"{strategy}.json").write_text(json.dumps(content))


def account(result: dict[str, Any]) -> tuple[Any, ...]:
    """What two runs that made the same trades have in common, to the last bit."""
    trades = result.get("trades")
    count = result["total_trades"] if trades is None else len(trades)
    exits = {
        str(row["key"]): (row["trades"], row["profit_total_abs"])
        for row in result["exit_reason_summary"]
    }
    return count, result["profit_total_abs"], result["max_drawdown_abs"], exits


@pytest.mark.parametrize(("strategy", "workers"), [*zip(SHIPPED, (2, 1, 1), strict=True)])
def test_one_worker_or_two_turn_parameters_that_change_the_trades(
    bot: Bot, strategy: str, workers: int
):
    epochs = hyperopt(bot, strategy, "buy", workers=workers)
    assert len({epoch["results_metrics"]["total_trades"] for epoch in epochs}) > 1


def test_parameters_of_trailing_move_stops_and_a_backtest_with_them_makes_the_same_trades(
    bot: Bot,
):
    """In whichever worker an epoch ran, and whatever ran there before it."""
    epochs = hyperopt(bot, "VectraStrategy", "cg_trailing")
    outcomes = [account(epoch["results_metrics"]) for epoch in epochs]
    assert len({outcome[:3] for outcome in outcomes}) == len(epochs)
    for epoch, outcome in list(zip(epochs, outcomes, strict=True))[-2:]:
        assert set(epoch["params_details"]["cg_trailing"]) == {
            "stop_scale", "target_scale", "trail_scale", "funding_weight",
        }  # fmt: skip
        set_params(bot, "VectraStrategy", epoch)
        assert account(bot.backtest("VectraStrategy", *RANGE)) == outcome
    (bot.userdir / "strategies" / "VectraStrategy.json").unlink()
    assert account(bot.backtest("VectraStrategy", *RANGE)) not in outcomes


def test_the_pages_commands_run_as_they_stand_there(bot: Bot):
    """In order, with fewer epochs, over the days that there are and in one process."""
    lines = [
        shlex.split(line)[1:]
        for block in blocks("bash")
        for line in block.text.splitlines()
        if block.page == "docs/hyperopt.md" and line.startswith("freqtrade ")
    ]
    assert [words[0] for words in lines] == ["hyperopt", "hyperopt", "hyperopt-show", "backtesting"]
    for words in lines:
        pairs = pairwise(["", *words])
        bot.run(*(SMALL.get(before, word) for before, word in pairs))
    found = json.loads((bot.userdir / "strategies" / "VectraStrategy.json").read_text())["params"]
    assert {"buy", "cg_trailing"} <= set(found)
