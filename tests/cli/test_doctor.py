"""The doctor, as a trader and as a script would run it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from tests.cli.conftest import KEY, PAIRS
from tests.support import faults
from tests.support.coinglass_server import CoinglassServer
from tests.support.strategies import ADOPTED, PLAIN
from vectra_freqtrade.cli.errors import Exit
from vectra_freqtrade.coinglass import http, retry
from vectra_freqtrade.coinglass.budget import window
from vectra_freqtrade.simulator.clock import RealClock
from vectra_freqtrade.simulator.market.market import SimulatedMarket


@pytest.fixture(scope="module")
def present() -> SimulatedMarket:
    return SimulatedMarket(PAIRS, start=datetime.now(UTC) - timedelta(days=50), seed=1)


@pytest.fixture
def server(present: SimulatedMarket, monkeypatch: pytest.MonkeyPatch) -> Iterator[CoinglassServer]:
    """On the machine's own clock, which the doctor compares with."""
    with CoinglassServer(
        present, RealClock(), plans={KEY: "professional"}, keep_rows=False
    ) as running:
        monkeypatch.setenv("COINGLASS_BASE_URL", running.url)
        quick = retry.RetryPolicy(attempts=2, initial_wait=0.001, max_wait=0.001)
        monkeypatch.setattr(http, "BACKFILL", quick)
        monkeypatch.setattr(http, "LIVE", quick)
        monkeypatch.setattr(window, "CATCH_UP", 60.0)
        monkeypatch.setenv("COINGLASS_API_KEY", KEY)
        yield running


@pytest.fixture
def examined(run):
    """The doctor's findings and its exit status, by check."""

    def examine(*words: str) -> tuple[dict[str, list[dict[str, str]]], int]:
        result = run("doctor", "--json", *words)
        assert "Traceback" not in result.output
        assert KEY not in result.output
        told = json.loads(result.stdout)
        assert told["exit"] == result.exit_code
        by_check: dict[str, list[dict[str, str]]] = {}
        for each in told["checks"]:
            by_check.setdefault(each["check"], []).append(each)
        return by_check, result.exit_code

    return examine


def levels(found: list[dict[str, str]]) -> set[str]:
    return {each["level"] for each in found}


def change(userdir: Path, **changes: object) -> None:
    path = userdir / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_all_well_ends_with_0_and_a_line_for_each_check(server, run, examined):
    assert run("download-data", "--days", "5").exit_code == 0
    found, status = examined()
    assert status == Exit.DONE
    assert set(found) == {
        "key", "plan", "clock", "settings", "rate", "store", "candles", "bot"
    }  # fmt: skip
    assert levels(found["key"]) == levels(found["plan"]) == levels(found["store"]) == {"ok"}
    assert "Professional" in found["plan"][0]["text"]
    assert "1200 requests a minute" in found["rate"][0]["text"]
    shown = run("doctor").stdout
    assert "0 problems, 1 warning." in shown  # there are no candles
    assert "freqtrade download-data --pairs" in shown


def test_offline_asks_nothing_and_goes_by_what_was_told_last(server, run, examined):
    found, _ = examined("--offline")
    assert levels(found["plan"]) == {"warning"}
    assert not server.log.entries()
    run("plan")
    asked = len(server.log.entries())
    found, _ = examined("--offline")
    assert found["plan"][0]["text"].startswith("Professional, as CoinGlass said")
    assert len(server.log.entries()) == asked


def test_without_a_key_it_is_the_free_tier_and_no_problem(server, examined, monkeypatch):
    monkeypatch.delenv("COINGLASS_API_KEY")
    found, status = examined()
    assert status == Exit.DONE
    assert levels(found["key"]) == {"warning"}
    assert "exchange's own candles" in found["store"][0]["text"]
    assert not server.log.entries()


MESSAGES = {
    "enabled": True,
    "producers": [{"name": "main", "host": "127.0.0.1", "port": 8080, "ws_token": "a-long-token"}],
}
CONSUMER = {"producer": "main", "intervals": ["1h", "4h"]}


