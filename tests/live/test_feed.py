"""A live feed through what CoinGlass does to it: it asks on, says so once, and recovers alone."""

import logging
from email.utils import formatdate
from pathlib import Path

import httpx
import pandas as pd
import pytest

from tests.coinglass.fake import Handler, envelope
from tests.support.live_feed import FUNDING, Bench, stamp
from vectra_freqtrade.history.layout import Series

BOOK = Series("order_book", "BTC", "1h")


@pytest.fixture
def bench(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Bench:
    caplog.set_level(logging.INFO, "vectra_freqtrade")
    return Bench(tmp_path / "coinglass", datasets=["funding_rate"])


def lines(caplog: pytest.LogCaptureFixture, *words: str) -> list[str]:
    """Messages that hold all of these."""
    told = [record.getMessage() for record in caplog.records]
    return [line for line in told if all(word in line for word in words)]


def newest(bench: Bench) -> pd.Timestamp | None:
    rows = bench.read()
    return None if rows.empty else rows["time"].iloc[-1]


def between(bench: Bench, start: str, end: str, answer: httpx.Response | Exception) -> None:
    """From one time to another every row that is asked for is answered so."""

    def handler(request: httpx.Request) -> httpx.Response | None:
        now = pd.Timestamp(bench.clock.now(), unit="s", tz="UTC")
        if "interval" not in request.url.params or not stamp(start) <= now < stamp(end):
            return None
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, content=answer.content)

    bench.fake.first.insert(0, handler)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.ReadTimeout("hangs"),
        httpx.ConnectError("gone"),
        httpx.Response(503),
        httpx.Response(200, content=b'{"code": "0", "data": [{"ti'),
        httpx.Response(200, content=b"<html>maintenance</html>"),
        envelope(code="500", msg="Server Error"),
        httpx.Response(429, content=b"{}"),
    ],
    ids=["hangs", "gone", "503", "truncated", "html", "body 500", "429"],
)
def test_an_outage_of_hours_is_one_line_and_its_end_another(
    answer: httpx.Response | Exception, bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    between(bench, "07:00", "10:30", answer)
    bench.feed.watch("funding_rate", "BTC", "1h")
    bench.feed.load()
    bench.run(stamp("10:25"))
    assert newest(bench) == stamp("05:00")  # the last good value stays; max_age is the join's
    bench.run(stamp("11:30"))
    assert newest(bench) == stamp("10:00")
    (down,) = lines(caplog, "can't be had")
    assert "funding_rate" in down
    assert len(lines(caplog, "is back")) == 1


def test_what_was_gone_for_a_day_is_whole_again_without_a_restart(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.feed.watch("funding_rate", "BTC", "1h")
    bench.feed.load()
    bench.run(stamp("07:00"))
    day = pd.Timedelta("1D")

    def gone(request: httpx.Request) -> httpx.Response | None:
        if bench.clock.now() < (stamp("07:00") + day).timestamp():
            raise httpx.ConnectError("gone")
        return None

    bench.fake.first.insert(0, gone)
    bench.run(stamp("06:59") + day, step=60.0)
    assert newest(bench) == stamp("05:00")
    down = lines(caplog, "CoinGlass data can't be had")
    # The plan is looked up once a day, which then fails as well: a change, and so a line.
    assert ["plan" in line for line in down] == [False, True]
    bench.run(stamp("08:30") + day)
    assert len(lines(caplog, "is back")) == 1
    times = bench.read()["time"]
    assert times.iloc[-1] == stamp("07:00") + day
    assert (times.diff().dropna() == pd.Timedelta("1h")).all()


def test_rows_of_unknown_shape_turn_a_dataset_off_until_they_are_known_again(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    between(bench, "07:00", "09:30", envelope([{"moment": 1, "value": 2}]))
    bench.feed.watch("funding_rate", "BTC", "1h")
    bench.feed.load()
    bench.run(stamp("11:30"))
    assert newest(bench) == stamp("10:00")
    assert len(lines(caplog, "funding_rate BTC 1h is off")) == 1
    assert len(lines(caplog, "funding_rate BTC 1h is back")) == 1


def test_a_plan_that_is_downgraded_in_flight_is_said_once_with_the_plan_that_has_it(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    between(bench, "07:00", "23:00", envelope(code="400", msg="Please upgrade to Standard"))
    bench.feed.watch("funding_rate", "BTC", "1h")
    bench.feed.load()
    bench.run(stamp("12:00"), step=60)
    (line,) = lines(caplog, "is off")
    assert "Standard" in line
    asked = [request for request in bench.asked() if request.url.params["interval"] == "1h"]
    # The history, the refusal; and as the account still tells the old plan it is doubted: at once,
    # after 15 minutes, 30, an hour, two, at last a day.
    assert len(asked) == 2 + 5


def test_a_subscription_that_lapsed_for_minutes_is_back_although_its_plan_never_changed(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    between(bench, "07:00", "07:05", envelope(code="401", msg="Upgrade plan"))
    for dataset in ("funding_rate", "open_interest"):
        bench.feed.watch(dataset, "BTC", "1h")
    bench.feed.load()
    bench.run(stamp("07:20"), step=20)
    assert newest(bench) == stamp("06:00")
    bench.run(stamp("07:25"), step=20)
    assert len(lines(caplog, "are off")) == 1
    assert len(lines(caplog, "are back")) == 1


@pytest.mark.parametrize("lost", ["HOBBYIST", "expired"])
def test_a_plan_that_comes_back_is_found_within_a_quarter_of_an_hour(
    lost: str, bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    def without(request: httpx.Request) -> httpx.Response | None:
        now = pd.Timestamp(bench.clock.now(), unit="s", tz="UTC")
        if not stamp("07:00") <= now < stamp("12:00"):
            return None
        if lost == "expired":  # it has no plan any more, whatever is asked
            return envelope(code="401", msg="Upgrade plan")
        if request.url.path.endswith("/subscription"):
            return envelope({"level": lost, "expire_time": 1805943491000, "expired": False})
        if "interval" in request.url.params:
            return envelope(code="403", msg="The requested interval is not available.")
        return None

    bench.fake.first.insert(0, without)
    for dataset in ("funding_rate", "open_interest", "order_book"):
        bench.feed.watch(dataset, "BTC", "1h")
    bench.feed.load()
    bench.run(stamp("11:59"), step=60)
    assert newest(bench) == stamp("05:00")
    refused = [each for each in bench.asked() if each.url.params["interval"] == "1h"]
    bench.run(stamp("12:17"), step=60)
    assert newest(bench) == stamp("11:00")
    (off,) = lines(caplog, "are off")
    assert "funding_rate 1h, open_interest 1h, order_book 1h are off" in off
    (on,) = lines(caplog, "are back")
    assert "funding_rate 1h, open_interest 1h, order_book 1h" in on
    assert len(lines(caplog, "CoinGlass plan:")) == 3  # at the start, then each change
    assert len(refused) == 6  # the history of each, and one refusal of each: never in a loop


def test_rows_come_in_time_on_a_clock_that_is_five_minutes_ahead(bench: Bench) -> None:
    ahead = pd.Timedelta("5min")

    def earlier(request: httpx.Request) -> httpx.Response | None:
        answer = None
        if "interval" in request.url.params:
            rows = bench.fake.rows(request.url.params)
            now = 1000 * (bench.clock.now() - ahead.total_seconds())
            answer = envelope([row for row in rows if row["time"] <= now])
        else:
            return None
        answer.headers["Date"] = formatdate(bench.clock.now() - ahead.total_seconds(), usegmt=True)
        return answer

    bench.fake.first.insert(0, earlier)
    bench.feed.watch("funding_rate", "BTC", "1h")
    bench.feed.load()
    bench.run(stamp("08:00") + ahead)
    for minute in range(3):  # and the candles, which are the exchange's, are those of its clock
        bench.run(stamp("08:01") + ahead + pd.Timedelta(minutes=minute))
    seen = bench.feed.rows(FUNDING, stamp("08:03"))
    assert seen["time"].iloc[-1] == stamp("07:00")
    assert seen["available_at"].iloc[-1] < stamp("08:02")


def test_what_the_plan_never_had_is_not_asked_for(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.fake.level = "HOBBYIST"
    bench.feed.watch("funding_rate", "BTC", "1h")
    bench.feed.load()
    bench.run(stamp("09:00"), step=60)
    assert bench.asked() == []
    (line,) = lines(caplog, "is off")
    assert "Startup" in line


def test_a_plan_that_was_upgraded_brings_its_datasets_in_a_quarter_of_an_hour_without_a_restart(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.fake.level = "HOBBYIST"
    bench.feed.watch("funding_rate", "BTC", "1h")
    bench.feed.load()
    bench.run(stamp("09:00"), step=300)
    bench.fake.level = "STANDARD"
    bench.run(stamp("09:20"), step=300)
    assert newest(bench) == stamp("08:00")
    bench.run(stamp("09:30"), step=300)
    assert len(lines(caplog, "is off")) == 1
    assert len(lines(caplog, "funding_rate 1h is back")) == 1

    def looked() -> int:
        return sum(r.url.path.endswith("/subscription") for r in bench.fake.seen)

    before = looked()
    while bench.clock.now() < stamp("09:00").timestamp() + 86_400:
        bench.feed.watch("funding_rate", "BTC", "1h")
        bench.run(pd.Timestamp(bench.clock.now() + 300, unit="s", tz="UTC"), step=300)
    assert newest(bench) == stamp("07:00") + pd.Timedelta("1D")
    assert looked() == before, "it lacks nothing any more: once a day"


def test_a_key_that_dies_in_flight_is_one_line_and_so_is_its_return(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    between(bench, "07:00", "09:30", envelope(code="400", msg="Invalid API key provided"))
    for dataset in ("funding_rate", "open_interest", "liquidation"):
        bench.feed.watch(dataset, "BTC", "1h")
    bench.feed.load()
    bench.run(stamp("11:30"))
    assert newest(bench) == stamp("10:00")
    assert len(lines(caplog, "does not accept the key")) == 1
    assert len(lines(caplog, "accepts the key again")) == 1


def test_a_plan_that_could_not_be_had_at_the_start_is_learnt_later(bench: Bench) -> None:
    def gone(request: httpx.Request) -> httpx.Response | None:
        if bench.clock.now() < stamp("07:00").timestamp():
            raise httpx.ConnectError("gone")
        return None

    bench.fake.first.insert(0, gone)
    bench.feed.watch("funding_rate", "BTC", "1h")
    bench.feed.load()
    bench.run(stamp("06:40"))
    assert bench.feed.status is None
    assert newest(bench) is None
    bench.run(stamp("09:00"))
    assert bench.feed.status is not None
    assert newest(bench) == stamp("07:00")


LONG_AGO = "Thu, 01 Jan 2015 00:00:00 GMT"
HOURS_AGO = "Sat, 22 Nov 2025 08:00:00 GMT"
FAR_AHEAD = "Thu, 01 Jan 2099 00:00:00 GMT"


def ordinary(bench: Bench, handler: Handler, request: httpx.Request) -> httpx.Response:
    """What is answered without this handler."""
    bench.fake.first.remove(handler)
    try:
        return bench.fake._answer(request)
    finally:
        bench.fake.first.insert(0, handler)


def dated(bench: Bench, date: str, start: str, end: str) -> None:
    """From one time to another every answer has this date."""

    def handler(request: httpx.Request) -> httpx.Response | None:
        if stamp(start) <= pd.Timestamp(bench.clock.now(), unit="s", tz="UTC") < stamp(end):
            answer = ordinary(bench, handler, request)
            answer.headers["Date"] = date
            return answer
        return None

    bench.fake.first.insert(0, handler)


@pytest.mark.parametrize("date", [LONG_AGO, HOURS_AGO, FAR_AHEAD])
@pytest.mark.parametrize("start", ["06:00", "07:00"], ids=["at the start", "in flight"])
def test_an_answer_with_a_wild_date_stops_nothing(date: str, start: str, bench: Bench) -> None:
    dated(bench, date, start, f"{start[:2]}:15")
    bench.feed.watch("funding_rate", "BTC", "1h")
    bench.feed.watch("open_interest", "BTC", "4h")
    bench.feed.load()
    bench.run(stamp(f"{start[:2]}:15"))
    asked = len(bench.asked())
    bench.run(stamp(f"{start[:2]}:30"))
    assert newest(bench) == stamp(start) - pd.Timedelta("1h")
    assert len(bench.asked()) - asked < 10
    bench.run(stamp("09:30"))
    assert newest(bench) == stamp("08:00")
    times = bench.read()["time"]
    assert len(times) > 500
    assert (times.diff().dropna() == pd.Timedelta("1h")).all()


@pytest.mark.parametrize("date", [LONG_AGO, FAR_AHEAD])
def test_a_server_whose_dates_are_always_wild_is_asked_and_its_rows_are_used_in_time(
    date: str, bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    dated(bench, date, "00:00", "23:00")
    bench.feed.watch("funding_rate", "BTC", "1h")
    bench.feed.load()
    bench.run(stamp("09:00") + pd.Timedelta("40s"))
    assert newest(bench) == stamp("07:00")  # the row of 08:00 has closed, its delay has not passed
    bench.run(stamp("09:02"))
    assert newest(bench) == stamp("08:00")
    assert len(bench.asked()) < 10
    assert len(lines(caplog, "This machine's clock")) == 1


def test_a_machine_hours_ahead_uses_no_row_before_it_has_closed(bench: Bench) -> None:
    def behind(request: httpx.Request) -> httpx.Response | None:
        bench.clock.time -= 3 * 3600.0  # what the server knows, and its date
        answer = ordinary(bench, behind, request)
        answer.headers["Date"] = formatdate(bench.clock.now(), usegmt=True)
        bench.clock.time += 3 * 3600.0
        return answer

    bench.fake.first.insert(0, behind)
    bench.feed.watch("funding_rate", "BTC", "1h")
    bench.feed.load()
    bench.run(stamp("09:55"))  # it is 06:55
    assert newest(bench) == stamp("05:00")
    bench.run(stamp("10:10"))
    assert newest(bench) == stamp("06:00")


def test_a_machine_that_slept_for_a_night_goes_on_with_what_it_had(bench: Bench) -> None:
    bench.feed.watch("funding_rate", "BTC", "1h")
    bench.feed.load()
    bench.run(stamp("08:05"))
    bench.read()
    bench.clock.time += 9 * 3600.0
    bench.feed.maintain()  # before the bot's loop has looked at anything
    assert newest(bench) == stamp("07:00")
    bench.run(stamp("17:06"))
    assert newest(bench) == stamp("16:00")


def test_what_no_candle_asks_for_any_more_is_given_up_and_comes_back_when_asked_for(
    bench: Bench,
) -> None:
    bench.feed.watch("funding_rate", "BTC", "1h")
    bench.feed.watch("order_book", "BTC", "1h")
    bench.feed.load()
    while bench.clock.now() < stamp("16:00").timestamp():
        bench.read(FUNDING)
        bench.feed.run_due()
        bench.clock.time += 60.0
    before = len(bench.asked("orderbook"))
    bench.clock.time += 2 * 3600.0
    bench.feed.run_due()
    assert len(bench.asked("orderbook")) == before
    bench.read(BOOK)
    bench.feed.run_due()
    assert len(bench.asked("orderbook")) > before
    bench.clock.time += 1.0
    assert bench.read(BOOK)["time"].iloc[-1] == stamp("16:00")
