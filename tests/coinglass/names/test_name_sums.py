"""Names that begin later, end, or miss a row: what their sum is."""

from datetime import timedelta

import pandas as pd
import pytest

from tests.coinglass.fake import envelope
from tests.coinglass.named_fake import DAY_MS, NOW, Listed, NamedCoinglass, ms, pepe, span
from vectra_freqtrade.catalogue.coin_names import Began
from vectra_freqtrade.coinglass.names.name_sums import Part, began_by, begin_of, summed, weighted

HOUR_MS = 3_600_000
PRICE = 0.0000071


def frame(rows: dict[int, float], name: str = "v", **more: list[pd.Timedelta]) -> pd.DataFrame:
    time = pd.to_datetime(list(rows), unit="h", utc=True).as_unit("ms")
    return pd.DataFrame({"time": time, name: list(rows.values()), **more})


def cells(sum_of: pd.DataFrame) -> dict[int, float]:
    hours = (sum_of["time"] - pd.Timestamp(0, tz="UTC")) // pd.Timedelta("1h")
    return dict(zip(hours, sum_of["v"], strict=True))


def test_a_name_counts_as_nothing_before_its_first_row_and_as_a_hole_after_it():
    a = Part(frame({1: 10.0, 2: 11.0, 3: 12.0, 4: 13.0}), HOUR_MS)
    late = Part(frame({3: 5.0, 4: 6.0}), 3 * HOUR_MS)
    hole = Part(frame({1: 1.0, 2: 1.0, 4: 1.0}), HOUR_MS)
    assert cells(summed([a, late], ["v"])) == {1: 10.0, 2: 11.0, 3: 17.0, 4: 19.0}
    assert cells(summed([a, late, hole], ["v"])) == {1: 11.0, 2: 12.0, 4: 20.0}


def test_the_newest_row_waits_until_every_name_has_it_and_not_for_one_that_has_ended():
    a = Part(frame({1: 10.0, 2: 11.0, 3: 12.0}), HOUR_MS)
    slow = frame({1: 1.0, 2: 1.0})
    assert cells(summed([a, Part(slow, HOUR_MS)], ["v"])) == {1: 11.0, 2: 12.0}
    gone = Part(slow, HOUR_MS, ended=True)
    assert cells(summed([a, gone], ["v"])) == {1: 11.0, 2: 12.0, 3: 12.0}
    never = Part(frame({}), 0, ended=True)
    assert cells(summed([a, never], ["v"])) == {1: 10.0, 2: 11.0, 3: 12.0}


def test_a_name_without_a_weight_at_a_time_makes_the_mean_missing():
    a, b = frame({1: 0.01, 2: 0.02, 3: 0.04}), frame({1: 0.03, 2: 0.04, 3: 0.02})
    heavy = frame({1: 3.0, 2: 1.0, 3: 0.0}, "weight")
    holed = frame({1: 1.0, 3: 1.0}, "weight")
    parts = [Part(a, HOUR_MS), Part(b, HOUR_MS)]
    weights = [Part(heavy, HOUR_MS), Part(holed, HOUR_MS)]
    held = cells(weighted(parts, weights, ["v"]))
    assert held == {1: pytest.approx(0.015), 3: pytest.approx(0.02)}


def test_a_name_that_has_weight_and_no_rate_makes_the_mean_missing():
    parts = [Part(frame({1: 0.01, 2: 0.02}), HOUR_MS), Part(frame({2: 0.04}), HOUR_MS)]
    weights = [Part(frame({1: 1.0, 2: 1.0}, "weight"), HOUR_MS)] * 2
    assert cells(weighted(parts, weights, ["v"])) == {2: pytest.approx(0.03)}


def test_while_a_name_has_no_rate_yet_or_no_more_its_weight_counts_as_nothing():
    whole, short = frame({1: 0.01, 2: 0.02, 3: 0.04}), frame({2: 0.04})
    weights = [Part(frame({1: 1.0, 2: 1.0, 3: 1.0}, "weight"), HOUR_MS)] * 2
    late = [Part(whole, HOUR_MS), Part(short, 2 * HOUR_MS)]
    assert cells(weighted(late, weights, ["v"])) == {1: 0.01, 2: pytest.approx(0.03)}
    gone = [Part(whole, HOUR_MS), Part(short, 2 * HOUR_MS, ended=True)]
    assert cells(weighted(gone, weights, ["v"])) == {1: 0.01, 2: pytest.approx(0.03), 3: 0.04}


