import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from tests.cli.conftest import KEY, NOW, PAIRS
from tests.support import row_faults
from tests.support.fault_hook import Call
from tests.support.planned_fault import Planned
from vectra_freqtrade.cli.errors import Exit
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.simulator.loopback import Reply

OI = "/api/futures/open-interest/aggregated-history"
RATIO = "/api/futures/global-long-short-account-ratio/history"


def data(userdir: Path) -> Path:
    return userdir / "data" / "coinglass"


def test_plan_tells_plan_rate_and_what_is_on_and_why(server, run):
    server.set_plan(KEY, "hobbyist")
    result = run("plan")
    assert result.exit_code == 0
    assert "Plan: Hobbyist (tier BASIC, by subscription" in result.stdout
    assert "Rate: 30 requests a minute; delay: 60 s" in result.stdout
    assert "needs CoinGlass Startup" in result.stdout


def test_plan_as_json_is_json_alone(server, run):
    told = json.loads(run("plan", "--json").stdout)
    assert (told["plan"], told["tier"], told["requests_per_minute"]) == (
        "professional",
        "PRO",
        1200,
    )
    assert told["intervals"] == ["1h", "4h"]
    rows = {row["dataset"]: row for row in told["datasets"]}
    assert rows["open_interest"]["on"] and not rows["order_book"]["on"]
    assert rows["liquidation_map"]["smallest_plan"] == "professional"


def test_plan_says_when_the_rate_is_too_slow_for_the_delay_and_which_delay_to_set(server, run):
    server.set_plan(KEY, "hobbyist")
    pairs = " ".join(f"C{number}/USDT:USDT" for number in range(30))
    told = json.loads(run("plan", "--json", "--pairs", pairs).stdout)
    assert told["due_requests"] == 30 * 2 + 30 * 2 * 2 + 30
    assert any("coinglass.delay to 430" in note for note in told["notes"])


@pytest.mark.parametrize(
    ("plan", "intervals", "said"),
    [("hobbyist", "auto", True), ("startup", "auto", False), ("hobbyist", ["4h", "12h"], False)],
)
def test_plan_says_where_there_is_no_conflict_of_intervals_to_see(
    server, run, userdir, plan, intervals, said
):
    server.set_plan(KEY, plan)
    config = json.loads((userdir / "config.json").read_text())
    config["coinglass"]["intervals"] = intervals
    (userdir / "config.json").write_text(json.dumps(config))
    told = json.loads(run("plan", "--json").stdout)
    assert any("1h interval is not in use" in note for note in told["notes"]) == said


def test_download_fills_the_store_and_goes_on_where_it_stopped(server, run, userdir):
    result = run("download-data", "--days", "20")
    assert result.exit_code == 0, result.output
    frame = pd.read_feather(data(userdir) / "open_interest" / "BTC-1h.feather")
    # 20 days and the 30 before them that percentiles look back on, up to 23:00.
    assert len(frame) == 50 * 24 - 1
    assert (data(userdir) / "long_short_ratio" / "Binance_BTCUSDT-4h.feather").exists()
    before = len(server.log.entries(OI))
    assert run("download-data", "--days", "20").exit_code == 0
    assert len(server.log.entries(OI)) == before


def test_download_takes_a_timerange_pairs_intervals_and_datasets(server, run, userdir):
    words = ("--timerange", "20250110-20250120", "--pairs", "ETH/USDT:USDT", "-i", "4h")
    assert run("download-data", *words, "--datasets", "open_interest").exit_code == 0
    files = sorted(path.name for path in data(userdir).rglob("*.feather"))
    assert files == ["ETH-4h.feather"]
    frame = pd.read_feather(data(userdir) / "open_interest" / "ETH-4h.feather")
    assert str(frame["time"].iloc[-1]) == "2025-01-19 20:00:00+00:00"


def test_download_names_what_the_plan_lacks_and_goes_on(server, run):
    server.set_plan(KEY, "hobbyist")
    words = ("--datasets", "open_interest,bitcoin_dominance,large_orders", "--days", "5")
    result = run("download-data", *words)
    assert result.exit_code == 0
    assert "bitcoin_dominance is left out: it needs CoinGlass Startup" in result.stdout
    assert "large_orders is left out: it needs CoinGlass Standard" in result.stdout


