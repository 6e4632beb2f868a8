"""A bot that reads a producer's columns: in time, never waiting, and said once."""

import logging
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from freqtrade.data.dataprovider import DataProvider
from freqtrade.enums import CandleType, RunMode
from freqtrade.exceptions import ConfigurationError

from tests.support.wire import LENGTH_MS, PAIR, SECTION, SETTINGS, TIMEFRAME, analysed, same, send
from vectra_freqtrade.data.accessor import CoinglassAccessor
from vectra_freqtrade.data.consumer.consumer import LONGEST_WAIT, Consumer
from vectra_freqtrade.errors import SettingsError
from vectra_freqtrade.settings.section import CoinglassSettings

ETH = "ETH/USDT:USDT"
CANDLE = ["date", "open", "high", "low", "close", "volume"]
GATES = ["cg_wait_long", "cg_wait_short"]
LENGTH = LENGTH_MS / 1000
MESSAGES = {"enabled": True, "producers": [{"name": "main", "host": "127.0.0.1", "ws_token": "x"}]}


class Clock:
    """:ivar now: seconds, moved by the test"""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Strategy:
    """What the accessor asks of a strategy, over freqtrade's own data provider."""

    timeframe = TIMEFRAME
    startup_candle_count = 30

    def __init__(self, folder: Path, **changes: Any) -> None:
        self.process_only_new_candles = changes.pop("process_only_new_candles", False)
        self.config = {
            "runmode": RunMode.DRY_RUN,
            "user_data_dir": folder,
            "trading_mode": "futures",
            "candle_type_def": CandleType.FUTURES,
            "exchange": {"name": "binance", "pair_whitelist": [PAIR]},
            "external_message_consumer": MESSAGES,
            "coinglass": SECTION,
            **changes,
        }
        self.dp = DataProvider(self.config, None)
        self.coinglass = CoinglassAccessor(self)

    def get_strategy_name(self) -> str:
        return "Strategy"


def consumer_of(strategy: Any, settings: CoinglassSettings, now: Any = time.time) -> Consumer:
    return Consumer(
        settings,
        config=strategy.config,
        timeframe=strategy.timeframe,
        only_new_candles=strategy.process_only_new_candles,
        dp=lambda: strategy.dp,
        now=now,
    )


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COINGLASS_API_KEY", raising=False)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return analysed()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def strategy(tmp_path: Path, clock: Clock) -> Strategy:
    found = Strategy(tmp_path)
    found.coinglass.start()
    found.coinglass._consumer = consumer_of(found, found.coinglass.settings, clock)
    return found


def closes(frame: pd.DataFrame, row: int) -> float:
    """When a candle closes, seconds."""
    return frame["date"].iloc[row].timestamp() + LENGTH


def seen(strategy: Strategy, frame: pd.DataFrame, count: int, pair: str = PAIR) -> pd.DataFrame:
    """The consumer's columns on the first candles of a frame."""
    return strategy.coinglass.add_columns(frame[CANDLE].iloc[:count], pair)


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    said = [each.getMessage() for each in caplog.records]
    caplog.clear()
    return [line for line in said if "producer" in line]


def test_what_was_sent_is_what_the_strategy_sees(strategy, frame):
    send(strategy.dp, frame)
    same(seen(strategy, frame, 150), frame)


def test_entries_wait_for_the_newest_candle_and_take_it_when_it_comes(strategy, frame, clock):
    """Freqtrade analyses again and again, so nothing is lost but the moment it takes."""
    send(strategy.dp, frame.iloc[:120])
    clock.now = closes(frame, 120) + 1
    early = seen(strategy, frame, 121)
    assert early[GATES].iloc[-1].all()
    assert early["cg_state"].iloc[-1] == "UNKNOWN"
    same(early.iloc[:-1], frame.iloc[:120])
    send(strategy.dp, frame.iloc[120:121])
    same(seen(strategy, frame, 121), frame.iloc[:121])


def test_entries_do_not_wait_longer_than_a_minute_and_then_go_on_without(strategy, frame, clock):
    send(strategy.dp, frame.iloc[:120])
    clock.now = closes(frame, 120) + LONGEST_WAIT
    assert seen(strategy, frame, 121)[GATES].iloc[-1].all()
    clock.now += 0.1
    assert not seen(strategy, frame, 121)[GATES].iloc[-1].any()