def test_a_consumer_needs_no_key(server, examined, monkeypatch, userdir):
    monkeypatch.delenv("COINGLASS_API_KEY")
    change(userdir, coinglass=CONSUMER, external_message_consumer=MESSAGES)
    found, status = examined()
    assert status == Exit.DONE
    assert levels(found["key"]) == levels(found["config"]) == levels(found["store"]) == {"ok"}
    assert "from the producer main" in found["key"][0]["text"]
    assert not server.log.entries()


def test_a_consumers_key_file_that_is_not_there_is_no_problem(
    server, examined, monkeypatch, userdir
):
    monkeypatch.delenv("COINGLASS_API_KEY")
    section = CONSUMER | {"api_key_file": "/nowhere/key"}
    change(userdir, coinglass=section, external_message_consumer=MESSAGES)
    found, status = examined()
    assert status == Exit.DONE
    assert levels(found["key"]) == {"warning"}


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, "external_message_consumer"),
        ({"external_message_consumer": MESSAGES | {"enabled": False}}, "external_message_consumer"),
        (
            {"external_message_consumer": MESSAGES, "process_only_new_candles": True},
            "process_only_new_candles",
        ),
        (
            {"external_message_consumer": MESSAGES, "coinglass": {"producer": "main"}},
            "coinglass.intervals",
        ),
    ],
)
def test_a_consumer_that_would_not_start_is_a_problem_and_ends_with_2(
    server, examined, monkeypatch, userdir, changes, word
):
    monkeypatch.delenv("COINGLASS_API_KEY")
    change(userdir, **({"coinglass": CONSUMER} | changes))
    found, status = examined()
    assert status == Exit.MISTAKE
    assert any(word in each["text"] for each in found["config"] if each["level"] == "problem")


@pytest.mark.parametrize(("mode", "level"), [(0o600, "ok"), (0o644, "warning")])
def test_a_key_file_is_named_and_its_permissions_looked_at(
    server, examined, monkeypatch, userdir, tmp_path, mode, level
):
    monkeypatch.delenv("COINGLASS_API_KEY")
    file = tmp_path / "key"
    file.write_text(KEY)
    file.chmod(mode)
    change(userdir, coinglass={"api_key_file": str(file)})
    found, status = examined()
    assert found["key"][0]["level"] == level
    assert str(file) in found["key"][0]["text"]
    assert status == Exit.DONE


def test_a_key_file_that_is_not_there_is_a_problem(server, examined, monkeypatch, userdir):
    monkeypatch.delenv("COINGLASS_API_KEY")
    change(userdir, coinglass={"api_key_file": "/nowhere/key"})
    found, status = examined()
    assert found["key"][0]["level"] == "problem"
    assert status == Exit.KEY


def test_a_key_that_is_not_accepted_and_one_without_a_plan_end_with_3(
    server, examined, monkeypatch
):
    server.set_plan(KEY, "none")
    found, status = examined()
    assert status == Exit.KEY
    assert "has no plan" in found["plan"][0]["text"]
    monkeypatch.setenv("COINGLASS_API_KEY", "another0key")
    found, status = examined()
    assert status == Exit.KEY
    assert found["key"][1]["level"] == "problem"


def test_coinglass_out_of_reach_is_a_problem_and_the_rest_is_still_looked_at(server, examined):
    server.faults.append(faults.ServerError(times=None))
    found, status = examined()
    assert status == Exit.INCOMPLETE
    assert levels(found["network"]) == {"problem"}
    assert {"settings", "store", "bot"} <= set(found)


@pytest.mark.parametrize(("seconds", "level"), [(20.0, "warning"), (-300.0, "problem")])
def test_a_clock_that_is_off_is_seen_by_coinglasss_date(server, examined, seconds, level):
    server.faults.append(faults.ClockSkew(seconds))
    found, _ = examined()
    assert levels(found["clock"]) == {level}


