"""`explain` says what a backtest saw at that moment, and in words."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import Result
from typer.testing import CliRunner

from tests.support.bot import Bot, base_config
from tests.support.frames import DELAY
from tests.support.seen import seen_frames, seen_strategy
from tests.support.simulated import PAIRS, fill, fill_exchange, timerange
from vectra_freqtrade.cli.main import app
from vectra_freqtrade.history.orders import Orders, with_availability
from vectra_freqtrade.history.snapshots import Snapshots
from vectra_freqtrade.simulator.exchange.exchange import LoopbackExchange

pytestmark = pytest.mark.freqtrade

DAYS = 12
NAME = "VectraStrategy"
CANDLE = pd.Timedelta(minutes=5)


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COINGLASS_API_KEY", raising=False)


def play(userdir: Path, exchange: LoopbackExchange) -> list[dict[str, Any]]:
    """The trades of a backtest; its frames lie in user_data."""
    bot = Bot(userdir, base_config(list(PAIRS)), exchange.config_overlay())
    name, code = seen_strategy(NAME)
    bot.strategy(name, code)
    return bot.backtest(name, "--timerange", timerange(DAYS))["trades"]


@pytest.fixture(scope="module")
def exchange() -> Iterator[LoopbackExchange]:
    with LoopbackExchange(["BTC", "ETH"]) as running:
        yield running


@pytest.fixture(scope="module")
def played(
    tmp_path_factory: pytest.TempPathFactory, exchange: LoopbackExchange
) -> tuple[Path, list[dict[str, Any]]]:
    userdir = tmp_path_factory.mktemp("explain") / "user_data"
    fill(userdir, days=DAYS)
    return userdir, play(userdir, exchange)


def explained(userdir: Path, date: object, *words: str, pair: str = PAIRS[0]) -> Result:
    arguments = ["explain", "--pair", pair, "--date", str(date), "--userdir", str(userdir), *words]
    return CliRunner().invoke(app, arguments)


def told(userdir: Path, date: object, pair: str = PAIRS[0]) -> dict[str, Any]:
    result = explained(userdir, date, "--json", pair=pair)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def line_of(answer: dict[str, Any], dataset: str, interval: str) -> dict[str, Any]:
    return next(
        each
        for each in answer["lines"]
        if (each["dataset"], each["interval"]) == (dataset, interval)
    )


def check(answer: dict[str, Any], row: pd.Series) -> None:
    """Every value, factor and combined factor is the backtest's own."""
    compared = 0
    for line in answer["lines"]:
        for name, value in line["values"].items():
            column = f"{name}_{line['interval']}" if f"{name}_{line['interval']}" in row else name
            held = row[column]
            assert (value is None and pd.isna(held)) or value == held, (column, value, held)
            compared += 1
    assert compared > 40
    for side in ("long", "short"):
        combined = answer["combined"][side]["combined"]
        assert combined == pytest.approx(row[f"cg_confidence_{side}"], rel=1e-12)
        assert line_of(answer, "open_interest", "1h")[side] == row[f"cg_mod_oi_{side}"]


