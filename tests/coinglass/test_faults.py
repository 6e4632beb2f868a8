"""The whole path over HTTP against the loopback CoinGlass with each of its faults."""

import pandas as pd
import pytest

from tests.coinglass.live_server import NOW, START, live
from tests.support import faults, row_faults
from vectra_freqtrade.errors import (
    AuthError,
    ContractError,
    PlanError,
    RateLimitError,
    TransientError,
)
from vectra_freqtrade.history.download.download import Downloader
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.rows import downloaded
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.simulator.coinglass.server import DEMO_KEY
from vectra_freqtrade.simulator.market.market import SimulatedMarket

OI = "open-interest"
SERIES = [Series("open_interest", "BTC", "1h"), Series("long_short_ratio", "Binance_BTCUSDT", "4h")]
# After the row of 00:00 to 00:30 has come and gone, whatever the accelerated clock does.
END = NOW.replace(hour=0, minute=0)


@pytest.fixture(scope="module")
def market() -> SimulatedMarket:
    return SimulatedMarket(["BTC/USDT:USDT"], start=START, seed=1)


def download(client, folder):
    store = Store(folder)
    results = Downloader(client, store, workers=4).run((s, START, END) for s in SERIES)
    return results, {series: store.read(series) for series in SERIES}


@pytest.fixture(scope="module")
def undisturbed(market, tmp_path_factory) -> dict[Series, pd.DataFrame]:
    with live(market) as (_, client):
        results, held = download(client, tmp_path_factory.mktemp("plain"))
    assert all(result.error is None for result in results)
    assert len(held[SERIES[0]]) == 90 * 24
    return held


HARMLESS = {
    "HTTP 429": faults.RateRefusal("http429"),
    "429 in the body": faults.RateRefusal("body429"),
    "400 Too Many Requests": faults.RateRefusal("body400", times=2),
    "429 with a wait": faults.RateRefusal(retry_after=3),
    "502": faults.ServerError(502, times=3),
    "503": faults.ServerError(503, path=OI, times=2),
    "500 in the body": faults.BodyError(times=3),
    "HTML with 200": faults.Html(path=OI),
    "closed connection": faults.Hang(0.0, path=OI),
    "slow body": faults.SlowBody(0.01, path=OI, times=3),
    "half a body": faults.Truncated(times=2),
    "half of what was announced": faults.Truncated(announced=True, times=2),
    "NaN": faults.Malformed(),
    "a bracket too many": faults.Malformed(b"]", path=OI),
    "numbers as texts": row_faults.Retyped(times=None),
    "duplicates": row_faults.Duplicates(times=None),
    "newest first": row_faults.Reversed(times=None),
    "a short page": row_faults.ShortPage(path=OI),
    "a page with a hole": row_faults.ShortPage(hole=True, path="ratio"),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_no_passing_fault_changes_a_single_stored_cell(market, undisturbed, tmp_path, name):
    fault = HARMLESS[name]
    with live(market, fault) as (_, client):
        results, held = download(client, tmp_path)
    assert fault.met
    assert [result.error for result in results] == [None, None]
    for series, rows in undisturbed.items():
        pd.testing.assert_frame_equal(held[series], rows)


def test_zeros_before_the_listing_are_not_stored(market, undisturbed, tmp_path):
    listed = pd.Timestamp("2025-01-10", tz="UTC")
    with live(market, row_faults.LeadingZeros(listed.timestamp())) as (_, client):
        _, held = download(client, tmp_path)
    for series, rows in undisturbed.items():
        expected = rows[rows["time"] >= listed].reset_index(drop=True)
        pd.testing.assert_frame_equal(held[series], expected)


def test_revised_rows_are_counted_and_what_was_first_stored_stays(market, undisturbed, tmp_path):
    with live(market) as (_, client):
        download(client, tmp_path)
    again = Series("open_interest", "BTC", "1h")
    fault = row_faults.Revised(NOW.timestamp())
    with live(market, fault) as (_, client):
        frame = client.fetch("open_interest", "BTC", "1h", START, END)
        store = Store(tmp_path)
        merged = store.add(again, downloaded(again, frame, pd.Timedelta(seconds=60)))
    assert merged.revised == len(frame) == store.revisions(again)
    pd.testing.assert_frame_equal(store.read(again), undisturbed[again])


@pytest.mark.parametrize("seconds", [-7200.0, 7200.0])
def test_a_clock_that_is_off_never_lets_an_open_row_in(market, seconds):
    with live(market, faults.ClockSkew(seconds)) as (server, client):
        frame = client.fetch("open_interest", "BTC", "1h", START, NOW)
        now = pd.Timestamp(server.clock.now(), unit="s", tz="UTC")
    closed = now + pd.Timedelta(seconds=min(seconds, 0.0))
    assert frame["time"].iloc[-1] + pd.Timedelta(hours=1, seconds=60) <= closed


def test_cells_of_an_unknown_kind_store_nothing_and_are_named(market, tmp_path):
    with live(market, row_faults.Alien(path=OI, times=None)) as (_, client):
        results, held = download(client, tmp_path)
    assert isinstance(results[0].error, ContractError)
    assert held[SERIES[0]] is None
    assert results[1].error is None


def test_an_empty_answer_is_no_error(market, tmp_path):
    with live(market, faults.Empty(path=OI, times=None)) as (_, client):
        results, held = download(client, tmp_path)
    assert results[0].error is None
    assert held[SERIES[0]] is None


def test_a_wait_of_hours_ends_the_series_at_once(market, tmp_path):
    fault = faults.RateRefusal(retry_after=7200, path=OI, times=None)
    with live(market, fault) as (server, client):
        results, _ = download(client, tmp_path)
        asked = len(server.log.entries("/api/futures/open-interest/aggregated-history"))
    assert isinstance(results[0].error, RateLimitError)
    assert asked <= 4  # what was on its way already


def test_a_plan_that_shrinks_in_mid_run_ends_what_it_no_longer_has(market, tmp_path):
    fault = faults.PlanChange(DEMO_KEY, "hobbyist", path=OI, skip=1)
    with live(market, fault) as (_, client):
        results, held = download(client, tmp_path)
    assert isinstance(results[0].error, PlanError)
    assert results[1].error is None
    rows = held[SERIES[0]]
    assert rows is None or not rows["time"].diff().iloc[1:].gt(pd.Timedelta(hours=1)).any()


def test_a_key_that_expires_in_mid_run_is_told_as_such(market, tmp_path):
    fault = faults.PlanChange(DEMO_KEY, "professional", expires=1.0, path=OI, skip=1)
    with live(market, fault) as (_, client):
        try:
            results, _ = download(client, tmp_path)
        except AuthError:
            return
    assert any(isinstance(result.error, PlanError) for result in results)


def test_a_hanging_answer_ends_within_its_time(market):
    hangs = faults.Hang(30.0, path=OI, times=None)
    with live(market, hangs) as (_, client), pytest.raises(TransientError, match="in time"):
        client.get("/api/futures/open-interest/aggregated-history", live=True, timeout=0.1)
