"""`verify` as a person and as a program see it, and the file that others may read."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from tests.cli.conftest import KEY, NOW
from tests.support import contract_faults as plant
from tests.support.served import FUNDING, OI, PAIRS
from vectra_freqtrade.cli.errors import Exit
from vectra_freqtrade.cli.verify import output
from vectra_freqtrade.cli.verify.exchange import rows_of
from vectra_freqtrade.coinglass.contract import amounts
from vectra_freqtrade.coinglass.contract.rows import Rows
from vectra_freqtrade.coinglass.contract.watch import Advice, Measured
from vectra_freqtrade.coinglass.contract.watching import Watch


def said(result) -> str:
    return " ".join(result.output.split())


def test_a_contract_that_holds_is_a_table_and_status_0(run, server):
    result = run("verify", "--no-exchange")
    assert result.exit_code == Exit.DONE, result.output
    assert "The contract holds." in said(result)
    assert OI in result.output and "Broken" in result.output
    assert "CoinGlass Professional" in result.output


def test_a_deviation_is_a_line_with_what_was_expected_what_came_and_its_columns(run, server):
    server.faults.append(plant.NewestFirst(FUNDING))
    result = run("verify", "--no-exchange")
    assert result.exit_code == Exit.INCOMPLETE == 1
    (line,) = [each for each in result.output.splitlines() if each.startswith("order:")]
    assert f"{FUNDING} 1h 4h: expected oldest first; came newest first. Columns: cg_" in line
    assert "1 deviation from the contract." in said(result)


def test_json_is_all_that_is_printed_and_says_the_same(run, server):
    server.faults.append(plant.Header(80))
    result = run("verify", "--no-exchange", "--json")
    told = json.loads(result.stdout)
    assert (told["exit"], result.exit_code, told["broken"]) == (1, 1, 1)
    assert told["findings"][0]["promise"] == "rate"
    assert told["plan"] == "professional"
    assert told["requests"] <= 80


def test_the_file_for_an_issue_holds_no_key_no_account_and_no_pair_list(
    run, server, tmp_path: Path
):
    def renamed(data):
        return {
            venue: [
                item | {"base_asset": item["base_asset"].replace("ETH", "OTHER")} for item in items
            ]
            for venue, items in data.items()
        }

    server.faults.append(plant.Answered(PAIRS, renamed))
    file = tmp_path / "new" / "report.json"
    result = run("verify", "--no-exchange", "-o", str(file))
    assert result.exit_code == 1
    assert "ETH" in result.output  # a person sees which coin
    text = file.read_text(encoding="utf-8")
    told = json.loads(text)
    assert told["broken"] == 1
    assert [each["coin"] for each in told["findings"] if each["coin"]] == [output._HIDDEN]
    for secret in (KEY, "ETH", "OTHER", "expire", str(tmp_path), server.url):
        assert secret not in text


def test_without_a_pair_list_the_contract_is_held_all_the_same(run, server, userdir: Path):
    config = json.loads((userdir / "config.json").read_text())
    config["exchange"]["pair_whitelist"] = []
    (userdir / "config.json").write_text(json.dumps(config))
    assert run("verify", "--no-exchange").exit_code == Exit.DONE


def test_a_key_without_a_plan_is_a_matter_of_the_key(run, server):
    server.set_plan(KEY, "none")
    assert run("verify", "--no-exchange").exit_code == Exit.KEY
    server.set_plan(KEY, "hobbyist", expires=NOW.timestamp() - 60)
    assert run("verify", "--no-exchange").exit_code == Exit.KEY


def test_an_interval_that_coinglass_does_not_have_is_a_mistake(run, server):
    result = run("verify", "--no-exchange", "--intervals", "7m")
    assert result.exit_code == Exit.MISTAKE
    assert "7m" in result.output


def test_what_is_not_answered_is_incomplete_and_no_deviation(run, server):
    from tests.support.faults import BodyError

    server.faults.append(BodyError(path=FUNDING, times=None))
    result = run("verify", "--no-exchange")
    assert result.exit_code == Exit.INCOMPLETE
    assert "No deviation, but" in said(result)


def test_a_watch_says_its_end_first_and_what_to_set_at_last(run, server, monkeypatch):
    def stopped(self, say) -> None:
        for each in self.series:
            self._ask(each)
        server.clock.set(datetime(2025, 3, 1, 1, 3, tzinfo=UTC).timestamp())
        for each in self.series:
            self._ask(each)
        raise KeyboardInterrupt

    monkeypatch.setattr(Watch, "run", stopped)
    result = run("verify", "--watch", "--intervals", "1h")
    assert result.exit_code == Exit.DONE, result.output
    assert result.stderr.startswith("Watching 7 series on 1h: each interval closes twice by")
    assert "2025-03-01 02:00 UTC" in result.stderr
    assert 'Set "delay": 190' in said(result)  # nobody looked before
    assert "order_book" in result.output


def test_advice_names_the_delay_and_the_settle_to_set():
    row = Measured("order_book", "/api/x", "4h", 2, 10.0, 70.0, 2, 0.2)
    text = output.advised_text(Advice(80, {"order_book": 1}), [row], 60)
    assert 'Set "delay": 80' in text
    assert '"settle": {"order_book": 1}' in text
    assert "will do" in output.advised_text(Advice(None, {}), [row], 90)


class TestOwnCandles:
    """The exchange's candles are the measure of what CoinGlass sends as price and volume."""

    HOUR = 3_600_000
    CLOSES = (100.0, 102.0, 99.0, 105.0, 101.0, 108.0, 104.0, 110.0)

    def candles(self) -> Rows:
        date = pd.date_range("2026-01-01", periods=8, freq="h", tz="UTC")
        frame = pd.DataFrame({"date": date, "close": self.CLOSES, "volume": 10.0})
        return rows_of(frame, volume=True)

    def test_they_are_rows_at_their_open(self):
        rows = self.candles()
        assert rows.times[0] == pd.Timestamp("2026-01-01", tz="UTC").value // 10**6
        assert rows.values["volume_usd"][0] == 1000.0

    def test_equal_prices_hold(self):
        found = amounts.prices(self.candles(), self.candles(), self.HOUR, "1h")
        assert {each.outcome.value for each in found} == {"kept"}

    def test_prices_of_another_contract_are_named(self):
        rows = self.candles()
        other = Rows(rows.times, {"close": rows.values["close"] * 1000})
        found = amounts.prices(other, rows, self.HOUR, "1h")
        assert [each.promise for each in found if each.outcome.value == "broken"] == ["price"]

    def test_prices_at_the_close_are_named(self):
        rows = self.candles()
        late = Rows(rows.times + self.HOUR, rows.values)
        (found,) = amounts.prices(late, rows, self.HOUR, "1h")
        assert (found.promise, found.outcome.value) == ("stamp", "broken")

    @pytest.mark.parametrize(("scale", "outcome"), [(100, "kept"), (1, "broken"), (1e4, "broken")])
    def test_funding_is_held_against_the_exchanges_own(self, scale, outcome):
        own = [0.0001, -0.00005, 0.0002, 0.0001, 0.00012, 0.0]
        rows = Rows(self.candles().times[:6], {"close": pd.Series(own).to_numpy() * scale})
        assert amounts.funding(rows, own, "1h").outcome.value == outcome