def test_at_the_open_of_a_trade_it_says_what_the_backtest_decided_on(
    played: tuple[Path, list[dict[str, Any]]],
):
    userdir, trades = played
    frames = seen_frames(userdir, NAME)
    combined = set()
    for trade in trades[:: max(1, len(trades) // 8)]:
        answer = told(userdir, trade["open_date"], trade["pair"])
        frame = frames[trade["pair"][:3]].set_index("date")
        row = frame.loc[pd.Timestamp(trade["open_date"]) - CANDLE]
        check(answer, row)
        state = line_of(answer, "open_interest", "1h")["values"]["cg_state"]
        assert trade["enter_tag"].split()[0] == state
        combined.add(round(answer["combined"]["long"]["combined"], 6))
    assert len(combined) >= 3


def test_ages_are_counted_from_when_a_row_was_published(
    played: tuple[Path, list[dict[str, Any]]],
):
    """The row of 09:00 is known from 10:01 on; at 10:35 that is 34 minutes."""
    userdir, _ = played
    answer = told(userdir, "2026-02-15 10:37:00.0001234")
    assert answer["decision"] == "2026-02-15T10:35:00+00:00"
    funding = line_of(answer, "funding_rate", "1h")
    assert funding["known"] == "2026-02-15T10:01:00+00:00"
    assert funding["minutes"] == 34
    assert line_of(answer, "funding_rate", "4h")["minutes"] == 154
    before = told(userdir, "2026-02-15 10:00")
    assert line_of(before, "funding_rate", "1h")["known"] == "2026-02-15T09:01:00+00:00"


def test_the_table_tells_it_in_a_traders_words(played: tuple[Path, list[dict[str, Any]]]):
    userdir, _ = played
    answer = told(userdir, "2026-02-15 10:35")
    shown = explained(userdir, "2026-02-15 10:35").stdout
    assert "decided at 10:35 UTC" in shown
    assert line_of(answer, "open_interest", "1h")["values"]["cg_state"] in shown
    for words in ("0 h 34 min", "% per 8 h", "buy / sell", "long / short", "no data", "coins"):
        assert words in shown
    for side in ("long", "short"):
        assert f"{side.capitalize():5}  {answer['combined'][side]['combined']:.3f} = " in shown


def test_a_row_that_is_too_old_is_shown_as_such_and_has_no_opinion(
    played: tuple[Path, list[dict[str, Any]]], tmp_path: Path
):
    userdir = tmp_path / "user_data"
    shutil.copytree(played[0], userdir)
    path = userdir / "data" / "coinglass" / "funding_rate" / "BTC-1h.feather"
    rows = pd.read_feather(path)
    rows[rows["time"] < "2026-02-15 05:00"].reset_index(drop=True).to_feather(path)
    answer = line_of(told(userdir, "2026-02-15 10:35"), "funding_rate", "1h")
    assert not answer["fresh"]
    assert answer["minutes"] == 5 * 60 + 34
    assert answer["long"] == answer["short"] == 1.0
    assert "5 h 34 min, too old" in explained(userdir, "2026-02-15 10:35").stdout


def test_snapshots_and_large_orders_have_an_age_of_their_own(
    played: tuple[Path, list[dict[str, Any]]], tmp_path: Path
):
    """Of snapshots the newest one's, of orders the last start or end that became known."""
    userdir, coinglass = tmp_path / "user_data", {"levels_source": "heatmap"}
    shutil.copytree(played[0], userdir)
    config = json.loads((userdir / "config.json").read_text())
    coinglass["datasets"] = ["open_interest", "large_orders"]
    (userdir / "config.json").write_text(json.dumps(config | {"coinglass": coinglass}))
    at = pd.Timestamp("2026-02-15 10:00", tz="UTC")
    nothing = told(userdir, "2026-02-15 10:35")
    for dataset in ("liquidation_levels", "large_orders"):
        assert line_of(nothing, dataset, "")["known"] is None
        assert not line_of(nothing, dataset, "")["fresh"]
    close = seen_frames(userdir, NAME)["BTC"].set_index("date").loc[at, "close"]
    store = userdir / "data" / "coinglass"
    levels = pd.DataFrame({"price": [close * 1.02, close * 0.98], "usd": [3e6, 4e6]})
    Snapshots(store).add("liquidation_heatmap", "BTC", at, levels)
    order = pd.DataFrame(
        {"id": [1], "start": [at], "end": [at + 4 * CANDLE], "executed_usd": [2e6], "side": [1.0]}
    ).assign(price=close * 0.99, start_usd=5e6)
    Orders(store).add("Binance_BTCUSDT", with_availability(order, DELAY))
    answer = told(userdir, "2026-02-15 10:35")
    resting = line_of(answer, "liquidation_levels", "")
    assert (resting["minutes"], resting["fresh"]) == (35, True)
    assert resting["values"]["cg_liq_above_price"] == pytest.approx(close * 1.02, rel=1e-3)
    orders = line_of(answer, "large_orders", "")
    assert (orders["minutes"], orders["fresh"]) == (14, True)  # its end, a minute after 10:20
    assert orders["values"]["cg_whale_flow"] == 1.0
    shown = explained(userdir, "2026-02-15 10:35").stdout
    assert "source heatmap" in shown and "no data" not in shown
    late = told(userdir, "2026-02-15 10:50")
    assert not line_of(late, "liquidation_levels", "")["fresh"]  # three snapshots missed
    assert line_of(late, "large_orders", "")["fresh"]


def test_without_history_it_explains_freqtrades_own_candles(
    tmp_path: Path, exchange: LoopbackExchange
):
    userdir = tmp_path / "user_data"
    fill(userdir, days=DAYS, datasets=())
    fill_exchange(userdir, days=DAYS)
    play(userdir, exchange)
    answer = told(userdir, "2026-02-15 10:35")
    row = seen_frames(userdir, NAME)["BTC"].set_index("date")
    held = row.loc[pd.Timestamp("2026-02-15 10:30", tz="UTC")]
    funding = line_of(answer, "funding_rate", "1h")
    assert funding["values"]["cg_funding"] == held["cg_funding_1h"]
    assert funding["known"] == "2026-02-15T10:01:00+00:00"
    interest = line_of(answer, "open_interest", "1h")["values"]
    assert interest["cg_state"] == held["cg_state_1h"] != "UNKNOWN"


@pytest.mark.parametrize(
    ("date", "pair", "words"),
    [
        ("someday", PAIRS[0], "is no moment"),
        ("2027-01-01", PAIRS[0], "those on disk close from 2026-02-10"),
        ("2026-02-15", "DOGE/USDT:USDT", "freqtrade download-data --pairs DOGE/USDT:USDT"),
    ],
)
def test_what_cant_be_explained_is_said_with_the_mend(
    played: tuple[Path, list[dict[str, Any]]], date: str, pair: str, words: str
):
    result = explained(played[0], date, pair=pair)
    assert result.exit_code == 2
    assert words in " ".join(result.output.split())
    assert "Traceback" not in result.output
