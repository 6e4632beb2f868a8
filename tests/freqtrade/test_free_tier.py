"""Without a key and without CoinGlass history: freqtrade's own open interest and funding."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.freqtrade.conftest import DAYS, FEW_DAYS, Backtested, backtested, write_seen
from tests.freqtrade.test_lookahead import analysed
from tests.support.bot import Bot, base_config
from tests.support.frames import DELAY, utc
from tests.support.seen import seen_frames, seen_strategy
from tests.support.simulated import (
    PAIRS,
    VENUE_SHARE,
    fill,
    fill_exchange,
    market_frame,
    settlements,
    timerange,
)
from tests.support.stepped_clock import SteppedClock
from tests.support.strategies import ADOPTED
from vectra_freqtrade.catalogue.columns import columns_for
from vectra_freqtrade.catalogue.plans import Plan
from vectra_freqtrade.coinglass.account.key import ApiKey
from vectra_freqtrade.coinglass.account.key_files import key_file
from vectra_freqtrade.coinglass.account.key_state import KIND, KeyState
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.rows import downloaded
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.simulator.clock import RealClock
from vectra_freqtrade.simulator.exchange.exchange import LoopbackExchange
from vectra_freqtrade.simulator.market.market import SimulatedMarket

pytestmark = pytest.mark.freqtrade

RANGE = ("--timerange", timerange(DAYS))
FEW = ("--timerange", timerange(FEW_DAYS))
Frames = dict[str, pd.DataFrame]
NAME = "VectraStrategy"
DAY = 86_400
HOUR = pd.Timedelta(hours=1)
CANDLE = pd.Timedelta(minutes=5)


def leave_exchange_alone(bot: Bot) -> None:
    """Of all data, freqtrade's own candles alone."""
    shutil.rmtree(bot.userdir / "data" / "coinglass", ignore_errors=True)
    fill_exchange(bot.userdir, days=DAYS)


@pytest.fixture
def free(bot: Bot) -> Bot:
    leave_exchange_alone(bot)
    return bot


@pytest.fixture(scope="session")
def free_played(
    tmp_path_factory: pytest.TempPathFactory, exchange: LoopbackExchange, filled: Path
) -> Backtested:
    """Its backtest, made once."""

    def prepare(bot: Bot) -> str:
        shutil.copytree(filled, bot.userdir, dirs_exist_ok=True)
        leave_exchange_alone(bot)
        return write_seen(bot, NAME)

    return backtested(tmp_path_factory, exchange, "free", prepare)


def play(bot: Bot, span: tuple[str, str] = FEW) -> tuple[Frames, str]:
    """What the strategy saw and what freqtrade printed."""
    run = bot.run("backtesting", "--strategy", write_seen(bot, NAME), "--cache", "none", *span)
    return frames_of(bot), run.output


def frames_of(bot: Bot) -> Frames:
    """By coin, from the first candle of RANGE on."""
    return {
        coin: frame[frame["date"] >= RANGE[1].split("-")[0]].reset_index(drop=True)
        for coin, frame in seen_frames(bot.userdir, NAME).items()
    }


def start_lines(output: str) -> list[str]:
    """The lines about the FREE tier; freqtrade's log is wrapped."""
    text = " ".join(output.split())
    return text.split("Tier FREE, ")[1:]


def test_states_and_funding_are_those_of_the_exchange_an_hour_after_coinglass(
    played: Callable[[str], Backtested], free_played: Backtested
):
    """One market stands behind both, so the state must be CoinGlass's of one interval earlier."""
    frames, trades = frames_of(free_played.bot), free_played.result["trades"]
    assert {trade["enter_tag"].split()[0] for trade in trades} & {"CONFIRM_BULL", "CONFIRM_BEAR"}
    with_history = played(NAME)
    coinglass = frames_of(with_history.bot)
    assert start_lines(with_history.output) == []
    for coin, frame in frames.items():
        for interval, candles in (("1h", 12), ("4h", 48)):
            for name in (f"cg_state_{interval}", f"cg_state_prev_{interval}"):
                late = coinglass[coin][name].shift(candles).iloc[candles:]
                assert (frame[name].iloc[candles:] == late).all()
                assert frame[name].nunique() >= 4
        late = coinglass[coin]["cg_oi_1h"].shift(12).iloc[12:] * VENUE_SHARE
        np.testing.assert_allclose(frame["cg_oi_1h"].iloc[12:], late, rtol=1e-12)
        assert frame["cg_oi_pct_1h"].notna().all()
        assert (frame["cg_liq_source"] == "estimate").mean() > 0.5
        expected = settled_before(coin, frame["date"] + CANDLE)
        np.testing.assert_allclose(frame["cg_funding_1h"], expected, rtol=1e-12)
    said = start_lines(free_played.output)
    assert len(said) == 1
    for words in (
        "open_interest and funding_rate come from binance's own candles",
        "long_short_ratio, taker_volume, liquidation, order_book",
        "(Startup plan)",
        "vectra-freqtrade download-data --pairs BTC/USDT:USDT ETH/USDT:USDT",
    ):
        assert words in said[0]