def test_of_a_producer_that_is_gone_no_further_candle_is_waited_for(strategy, frame, clock):
    send(strategy.dp, frame.iloc[:120])
    clock.now = closes(frame, 121)
    late = seen(strategy, frame, 122)
    assert not late[GATES].iloc[-2:].any(axis=None)
    assert (late["cg_confidence_long"].iloc[-2:] == 1.0).all()


def test_short_candles_are_waited_for_during_half_of_them(tmp_path, clock, frame):
    strategy = Strategy(tmp_path)
    strategy.timeframe = "1m"
    consumer = consumer_of(strategy, SETTINGS, clock)
    sent = frame.assign(date=frame["date"].iloc[0] + pd.to_timedelta(frame.index, unit="min"))
    send(strategy.dp, sent.iloc[:120], timeframe="1m")
    for after, waits in ((30.0, True), (30.1, False)):
        clock.now = sent["date"].iloc[120].timestamp() + 60 + after
        assert consumer.add_columns(sent[CANDLE].iloc[:121], PAIR)[GATES].iloc[-1].all() == waits


def test_a_start_waits_for_the_first_message_but_not_again_with_each_candle(tmp_path, frame, clock):
    clock.now = closes(frame, 120) + 200
    strategy = Strategy(tmp_path)
    consumer = consumer_of(strategy, SETTINGS, clock)
    candles = frame[CANDLE]
    assert consumer.add_columns(candles.iloc[:121], PAIR)[GATES].iloc[-1].all()
    clock.now = closes(frame, 121) + 1
    assert not consumer.add_columns(candles.iloc[:122], PAIR)[GATES].any(axis=None)


def test_judging_again_does_not_forget_to_wait(strategy, frame, clock):
    """Shipped strategies judge with their parameters right before they decide."""
    send(strategy.dp, frame.iloc[:120])
    clock.now = closes(frame, 120) + 1
    added = seen(strategy, frame, 121)
    again = strategy.coinglass.judge(added, bands={"oi": 0.004})
    assert again[GATES].iloc[-1].all()
    pd.testing.assert_frame_equal(again[GATES], added[GATES])
    send(strategy.dp, frame.iloc[120:121])
    again = strategy.coinglass.judge(seen(strategy, frame, 121), bands={"oi": 0.004})
    assert again["cg_wait_long"].iloc[-1] == frame["cg_wait_long"].iloc[120]


def test_gone_and_back_are_said_once_each(strategy, frame, clock, caplog):
    caplog.set_level(logging.INFO)
    for pair in (PAIR, ETH):
        send(strategy.dp, frame.iloc[:120], pair=pair)
    clock.now = closes(frame, 119) + 1
    for pair in (PAIR, ETH):
        seen(strategy, frame, 120, pair)
    assert lines(caplog) == []
    for row in range(120, 125):
        for after in (5, 100, 200):
            clock.now = closes(frame, row) + after
            for pair in (PAIR, ETH):
                seen(strategy, frame, row + 1, pair)
    [gone] = lines(caplog)
    assert f"has sent no candle after {frame['date'].iloc[119]:%Y-%m-%d %H:%M} UTC" in gone
    for pair in (PAIR, ETH):
        send(strategy.dp, frame.iloc[:125], pair=pair)
        same(seen(strategy, frame, 125, pair), frame.iloc[:125])
    assert lines(caplog) == ["The producer main sends columns again."]


def test_a_pair_that_left_the_pair_list_is_not_waited_for(strategy, frame, clock, caplog):
    caplog.set_level(logging.INFO)
    for pair in (PAIR, ETH):
        send(strategy.dp, frame.iloc[:120], pair=pair)
        clock.now = closes(frame, 120) + 100
        seen(strategy, frame, 121, pair)
    assert len(lines(caplog)) == 1
    for row in range(121, 125):
        send(strategy.dp, frame.iloc[: row + 1])
        seen(strategy, frame, row + 1)
    assert lines(caplog) == ["The producer main sends columns again."]


def test_a_producer_that_never_sent_is_told_from_one_that_stopped(strategy, frame, clock, caplog):
    clock.now = LONGEST_WAIT + 1
    seen(strategy, frame, 120)
    [line] = lines(caplog)
    assert f"has sent nothing yet ({PAIR} 5m). Does it run, with this timeframe?" in line


