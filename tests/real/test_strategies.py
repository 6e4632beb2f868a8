"""Real `freqtrade backtesting` of the two strategies that CoinGlass data triggers, on real data."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.real.build import build_daily, build_hourly
from tests.support.bot import Bot, base_config
from tests.support.seen import expected_cascade, expected_funding, seen_frames, seen_strategy
from vectra_freqtrade.simulator.exchange.exchange import LoopbackExchange

pytestmark = [pytest.mark.real, pytest.mark.freqtrade]

FUNDING, CASCADE = "VectraFundingRate", "VectraLiquidationCascade"
EXPECTED = {FUNDING: expected_funding, CASCADE: expected_cascade}
LIMITS = {FUNDING: 8 * 60, CASCADE: 2 * 60}

#: set -> builder, pairs, dates, lower interval, and what differs in the config
SETS: dict[str, tuple[Any, list[str], str, str, dict[str, Any]]] = {
    "hourly": (
        build_hourly,
        ["BTC/USDT:USDT", "ETH/USDT:USDT"],
        "20251201-20260129",
        "1h",
        {"coinglass": {"datasets": ["open_interest", "funding_rate"]}},
    ),
    "daily": (
        build_daily,
        ["BTC/USDT:USDT"],
        "20210901-20250602",
        "1d",
        {
            "timeframe": "1h",
            "coinglass": {
                "datasets": [
                    *("open_interest", "funding_rate", "long_short_ratio"),
                    *("taker_volume", "liquidation"),
                ]
            },
        },
    ),
}

Played = tuple[str, str, dict[str, pd.DataFrame], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def exchange() -> Iterator[LoopbackExchange]:
    with LoopbackExchange(["BTC", "ETH"]) as running:
        yield running


@pytest.fixture(scope="module", params=SETS)
def market(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    exchange: LoopbackExchange,
    shared: Path,
) -> tuple[str, Bot]:
    build, pairs, _, _, changes = SETS[request.param]
    userdir = tmp_path_factory.mktemp(request.param) / "user_data"
    build(shared, userdir)
    return request.param, Bot(userdir, base_config(pairs, **changes), exchange.config_overlay())


@pytest.fixture(scope="module", params=[FUNDING, CASCADE])
def played(request: pytest.FixtureRequest, market: tuple[str, Bot]) -> Played:
    """Strategy, lower interval, the frames it decided on, its trades."""
    chosen, bot = market
    name, code = seen_strategy(request.param)
    bot.strategy(name, code)
    trades = bot.backtest(name, "--timerange", SETS[chosen][2])["trades"]
    show(f"{request.param}, {chosen} set", trades)
    return request.param, SETS[chosen][3], seen_frames(bot.userdir, request.param), trades


def show(title: str, trades: list[dict[str, Any]]) -> None:
    """What came out, for who runs this with -s."""
    frame = pd.DataFrame(trades)
    frame["side"] = frame["is_short"].map({True: "short", False: "long"})
    frame["won"] = frame["profit_abs"] > 0
    print(f"\n{title}")
    for key in ("side", "exit_reason", "enter_tag"):
        groups = frame.groupby(key)
        table = groups.agg(
            trades=("pair", "size"),
            won=("won", "mean"),
            mean_profit=("profit_ratio", "mean"),
            minutes=("trade_duration", "mean"),
            usdt=("profit_abs", "sum"),
        )
        print(table.round(4).to_string())


def test_both_sides_are_traded(played: Played):
    *_, trades = played
    assert {trade["is_short"] for trade in trades} == {True, False}


@pytest.mark.parametrize("side", ["long", "short"])
def test_every_entry_has_its_trigger_and_its_confirmations_and_none_is_missed(
    played: Played, side: str
):
    name, lower, frames, _ = played
    entries = 0
    for frame in frames.values():
        expected = EXPECTED[name](frame, lower, side)
        signal = frame[f"enter_{side}"] == 1
        settled = frame.index >= 200  # the candles before are the startup
        pd.testing.assert_series_equal(
            frame["enter_tag"].where(signal, "")[settled].astype(object),
            expected[settled].astype(object),
            check_names=False,
        )
        entries += int((expected[settled] != "").sum())
    assert entries


def test_no_trade_is_held_longer_than_a_candle_beyond_the_limit(played: Played):
    name, lower, _, trades = played
    candle = {"1h": 5, "1d": 60}[lower]
    assert max(trade["trade_duration"] for trade in trades) <= LIMITS[name] + candle
