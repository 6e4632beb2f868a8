"""
What the trailing callbacks cost a backtest: paired runs of the real `freqtrade backtesting`.

    python -m tests.benchmarks.trailing_cost [--rounds 3] [--days 90]

Ten pairs of the simulated market, 5m candles, each in a trade nearly all the time. Both strategies
add the same columns and make the same trades: the callbacks compute everything and then return no
change. User CPU time of the whole command, because other work may share the machine.
"""

import argparse
import statistics
import tempfile
from pathlib import Path
from typing import Any

from tests.support.bot import Bot, base_config
from tests.support.simulated import fill, timerange
from vectra_freqtrade.simulator.exchange.exchange import LoopbackExchange

COINS = ("BTC", "ETH", "SOL", "XRP", "BNB", "DOGE", "ADA", "AVAX", "LINK", "LTC")
PAIRS = tuple(f"{coin}/USDT:USDT" for coin in COINS)

BARE = """
from freqtrade.strategy import IStrategy
from vectra_freqtrade import CoinglassMixin, CoinglassTrailingMixin
from vectra_freqtrade.freqtrade_seams import skip_trade_copy


class Bare(CoinglassMixin, IStrategy):
    timeframe = "5m"
    can_short = True
    startup_candle_count = 30
    stoploss = -0.95
    minimal_roi = {}

    def populate_indicators(self, dataframe, metadata):
        return self.coinglass.add_columns(dataframe, metadata["pair"])

    def populate_entry_trend(self, dataframe, metadata):
        side = "long" if len(metadata["pair"]) % 2 else "short"
        dataframe[f"enter_{side}"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        leave = dataframe.index % 600 == 0
        dataframe.loc[leave, ["exit_long", "exit_short"]] = 1
        dataframe.loc[leave, ["enter_long", "enter_short"]] = 0
        return dataframe
"""

COMPUTED = (
    BARE.replace("class Bare(CoinglassMixin", "class Computed(CoinglassTrailingMixin")
    + """
    def custom_stoploss(self, *args, **kwargs):
        super().custom_stoploss(*args, **kwargs)
        return None

    def custom_exit(self, *args, **kwargs):
        super().custom_exit(*args, **kwargs)
        return None

    def bot_start(self, **kwargs):
        skip_trade_copy(self, Computed, ("custom_stoploss", "custom_exit"))  # as for our own
"""
)


def timed(bot: Bot, strategy: str, span: str) -> tuple[float, list[dict[str, Any]]]:
    """
    :return: user CPU seconds of the command, and its trades
    """
    run = bot.run("backtesting", "--strategy", strategy, "--cache", "none", "--timerange", span)
    return run.cpu, bot.last_result()["strategy"][strategy]["trades"]


def dates(trades: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    keys = ("pair", "open_date", "close_date", "profit_abs", "stop_loss_abs")
    return [tuple(trade[key] for key in keys) for trade in trades]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--days", type=int, default=90)
    arguments = parser.parse_args()
    measure(arguments.rounds, arguments.days, PAIRS, alone=True)


def measure(rounds: int, days: int, pairs: tuple[str, ...], *, alone: bool) -> None:
    """
    :param rounds: paired runs
    :param days: of candles
    :param alone: processes of their own, as a user's
    """
    span = timerange(days)
    with tempfile.TemporaryDirectory() as folder, LoopbackExchange(COINS) as exchange:
        userdir = Path(folder) / "user_data"
        fill(userdir, pairs=pairs, days=days)
        config = base_config(list(pairs), stake_amount=100)
        bot = Bot(userdir, config, exchange.config_overlay(), alone=alone)
        bot.strategy("Bare", BARE)
        bot.strategy("Computed", COMPUTED)
        ratios, extra = [], []
        for number in range(rounds):
            bare, trades = timed(bot, "Bare", span)
            computed, same = timed(bot, "Computed", span)
            assert dates(trades) == dates(same)
            candles = sum(trade["trade_duration"] for trade in trades) / 5
            share = candles / (len(pairs) * (days - 1) * 288)
            ratios.append(computed / bare)
            extra.append((computed - bare) / candles * 1e6)
            print(
                f"{number + 1}: {bare:.1f} s without, {computed:.1f} s with callbacks, "
                f"ratio {ratios[-1]:.3f}, {extra[-1]:.1f} µs per open candle "
                f"({len(trades)} trades, {candles:.0f} open candles, {share:.0%} of all)",
                flush=True,
            )
        print(
            f"median ratio {statistics.median(ratios):.3f}, "
            f"{statistics.median(extra):.1f} µs per open candle"
        )


if __name__ == "__main__":
    main()
