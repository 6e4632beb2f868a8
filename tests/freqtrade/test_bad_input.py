"""What is wrong is said before a trade is made, with the fix; what can be done without is done."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from tests.freqtrade.conftest import FEW_DAYS
from tests.support.bot import Bot
from tests.support.simulated import fill, timerange
from tests.support.strategies import ADOPTED

pytestmark = pytest.mark.freqtrade

RANGE = ("--timerange", timerange(FEW_DAYS))
SECRET = "marked-key-7f3a9c"


def refusal(bot: Bot, strategy: str = "Adopted") -> str:
    """What a backtest that must be refused printed; freqtrade shows no traceback for it."""
    bot.strategy("Adopted", ADOPTED)
    run = bot.run("backtesting", "--strategy", strategy, "--cache", "none", *RANGE, fails=True)
    return " ".join(run.output.split())


def folded(folder: Path) -> dict[Path, str]:
    """Each file's content, to see that none was touched."""
    files = sorted(path for path in folder.rglob("*.feather"))
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"lookbak": 2}, ["coinglass.lookbak", "did you mean 'lookback'"]),
        ({"datasets": ["open_intrest"]}, ["coinglass.datasets", "open_interest"]),
        ({"intervals": ["1w"]}, ["coinglass.intervals", "1d"]),
        ({"api_key": SECRET}, ["COINGLASS_API_KEY", "api_key_file"]),
    ],
)
def test_a_wrong_setting_stops_the_start_and_says_what_may_stand_there(
    bot: Bot, section: dict[str, object], words: list[str]
):
    bot.config["coinglass"] = section
    said = refusal(bot)
    assert all(word in said for word in words)
    assert SECRET not in said


def test_a_key_in_freqtrades_environment_is_refused_and_not_repeated(bot: Bot):
    bot.environment["FREQTRADE__COINGLASS__API_KEY"] = SECRET
    said = refusal(bot)
    assert "COINGLASS_API_KEY" in said
    assert SECRET not in said


@pytest.mark.parametrize("content", [b"", b"ARROW1 but no more", "foreign"])
def test_a_broken_or_foreign_store_file_is_named_and_left_as_it_is(bot: Bot, content: bytes | str):
    store = bot.userdir / "data" / "coinglass"
    path = store / "open_interest" / "BTC-1h.feather"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        pd.DataFrame({"date": [1], "value": [2.0]}).to_feather(path)
    before = folded(store)
    said = refusal(bot)
    assert str(path) in said.replace(" ", "") or "BTC-1h.feather" in said
    assert "download-data" in said
    assert folded(store) == before


def test_an_empty_store_leaves_trades_alone_and_says_what_to_fetch(bot: Bot):
    for path in (bot.userdir / "data" / "coinglass").rglob("*.feather"):
        path.unlink()
    bot.strategy("Adopted", ADOPTED)
    run = bot.run("backtesting", "--strategy", "Adopted", "--cache", "none", *RANGE)
    tags = {trade["enter_tag"] for trade in bot.last_result()["strategy"]["Adopted"]["trades"]}
    assert tags == {"UNKNOWN"}
    assert "vectra-freqtrade download-data --pairs BTC/USDT:USDT" in " ".join(run.output.split())


def test_a_pair_without_a_coinglass_coin_trades_on_with_empty_columns(bot: Bot):
    for path in (bot.userdir / "data" / "coinglass").rglob("ETH-*.feather"):
        path.unlink()
    result = bot.backtest("VectraStrategy", *RANGE)
    tags: dict[str, set[str]] = {"BTC": set(), "ETH": set()}
    for trade in result["trades"]:
        tags[trade["pair"][:3]].add(trade["enter_tag"].split()[0])
    assert tags["ETH"] == {"UNKNOWN"}
    assert "UNKNOWN" not in tags["BTC"]


def without(bot: Bot, timeframe: str) -> None:
    for path in (bot.userdir / "data" / "binance").rglob(f"*-{timeframe}-futures.feather"):
        path.unlink()


def test_without_hourly_candles_prices_come_from_the_strategys_own(bot: Bot):
    # The estimate of levels remembers candles from long before; the rest must be the same.
    bot.config["coinglass"] = {"trailing": {"levels": False}}
    with_candles = bot.backtest("VectraStrategy", *RANGE)["trades"]
    without(bot, "1h")
    without(bot, "4h")
    own = bot.backtest("VectraStrategy", *RANGE)["trades"]
    # The strategy's candles start later, so only the first days may differ.
    late = "2026-02-14"
    key = ("pair", "open_date", "close_date", "enter_tag", "exit_reason", "profit_abs")
    assert [[t[k] for k in key] for t in own if t["open_date"] > late] == [
        [t[k] for k in key] for t in with_candles if t["open_date"] > late
    ]


