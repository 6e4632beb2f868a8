"""What FreqUI draws, asked for over HTTP as FreqUI asks: a real server, its login, its answers."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest

from tests.docs.pages import blocks
from tests.measure.chart_data import DAYS, ask, page
from tests.support.bot import Bot, base_config
from tests.support.simulated import PAIRS, fill
from tests.support.web_api import WebApi, webserver
from vectra_freqtrade.catalogue.columns import STATE_CODES, MarketState
from vectra_freqtrade.simulator.exchange.exchange import LoopbackExchange
from vectra_freqtrade.strategy.charted import STATES

pytestmark = pytest.mark.freqtrade

PAIR = PAIRS[0]
#: One of the docs that has no plot_config, and one that is shipped.
STRATEGIES = ("Adopted", "VectraStrategy")


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory, exchange: LoopbackExchange) -> Iterator[WebApi]:
    userdir: Path = tmp_path_factory.mktemp("chart") / "user_data"
    fill(userdir, days=DAYS)
    bot = Bot(userdir, base_config(list(PAIRS)), exchange.config_overlay())
    adopted = next(b.text for b in blocks("python") if "class Adopted(" in b.text)
    with_levels = 'timeframe = "5m"\n    startup_candle_count = 490'  # they need so many
    bot.strategy("Adopted", adopted.replace('timeframe = "5m"', with_levels))
    with webserver(bot) as running:
        yield running


def asked(api: WebApi, strategy: str) -> tuple[dict[str, Any], dict[str, Any], pd.DataFrame]:
    """The plot_config, the answer to a chart that shows its columns, and that as a frame."""
    config, history = ask(api, strategy, PAIR)
    return config, history, pd.DataFrame(history["data"], columns=history["columns"])


def test_without_a_login_nothing_is_told(api: WebApi):
    stranger = WebApi(api.port)
    with closing(stranger), pytest.raises(httpx.HTTPStatusError, match="401"):
        stranger.get("/plot_config", strategy="Adopted")


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_each_column_of_the_plot_config_comes_with_values_to_draw(api: WebApi, strategy: str):
    config, history, frame = asked(api, strategy)
    assert history["length"] == len(frame) > 500
    named = [*config["main_plot"], *(c for part in config["subplots"].values() for c in part)]
    assert {"cg_liq_above_price", "cg_liq_below_price"} <= set(config["main_plot"])
    assert {"cg_state_code", "cg_confidence_long", "cg_confidence_short"} <= set(named)
    empty = [name for name in named if pd.to_numeric(frame[name]).notna().mean() < 0.5]
    assert empty == []


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_levels_states_and_modifiers_say_what_they_are(api: WebApi, strategy: str):
    _, _, frame = asked(api, strategy)
    above, below = (pd.to_numeric(frame[f"cg_liq_{side}_price"]) for side in ("above", "below"))
    assert (above.dropna() > frame.loc[above.notna(), "close"] * 0.98).all()
    assert (below.dropna() < frame.loc[below.notna(), "close"] * 1.02).all()
    assert set(frame["cg_state_code"]) <= set(STATE_CODES.values())
    assert frame["cg_state_code"].nunique() > 2
    assert frame["cg_confidence_long"].between(0.5, 1.18).all()
    assert frame["cg_confidence_long"].nunique() > 2


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_annotations_are_the_states_and_levels_of_the_candles_below_them(api, strategy: str):
    _, history, frame = asked(api, strategy)
    dates = pd.to_datetime(frame["date"])
    codes = {STATE_CODES[state]: state for state in MarketState}
    areas = [mark for mark in history["annotations"] if mark["type"] == "area"]
    lines = [mark for mark in history["annotations"] if mark["type"] == "line"]
    assert len(areas) > 3 and len(lines) > 3
    for area in areas:
        covered = (dates >= pd.Timestamp(area["start"])) & (dates < pd.Timestamp(area["end"]))
        (state,) = {codes[code] for code in frame.loc[covered, "cg_state_code"]}
        assert area["color"] == STATES[state] and area["label"] in ("", state.value)
    assert any(area["label"] for area in areas)
    assert any(line["label"].startswith("liquidations ") for line in lines)
    for line in lines:
        covered = (dates >= pd.Timestamp(line["start"])) & (dates < pd.Timestamp(line["end"]))
        shown = frame.loc[covered, ["cg_liq_above_price", "cg_liq_below_price"]]
        assert (shown == line["y_start"]).any(axis=1).all()
        assert line["y_end"] == line["y_start"]


def test_the_tool_that_draws_what_frequi_shows_draws_it(api: WebApi, tmp_path: Path):
    library = tmp_path / "echarts.js"
    library.write_text("const echarts = {};")
    drawn = page(*ask(api, "VectraStrategy", PAIR), library)
    given = drawn.partition(".setOption(")[2].removesuffix(")</script>")
    options = json.loads(given)
    kinds = {kind for kind in ("markArea", "markLine") if options["series"][1][kind]["data"]}
    assert kinds == {"markArea", "markLine"}
    assert len(options["grid"]) == len(options["xAxis"]) > 2