@pytest.mark.parametrize(("plan", "lines"), [(Plan.FREE, 1), (Plan.STANDARD, 0)])
def test_a_key_without_a_plan_gets_what_no_key_gets(free: Bot, plan: Plan, lines: int):
    """It goes by what CoinGlass told last: a backtest asks nobody."""
    key = "5ecret0marked0key0f00d"
    state = free.userdir / "data" / "coinglass" / ".client"
    KeyState(RealClock().now, key_file(state, ApiKey(key), KIND)).tell(plan, "subscription")
    free.environment |= {"COINGLASS_API_KEY": key, "COINGLASS_BASE_URL": "http://127.0.0.1:9"}
    frames, output = play(free)
    assert len(start_lines(output)) == lines
    for frame in frames.values():
        assert ((frame["cg_state"] != "UNKNOWN").mean() > 0.9) == bool(lines)
    assert key not in output


def settled_before(coin: str, decisions: pd.Series) -> pd.Series:
    """The rate settled by the last full hour that was over, with its delay, an hour before."""
    settled = settlements(market_frame(coin, DAYS))
    known = settled.assign(at=settled["date"] + HOUR + pd.Timedelta(seconds=60))
    at = pd.DataFrame({"at": decisions.astype(known["at"].dtype)})
    return pd.merge_asof(at, known, on="at")["funding_rate"]


def test_every_other_dataset_is_empty_and_holds_no_opinion(free_played: Backtested):
    frames = frames_of(free_played.bot)
    others = set(CoinglassSettings().datasets) - {"open_interest", "funding_rate"}
    columns = {
        column.name: column.empty
        for column in columns_for(tuple(others), ("1h", "4h"))
        if column.dataset in others and column.name != "cg_dominance_is_btc"  # the pair tells
    }
    assert len(columns) > 20
    for frame in frames.values():
        for name, empty in columns.items():
            cells = frame[name]
            assert cells.isna().all() if empty != empty else (cells == empty).all(), name
        assert frame["cg_fresh"].iloc[-1] == pytest.approx(2 / len(CoinglassSettings().datasets))


def test_freqtrade_finds_no_lookahead_in_it(free: Bot):
    free.strategy("Adopted", ADOPTED)
    row = analysed(free, "Adopted")
    assert row["has_bias"] == "False"
    assert int(row["total_signals"]) >= 12


def test_a_named_key_turns_it_off(free: Bot):
    free.environment["COINGLASS_API_KEY"] = "marked-key-7f3a9c"
    frames, output = play(free)
    assert start_lines(output) == []
    assert all((frame["cg_state"] == "UNKNOWN").all() for frame in frames.values())
    assert all(frame["cg_funding_1h"].isna().all() for frame in frames.values())


def test_a_pair_with_coinglass_history_keeps_it(free: Bot, free_played: Backtested):
    """Only the pair without is served by the exchange."""
    both = frames_of(free_played.bot)
    fill(free.userdir, pairs=("BTC/USDT:USDT",), days=DAYS)
    frames, output = play(free, RANGE)
    assert len(start_lines(output)) == 1
    assert "history for ETH/USDT:USDT:" in start_lines(output)[0]
    pd.testing.assert_series_equal(frames["ETH"]["cg_oi_1h"], both["ETH"]["cg_oi_1h"])
    assert (frames["BTC"]["cg_oi_1h"] > 2 * both["BTC"]["cg_oi_1h"]).all()


