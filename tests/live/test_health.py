"""One line for a change of health, whatever CoinGlass does."""

import json
import logging
from pathlib import Path

import pytest

from tests.support.intruder import Intruded
from vectra_freqtrade.errors import AuthError, ContractError, PlanError, TransientError
from vectra_freqtrade.live.health import Health

DOWN = TransientError("CoinGlass did not answer in time.")


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


@pytest.fixture(autouse=True)
def _info(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "vectra_freqtrade")


def fail(health: Health, now: float, *datasets: str) -> None:
    for dataset in datasets:
        health.failed(f"{dataset} BTC 1h", f"{dataset} 1h", now, DOWN)
    health.say(now)


def heal(health: Health, now: float, *datasets: str) -> None:
    for dataset in datasets:
        health.ok(f"{dataset} BTC 1h", f"{dataset} 1h", now)
    health.say(now)


def test_a_days_outage_is_one_line_and_its_end_another(caplog: pytest.LogCaptureFixture) -> None:
    health = Health()
    for second in range(0, 86_400, 10):
        fail(health, 1000.0 + second, "open_interest", "funding_rate")
    heal(health, 90_000.0, "open_interest", "funding_rate")
    down, up = lines(caplog)
    assert "funding_rate, open_interest" in down
    assert "did not answer in time" in down
    assert "trading goes on" in down
    assert "is back, after 1483 minutes" in up


def test_a_hiccup_is_no_line(caplog: pytest.LogCaptureFixture) -> None:
    health = Health()
    fail(health, 0.0, "open_interest")
    heal(health, 10.0, "open_interest")
    heal(health, 100.0, "open_interest")
    assert lines(caplog) == []


def test_what_fails_later_is_told_too(caplog: pytest.LogCaptureFixture) -> None:
    health = Health()
    for second in range(0, 600, 10):
        fail(health, float(second), "open_interest")
    for second in range(600, 1200, 10):
        fail(health, float(second), "open_interest", "taker_volume")
    assert len(lines(caplog)) == 2
    assert "taker_volume" in lines(caplog)[1]