def test_a_pair_that_the_producer_does_not_trade_is_said_once(strategy, frame, clock, caplog):
    strategy.dp._set_producer_pairs([PAIR], producer_name="main")
    send(strategy.dp, frame.iloc[:120])
    clock.now = LONGEST_WAIT + 1
    for count in (120, 121, 122):
        shown = seen(strategy, frame, count, ETH)
    assert [line.partition(":USDT ")[2] for line in lines(caplog)] == [
        "is not in the pair list of the producer main: its CoinGlass columns are empty and hold "
        "no opinion."
    ]
    assert set(shown) >= set(frame)


def test_columns_that_the_producer_lacks_are_said_once_by_name(strategy, frame, caplog):
    caplog.set_level(logging.INFO)
    for count in (120, 121):
        send(strategy.dp, frame.iloc[:count].drop(columns=["cg_lsr_4h", "cg_netflow"]))
        shown = seen(strategy, frame, count)
    [line] = lines(caplog)
    assert "does not send cg_lsr_4h, cg_netflow: these columns are empty." in line
    assert shown["cg_lsr_4h"].isna().all()
    send(strategy.dp, frame.iloc[:122])
    seen(strategy, frame, 122)
    assert lines(caplog) == ["The producer main sends all columns now."]


def test_what_comes_from_a_producer_is_never_an_error(strategy, frame):
    """Freqtrade would leave out the whole analysis of the pair, its own exits with it."""
    for sent in (frame[["open"]], frame[["date"]], frame.assign(date="x"), frame[CANDLE]):
        strategy.dp._replace_external_df(
            PAIR, sent, pd.Timestamp.now("UTC"), TIMEFRAME, CandleType.FUTURES, "main"
        )
        shown = seen(strategy, frame, 150)
        assert shown.dtypes.equals(frame.dtypes)
    assert len(seen(strategy, frame, 0)) == 0


def test_no_candles_but_the_bots_own_are_asked_for(strategy):
    assert strategy.coinglass.informative_pairs([PAIR], CandleType.FUTURES) == []


def test_no_thread_and_no_file_comes_from_a_consumer(strategy, frame):
    send(strategy.dp, frame)
    seen(strategy, frame, 150)
    strategy.coinglass.stop()
    assert strategy.coinglass._live is None
    assert list(strategy.config["user_data_dir"].iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"external_message_consumer": {}}, "must be enabled in the config .*there is none"),
        ({"external_message_consumer": MESSAGES | {"enabled": False}}, "must be enabled"),
        ({"coinglass": SECTION | {"producer": "other"}}, "of that name .there are main"),
        ({"process_only_new_candles": True}, "process_only_new_candles: false"),
        ({"coinglass": SECTION | {"intervals": "auto"}}, "needs coinglass.intervals"),
    ],
)
def test_a_consumer_that_could_see_nothing_in_time_does_not_start(tmp_path, changes, says):
    strategy = Strategy(tmp_path, **changes)
    with pytest.raises(ConfigurationError, match=says):
        strategy.coinglass.start()


def test_a_backtest_of_a_consumer_reads_the_history_and_says_so(tmp_path, caplog):
    """Without a key, and not the candles that stand in for CoinGlass without one."""
    caplog.set_level(logging.INFO)
    strategy = Strategy(tmp_path, runmode=RunMode.BACKTEST, process_only_new_candles=True)
    strategy.coinglass.start()
    assert strategy.coinglass._free is None
    assert strategy.coinglass._consumer is None
    assert any("is for a bot that runs; here the columns" in line for line in lines(caplog))
    pairs = strategy.coinglass.informative_pairs([PAIR], CandleType.FUTURES)
    assert {kind for _, _, kind in pairs} == {CandleType.FUTURES}


def test_a_producer_in_the_settings_changes_no_cached_backtest(tmp_path):
    alone = SETTINGS.override(producer=None)
    assert alone.fingerprint() == SETTINGS.fingerprint()


def test_a_consumer_cant_leave_out_single_datasets(tmp_path, clock):
    with pytest.raises(SettingsError, match="producer"):
        consumer_of(Strategy(tmp_path), SETTINGS.override(neutral=["funding_rate"]), clock)
