"""A real bot trains FreqAI's model on CoinGlass features as it goes, and trades by its answers."""

import json
import math
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.freqtrade.test_freqai import LEARNED, MODEL, section
from tests.support.bot import SWALLOWED
from tests.support.fast_world import FastWorld
from tests.support.live_bot import LiveBot
from vectra_freqtrade.catalogue.plans import Plan
from vectra_freqtrade.coinglass.account.key import ApiKey
from vectra_freqtrade.coinglass.client import CoinglassClient
from vectra_freqtrade.history.download.download import Downloader
from vectra_freqtrade.history.download.download_plan import plan_download, symbols_of
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.signals.model_features import PREFIX
from vectra_freqtrade.simulator.coinglass.server import DEMO_KEY
from vectra_freqtrade.simulator.market.market import SimulatedMarket

pytest.importorskip("xgboost")  # freqtrade needs it for any model
pytestmark = [pytest.mark.freqtrade, pytest.mark.real_time]

PAIR = "BTC/USDT:USDT"
#: freqtrade joins a bot's candles with those of the disk into dates as objects, one timeframe as
#: it closes after the other, and until the longest has it skips trainings.
FREQTRADES_OWN = "You are trying to merge on object and datetime64"
DAYS = 2  # of history, and one before
INTERVALS = ("1m", "5m")
DATASETS = ("open_interest", "funding_rate", "long_short_ratio", "taker_volume", "liquidation")

#: The shipped example on candles of a minute; it writes down what it saw and was answered.
LEARNS = """
import json
from pathlib import Path

from VectraFreqai import TARGET, VectraFreqai


class Timed(VectraFreqai):
    timeframe = "1m"

    def populate_indicators(self, dataframe, metadata):
        frame = super().populate_indicators(dataframe, metadata)
        last = frame.iloc[-1]
        seen = {name: last[name] for name in frame if name.startswith("cg_")}
        answer = {"predicts": int(last["do_predict"]), "move": float(last[TARGET])}
        note = {"kind": "columns", "date": str(last["date"]), "columns": seen, **answer}
        with (Path(self.config["user_data_dir"]) / "notes.jsonl").open("a") as file:
            file.write(json.dumps(note, default=float) + "\\n")
        return frame
"""


def freqai() -> dict[str, Any]:
    """The page's section, on candles of a minute and over one day."""
    made = section()
    # Whether a market is too unlike the one that was learned is not what this is about.
    changed = {"include_timeframes": ["1m", "5m"], "DI_threshold": 0}
    features = {**made["feature_parameters"], **changed}
    return {**made, "train_period_days": 1, "live_retrain_hours": 0, "feature_parameters": features}


def download(bot: LiveBot) -> None:
    """As `vectra-freqtrade download-data` does: what lies before the bot's start is for it."""
    settings = CoinglassSettings.from_config(bot.bot.config)
    with CoinglassClient(settings, key=ApiKey(DEMO_KEY), environ={}) as client:
        symbols = symbols_of(DATASETS, [PAIR], "binance", settings)
        end = client.now()
        begin = end - timedelta(days=DAYS)
        todo = plan_download(symbols, INTERVALS, begin, end, plan=Plan.PROFESSIONAL, now=end)
        Downloader(client, bot.store).run(todo.rows)


def answered(bot: LiveBot) -> list[dict[str, Any]]:
    """What was seen with an answer of the model."""
    return [note for note in bot.notes("columns") if note["predicts"] == 1]


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveBot]:
    """A bot that has trained once, and has had three answers since and one to fresh rows."""
    folder: Path = tmp_path_factory.mktemp("learns")
    settings = {"datasets": list(DATASETS)}
    market = SimulatedMarket(["BTC"], start=time.time() - (DAYS + 1) * 86_400)
    changes: dict[str, Any] = {"coinglass": settings, "config": {"freqai": freqai()}}
    with FastWorld(market) as world, LiveBot(folder, world, [PAIR], code=LEARNS, **changes) as bot:
        download(bot)
        bot.start(*MODEL)
        bot.wait(lambda: len(answered(bot)) >= 3, "three answers")
        # On a busy machine the rows of these three may all be late.
        fresh = lambda: any(note["columns"]["cg_oi_1m"] > 0 for note in answered(bot))  # noqa: E731
        bot.wait(fresh, "an answer to fresh rows")
        bot.stop()
        yield bot


def test_a_bot_trains_as_it_goes_on_every_dataset(learned: LiveBot):
    assert "Starting training" in learned.log() and "Done training" in learned.log()
    raised = [line for line in learned.log().splitlines() if " raised exception " in line]
    assert [line for line in raised if FREQTRADES_OWN not in line] == []
    assert learned.log().count("Traceback") == len(raised)
    assert not [word for word in SWALLOWED[:2] if word in learned.log()], learned.log()[-6000:]
    model, *_ = sorted((learned.bot.userdir / "models").rglob("cb_*_metadata.json"))
    features = set(json.loads(model.read_text())["training_features_list"])
    names = {name.removeprefix(PREFIX) for name in features if name.startswith(PREFIX)}
    here = {name.replace("_1h", "_1m").replace("_4h", "_5m") for name in LEARNED}
    assert names >= here


def test_it_is_asked_with_columns_that_are_as_old_as_they_may_be(learned: LiveBot):
    notes = answered(learned)
    dates = pd.to_datetime([note["date"] for note in notes])
    assert dates.is_monotonic_increasing and len(set(dates)) == len(dates)
    for note in notes:
        assert math.isfinite(note["move"])
        # Three minutes of the bot are nine seconds here: a busy machine may be later than that.
        columns = note["columns"]
        if math.isnan(columns["cg_oi_1m"]):
            assert columns["cg_age"] > 1.0
            assert columns["cg_state"] == "UNKNOWN"


def test_its_first_answers_come_after_a_time_without(learned: LiveBot):
    """Until the model is trained there is none, and nothing is entered by it."""
    notes = learned.notes("columns")
    before = [note for note in notes if note["predicts"] != 1]
    assert before and notes.index(before[0]) == 0