def words(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What each line says of CoinGlass data."""
    return [line.removeprefix("CoinGlass data ").split(" since")[0] for line in lines(caplog)]


@pytest.mark.parametrize("period", [20, 60, 160, 240])
def test_what_flaps_for_hours_is_said_once_as_such_and_once_when_it_is_well(
    period: int, caplog: pytest.LogCaptureFixture
) -> None:
    health = Health()
    for second in range(0, 3 * 3600, 2):
        turn = heal if second // (period // 2) % 2 else fail
        turn(health, 1000.0 + second, "open_interest")
    told = words(caplog)
    assert told.count("comes and goes") == 1
    assert len(told) <= 3  # down and well before it was known to flap
    assert told[-1] == "comes and goes"
    for second in range(3 * 3600, 5 * 3600, 2):
        heal(health, 1000.0 + second, "open_interest")
    (well,) = words(caplog)[len(told) :]
    assert well.startswith("is back, after 1")


def test_series_that_fail_and_recover_in_turn_are_said_although_some_always_fail(
    caplog: pytest.LogCaptureFixture,
) -> None:
    health = Health()
    for second in range(0, 3600, 5):
        for coin in range(10):
            label, group = f"open_interest C{coin} 1h", "open_interest 1h"
            if (second // 5 + coin) % 10 < 3:
                health.failed(label, group, float(second), DOWN)
            else:
                health.ok(label, group, float(second))
        health.say(float(second))
    assert words(caplog) == ["comes and goes"]


def test_an_outage_that_reaches_series_after_series_is_an_outage(
    caplog: pytest.LogCaptureFixture,
) -> None:
    health = Health()
    for second in range(0, 3600, 10):
        health.failed(f"open_interest C{second} 1h", "open_interest 1h", float(second), DOWN)
        health.say(float(second))
    assert words(caplog) == ["can't be had"]


def test_what_flapped_and_is_then_gone_for_good_is_said(caplog: pytest.LogCaptureFixture) -> None:
    health = Health()
    for second in range(0, 7200, 5):
        well = second < 1200 and second // 20 % 2
        (heal if well else fail)(health, float(second), "open_interest")
    assert words(caplog) == ["comes and goes", "can't be had"]
    for second in range(7200, 7800, 5):
        heal(health, float(second), "open_interest")
    assert words(caplog)[2:] == ["is back, after 120 minutes."]


def test_two_hiccups_are_no_line_and_a_later_outage_is_an_outage(
    caplog: pytest.LogCaptureFixture,
) -> None:
    health = Health()
    for second in range(0, 4000, 5):
        bad = second < 10 or 200 <= second < 210 or second >= 3000
        (fail if bad else heal)(health, float(second), "open_interest")
    assert words(caplog) == ["can't be had"]


def test_a_dataset_that_is_off_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    health = Health()
    for hour in range(24):
        for coin in ("BTC", "ETH"):
            error = ContractError("x")
            health.failed(f"order_book {coin} 1h", "order_book 1h", 3600.0 * hour, error)
        health.say(3600.0 * hour)
    (line,) = lines(caplog)
    assert "order_book BTC 1h is off" in line


def test_another_plan_is_one_line_for_all_it_lacks_and_one_for_all_it_has_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    health = Health()
    series = [(name, coin) for name in ("funding_rate", "order_book") for coin in ("BTC", "ETH")]
    for second in range(0, 3600, 10):
        for name, coin in series[: 1 + second // 10]:  # each is refused when it is asked for
            error = PlanError("1h needs CoinGlass Startup.")
            health.failed(f"{name} {coin} 1h", f"{name} 1h", float(second), error)
        health.say(float(second))
    for second in range(3600, 7200, 10):
        for name, coin in series:
            health.ok(f"{name} {coin} 1h", f"{name} 1h", float(second))
        health.say(float(second))
    lacks, again = lines(caplog)
    assert "funding_rate 1h, order_book 1h are off: 1h needs CoinGlass Startup." in lacks
    assert "Trading goes on" in lacks
    assert again == "funding_rate 1h, order_book 1h are back."


def test_a_key_that_dies_is_said_once_for_all_datasets(caplog: pytest.LogCaptureFixture) -> None:
    health = Health()
    for dataset in ("open_interest", "funding_rate", "liquidation"):
        health.failed(f"{dataset} BTC 1h", f"{dataset} 1h", 0.0, AuthError("Invalid API key."))
    (line,) = lines(caplog)
    assert "does not accept the key" in line
    assert "trading goes on" in line


def test_what_comes_again_is_said_and_its_next_end_too(caplog: pytest.LogCaptureFixture) -> None:
    health = Health()
    for now in (0.0, 10_000.0):
        health.failed("order_book BTC 1h", "order_book 1h", now, ContractError("rows"))
        health.ok("order_book BTC 1h", "order_book 1h", now + 900)
    assert [line.split(":")[0] for line in lines(caplog)] == [
        "order_book BTC 1h is off",
        "order_book BTC 1h is back.",
        "order_book BTC 1h is off",
        "order_book BTC 1h is back.",
    ]


def test_doctor_can_read_it(tmp_path: Path) -> None:
    file = tmp_path / ".client" / "health-mine.json"
    health = Health(file, "mine")
    health.ok("open_interest BTC 1h", "open_interest 1h", 0.0, "1969-12-31T23:00:00+00:00")
    health.failed("funding_rate BTC 1h", "funding_rate 1h", 60.0, DOWN)
    health.write(61.0)
    told = json.loads(file.read_text())
    assert told["bot"] == "mine"
    assert told["series"]["open_interest BTC 1h"]["state"] == "ok"
    assert told["series"]["funding_rate BTC 1h"]["state"] == "failing"
    (error,) = told["errors"]
    assert error["what"] == "funding_rate BTC 1h"


def test_a_feed_in_good_health_shows_that_it_lives(tmp_path):
    file = tmp_path / "health-bot.json"
    health = Health(file, "bot")
    health.ok("open_interest BTC 1h", "open_interest 1h", 1000.0)

    def written(now: float) -> str:
        health.ok("open_interest BTC 1h", "open_interest 1h", now)
        health.write(now)
        return json.loads(file.read_text())["written"]

    first = written(1000.0)
    assert written(1100.0) == first
    assert written(1301.0) > first


def say(health: Health) -> None:
    health.say(100.0)


def state(health: Health) -> None:
    health.report(100.0)


@pytest.mark.parametrize("look", [say, state])
def test_a_series_that_is_new_while_somebody_looks_at_all_disturbs_nobody(look) -> None:
    """A worker's first answer met the planner's look: then nothing was planned for a minute."""
    health = Health()
    fail(health, 0.0, "open_interest", "funding_rate")
    series = Intruded(health._series, lambda: fail(health, 100.0, "order_book"))
    health._series = series
    look(health)
    series.finish()
    assert len(health.report(100.0).series) == 3


def test_a_refusal_that_comes_while_what_the_plan_lacks_is_told_is_told_too(caplog) -> None:
    health = Health()

    def refuse(now: float, *datasets: str) -> None:
        for dataset in datasets:
            health.failed(f"{dataset} BTC 1h", f"{dataset} 1h", now, PlanError("Not in the plan."))

    refuse(0.0, "open_interest", "funding_rate")
    held = Intruded(health._gaps, lambda: refuse(50.0, "order_book"))
    health._gaps = held
    health.say(50.0)
    held.finish()
    health.say(150.0)
    told = " ".join(lines(caplog))
    assert all(name in told for name in ("open_interest 1h", "funding_rate 1h", "order_book 1h"))
