"""What freqtrade's own charts show: `plot-dataframe`, and the answer that FreqUI draws."""

import json
from typing import Any

import pandas as pd
import pytest
from freqtrade.configuration import Configuration
from freqtrade.enums import CandleType, RunMode
from freqtrade.ft_types.plot_annotation_type import AnnotationTypeTA
from freqtrade.resolvers import StrategyResolver
from freqtrade.rpc.api_server.api_schemas import PairHistory
from freqtrade.rpc.rpc import RPC

from tests.docs.pages import blocks
from tests.support.bot import Bot
from tests.support.simulated import timerange
from vectra_freqtrade.data.disk import DiskData
from vectra_freqtrade.strategy.charted import STATES

pytestmark = pytest.mark.freqtrade

PAIR = "BTC/USDT:USDT"
RANGE = ("--timerange", timerange(12))


def _of_page(name: str) -> str:
    return next(b.text for b in blocks("python") if f"class {name}(" in b.text)


@pytest.fixture
def adopted(bot: Bot) -> Bot:
    """With strategies of the docs, which have no plot_config or one that takes in ours."""
    for name in ("Adopted", "Charted"):
        bot.strategy(name, _of_page(name))
    return bot


def _strategy(bot: Bot, name: str) -> tuple[Any, pd.DataFrame]:
    (bot.userdir / "config.json").write_text(json.dumps(bot.config))
    arguments = {
        "config": [str(bot.userdir / "config.json")],
        "user_data_dir": str(bot.userdir),
        "strategy": name,
        "timerange": RANGE[1],
    }
    config = Configuration(arguments, RunMode.BACKTEST).get_config()
    config |= {"candle_type_def": CandleType.FUTURES, "dataformat_ohlcv": "feather"}
    strategy = StrategyResolver.load_strategy(config)
    strategy.dp = DiskData(config, [PAIR])
    strategy.ft_bot_start()
    candles = strategy.dp.get_pair_dataframe(PAIR, strategy.timeframe)
    return strategy, strategy.analyze_ticker(candles, {"pair": PAIR})


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Adopted", ("cg_state_code", "cg_confidence_long", "cg_oi_1h", "cg_liq_above_price")),
        ("Charted", ("mean", "cg_confidence_short", "cg_liq_below_price")),
    ],
)
def test_plot_dataframe_shows_states_levels_and_modifiers(adopted: Bot, name: str, shown):
    adopted.run("plot-dataframe", "--strategy", name, "-p", PAIR, "--no-trades", *RANGE)
    page = next((adopted.userdir / "plot").glob("*BTC*.html")).read_text()
    assert [column for column in shown if f'"{column}"' not in page] == []


def test_every_column_of_every_plot_config_is_in_the_frame(adopted: Bot):
    shipped = ("VectraStrategy", "VectraFundingRate", "VectraLiquidationCascade")
    for name in ("Adopted", "Charted", *shipped):
        strategy, frame = _strategy(adopted, name)
        config = strategy.plot_config
        named = [*config["main_plot"], *(c for part in config["subplots"].values() for c in part)]
        assert [column for column in named if column not in frame] == [], name
        assert any(column.startswith("cg_") for column in named)


def test_frequi_is_sent_states_and_levels_in_a_shape_that_it_accepts(adopted: Bot, caplog):
    strategy, frame = _strategy(adopted, "Adopted")
    marks = strategy.ft_plot_annotations(PAIR, frame)
    assert "Invalid annotation" not in caplog.text
    for mark in marks:
        AnnotationTypeTA.validate_python(mark, extra="forbid")
    answer = RPC._convert_dataframe_to_dict(
        "Adopted", PAIR, "5m", frame.copy(), frame["date"].iloc[-1], None, marks
    )
    sent = PairHistory.model_validate(answer)
    assert sent.annotations is not None and len(sent.annotations) == len(marks)
    assert {"cg_state", "cg_liq_above_price", "cg_confidence_long"} <= set(sent.columns)


def test_the_backgrounds_cover_exactly_the_candles_of_their_state(adopted: Bot):
    strategy, frame = _strategy(adopted, "Adopted")
    areas = [m for m in strategy.ft_plot_annotations(PAIR, frame) if m["type"] == "area"]
    covered = pd.Series("", index=frame.index)
    names = {color: str(state) for state, color in STATES.items()}
    for area in areas:
        inside = (frame["date"] >= area["start"]) & (frame["date"] < area["end"])
        assert (covered[inside] == "").all()
        covered[inside] = names[area["color"]]
        assert area["label"] in ("", names[area["color"]])
    colored = {str(state) for state in STATES}
    assert (covered == frame["cg_state"].where(frame["cg_state"].isin(colored), "")).all()
    assert set(covered) - {""} == colored
