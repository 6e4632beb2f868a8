"""What would end a backtest leaves a bot in flight with empty columns and one line."""

import logging
import threading
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from freqtrade.enums import RunMode
from freqtrade.exceptions import OperationalException

from tests.coinglass.clocks import FakeClock
from tests.live.replay import Candles, StandIn
from tests.support.live_feed import Bench, stamp
from tests.support.stepped_clock import SteppedClock
from vectra_freqtrade.live import feature_cache
from vectra_freqtrade.signals.assemble import PairData, native_features
from vectra_freqtrade.simulator.market.market import SimulatedMarket

PAIR = "BTC/USDT:USDT"


@pytest.fixture
def market() -> SimulatedMarket:
    return SimulatedMarket([PAIR], start="2026-01-01", seed=5)


def bot(
    folder: Path,
    market: SimulatedMarket,
    mode: RunMode,
    clock: SteppedClock | FakeClock | None = None,
    **sections: Any,
) -> StandIn:
    """A strategy on 1h candles that has 30 days of them, or those up to the clock's time."""
    now = market.start + 30 * 86_400.0
    config = {
        "runmode": mode,
        "user_data_dir": folder,
        "trading_mode": "futures",
        "exchange": {"name": "binance", "pair_whitelist": [PAIR]},
        "coinglass": {"api_key_file": "key", "intervals": ["1h", "4h"], **sections},
    }
    return StandIn(config, "1h", Candles(market, clock or SteppedClock(now), now))


class NoCandles(StandIn):
    """Informative candles are missing, as of a pair that was listed an hour ago."""

    def get_pair_dataframe(self, pair: str, timeframe: str, candle_type: str = "") -> pd.DataFrame:
        frame = super().get_pair_dataframe(pair, timeframe, candle_type)
        return frame if timeframe == self.timeframe else frame.iloc[:0]


@pytest.mark.parametrize("mode", [RunMode.DRY_RUN, RunMode.LIVE])
def test_a_broken_store_file_is_said_once_and_the_bot_goes_on(
    mode: RunMode, tmp_path: Path, market: SimulatedMarket, caplog: pytest.LogCaptureFixture
) -> None:
    broken = tmp_path / "data" / "coinglass" / "open_interest" / "BTC-1h.feather"
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"not a feather file")
    strategy = bot(tmp_path, market, mode)
    caplog.set_level(logging.WARNING)
    caplog.clear()
    frames = [strategy.columns(PAIR) for _ in range(3)]
    assert (frames[-1]["cg_state"] == "UNKNOWN").all()
    assert (frames[-1]["cg_confidence_long"] == 1.0).all()
    (line,) = [record.getMessage() for record in caplog.records]
    assert PAIR in line
    assert "Move it away" in line
    assert broken.read_bytes() == b"not a feather file"


def test_a_backtest_ends_on_it(tmp_path: Path, market: SimulatedMarket) -> None:
    broken = tmp_path / "data" / "coinglass" / "open_interest" / "BTC-1h.feather"
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"not a feather file")
    with pytest.raises(OperationalException, match="Move it away"):
        bot(tmp_path, market, RunMode.BACKTEST).columns(PAIR)


def test_a_pair_without_candles_of_the_interval_keeps_a_bot_going(
    tmp_path: Path, market: SimulatedMarket
) -> None:
    whole = bot(tmp_path, market, RunMode.DRY_RUN, bands="adaptive")
    strategy = NoCandles(whole.config, "1h", whole._candles)
    assert (strategy.columns(PAIR)["cg_state"] == "UNKNOWN").all()


def test_rows_that_came_are_no_work_for_the_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread of the feed made their features when it showed them."""
    made: list[str] = []

    def noting(data: PairData, *rest: Any) -> Any:
        made.extend(dataset for dataset, _ in data.rows)
        return native_features(data, *rest)

    monkeypatch.setattr(feature_cache, "native_features", noting)
    bench = Bench(tmp_path / "coinglass")
    market = SimulatedMarket([PAIR], start="2025-11-01", seed=5)
    strategy = bot(tmp_path, market, RunMode.DRY_RUN, bench.clock)
    strategy.coinglass.use_live(bench.feed, ("1h", "4h"))
    bench.run(stamp("07:00"))
    strategy.columns(PAIR)
    for hour in range(7, 14):
        bench.run(stamp(f"{hour:02}:00"))
        before = strategy.columns(PAIR)  # the candle has closed, its rows have not come
        made.clear()
        bench.run(stamp(f"{hour:02}:10"))
        assert {"open_interest", "funding_rate", "taker_volume"} <= set(made)
        bench.run(stamp(f"{hour + 1:02}:00"))
        made.clear()
        after = strategy.columns(PAIR)
        assert made == []
        assert after["cg_funding_1h"].iloc[-1] != before["cg_funding_1h"].iloc[-1]


@pytest.mark.parametrize("sections", [{}, {"producer": "upstream"}], ids=["a key", "a producer"])
def test_a_neutral_bot_asks_nobody_and_its_columns_are_empty(
    tmp_path: Path, market: SimulatedMarket, sections: dict[str, Any]
) -> None:
    threads = threading.active_count()
    strategy = bot(tmp_path, market, RunMode.DRY_RUN, neutral=True, **sections)
    strategy.coinglass.start()  # the key file is not even there
    frame = strategy.columns(PAIR)
    assert (frame["cg_state"] == "UNKNOWN").all() and (frame["cg_confidence_long"] == 1.0).all()
    assert threading.active_count() == threads
    strategy.coinglass.stop()
