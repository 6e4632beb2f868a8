"""When a return starts and ends, and what may be known of the future: nothing."""

import numpy as np
import pandas as pd
import pytest

from tests.report.simulated import HOUR, SETTINGS, START, planted
from tests.support.simulated import HISTORY_DAYS, PAIRS, fill
from tests.support.simulated import START as MARKET_START
from vectra_freqtrade.data.history import HistoryProvider
from vectra_freqtrade.errors import CandlesError
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.report.backtest.frames import PairLoader
from vectra_freqtrade.report.evidence.buckets import decile_edges
from vectra_freqtrade.report.evidence.prepared import ALL, IN, OUT, Prepared, forward_returns
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.signals.align import epoch_ns

HOUR_NS = HOUR.value


def test_a_return_runs_from_open_to_open_and_is_missing_where_a_candle_is():
    dates = pd.Series(pd.date_range(START, periods=6, freq="h")).drop(index=3)
    candles = pd.DataFrame({"date": dates, "open": [10.0, 11.0, 12.0, 14.0, 15.0]})
    decisions = epoch_ns(pd.Series(pd.date_range(START, periods=4, freq="h")))
    returns, exits = forward_returns(candles, decisions, [HOUR_NS, 2 * HOUR_NS])
    expected = [[0.1, 0.2], [12 / 11 - 1, np.nan], [np.nan, 14 / 12 - 1], [np.nan, np.nan]]
    assert np.allclose(returns, expected, equal_nan=True)
    assert (exits[:, 0] == decisions + HOUR_NS).all()


def test_in_sample_returns_end_before_the_split_and_the_parts_share_no_row():
    prepared = Prepared(planted(0, 1000, 0.0), SETTINGS, ("1h",), seed=0)
    pair = next(iter(prepared.frames))
    decisions = prepared.frames[pair]["decision"]
    early, late = (~np.isnan(prepared.returns[pair, part]) for part in (IN, OUT))
    assert not (early & late).any()
    for column, horizon in enumerate(prepared.horizons):
        assert (decisions[early[:, column]] + horizon * HOUR <= prepared.split).all()
        assert (decisions[late[:, column]] >= prepared.split).all()
    assert early.any() and late.any()


def test_nothing_in_sample_changes_with_what_comes_after_the_split():
    whole = planted(0, 1000, 0.0)
    split = START + pd.Timedelta(days=20)
    cut = {
        pair: type(held)(
            held.rows[held.rows["decision"] <= split], held.candles[held.candles["date"] <= split]
        )
        for pair, held in whole.items()
    }
    long, short = (
        Prepared(pairs, SETTINGS, ("1h",), seed=0, split=split) for pairs in (whole, cut)
    )
    for pair in whole:
        count = len(short.returns[pair, IN])
        assert np.array_equal(long.returns[pair, IN][:count], short.returns[pair, IN], True)
        assert np.isnan(long.returns[pair, IN][count:]).all()
        strata = [held.strata(pair, "price", "1h")[0][:count] for held in (long, short)]
        assert np.array_equal(*strata)


def test_deciles_never_part_equal_values():
    values = np.array([1.0] * 80 + [1.15] * 15 + [0.88] * 5 + [np.nan])
    assert list(decile_edges(values)) == [1.0, 1.15]
    assert len(decile_edges(np.arange(1000.0))) == 9
    assert decile_edges(np.full(3, np.nan)).size == 0


@pytest.fixture(scope="module")
def loader(tmp_path_factory: pytest.TempPathFactory) -> PairLoader:
    userdir = tmp_path_factory.mktemp("store")
    fill(userdir, days=6, datasets=("open_interest", "funding_rate"))
    config = {"exchange": {"name": "binance"}, "datadir": userdir / "data" / "binance"}
    settings = CoinglassSettings().override(datasets=["open_interest", "funding_rate"])
    provider = HistoryProvider(Store(userdir / "data" / "coinglass"))
    return PairLoader(config, provider, settings, ("1h", "4h"), "5m")


def test_each_row_is_an_event_once_at_the_first_candle_after_it_became_available(loader):
    held = loader.load(PAIRS[0])
    rows = loader.provider.rows(Series("open_interest", "BTC", "1h"), held.candles["date"].max())
    begin = pd.Timestamp(MARKET_START, tz="UTC") + pd.Timedelta(days=HISTORY_DAYS)
    available = rows["available_at"][rows["available_at"] > begin + pd.Timedelta(minutes=5)]
    expected = available.dt.ceil("5min")
    assert list(held.rows["decision"]) == list(expected)
    assert (held.rows["decision"].dt.minute == 5).all()  # the delay is a minute
    later = held.rows["cg_oi_1h"].to_numpy()[:-1]
    assert np.array_equal(later, rows["oi"].to_numpy()[-len(expected) : -1])


def test_missing_candles_are_an_error_that_names_the_command(loader):
    with pytest.raises(CandlesError, match="freqtrade download-data --pairs XRP/USDT:USDT"):
        loader.load("XRP/USDT:USDT")


def test_all_returns_are_there_where_candles_are(loader):
    held = loader.load(PAIRS[0])
    prepared = Prepared({PAIRS[0]: held}, loader.settings, ("1h", "4h"), seed=0)
    missing = np.isnan(prepared.returns[PAIRS[0], ALL]).sum(axis=0)
    assert list(missing - missing[0]) == [horizon - 1 for horizon in prepared.horizons]
