"""The simulated market is one coherent, deterministic market."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.support.market_steps import market_steps
from vectra_freqtrade.simulator.market.candles import candles, price_at
from vectra_freqtrade.simulator.market.coin_block import STEP_COLUMNS
from vectra_freqtrade.simulator.market.intervals import INTERVALS
from vectra_freqtrade.simulator.market.market import SimulatedMarket
from vectra_freqtrade.simulator.market.regimes import Regime
from vectra_freqtrade.simulator.market.series import flow, level_at, level_ohlc

DAY = 86400
COINS = ("BTC", "DOGE", "PEPE")


@pytest.fixture(scope="module")
def market() -> SimulatedMarket:
    return SimulatedMarket(COINS, seed=11)


@pytest.fixture(scope="module")
def frames(market: SimulatedMarket) -> dict[str, pd.DataFrame]:
    return {
        coin: market_steps(market, coin, market.start, market.start + 120 * DAY) for coin in COINS
    }


def digest(seed: int) -> str:
    market = SimulatedMarket(["ETH"], seed=seed)
    frame = market_steps(market, "ETH", market.start, market.start + 9 * DAY)
    return str(pd.util.hash_pandas_object(frame).sum())


def test_the_same_seed_gives_the_same_market_in_another_process():
    code = "from tests.simulator.market.test_market import digest; print(digest(5))"
    other = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
    )
    assert other.stdout.strip() == digest(5)
    assert digest(6) != digest(5)


def test_values_do_not_depend_on_what_else_is_asked_or_in_which_order():
    whole = SimulatedMarket(("BTC", "SOL"), seed=3)
    late = SimulatedMarket(("SOL",), seed=3)
    begin, end = whole.start + 20 * DAY, whole.start + 33 * DAY
    late_frame = market_steps(late, "SOL", begin, end)
    market_steps(whole, "BTC", begin, end + 300 * DAY)
    market_steps(whole, "SOL", whole.start, begin)
    pd.testing.assert_frame_equal(market_steps(whole, "SOL", begin, end), late_frame)
    longer = market_steps(whole, "SOL", begin, end + 200 * DAY)
    pd.testing.assert_frame_equal(longer.iloc[: len(late_frame)], late_frame)


def test_minutes_drawn_again_are_the_same(market: SimulatedMarket):
    first = market.minute_columns("BTC", 100, 2000)
    for coin in COINS:
        market.minute_columns(coin, 0, 40 * 7 * 1440)  # pushes the first week out of memory
    again = market.minute_columns("BTC", 100, 2000)
    np.testing.assert_array_equal(first.close, again.close)
    np.testing.assert_array_equal(first.lots, again.lots)


@pytest.mark.parametrize("coin", COINS)
def test_candles_are_possible_and_on_the_tick(market, frames, coin: str):
    frame = frames[coin]
    assert (frame.high >= frame[["open", "close"]].max(axis=1)).all()
    assert (frame.low <= frame[["open", "close"]].min(axis=1)).all()
    assert (frame.low > 0).all() and (frame.lots > 0).all()
    assert (frame.open.to_numpy()[1:] == frame.close.to_numpy()[:-1]).all()
    digits = market.instrument(coin).price_digits
    for name in ("open", "high", "low", "close"):
        assert (frame[name] == frame[name].map(lambda x: float(f"{x:.{digits}f}"))).all()
    assert frame.close.nunique() > 1000


@pytest.mark.parametrize("name", ["5m", "15m", "1h", "4h", "1d"])
def test_longer_candles_are_exactly_their_minutes(market: SimulatedMarket, name: str):
    begin, now = market.start + 2 * DAY, market.start + 5 * DAY
    minutes = candles(market, "PEPE", 60, begin, now, now)
    longer = candles(market, "PEPE", INTERVALS[name], begin, now, now)
    grid = (len(longer.time), -1)
    np.testing.assert_array_equal(longer.open, minutes.open.reshape(grid)[:, 0])
    np.testing.assert_array_equal(longer.high, minutes.high.reshape(grid).max(axis=1))
    np.testing.assert_array_equal(longer.low, minutes.low.reshape(grid).min(axis=1))
    np.testing.assert_array_equal(longer.close, minutes.close.reshape(grid)[:, -1])
    np.testing.assert_array_equal(longer.lots, minutes.lots.reshape(grid).sum(axis=1))


def test_a_forming_candle_grows_into_the_closed_one(market: SimulatedMarket):
    opened = market.start + 3 * DAY
    final = candles(market, "BTC", 300, opened, opened + 1, opened + 300)
    high, low, lots = 0.0, np.inf, 0.0
    for second in range(1, 300, 7):
        forming = candles(market, "BTC", 300, opened, opened + 1, opened + second)
        assert forming.open[0] == final.open[0]
        assert forming.close[0] == price_at(market, "BTC", opened + second)
        assert high <= forming.high[0] <= final.high[0]
        assert low >= forming.low[0] >= final.low[0]
        assert lots <= forming.lots[0] <= final.lots[0]
        high, low, lots = forming.high[0], forming.low[0], forming.lots[0]
    assert high == final.high[0] and low == final.low[0]


@pytest.mark.parametrize("coin", COINS)
def test_regimes_show_in_every_series(frames, coin: str):
    frame = frames[coin]
    by = frame.assign(
        d_oi=np.log(frame.oi).diff(),
        d_price=np.log(frame.close).diff(),
        buyers=frame.buy_usd / (frame.buy_usd + frame.sell_usd),
        book=(frame.bids_usd - frame.asks_usd) / (frame.bids_usd + frame.asks_usd),
    )
    mean = by.groupby("regime").mean(numeric_only=True)
    down, up = mean.loc[Regime.CASCADE_DOWN], mean.loc[Regime.SQUEEZE_UP]
    longs, shorts = mean.loc[Regime.BUILDING_LONGS], mean.loc[Regime.BUILDING_SHORTS]
    quiet, crowded = mean.loc[Regime.QUIET], mean.loc[Regime.CROWDED_FUNDING]
    assert down.d_oi < -0.001 and down.d_price < -0.0005
    assert up.d_oi < -0.001 and up.d_price > 0.0005
    assert longs.d_oi > 0.0003 and longs.d_price > 0.00001
    assert shorts.d_oi > 0.0003 and shorts.d_price < -0.00001
    assert down.long_liq_usd > 20 * down.short_liq_usd
    assert up.short_liq_usd > 20 * up.long_liq_usd
    assert down.long_liq_usd > 20 * quiet.long_liq_usd
    assert crowded.funding > 0.0004 > quiet.funding > shorts.funding
    assert crowded.ratio > quiet.ratio > shorts.ratio
    assert down.buyers < quiet.buyers < up.buyers
    assert longs.book > 0.05 > -0.05 > shorts.book
    assert down.bids_usd < quiet.bids_usd


@pytest.mark.parametrize("coin", COINS)
def test_every_regime_has_its_share(frames, coin: str):
    share = frames[coin].regime.value_counts(normalize=True)
    assert set(share.index) == set(Regime)
    assert 0.15 < share[Regime.QUIET] < 0.6
    assert 0.005 < share[Regime.CASCADE_DOWN] < 0.1


def test_nothing_is_empty_negative_or_not_a_number(frames):
    for frame in frames.values():
        assert not frame[list(STEP_COLUMNS)].isna().any().any()
        positive = ["oi", "ratio", "ratio_top", "bids_usd", "asks_usd", "buy_usd", "sell_usd"]
        assert (frame[positive] > 0).all().all()
        assert (frame[["long_liq_usd", "short_liq_usd"]] >= 0).all().all()


def test_coins_move_together_and_apart(frames):
    hourly = {
        coin: np.log(frame.set_index("date").close.resample("1h").last()).diff()
        for coin, frame in frames.items()
    }
    correlation = hourly["BTC"].corr(hourly["DOGE"])
    assert 0.3 < correlation < 0.95


@pytest.mark.parametrize("interval", [60, 180, 300, 3600])
def test_rows_of_any_interval_describe_the_same_levels_and_flows(market, interval: int):
    begin = market.start + DAY
    now = begin + 2 * 3600 + 100.0
    times = np.arange(begin, now, interval, dtype=np.int64)
    opened, high, low, close = level_ohlc(market, "BTC", "oi", interval, times, now)
    assert close[-1] == level_at(market, "BTC", "oi", np.array([now]))[0]
    np.testing.assert_array_equal(opened[1:], close[:-1])
    assert (high >= np.maximum(opened, close)).all() and (low <= np.minimum(opened, close)).all()
    whole = flow(market, "BTC", "long_liq_usd", interval, times, now).sum()
    steps = market_steps(market, "BTC", begin, now).long_liq_usd.to_numpy()
    assert whole == pytest.approx(steps[:-1].sum() + steps[-1] * 100 / 300)