def test_of_what_is_no_value_the_largest_stands():
    days = pd.to_timedelta([1, 1], unit="D").as_unit("ms")
    wide = pd.to_timedelta([3, 3], unit="D").as_unit("ms")
    a = frame({24: 1.0, 48: 2.0}, spacing=list(days))
    b = frame({24: 1.0, 48: 2.0}, spacing=list(wide))
    held = summed([Part(a, 0), Part(b, 0)], ["v"])
    assert list(held) == ["time", "v", "spacing"]
    assert (held["spacing"] == pd.Timedelta("3D")).all()


@pytest.mark.parametrize(
    ("began", "first", "gap", "end", "found"),
    [
        # Its first day is known: what is missing on that day was before it.
        (Began(first=10 * DAY_MS), 10 * DAY_MS + 8 * HOUR_MS, 9 * DAY_MS, None, "first"),
        (Began(first=10 * DAY_MS), 12 * DAY_MS, 9 * DAY_MS, None, 10 * DAY_MS),
        (Began(first=10 * DAY_MS), None, 2 * DAY_MS, 9 * DAY_MS, 10 * DAY_MS),
        # It is older than what was looked at: a hole.
        (Began(before=2 * DAY_MS), 12 * DAY_MS, 9 * DAY_MS, None, "gap"),
        (Began(before=9 * DAY_MS), 12 * DAY_MS, 2 * DAY_MS, None, None),
        # It had nothing when it was asked for: nothing is missing.
        (Began(none=12 * DAY_MS), None, 9 * DAY_MS, 12 * DAY_MS, "end"),
        (Began(none=12 * DAY_MS), None, 9 * DAY_MS, 14 * DAY_MS, None),
        (Began(none=12 * DAY_MS), 13 * DAY_MS, 9 * DAY_MS, None, "first"),
        (Began(), 13 * DAY_MS, 9 * DAY_MS, None, None),
    ],
)
def test_what_is_missing_at_the_start_of_a_block_is_told_by_when_the_name_began(
    began, first, gap, end, found
):
    end = first if end is None else end
    told = {"first": first, "gap": gap, "end": end}.get(found, found)
    assert begin_of(began, first, gap, end) == told


def test_when_a_name_began_is_read_off_its_days():
    start = 100 * DAY_MS
    days = frame({24 * 100: 1.0, 24 * 101: 1.0}, "oi")
    later = frame({24 * 150: 1.0}, "oi")
    assert began_by(days, start, None, 0) == Began(before=start)
    assert began_by(later, start, None, 0) == Began(first=150 * DAY_MS)
    assert began_by(later, start, 140 * DAY_MS + 5, 0) == Began(first=140 * DAY_MS)
    assert began_by(frame({}, "oi"), start, None, 7) == Began(none=7)
    assert began_by(frame({}, "oi"), start, 140 * DAY_MS + 5, 7) == Began(first=140 * DAY_MS)


# The same against a CoinGlass.


def listed_late(hours: float) -> dict[str, Listed]:
    names = pepe()
    names["kPEPE"].since = ms(NOW - timedelta(hours=hours)) // HOUR_MS * HOUR_MS
    return names


def test_names_with_different_histories_are_one_series_and_the_first_day_is_asked_for_once(
    tmp_path, caplog
):
    caplog.set_level("INFO")
    server = NamedCoinglass(listed_late(30 * 24))
    with server.client(tmp_path) as client:
        client.made_of("open_interest", "PEPE")
        server.seen.clear()
        rows = client.fetch("open_interest", "PEPE", "1h", *span(100), strip_leading_zeros=True)
        daily = [r.url.params["symbol"] for r in server.seen if r.url.params["interval"] == "1d"]
        assert daily == ["kPEPE"]
    assert len(rows) == 100 * 24 - 1, "nothing is lost"
    before = rows["time"] < pd.Timestamp(server.names["kPEPE"].since, unit="ms", tz="UTC")
    grown = 1 + (rows["time"].dt.hour) / 1000
    assert (rows["oi"] / grown)[before].to_numpy() == pytest.approx(92e6 / PRICE, rel=1e-9)
    assert (rows["oi"] / grown)[~before].to_numpy() == pytest.approx(100e6 / PRICE, rel=1e-9)
    with server.client(tmp_path) as client:  # a new process, the same block
        server.seen.clear()
        again = client.fetch("open_interest", "PEPE", "1h", *span(100), strip_leading_zeros=True)
        assert {r.url.params["interval"] for r in server.seen} == {"1h"}
    assert again.equals(rows)
    assert [r.message for r in caplog.records if "begins on" in r.message] == [
        "open_interest of PEPE begins on 2026-10-24 under the name kPEPE, which counts as nothing "
        "before."
    ]


