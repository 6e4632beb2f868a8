"""FreqAI trains on CoinGlass features for real, offline, with the config that the docs give."""

import importlib.util
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.docs.pages import blocks
from tests.freqtrade.conftest import DAYS
from tests.support.bot import Bot, base_config
from tests.support.simulated import HISTORY_DAYS, PAIRS, START, fill
from vectra_freqtrade.signals.model_features import PREFIX
from vectra_freqtrade.simulator.exchange.exchange import LoopbackExchange

pytest.importorskip("xgboost")  # freqtrade needs it for any model
pytestmark = pytest.mark.freqtrade

NAME = "VectraFreqai"
MODEL = ("--freqaimodel", "LightGBMRegressor")
TRAINED, TESTED = 12, 8
LAST = pd.Timestamp(START) + pd.Timedelta(days=HISTORY_DAYS + DAYS)
RANGE = ("--timerange", f"{LAST - pd.Timedelta(days=TESTED):%Y%m%d}-{LAST:%Y%m%d}")


def section() -> dict[str, Any]:
    """The page's, over fewer days."""
    [page] = [b for b in blocks("json") if b.page == "docs/freqai.md"]
    freqai: dict[str, Any] = json.loads(page.text)["freqai"]
    days = {"train_period_days": TRAINED, "backtest_period_days": TESTED // 2}
    # One thread: several wait for each other in a loop, and other tests need that time.
    model = {"n_estimators": 30, "n_jobs": 1, "verbosity": -1}
    return freqai | days | {"model_training_parameters": model}


def learner(userdir: Path, exchange: LoopbackExchange, filled: Path) -> Bot:
    shutil.copytree(filled, userdir)
    config = base_config(list(PAIRS), freqai=section())
    return Bot(userdir, config, exchange.config_overlay())


def learned(bot: Bot) -> list[dict[str, Any]]:
    """What FreqAI wrote about each model."""
    paths = sorted((bot.userdir / "models").rglob("*_metadata.json"))
    return [json.loads(path.read_text()) for path in paths]


#: Some of each dataset's.
LEARNED = {
    *("oi_change_1h", "oi_change_4h", "state_short_squeeze", "funding_pct_1h", "lsr_pct_4h"),
    *("taker_1h", "liq_imbalance_1h", "liq_above", "confidence_long"),
}

Trained = tuple[Bot, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def trained(
    tmp_path_factory: pytest.TempPathFactory, exchange: LoopbackExchange, filled: Path
) -> Trained:
    """A bot that has trained, and the trades of its backtest."""
    bot = learner(tmp_path_factory.mktemp("freqai") / "user_data", exchange, filled)
    return bot, bot.backtest(NAME, *MODEL, *RANGE)["trades"]


def test_models_are_trained_on_every_dataset_and_their_answers_are_traded(trained: Trained):
    bot, trades = trained
    models = learned(bot)
    assert len(models) == len(PAIRS) * 2  # two stretches each
    for model in models:
        features = set(model["training_features_list"])
        names = {name.removeprefix(PREFIX) for name in features if name.startswith(PREFIX)}
        assert names >= LEARNED
        assert any(name.startswith("%-rsi-period_14") for name in features)
    assert len(trades) > 5
    assert {trade["is_short"] for trade in trades} == {True, False}
    assert {trade["exit_reason"] for trade in trades} & {"trailing_stop_loss", "cg_stop"}
    assert {trade["enter_tag"] for trade in trades} - {"UNKNOWN"}


def test_the_same_data_is_answered_with_the_same_trades_and_no_new_training(trained: Trained):
    bot, trades = trained
    run = bot.run("backtesting", "--strategy", NAME, "--cache", "none", *MODEL, *RANGE)
    assert bot.last_result()["strategy"][NAME]["trades"] == trades
    assert "Starting training" not in run.output
    assert len(list((bot.userdir / "models").glob("vectra-cg*"))) == 1


def test_other_history_is_never_answered_with_models_of_the_old_one(
    trained: Trained, tmp_path: Path
):
    bot, trades = trained
    userdir = tmp_path / "user_data"
    shutil.copytree(bot.userdir, userdir)
    other = Bot(userdir, bot.config, bot.overlay)
    for path in (userdir / "data" / "coinglass").rglob("*.feather"):
        path.unlink()
    fill(userdir, days=DAYS, seed=7, datasets=("open_interest",))
    changed = other.backtest(NAME, *MODEL, *RANGE)["trades"]
    assert len(list((userdir / "models").glob("vectra-cg*"))) == 2
    key = ("pair", "open_date", "is_short")
    assert [[t[k] for k in key] for t in changed] != [[t[k] for k in key] for t in trades]


def test_without_freqais_packages_freqtrade_lists_the_strategy_and_runs_the_others(
    bot: Bot, tmp_path: Path
):
    """A folder of broken modules stands before the real ones, as if they were not installed."""
    for name in ("lightgbm", "datasieve"):
        assert importlib.util.find_spec(name) is not None
        (tmp_path / f"{name}.py").write_text(f"raise ModuleNotFoundError({name!r})")
    path = [str(tmp_path), *(p for p in sys.path if p)]
    bot.environment["PYTHONPATH"] = ":".join(path)
    listed = bot.run("list-strategies").output
    assert NAME in listed
    assert "LOAD FAILED" not in listed
    assert bot.backtest("VectraStrategy", *RANGE)["trades"]