def test_what_the_plan_lacks_and_a_plan_that_the_config_got_wrong_are_told(
    server, examined, userdir
):
    server.set_plan(KEY, "hobbyist")
    section = {"datasets": ["open_interest", "bitcoin_dominance"], "plan": "professional"}
    change(userdir, coinglass=section)
    found, _ = examined()
    assert any("CoinGlass says Hobbyist" in each["text"] for each in found["plan"])
    change(userdir, coinglass=section | {"plan": "auto"})
    found, _ = examined()
    assert any(
        "bitcoin_dominance is off" in each["text"] and each["level"] == "warning"
        for each in found["plan"]
    )


def test_a_rate_too_small_for_the_pair_list_is_told_with_the_delay_to_set(server, examined):
    server.set_plan(KEY, "hobbyist")
    found, _ = examined("--pairs", " ".join(f"C{number}/USDT:USDT" for number in range(30)))
    assert levels(found["rate"]) == {"warning"}
    assert "coinglass.delay to" in found["rate"][0]["fix"]
    assert any("C7" in each["text"] for each in found["pairs"])


def test_a_broken_file_of_the_store_is_named_and_ends_with_1(server, run, examined, userdir):
    run("download-data", "--days", "5")
    path = userdir / "data" / "coinglass" / "open_interest" / "BTC-1h.feather"
    path.write_bytes(b"nonsense")
    found, status = examined("--offline")
    assert status == Exit.INCOMPLETE
    assert str(path) in found["store"][0]["text"]
    assert path.read_bytes() == b"nonsense"


def test_old_rows_are_told_by_dataset(server, run, examined, userdir):
    run("download-data", "--days", "5")
    path = userdir / "data" / "coinglass" / "open_interest" / "BTC-1h.feather"
    frame = pd.read_feather(path)
    frame.iloc[:-10].reset_index(drop=True).to_feather(path)
    found, status = examined("--offline")
    assert status == Exit.DONE
    (line,) = [each for each in found["store"] if each["text"].startswith("open_interest")]
    assert "too old for a bot: BTC 1h" in line["text"].replace("Too", "too")
    assert f"--userdir {userdir}" in line["fix"]


def test_mistakes_in_the_config_are_problems_and_the_rest_is_still_looked_at(
    server, examined, userdir
):
    change(userdir, use_exit_signal=False, coinglass={"lookbak": 2, "api_key": KEY})
    found, status = examined()
    assert status == Exit.MISTAKE
    text = " ".join(each["text"] for each in found["settings"])
    assert "COINGLASS_API_KEY" in text
    assert "use_exit_signal" in found["config"][0]["text"]
    change(userdir, coinglass={"lookbak": 2})
    found, _ = examined()
    assert "did you mean 'lookback'" in found["settings"][0]["text"]
    assert levels(found["store"]) == {"warning"}


def test_a_key_pasted_into_a_pairs_place_is_not_repeated(server, examined):
    examined("--pairs", f"{KEY}/USDT:USDT")


def test_the_health_that_bots_leave_is_read(server, examined, userdir):
    state = userdir / "data" / "coinglass" / ".client"
    state.mkdir(parents=True)
    now = datetime.now(UTC).isoformat()
    series = {"open_interest BTC 1h": {"state": "failing", "since": now, "reason": "HTTP 502"}}
    (state / "health-1.json").write_text(
        json.dumps({"written": now, "bot": "mine", "series": series, "errors": []})
    )
    found, status = examined("--offline")
    assert status == Exit.INCOMPLETE
    assert "HTTP 502" in found["bot"][1]["text"]


def write_strategy(userdir: Path, name: str, code: str) -> None:
    folder = userdir / "strategies"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.py").write_text(code)


