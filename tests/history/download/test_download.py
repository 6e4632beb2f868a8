import random
from datetime import UTC, datetime, timedelta

import httpx
import pandas as pd
import pytest
from pyarrow import feather

from tests.coinglass.clocks import FakeClock
from tests.coinglass.fake import FakeCoinglass, envelope
from tests.support.stuck_locks import StuckLocks
from vectra_freqtrade.errors import AuthError, PlanError, SymbolError, TransientError
from vectra_freqtrade.files import LockedError
from vectra_freqtrade.history.download.download import Downloader
from vectra_freqtrade.history.download.spans import missing_spans
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.rows import recorded
from vectra_freqtrade.history.store import Store

NOW = datetime(2026, 11, 23, 6, 0, 30, tzinfo=UTC)
BTC = Series("open_interest", "BTC", "1h")
RATIO = Series("long_short_ratio", "Binance_BTCUSDT", "1h")
HOUR = 3_600_000
PATH = "/api/futures/open-interest/aggregated-history"


def days(count: float) -> datetime:
    return NOW - timedelta(days=count)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW.timestamp())


@pytest.fixture
def server(clock: FakeClock) -> FakeCoinglass:
    return FakeCoinglass(clock, rate=None)


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "coinglass")


def run(server, store, *wanted, workers=1, refresh=False):
    """Nothing is concurrent here, so that the clock of the test may jump."""
    with server.client() as client:
        downloader = Downloader(client, store, workers=workers, refresh=refresh)
        return downloader.run(wanted or [(BTC, days(100), NOW)])


def asked(server: FakeCoinglass, path: str = PATH) -> int:
    return sum(request.url.path == path for request in server.seen)


def test_every_row_the_server_has_is_stored_with_the_time_it_was_known(server, store):
    (result,) = run(server, store)
    rows = store.read(BTC)
    assert len(rows) == 100 * 24 - 2 == result.added
    assert not result.gaps and result.error is None
    assert (rows["available_at"] == rows["time"] + pd.Timedelta(hours=1, seconds=60)).all()
    assert rows["first_seen"].isna().all()


def test_what_is_there_is_not_asked_for_again(server, store):
    run(server, store)
    before = asked(server)
    (result,) = run(server, store)
    assert asked(server) == before
    assert result.added == 0


def test_later_runs_fetch_only_what_came_since(server, store, clock):
    run(server, store)
    before = asked(server)
    clock.time += 10 * 3600
    run(server, store, (BTC, days(100), NOW + timedelta(hours=10)))
    assert asked(server) == before + 1
    assert len(store.read(BTC)) == 100 * 24 + 8


def test_an_earlier_start_is_written_before_what_there_is_and_nothing_becomes_late(server, store):
    run(server, store, (BTC, days(30), NOW))
    (result,) = run(server, store, (BTC, days(200), NOW))
    rows = store.read(BTC)
    assert len(rows) == 200 * 24 - 2
    assert result.late == 0
    assert rows["available_at"].notna().all()


@pytest.mark.parametrize("listed", [20, 500], ids=["one write", "several"])
def test_a_market_that_begins_later_is_not_asked_for_its_past_twice(server, store, listed):
    server.listed = int(days(listed).timestamp()) // 3600 * 3_600_000
    run(server, store, (BTC, days(700), NOW))
    before = asked(server)
    run(server, store, (BTC, days(700), NOW))
    assert asked(server) == before
    first = pd.Timestamp(days(listed)).floor("h")
    assert store.read(BTC)["time"].iloc[0] == first