def test_other_candles_are_never_answered_with_a_cached_result(free: Bot):
    first = free.run("backtesting", "--strategy", NAME, *FEW).output
    again = free.run("backtesting", "--strategy", NAME, *FEW).output
    assert "Reusing result of previous backtest" not in first
    assert "Reusing result of previous backtest" in again
    for path in (free.userdir / "data").rglob("*-open_interest.feather"):
        path.unlink()
    changed = free.run("backtesting", "--strategy", NAME, *FEW).output
    assert "Reusing result of previous backtest" not in changed


def test_spot_lists_no_such_candles_and_trades_on_and_says_so_once(empty_bot: Callable[..., Bot]):
    pairs = ("BTC/USDT", "ETH/USDT")
    bot = empty_bot(list(pairs), "spot")
    fill(bot.userdir, pairs=pairs, days=DAYS, datasets=())
    frames, output = play(bot)
    assert len(start_lines(output)) == 1
    assert "binance lists no candles of open interest or funding here" in start_lines(output)[0]
    assert bot.last_result()["strategy"][f"Seen{NAME}"]["trades"]
    assert all((frame["cg_state"] == "UNKNOWN").all() for frame in frames.values())


def test_what_freqtrade_downloads_is_enough(tmp_path: Path):
    """From the exchange's own endpoints to states, with freqtrade's two commands and no other."""
    market = SimulatedMarket(["BTC", "ETH"], seed=2)
    with LoopbackExchange(market, SteppedClock(market.start + 20 * DAY + 777)) as exchange:
        bot = Bot(tmp_path / "user_data", base_config(list(PAIRS)), exchange.config_overlay())
        download = ("download-data", "--timerange", "20260101-", "--timeframes")
        bot.run(*download, "5m", "1h", "4h")
        bot.run(*download, "1h", "4h", "--candle-types", "open_interest", "funding_rate")
        name, code = seen_strategy(NAME)
        bot.strategy(name, code)
        bot.backtest(name, "--timerange", "20260112-20260120")
    for frame in seen_frames(bot.userdir, NAME).values():
        settled = frame[frame["date"] >= "2026-01-12"]
        assert (settled["cg_state_1h"] != "UNKNOWN").all()
        assert settled["cg_state_1h"].nunique() >= 3
        assert settled["cg_funding_1h"].notna().all()


#: Says so in the log when it has left its frame.
TOLD = """
import logging


class Told({seen}):
    def populate_exit_trend(self, dataframe, metadata):
        dataframe = super().populate_exit_trend(dataframe, metadata)
        logging.getLogger(__name__).info("Frame of %s left.", metadata["pair"])
        return dataframe
"""


@pytest.mark.parametrize("mode", ["futures", "spot"])
def test_a_bot_without_a_key_starts_where_such_candles_are_listed_and_where_not(
    tmp_path: Path, mode: str
):
    """
    freqtrade refuses to start where candles are asked for that the exchange does not list. History
    that was downloaded once, for a plan that has ended, stands in nobody's way.
    """
    market = SimulatedMarket(["BTC", "ETH"], start=RealClock().now() - 25 * DAY, seed=2)
    pairs = ["BTC/USDT:USDT"] if mode == "futures" else ["BTC/USDT"]
    with LoopbackExchange(market) as exchange:
        config = base_config(pairs, initial_state="running")
        bot = Bot(tmp_path / "user_data", config, exchange.config_overlay(mode))
        store = Store(bot.userdir / "data" / "coinglass")
        for interval in ("1h", "4h"):
            old = pd.DataFrame({"time": [utc("2025-01-01")], "oi": [5.0]})
            series = Series("open_interest", "BTC", interval)
            store.add(series, downloaded(series, old, DELAY))
        name, code = seen_strategy(NAME)
        bot.strategy("Told", code + TOLD.format(seen=name))
        database = f"sqlite:///{tmp_path / 'dry.sqlite'}"
        log = bot.until("Frame of", "trade", "--strategy", "Told", "--db-url", database)
        asked = exchange.requests["/futures/data/openInterestHist"]
    assert log.count("Tier FREE") == 1
    assert ("lists no candles" in " ".join(log.split())) == (mode == "spot")
    frame = seen_frames(bot.userdir, NAME)["BTC"]
    if mode == "futures":
        assert asked
        assert frame["cg_state"].iloc[-1] != "UNKNOWN"
        assert pd.notna(frame["cg_funding_1h"].iloc[-1])
    else:
        assert not asked
        assert (frame["cg_state"] == "UNKNOWN").all()