TRAILING = "class Adopted(CoinglassTrailingMixin, CoinglassMixin, IStrategy):\n"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("    def custom_exit(self, *a, **k):\n        return None\n", "its own custom_exit"),
        ("    def ft_bot_start(self, **k):\n        pass\n", "its own ft_bot_start"),
        ("    use_exit_signal = False\n", "use_exit_signal is False"),
        ("    trailing_stop = True\n", "trailing_stop is True"),
    ],
)
def test_what_a_strategy_shadows_is_a_problem_by_name(server, examined, userdir, body, said):
    code = ADOPTED.replace("class Adopted(CoinglassMixin, IStrategy):\n", TRAILING + body)
    write_strategy(userdir, "Adopted", code)
    found, status = examined("--offline", "--strategy", "Adopted")
    assert status == Exit.MISTAKE
    assert said in " ".join(each["text"] for each in found["strategy"])


def test_a_strategy_that_calls_super_is_well(server, examined, userdir):
    body = "    def custom_exit(self, *a, **k):\n        return super().custom_exit(*a, **k)\n"
    code = ADOPTED.replace("class Adopted(CoinglassMixin, IStrategy):\n", TRAILING + body)
    code = code.replace("startup_candle_count = 30", "startup_candle_count = 1000")
    write_strategy(userdir, "Adopted", code)
    found, _ = examined("--offline", "--strategy", "Adopted")
    assert levels(found["strategy"]) == {"ok"}


def test_a_strategy_of_columns_alone_that_loses_its_start_is_a_problem(server, examined, userdir):
    head = "class Adopted(CoinglassMixin, IStrategy):\n"
    body = "    def gather_informative_pairs(self):\n        return []\n"
    write_strategy(userdir, "Adopted", ADOPTED.replace(head, head + body))
    found, _ = examined("--offline", "--strategy", "Adopted")
    assert "gather_informative_pairs" in found["strategy"][0]["text"]


def test_adaptive_bands_need_a_startup_that_holds_their_window(server, examined, userdir):
    write_strategy(userdir, "Adopted", ADOPTED)
    change(userdir, coinglass={"bands": "adaptive"})
    found, status = examined("--offline", "--strategy", "Adopted")
    assert status == Exit.MISTAKE
    assert "at least 206" in found["strategy"][0]["text"]


def test_settings_without_the_dataset_that_triggers_a_strategy_are_a_problem(
    server, examined, userdir
):
    needs = '    needed_datasets = ("funding_rate",)\n    timeframe = "5m"'
    write_strategy(userdir, "Adopted", ADOPTED.replace('    timeframe = "5m"', needs))
    change(userdir, coinglass={"datasets": ["open_interest"]})
    found, status = examined("--offline", "--strategy", "Adopted")
    assert status == Exit.MISTAKE
    assert "leaves out funding_rate, which Adopted" in found["strategy"][0]["text"]


def test_levels_that_would_begin_late_are_a_warning(server, examined, userdir):
    write_strategy(userdir, "Adopted", ADOPTED)
    found, status = examined("--offline", "--strategy", "Adopted")
    assert status == Exit.DONE
    assert levels(found["strategy"]) == {"warning"}
    assert "Liquidation levels are estimated from" in found["strategy"][0]["text"]


def test_a_strategy_without_our_columns_is_a_warning(server, examined, userdir):
    write_strategy(userdir, "Plain", PLAIN)
    found, status = examined("--offline", "--strategy", "Plain")
    assert status == Exit.DONE
    assert levels(found["strategy"]) == {"warning"}


@pytest.mark.parametrize(
    "code", [None, "class Adopted(\n", "import nothing_of_this_name\n", "1 / 0\n"]
)
def test_a_strategy_that_cant_be_loaded_is_a_problem(server, examined, userdir, code):
    if code is not None:
        write_strategy(userdir, "Adopted", code)
    found, status = examined("--offline", "--strategy", "Adopted")
    assert status == Exit.MISTAKE
    assert levels(found["strategy"]) == {"problem"}


def test_a_config_that_is_not_there_is_a_plain_message(server, run):
    result = run("doctor", "-c", "nope.json")
    assert result.exit_code == Exit.MISTAKE
    assert "nope.json" in result.stderr