def test_a_hole_at_the_start_of_a_block_is_no_beginning():
    server = NamedCoinglass(pepe())
    start, _ = span(2)
    first = -(-ms(start) // HOUR_MS) * HOUR_MS
    server.names["1000PEPE"].holes = {first, first + HOUR_MS}
    with server.client() as client:
        rows = client.fetch("open_interest", "PEPE", "1h", *span(2))
    assert ms(rows["time"].iloc[0].to_pydatetime()) == first + 2 * HOUR_MS
    assert rows["oi"].iloc[0] > 99e6 / PRICE


def test_a_row_that_one_name_misses_is_missing(caplog):
    server = NamedCoinglass(pepe())
    hole = ms(NOW) // HOUR_MS * HOUR_MS - 5 * HOUR_MS
    server.names["PEPE"].holes = {hole}
    with server.client() as client:
        for dataset in ("open_interest", "liquidation", "funding_rate"):
            rows = client.fetch(dataset, "PEPE", "1h", *span())
            assert len(rows) == 46
            assert pd.Timestamp(hole, unit="ms", tz="UTC") not in set(rows["time"])
    assert not [r for r in caplog.records if r.levelname == "WARNING"]


def test_a_name_that_is_listed_and_has_rows_no_more_is_named_once_and_the_sum_is_missing(caplog):
    server = NamedCoinglass(pepe())
    with server.client() as client:
        client.made_of("open_interest", "PEPE")
        server.names["kPEPE"].until = ms(NOW - timedelta(hours=20)) // HOUR_MS * HOUR_MS
        for _ in range(3):
            rows = client.fetch("open_interest", "PEPE", "1h", *span())
        assert len(rows) == 27
    (said,) = [r.message for r in caplog.records if r.levelname == "WARNING"]
    assert "kPEPE" in said and "open_interest 1h" in said


def test_a_name_that_is_listed_no_more_counts_as_nothing_after_its_last_row(tmp_path, caplog):
    server = NamedCoinglass(pepe())
    with server.client(tmp_path) as client:
        before = client.made_of("open_interest", "PEPE")
        server.names["kPEPE"].until = ms(NOW - timedelta(hours=20)) // HOUR_MS * HOUR_MS
        server.unlisted.add("kPEPE")
        server.clock.time += 86_401
        client.made_of("open_interest", "PEPE")
        assert len(client.fetch("open_interest", "PEPE", "1h", *span())) == 27, "one list drops it"
        while "kPEPE" in client._pairs.lists().names:
            server.clock.time += 600
        rows = client.fetch("open_interest", "PEPE", "1h", *span())
        assert client.made_of("open_interest", "PEPE") == before
    assert len(rows) == 48
    assert rows["oi"].iloc[-1] == pytest.approx(92e6 * 1.006 / PRICE)
    assert rows["oi"].iloc[0] > 99e6 / PRICE


def test_a_name_that_only_venues_out_of_use_list_counts_as_nothing_after_its_last_row(caplog):
    names = {
        "1000PEPE": Listed(61e6, 0.0071, 1000, venues={"Binance": "1000PEPEUSDT", "BingX": "P"}),
        "PEPE": Listed(31e6, PRICE, venues={"OKX": "PEPE-USDT-SWAP"}),
        **{coin: Listed(9e9, 9.0, venues={"Binance": coin}) for coin in ("A", "B", "C", "D")},
    }
    server = NamedCoinglass(names)
    with server.client() as client:
        client.made_of("liquidation", "PEPE")
        names["1000PEPE"].until = ms(NOW - timedelta(hours=20)) // HOUR_MS * HOUR_MS
        names["1000PEPE"].venues = {"BingX": "P"}
        server.clock.time += 86_401
        rows = client.fetch("liquidation", "PEPE", "1h", *span())
    assert len(rows) == 48
    assert rows["liq_long_usd"].iloc[-1] == pytest.approx(31e6 * 1.006 / 100)
    assert not [r for r in caplog.records if r.levelname == "WARNING"]


def test_a_name_that_never_had_rows_of_a_dataset_counts_as_nothing_there():
    """A listed coin does not have every metric."""
    server = NamedCoinglass(pepe())
    none = lambda r: "liquidation" in r.url.path and r.url.params["symbol"] == "1000PEPE"  # noqa: E731
    server.first.insert(0, lambda r: envelope([]) if none(r) else None)
    with server.client() as client:
        rows = client.fetch("liquidation", "PEPE", "1h", *span())
    assert len(rows) == 47
    assert rows["liq_long_usd"].iloc[-1] == pytest.approx(31e6 * 1.005 / 100)