def test_a_range_before_the_plans_history_is_told_by_where_that_begins(server, run):
    """Not as rows that CoinGlass does not have."""
    server.set_plan(KEY, "standard")
    words = ("--timerange", "20220101-20220201", "--datasets", "open_interest")
    result = run("download-data", *words)
    assert result.exit_code == 0
    assert "open_interest 1h: this plan's history begins 2024-03-06" in result.stdout
    assert "no rows" not in result.stdout
    assert server.log.entries(OI) == []


def test_download_keeps_large_orders_by_when_they_were_known(server, run, userdir):
    assert run("download-data", "--datasets", "large_orders", "--days", "3").exit_code == 0
    path = data(userdir) / "large_orders" / "Binance_BTCUSDT-orders.feather"
    assert (pd.read_feather(path)["available_at"].notna()).all()


def test_a_download_that_is_not_complete_says_so_and_the_next_one_completes_it(server, run):
    server.faults.append(row_faults.Alien(path="open-interest", times=None))
    result = run("download-data", "--days", "5")
    assert result.exit_code == Exit.INCOMPLETE
    assert "run the same command again" in result.stderr
    server.faults.clear()
    assert run("download-data", "--days", "5").exit_code == 0


def test_a_file_that_cant_be_used_is_a_mistake_to_mend_when_nothing_else_went_wrong(
    server, run, userdir
):
    """Another run would end the same, until it is moved away."""
    path = data(userdir) / "open_interest" / "BTC-1h.feather"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"nonsense")
    result = run("download-data", "--days", "3", "--datasets", "open_interest")
    assert result.exit_code == Exit.MISTAKE
    assert "move away" in result.stderr and "Move it away" in result.stdout
    path.unlink()
    assert run("download-data", "--days", "3", "--datasets", "open_interest").exit_code == 0


@pytest.mark.parametrize("name", ["basis", "custom_basis"])
def test_a_custom_column_is_downloaded_by_its_name_and_only_when_it_is_meant(
    server, run, userdir, name
):
    config = json.loads((userdir / "config.json").read_text())
    column = {"name": "basis", "path": OI, "field": "close"}
    config["coinglass"]["custom"] = [column]
    (userdir / "config.json").write_text(json.dumps(config))
    words = ("--days", "3", "-i", "4h", "-p", PAIRS[0], "--datasets")
    assert run("download-data", *words, "open_interest").exit_code == 0
    assert not (data(userdir) / "custom_basis").exists()
    assert run("download-data", *words, name).exit_code == 0
    assert (data(userdir) / "custom_basis" / "BTC-4h.feather").exists()
    assert len(list(data(userdir).rglob("*.feather"))) == 2


def test_list_data_shows_span_rows_gaps_revisions_and_age(server, run):
    assert "Nothing in" in run("list-data").stdout
    run("download-data", "--days", "5")
    (row,) = [
        row
        for row in json.loads(run("list-data", "--json").stdout)
        if (row["dataset"], row["symbol"], row["interval"]) == ("open_interest", "BTC", "1h")
    ]
    assert (row["rows"], row["gaps"], row["late"], row["revisions"]) == (35 * 24 - 1, 0, 0, 0)
    assert row["last"] == "2025-02-28 22:00" or row["last"] == "2025-02-28 23:00"
    assert row["age"] > 0
    assert "open_interest" in run("list-data").stdout


def test_list_data_names_a_broken_file_and_shows_the_others(server, run, userdir):
    run("download-data", "--days", "5")
    (data(userdir) / "open_interest" / "BTC-1h.feather").write_bytes(b"nonsense")
    result = run("list-data")
    assert result.exit_code == Exit.INCOMPLETE
    assert "left as it is" in result.stdout
    assert "Binance_ETHUSDT" in result.stdout


def test_record_keeps_snapshots_and_orders_with_their_time(server, run, userdir):
    """Orders of the first look are history; each look after it says when it saw them."""
    result = run("record", "--once")
    assert result.exit_code == 0, result.output
    day = data(userdir) / "liquidation_heatmap" / "BTC" / "2025-03-01.feather"
    frame = pd.read_feather(day)
    assert (frame["available_at"].dt.floor("s") == pd.Timestamp(NOW)).all()
    path = data(userdir) / "large_orders" / "Binance_BTCUSDT-orders.feather"
    orders = pd.read_feather(path)
    assert orders["first_seen"].isna().all()
    assert (orders["available_at"] == orders["start"] + pd.Timedelta(minutes=1)).all()
    orders.iloc[:-1].to_feather(path)  # the newest began since
    assert run("record", "--once").exit_code == 0
    seen = pd.read_feather(path).set_index("id")["first_seen"]
    assert seen.pop(orders["id"].iloc[-1]).floor("s") == pd.Timestamp(NOW)
    assert seen.isna().all()