def test_quiet_hours_are_kept_wherever_a_block_begins(server, store):
    """Only what lies before the first row of all is padding."""
    start = int(days(100).timestamp()) // 3600 * 3600 + 3600
    quiet = range(start + 990 * 3600, start + 1010 * 3600, 3600)

    def zeros(request: httpx.Request) -> httpx.Response | None:
        if request.url.path != PATH:
            return None
        rows = server.rows(request.url.params)
        return envelope([r | {"close": 0} if r["time"] // 1000 in quiet else r for r in rows])

    server.first.append(zeros)
    run(server, store)
    rows = store.read(BTC)
    assert len(rows) == 100 * 24 - 2
    assert (rows["oi"] == 0.0).sum() == 20


def test_a_file_that_was_moved_away_is_fetched_again_as_far_back_as_is_asked(server, store):
    """What was asked for then is no reason to ask for less now, a shorter run in between or not."""
    run(server, store, (BTC, days(200), NOW))
    BTC.path(store.root).rename(store.root / "away")
    run(server, store, (BTC, days(30), NOW))
    run(server, store, (BTC, days(200), NOW))
    assert len(store.read(BTC)) == 200 * 24 - 2


@pytest.mark.parametrize("content", ["", "[]", '{"open_interest BTC 1h": 3}', '{"x": [1]}'])
def test_a_broken_note_of_what_was_asked_costs_requests_and_nothing_else(server, store, content):
    server.listed = int(days(20).timestamp()) // 3600 * 3_600_000
    run(server, store, (BTC, days(200), NOW))
    (store.state_dir / "asked.json").write_text(content)
    before = asked(server)
    for _ in range(2):
        (result,) = run(server, store, (BTC, days(200), NOW))
        assert result.error is None
    assert asked(server) == before + 5  # once, not twice


def test_quiet_hours_behind_what_is_there_are_kept(server, store, clock):
    run(server, store)
    since = NOW.timestamp() * 1000 - 3 * HOUR

    def zeros(request: httpx.Request) -> httpx.Response | None:
        if request.url.path != PATH:
            return None
        rows = server.rows(request.url.params)
        return envelope([row | {"close": 0} if row["time"] > since else row for row in rows])

    server.first.append(zeros)
    clock.time += 10 * 3600
    run(server, store, (BTC, days(100), NOW + timedelta(hours=10)))
    rows = store.read(BTC)
    assert (rows["oi"] == 0.0).sum() == 10
    assert rows["time"].diff().iloc[1:].eq(pd.Timedelta(hours=1)).all()


def test_zeros_before_the_market_began_are_not_stored(server, store):
    listed = int(days(60).timestamp() * 1000)

    def padded(request: httpx.Request) -> httpx.Response | None:
        if request.url.path != PATH:
            return None
        rows = server.rows(request.url.params)
        return envelope([row | {"close": 0} if row["time"] < listed else row for row in rows])

    server.first.append(padded)
    run(server, store, (BTC, days(200), NOW))
    rows = store.read(BTC)
    assert rows["time"].iloc[0] >= days(60)
    assert (rows["oi"] > 0).all()


def test_where_a_block_fails_the_rest_is_left_for_the_next_run(server, store):
    def dies(request: httpx.Request) -> httpx.Response | None:
        params = request.url.params
        late = request.url.path == PATH and int(params["start_time"]) > days(50).timestamp() * 1000
        return httpx.Response(502) if late else None

    server.first.append(dies)
    (result,) = run(server, store, (BTC, days(200), NOW))
    assert isinstance(result.error, TransientError)
    rows = store.read(BTC)
    assert len(rows) > 0 and not rows["time"].diff().iloc[1:].gt(pd.Timedelta(hours=1)).any()
    server.first.clear()
    (result,) = run(server, store, (BTC, days(200), NOW))
    assert result.error is None and result.late == 0
    assert len(store.read(BTC)) == 200 * 24 - 2


def test_one_series_that_fails_leaves_the_others_alone(server, store):
    server.first.append(
        lambda r: envelope(code="401", msg="Upgrade plan") if r.url.path == PATH else None
    )
    unknown = Series("open_interest", "NOPE", "1h")
    todo = [(series, days(10), NOW) for series in (BTC, unknown, RATIO)]
    first, second, third = run(server, store, *todo)
    assert isinstance(first.error, PlanError)
    assert isinstance(second.error, SymbolError)
    assert third.error is None and third.added == 238


def test_a_key_that_dies_ends_the_run_and_keeps_what_was_saved(server, store):
    def dies(request: httpx.Request) -> httpx.Response | None:
        if asked(server) > 5:
            return envelope(code="401", msg="API key expired")
        return None

    server.first.append(dies)
    with pytest.raises(AuthError):
        run(server, store, (BTC, days(400), NOW))
    assert len(store.read(BTC)) == 5000


def test_a_hole_that_the_server_keeps_is_named(server, store):
    gone = [int(days(10).timestamp() * 1000), int(days(9).timestamp() * 1000)]

    def holed(request: httpx.Request) -> httpx.Response | None:
        if request.url.path != PATH:
            return None
        rows = server.rows(request.url.params)
        return envelope([row for row in rows if not gone[0] <= row["time"] < gone[1]])

    server.first.append(holed)
    (result,) = run(server, store)
    ((start, end),) = result.gaps
    assert (start, end) == (
        datetime(2026, 11, 13, 7, tzinfo=UTC),
        datetime(2026, 11, 14, 7, tzinfo=UTC),
    )


def test_refresh_replaces_downloaded_rows_and_never_recorded_ones(server, store):
    run(server, store)
    seen = pd.Timestamp(NOW)
    extra = pd.DataFrame({"time": [pd.Timestamp("2026-11-23 05:00", tz="UTC")], "oi": [5.0]})
    store.add(BTC, recorded(BTC, extra, timedelta(seconds=60), seen))

    def revised(request: httpx.Request) -> httpx.Response | None:
        if request.url.path != PATH:
            return None
        return envelope([row | {"close": 9} for row in server.rows(request.url.params)])

    server.first.append(revised)
    (result,) = run(server, store)
    assert result.added == 0
    run(server, store, (BTC, days(10), NOW), refresh=True)
    rows = store.read(BTC).set_index("time")
    assert rows["oi"].iloc[-1] == 5.0
    assert (rows.loc[days(9) : days(1), "oi"] == 9.0).all()
    assert (rows.loc[: days(11), "oi"] != 9.0).any()
    assert len(rows) == 100 * 24 - 1


def test_a_refresh_keeps_what_a_plan_that_was_changed_does_not_reach_any_more(server, store):
    """CoinGlass raises the start silently."""
    (before,) = run(server, store, (BTC, days(400), NOW))
    server.listed = int(days(180).timestamp()) // 3600 * 3_600_000
    (result,) = run(server, store, (BTC, days(400), NOW), refresh=True)
    rows = store.read(BTC)
    assert rows["time"].iloc[0] == before.first == result.first
    assert not result.gaps and rows["available_at"].notna().all()


def test_blocks_that_arrive_in_any_order_are_written_in_order(store):
    """With workers answers overtake each other; the machine's own clock, no sleeps."""
    clock = FakeClock(NOW.timestamp())
    server = FakeCoinglass(clock, rate=None)
    with server.client() as client:
        plain = client.fetch
        rng = random.Random(1)

        def slow(*args, **kwargs):
            for _ in range(rng.randrange(3)):
                plain(*args, **kwargs)
            return plain(*args, **kwargs)

        client.fetch = slow
        results = Downloader(client, store, workers=8).run(
            [(Series("open_interest", coin, "1h"), days(700), NOW) for coin in ("BTC", "ETH")]
        )
    for result in results:
        assert result.late == 0 and not result.gaps and result.error is None
        assert result.added >= 700 * 24 - 2  # waiting for slots moves the clock on


def test_nothing_is_asked_for_in_an_empty_range():
    assert missing_spans(None, NOW, NOW, timedelta(hours=1), timedelta(hours=1), None) == []


def test_a_lock_that_another_process_keeps_ends_a_download_after_one_wait(
    server, store, monkeypatch, caplog
):
    locks = StuckLocks(monkeypatch)
    others = [Series("open_interest", coin, "1h") for coin in ("BTC", "ETH", "SOL")]
    with pytest.raises(LockedError) as caught:
        run(server, store, *((series, days(100), NOW) for series in others), workers=2)
    assert caught.value.filename == str(store.root / ".lock")
    assert locks.seconds == 60.0
    (line,) = [record.getMessage() for record in caplog.records]
    assert line == f"Waiting for another process, which holds {store.root / '.lock'}."
    locks.let_go()
    for result in run(server, store, *((series, days(100), NOW) for series in others)):
        assert result.added == 100 * 24 - 2


def test_a_row_that_has_to_settle_is_left_for_later_and_is_no_hole(server, store):
    """Its first value would be kept; and what is not due is not asked for again."""
    with server.client(settle={"open_interest": 2}) as client:
        (result,) = Downloader(client, store, workers=1).run([(BTC, days(10), NOW)])
        asked_first = asked(server)
        (again,) = Downloader(client, store, workers=1).run([(BTC, days(10), NOW)])
    rows = store.read(BTC)
    assert rows["time"].iloc[-1] == pd.Timestamp("2026-11-23 02:00", tz="UTC")
    assert (rows["available_at"] == rows["time"] + pd.Timedelta(hours=3, seconds=60)).all()
    assert asked_first == asked(server) == 1
    assert not result.gaps and again.added == 0


SHARE = Series("bitcoin_dominance", "BTC", "1d")


def histories(server, *, apart: int, value: float = 57.0, twice: bool = False) -> None:
    """The server's whole history of dominance from now on."""

    def answer(request: httpx.Request) -> httpx.Response | None:
        if "dominance" not in request.url.path:
            return None
        last = int(NOW.timestamp() // 86_400)
        days = [day for day in range(last - 90, last + 1) if day % apart == 0]
        days += days[-9:-8] if twice else []
        cells = [
            {"timestamp": day * 86_400_000, "bitcoin_dominance": value + n // 91}
            for n, day in enumerate(days)
        ]
        return envelope(cells)

    server.first[:] = [answer]


def test_a_whole_history_is_fetched_whole_and_on_another_grid_anew(server, store):
    wanted = (SHARE, days(20), NOW)
    histories(server, apart=1)
    (result,) = run(server, store, wanted)
    assert result.added == 89 and result.missing == 0
    (result,) = run(server, store, wanted)
    assert result.added == 0 and asked(server, "/api/index/bitcoin-dominance") == 1
    histories(server, apart=3, value=58.0)
    server.clock.time += 86_400
    (result,) = run(server, store, wanted)
    rows = store.read(SHARE)
    assert result.added == len(rows) == 29 and result.missing == 0 and not result.gaps
    assert (rows["dominance"] == 58.0).all()
    assert (rows["available_at"] == rows["time"] + pd.Timedelta(days=4, seconds=60)).all()
    server.clock.time += 3600  # the next row is not due yet, a day's would be
    run(server, store, wanted)
    assert asked(server, "/api/index/bitcoin-dominance") == 2


def test_a_download_counts_and_names_what_came_twice(server, store, caplog):
    histories(server, apart=1, twice=True)
    run(server, store, (SHARE, days(20), NOW))
    notes = store.notes(SHARE)
    assert (notes.revisions, notes.twice) == (0, 1)
    assert caplog.text.count("1 row of bitcoin_dominance BTC 1d twice") == 1
    assert (store.read(SHARE)["dominance"] == 57.0).all()


def test_a_download_sets_a_file_of_an_older_version_aside_and_fetches_it_anew(server, store):
    histories(server, apart=3)
    run(server, store, (SHARE, days(20), NOW))
    path = SHARE.path(store.root)
    whole = store.read(SHARE)
    feather.write_feather(feather.read_table(path).drop_columns("spacing"), path)
    (result,) = run(server, store, (SHARE, days(20), NOW))
    assert result.error is None
    pd.testing.assert_frame_equal(store.read(SHARE), whole)
    assert path.with_name("BTC-1d.feather.old").exists()