def test_adaptive_bands_on_the_strategys_own_candles_are_refused_with_the_command(bot: Bot):
    bot.config["coinglass"] = {"bands": "adaptive"}
    without(bot, "1h")
    said = refusal(bot, "VectraStrategy")
    assert "--timeframes 1h" in said
    assert "freqtrade download-data --pairs BTC/USDT:USDT" in said


def test_adaptive_bands_need_a_startup_that_holds_their_window(bot: Bot):
    bot.config["coinglass"] = {"bands": "adaptive"}
    said = refusal(bot)
    assert "startup_candle_count of Adopted to at least 206" in said


def test_candles_that_cant_be_made_are_named_with_the_command(bot: Bot):
    """A 4h strategy can't make 1h candles."""
    bot.strategy("Slow", ADOPTED.replace("class Adopted", "class Slow").replace('"5m"', '"4h"'))
    without(bot, "1h")
    run = bot.run(
        "backtesting",
        "--strategy",
        "Slow",
        "--cache",
        "none",
        "--timerange",
        "20260110-",
        fails=True,
    )
    assert "--timeframes 1h" in " ".join(run.output.split())


def test_a_timeframe_longer_than_the_interval_sees_the_last_row_known(bot: Bot):
    bot.strategy("Slow", ADOPTED.replace("class Adopted", "class Slow").replace('"5m"', '"4h"'))
    result = bot.backtest("Slow", "--timerange", "20260110-")
    assert {trade["enter_tag"] for trade in result["trades"]} - {"UNKNOWN"}


def test_spot_trades_longs_only_on_the_coins_data(empty_bot: Callable[..., Bot]):
    pairs = ["BTC/USDT", "ETH/USDT"]
    bot = empty_bot(pairs, "spot")
    fill(bot.userdir, pairs=tuple(pairs), days=FEW_DAYS)
    trades = bot.backtest("VectraStrategy", *RANGE)["trades"]
    assert len(trades) > 20
    assert not any(trade["is_short"] for trade in trades)
    assert {trade["enter_tag"].split()[0] for trade in trades} & {"CONFIRM_BULL", "SHORT_SQUEEZE"}
    assert {t["exit_reason"] for t in trades} & {"trailing_stop_loss"}


SHADOWS = {
    "custom_exit": "    def custom_exit(self, *args, **kwargs):\n        return None\n",
    "custom_stoploss": "    def custom_stoploss(self, *args, **kwargs):\n        return -0.01\n",
    "custom_roi": "    def custom_roi(self, *args, **kwargs):\n        return 0.01\n",
    "order_filled": "    def order_filled(self, *args, **kwargs):\n        pass\n",
    "bot_loop_start": "    def bot_loop_start(self, *args, **kwargs):\n        pass\n",
    "use_custom_stoploss": "    use_custom_stoploss = False\n",
    "use_exit_signal": "    use_exit_signal = False\n",
    "trailing_stop": "    trailing_stop = True\n",
    "atr_interval": ('    def trailing_parameters(self):\n        return {"atr_interval": "5m"}\n'),
    "coinglass.trailing.initial_stop_max": (
        '    def trailing_parameters(self):\n        return {"initial_stop_max": -1}\n'
    ),
}


def trailing_strategy(body: str) -> str:
    return ADOPTED.replace(
        "class Adopted(CoinglassMixin, IStrategy):\n",
        f"class Adopted(CoinglassTrailingMixin, CoinglassMixin, IStrategy):\n{body}",
    )


@pytest.mark.parametrize("name", SHADOWS)
def test_what_would_keep_our_stops_from_working_is_refused_by_name(bot: Bot, name: str):
    bot.strategy("Adopted", trailing_strategy(SHADOWS[name]))
    run = bot.run("backtesting", "--strategy", "Adopted", *RANGE, fails=True)
    assert name in run.output


def test_a_callback_that_calls_ours_is_welcome(bot: Bot):
    body = (
        "    def custom_exit(self, *args, **kwargs):\n"
        "        return super().custom_exit(*args, **kwargs)\n"
    )
    bot.strategy("Adopted", trailing_strategy(body))
    span = ("--timerange", timerange(4))
    with_own = bot.backtest("Adopted", *span)["trades"]
    bot.strategy("Adopted", trailing_strategy(""))
    assert bot.backtest("Adopted", *span)["trades"] == with_own != []