def test_record_is_refused_where_the_plan_has_nothing_to_record(server, run):
    server.set_plan(KEY, "hobbyist")
    assert run("record", "--once").exit_code == Exit.KEY


@pytest.mark.parametrize("ending", ["feather", "parquet", "csv", "json"])
def test_query_writes_a_file_by_its_ending(server, run, tmp_path, ending):
    file = tmp_path / f"out.{ending}"
    words = ("-p", "symbol=BTC", "-p", "interval=1h", "-p", "limit=5", "-o", str(file))
    assert run("query", OI, *words).exit_code == 0
    read = {"feather": pd.read_feather, "parquet": pd.read_parquet, "csv": pd.read_csv}
    frame = read.get(ending, pd.read_json)(file)
    assert len(frame) == 5
    assert "close" in frame


def test_query_shows_a_table_and_paginates(server, run, tmp_path):
    result = run("query", OI, "-p", "symbol=BTC", "-p", "interval=4h", "-p", "limit=3")
    assert "close" in result.stdout
    start = f"start_time={int(pd.Timestamp('2025-01-01', tz='UTC').timestamp())}"
    words = ("-p", "symbol=BTC", "-p", "interval=15m", "-p", start, "--paginate")
    file = tmp_path / "all.csv"
    assert run("query", OI, *words, "-o", str(file)).exit_code == 0
    assert len(pd.read_csv(file)) == 59 * 96 + 2


@pytest.mark.parametrize(
    ("path", "interval", "said"),
    [
        ("/api/index/bitcoin-dominance", "1d", "not in this plan. It needs Startup."),
        (OI, "1h", "interval"),
    ],
)
def test_query_of_what_the_plan_lacks_says_so_and_ends_as_the_key_does(
    server, run, path, interval, said
):
    """Another run would end the same."""
    server.set_plan(KEY, "hobbyist")
    server.rules = replace(server.rules, upgrade="400")
    result = run("query", path, "-p", "symbol=BTC", "-p", f"interval={interval}")
    assert result.exit_code == Exit.KEY
    assert said in result.stderr


def test_query_takes_a_moment_in_seconds_or_in_milliseconds(server, run):
    begin = int(pd.Timestamp("2025-02-01", tz="UTC").timestamp())
    words = ("-p", "symbol=BTC", "-p", "interval=1h", "-p", "limit=1", "--json")
    for stamp in (begin, begin * 1000):
        (row,) = json.loads(run("query", OI, *words, "-p", f"start_time={stamp}").stdout)
        assert row["time"].startswith("2025-02-01T00:00:00")


class Article(Planned):
    """An endpoint of texts."""

    def before(self, call: Call) -> Reply | None:
        return (
            Reply({"code": "0", "data": [{"title": "[/b] [red] 5"}]}) if self.meets(call) else None
        )


def test_query_shows_texts_as_they_are(server, run):
    server.faults.append(Article(path="/api/article"))
    assert "[/b] [red] 5" in run("query", "/api/article/list").stdout


