import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from vectra_freqtrade.cli.doctor.finding import Finding, Level
from vectra_freqtrade.cli.doctor.health import bots, read_health
from vectra_freqtrade.errors import PlanError, TransientError
from vectra_freqtrade.live.health import Health

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
OI = "open_interest BTC 1h"


def written(minutes: float = 1.0, *, states: dict[str, str] | None = None, **rest: Any) -> dict:
    at = (NOW - timedelta(minutes=30)).isoformat()
    series = {
        name: {"state": state, "since": at, "last_row": at, "reason": f"why {state}"}
        for name, state in (states or {OI: "ok"}).items()
    }
    when = (NOW - timedelta(minutes=minutes)).isoformat()
    return {"written": when, "bot": "freqtrade", "series": series, "errors": []} | rest


def found_in(folder: Path, *files: object) -> list[Finding]:
    for number, content in enumerate(files):
        text = content if isinstance(content, str) else json.dumps(content)
        (folder / f"health-{number}.json").write_text(text)
    return bots(*read_health(folder), NOW)


def test_no_bot_is_well(tmp_path):
    (found,) = found_in(tmp_path)
    assert found.level is Level.OK
    assert bots(*read_health(tmp_path / "nowhere"), NOW) == [found]


def test_a_running_bot_is_one_line(tmp_path):
    states = {OI: "ok", "funding_rate BTC 1h": "ok", "taker_volume BTC 1h": "waiting"}
    (found,) = found_in(tmp_path, written(states=states))
    assert found.level is Level.OK
    assert found.text == "freqtrade: last sign of life 60 s ago; 2 ok, 1 waiting"


def test_what_fails_is_a_problem_and_what_is_off_a_warning_with_the_reason(tmp_path):
    states = {OI: "failing", "funding_rate BTC 1h": "failing", "large_orders BTC": "off"}
    _, failing, off = found_in(tmp_path, written(states=states))
    assert failing.level is Level.PROBLEM
    assert failing.text == (
        f"freqtrade: {OI}, funding_rate BTC 1h failing since 2026-11-23 05:30: why failing"
    )
    assert off.level is Level.WARNING
    assert "why off" in off.text


def test_a_bot_that_fell_silent_is_a_warning_and_one_that_ended_long_ago_is_not(tmp_path):
    silent, ended = found_in(tmp_path, written(25), written(60 * 30, states={OI: "failing"}))
    assert silent.level is Level.WARNING
    assert "25 min ago" in silent.text
    assert ended.level is Level.OK
    assert "it does not run" in ended.text


def test_the_last_errors_of_a_day_are_told(tmp_path):
    errors = [
        {"at": (NOW - timedelta(hours=h)).isoformat(), "what": f"w{h}", "reason": f"r{h}"}
        for h in (30, 5, 4, 3, 2)
    ]
    _, told = found_in(tmp_path, written(errors=errors))
    assert told.level is Level.WARNING
    assert "4 errors in 24 h" in told.text
    assert "04:00 w2: r2" in told.text
    assert "w5" not in told.text


@pytest.mark.parametrize(
    "content",
    [
        *("", "[]", "{", "null", '{"written": "soon"}', '{"written": 3}', '{"bot": "x"}', '"x"'),
        json.dumps(written(series=[1])),
        json.dumps(written(errors=["x"])),
    ],
)
def test_a_broken_file_is_a_warning_that_names_it(tmp_path, content):
    (found,) = found_in(tmp_path, content)
    assert found.level is Level.WARNING
    assert "health-0.json" in found.text


def test_what_a_later_version_writes_is_passed_over(tmp_path):
    state = written(more=1)
    state["series"][OI] = {"state": "ok", "since": None, "other": 2}
    state["errors"] = [{"at": None, "what": "x"}]
    (found,) = found_in(tmp_path, state)
    assert found.level is Level.OK


def test_what_the_feed_writes_is_read(tmp_path):
    """The two ends of the file: a bot's feed and the doctor."""
    now = NOW.timestamp()
    feed = Health(tmp_path / "health-mine.json", "mine")
    feed.ok(OI, "open_interest", now - 600, "2026-11-23T04:00:00+00:00")
    feed.failed("funding_rate BTC 1h", "funding_rate", now - 120, TransientError("HTTP 502"))
    feed.failed("large_orders BTC", "large_orders", now - 60, PlanError("not in this plan"))
    feed.write(now - 30)
    alive, failing, off, errors = bots(*read_health(tmp_path), NOW)
    assert alive.text.startswith("mine: last sign of life 30 s ago; ")
    assert sorted(alive.text.rpartition("; ")[2].split(", ")) == ["1 failing", "1 off", "1 ok"]
    assert failing.level is Level.PROBLEM and "HTTP 502" in failing.text
    assert off.level is Level.WARNING and "not in this plan" in off.text
    assert "2 errors in 24 h" in errors.text
