"""The FREE tier's provider, over a data provider that says what it was asked."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from freqtrade.enums import CandleType, RunMode

from tests.support.frames import DELAY, settings_with, utc
from vectra_freqtrade.catalogue.datasets import DATASETS
from vectra_freqtrade.data.exchange import FreeProvider
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.rows import downloaded
from vectra_freqtrade.history.store import Store

BTC = Series("open_interest", "BTC", "1h")
PAIRS = ["ETH/USDT:USDT", "BTC/USDT:USDT", "BTC/USDC:USDC"]
FUTURES = {"exchange": {"name": "binance"}, "trading_mode": "futures"}


class FakeData:
    """freqtrade's data provider, as far as it is asked here."""

    def __init__(self, listed: set[CandleType], candles: dict[str, pd.DataFrame]) -> None:
        self._exchange = SimpleNamespace(check_candle_type_support=listed.__contains__)
        self._candles = candles

    def current_whitelist(self) -> list[str]:
        return list(PAIRS)

    def get_funding_rate_timeframe(self) -> str:
        return "1h"

    def get_pair_dataframe(self, pair: str, timeframe: str, candle_type: str = "") -> pd.DataFrame:
        assert candle_type in self._exchange.check_candle_type_support.__self__
        return self._candles.get(pair, candles(0))


def candles(count: int, first: float = 1.0) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "date": pd.date_range("2026-01-01", periods=count, freq="h", tz="UTC"),
            "open_interest_amount": [first + row for row in range(count)],
            "open_interest_value": 0.0,
        }
    )


def provider(
    root: Path,
    held: dict[str, pd.DataFrame],
    *,
    listed: set[CandleType] = frozenset({CandleType.OPEN_INTEREST, CandleType.FUNDING_RATE}),
    config: dict[str, Any] = FUTURES,
    intervals: tuple[str, ...] = ("1h", "4h"),
) -> FreeProvider:
    data = FakeData(set(listed), held)
    store = Store(root)
    return FreeProvider(store, settings_with(), intervals, config=config, dp=lambda: data)


def test_no_row_is_later_than_asked_for(tmp_path: Path):
    free = provider(tmp_path, {"BTC/USDT:USDT": candles(48)})
    for hours in range(50):
        as_of = utc("2026-01-01") + pd.Timedelta(hours, "h") + pd.Timedelta(60, "s")
        rows = free.rows(BTC, as_of)
        assert len(rows) == min(hours, 48)
        assert (rows["available_at"] <= as_of).all()


def test_a_coins_series_is_one_whichever_of_its_pairs_asks(tmp_path: Path):
    """The first by name that has candles."""
    held = {"BTC/USDT:USDT": candles(3, 100.0)}
    as_of = utc("2026-02-01")
    assert provider(tmp_path, held).rows(BTC, as_of)["oi"].iloc[0] == 100.0
    held["BTC/USDC:USDC"] = candles(3, 7.0)
    assert provider(tmp_path, held).rows(BTC, as_of)["oi"].iloc[0] == 7.0


def test_open_interest_of_a_pair_by_the_thousand_is_counted_in_coins(tmp_path: Path, monkeypatch):
    pair = "1000PEPE/USDT:USDT"
    monkeypatch.setattr("tests.data.test_exchange.PAIRS", [pair])
    free = provider(tmp_path, {pair: candles(3, 100.0)})
    rows = free.rows(Series("open_interest", "PEPE", "1h"), utc("2026-02-01"))
    assert rows["oi"].tolist() == [100_000.0, 101_000.0, 102_000.0]


@pytest.mark.parametrize(
    "changes",
    [
        {"listed": {CandleType.FUNDING_RATE}},
        {"config": FUTURES | {"trading_mode": "spot"}},
        {"config": FUTURES | {"trading_mode": "spot"}, "listed": set()},
    ],
)
def test_what_the_exchange_does_not_list_is_never_asked_for(
    tmp_path: Path, changes: dict[str, Any]
):
    free = provider(tmp_path, {"BTC/USDT:USDT": candles(48)}, **changes)
    assert free.rows(BTC, utc("2026-02-01")).empty
    assert CandleType.OPEN_INTEREST not in {each[2] for each in free.informative_pairs()}


def test_freqtrade_is_told_what_to_fetch_for_pairs_without_history(tmp_path: Path):
    wanted = set(provider(tmp_path, {}).informative_pairs())
    oi, funding = CandleType.OPEN_INTEREST, CandleType.FUNDING_RATE
    assert wanted == {
        *((pair, interval, oi) for pair in PAIRS for interval in ("1h", "4h")),
        *((pair, "1h", funding) for pair in PAIRS),
    }
    short = provider(tmp_path, {}, intervals=("1m", "1h")).informative_pairs()
    assert {interval for _, interval, _ in short} == {"1h"}  # no venue has open interest at 1m
    place = Series("funding_rate", "BTC", "4h").path(tmp_path)
    place.parent.mkdir()
    place.touch()
    left = set(provider(tmp_path, {}).informative_pairs())
    assert {pair for pair, _, _ in left} == {"ETH/USDT:USDT"}


@pytest.mark.parametrize("mode", [RunMode.DRY_RUN, RunMode.LIVE])
def test_a_bot_is_served_by_the_exchange_whatever_history_is_left_of_a_plan(
    tmp_path: Path, mode: RunMode
):
    """A backtest goes by the history; a bot would find nothing in it that is not too old."""
    old = pd.DataFrame({"time": [utc("2025-01-01")], "oi": [5.0]})
    Store(tmp_path).add(BTC, downloaded(BTC, old, DELAY))
    held = {"BTC/USDT:USDT": candles(48)}
    backtest = provider(tmp_path, held)
    assert backtest.rows(BTC, utc("2026-02-01"))["oi"].tolist() == [5.0]
    assert "BTC/USDT:USDT" not in str(backtest.missing())
    bot = provider(tmp_path, held, config=FUTURES | {"runmode": mode})
    assert len(bot.rows(BTC, utc("2026-02-01"))) == 48
    assert {pair for pair, _, _ in bot.informative_pairs()} == set(PAIRS)
    said = str(bot.missing())
    assert said.startswith("Tier FREE, without a CoinGlass plan for ETH/USDT:USDT, BTC/USDT:USDT")
    assert "COINGLASS_API_KEY" in said and "download-data --pairs" not in said


def test_other_datasets_come_from_history_alone(tmp_path: Path):
    free = provider(tmp_path, {pair: candles(48) for pair in PAIRS})
    for dataset in set(DATASETS) - {"open_interest", "funding_rate"}:
        assert free.rows(Series(dataset, "BTC", "1h"), utc("2026-02-01")).empty


def test_the_line_at_start_names_the_plan_that_has_the_interval_too(tmp_path: Path):
    """The smallest plan has no hourly rows."""
    assert "taker_volume, liquidation (Startup plan)" in str(provider(tmp_path, {}).missing())
    daily = provider(tmp_path, {}, intervals=("4h", "1d"))
    assert "taker_volume, liquidation (Hobbyist plan)" in str(daily.missing())