MISTAKES = {
    "a path that is none": ("query", ["api/x"], Exit.MISTAKE, "begins with /api/"),
    "parameters in the path": ("query", [f"{OI}?symbol=BTC"], Exit.MISTAKE, "given beside it"),
    "a moment that is none": ("query", [OI, "-p", "start_time=5"], Exit.MISTAKE, "since 1970"),
    "a parameter that is none": ("query", [OI, "-p", "x"], Exit.MISTAKE, "name=value"),
    "a file of an unknown kind": ("query", [OI, "-o", "x.xls"], Exit.MISTAKE, ".feather"),
    "a folder that is not there": ("query", [OI, "-o", "/no/x.csv"], Exit.MISTAKE, "no folder"),
    "a missing parameter": ("query", [OI], Exit.MISTAKE, "symbol"),
    "an unknown endpoint": ("query", ["/api/nope"], Exit.MISTAKE, "no such endpoint"),
    "a symbol of no exchange": (
        "query",
        [RATIO, "-p", "exchange=Binance", "-p", "symbol=BTC", "-p", "interval=1h"],
        Exit.MISTAKE,
        "not have this symbol",
    ),
    "an unknown dataset": ("download-data", ["--datasets", "x"], Exit.MISTAKE, "unknown dataset"),
    "an unknown interval": ("download-data", ["-i", "7h"], Exit.MISTAKE, "intervals"),
    "days and a timerange": (
        "download-data",
        ["--days", "3", "--timerange", "20250101-"],
        Exit.MISTAKE,
        "not both",
    ),
    "a timerange that is none": ("download-data", ["--timerange", "x"], Exit.MISTAKE, "timerange"),
    "a pair that is none": ("download-data", ["--pairs", "BTC//"], Exit.MISTAKE, "No such pair"),
    "a coin that CoinGlass lacks": (
        "download-data",
        ["-p", "BTCC", "--days", "3", "--datasets", "open_interest"],
        Exit.MISTAKE,
        "Do you mean BTC/USDT:USDT?",
    ),
    "a wildcard without candles": ("download-data", ["-p", ".*/X"], Exit.MISTAKE, "No such pair"),
    "something not recorded": ("record", ["--datasets", "x"], Exit.MISTAKE, "can't be recorded"),
    "a config that is not there": ("plan", ["-c", "nope.json"], Exit.MISTAKE, "nope.json"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_ends_with_what_to_mend_and_no_traceback(server, run, name):
    command, words, code, said = MISTAKES[name]
    result = run(command, *words)
    assert result.exit_code == code, result.output
    assert said.lower() in result.stderr.lower()
    assert "Traceback" not in result.output


def test_a_key_in_the_config_is_refused_and_not_shown(server, run, userdir):
    config = json.loads((userdir / "config.json").read_text())
    config["coinglass"]["api_key"] = KEY
    (userdir / "config.json").write_text(json.dumps(config))
    result = run("plan")
    assert result.exit_code == Exit.MISTAKE
    assert "COINGLASS_API_KEY" in result.stderr
    assert KEY not in result.output


@pytest.mark.parametrize("key", ["", "wrong"])
def test_without_a_good_key_a_download_ends_with_where_to_put_it(server, run, monkeypatch, key):
    monkeypatch.setenv("COINGLASS_API_KEY", key)
    result = run("download-data")
    assert result.exit_code == Exit.KEY
    assert "COINGLASS_API_KEY" in result.stderr


def test_a_key_without_a_plan_is_told_apart_from_no_key(server, run):
    server.set_plan(KEY, "none")
    result = run("plan")
    assert result.exit_code == 0
    assert "Free" in result.stdout and "has no plan" in result.stdout


def test_pairs_may_be_given_in_a_row_as_to_freqtrade(server, run, userdir):
    words = ("--datasets", "open_interest", "-i", "4h", "--days", "3")
    assert run("download-data", "--pairs", *PAIRS, *words).exit_code == 0
    files = sorted(path.name for path in data(userdir).rglob("*.feather"))
    assert files == ["BTC-4h.feather", "ETH-4h.feather"]


@pytest.mark.parametrize("pair", ["币安人生/USDT:USDT", "XYZ-TSLA/USDC:USDC"])
def test_a_pair_of_any_name_is_one_and_stops_no_other(server, run, userdir, pair):
    words = ("--datasets", "open_interest,long_short_ratio", "-i", "4h", "--days", "3")
    result = run("download-data", "--pairs", pair, PAIRS[0], *words)
    assert result.exit_code == Exit.MISTAKE, result.output
    assert f"CoinGlass has no {pair.partition('/')[0]}" in result.stdout
    assert (data(userdir) / "open_interest" / "BTC-4h.feather").exists()


def test_list_data_shows_how_many_rows_were_revised_and_by_how_much(server, run, userdir):
    run("download-data", "--days", "5", "--datasets", "open_interest,funding_rate", "-i", "1h")
    store = Store(data(userdir))
    for name, factor in (("open_interest", 1.02), ("funding_rate", 3.0)):
        series = Series(name, "BTC", "1h")
        rows = store.read(series)
        values = list(series.spec.values)
        store.add(
            series,
            rows.tail(84).assign(**{values[0]: rows[values[0]] * factor}),
            seen=pd.Timestamp(NOW),
        )
    said = run("list-data").stdout
    assert "84 (10.0%)" in said and "2 %, 2 %" in said
    assert "~" in said.split("funding_rate")[1].split("\n")[0]
    rows = json.loads(run("list-data", "--dataset", "open_interest", "--json").stdout)
    (row,) = [row for row in rows if row["symbol"] == "BTC"]
    assert row["revised"] == row["revisions"] == 84 and row["unsized"] == row["twice"] == 0
    assert row["revised_median"] == pytest.approx(2.0) == row["revised_p95"]
    assert row["revised_against"] == "first value"
