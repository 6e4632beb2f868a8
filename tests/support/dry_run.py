"""A dry-run bot that trades for a while, and the backtest of the same candles."""

import sqlite3
from collections.abc import Sequence
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import pandas as pd

from tests.live.replay import JumpingClock, transport
from tests.support.bot import SWALLOWED
from tests.support.paced_bot import PacedBot, PacedWorld
from tests.support.reads import READS
from vectra_freqtrade.coinglass.account.key import ApiKey
from vectra_freqtrade.coinglass.client import CoinglassClient
from vectra_freqtrade.history.download.download import Downloader
from vectra_freqtrade.history.download.download_plan import plan_download, symbols_of
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.simulator.coinglass.server import DEMO_KEY

COINS = ("BTC", "ETH", "SOL", "XRP", "DOGE", "BNB")
MINUTE = pd.Timedelta("1min")

#: Those that make a row of each minute, and bands for minutes, so that states change.
SETTINGS: dict[str, Any] = {
    "datasets": ["open_interest", "funding_rate", "taker_volume", "order_book"],
    "bands": {"oi": 0.0008, "price": 0.0016},
    "trailing": {"atr_interval": "5m"},
}


class DryRun:
    """
    :param folder: user_data is made there
    :param coins: the pair list
    :ivar first: open of the first candle that every pair was decided on
    :ivar last: open of the last one; trades may open and close in it, and in none after it
    """

    first: pd.Timestamp
    last: pd.Timestamp

    def __init__(self, folder: Path, coins: Sequence[str] = COINS) -> None:
        self.pairs = tuple(f"{coin}/USDT:USDT" for coin in coins)
        self.world = PacedWorld(coins, days=1)
        self.live = PacedBot(folder, self.world, self.pairs, coinglass=SETTINGS, code=READS)
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._open.enter_context(self.world)
        self._open.enter_context(self.live)
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()

    def trade(self, candles: int) -> None:
        """
        History first, as a user gets it, then the bot.

        :param candles: that it decides on, of each pair, however long a busy machine takes
        """
        self._download()
        live, clock = self.live, self.world.clock
        live.start()
        live.wait_for_candles(1)
        end = clock.now() + 60 * candles
        live.wait(lambda: clock.now() >= end, "the end", seconds=60.0 * candles)
        live.stop()
        log = live.log()
        assert not [word for word in SWALLOWED if word in log], log[-6000:]
        dates = self.decided()["date"].groupby(level="pair")
        self.first, self.last = dates.min().max(), dates.max().min()

    def decided(self) -> pd.DataFrame:
        """
        What the bot decided on.

        :return: by pair: the analysed frame's last row of each decision, and when it was made (at)
        """
        notes = self.live.notes("columns")
        rows = pd.DataFrame([note["row"] for note in notes])
        rows.index = pd.Index([note["pair"] for note in notes], name="pair")
        rows["date"] = pd.to_datetime(rows["date"], utc=True)
        rows["at"] = pd.to_datetime([note["at"] for note in notes], utc=True, format="ISO8601")
        return rows

    def looks(self) -> pd.DataFrame:
        """
        Of the bot at its open trades.

        :return: trade, at, rate (that it would have left at), stop (in force)
        """
        looks = pd.DataFrame(self.live.notes("look"), columns=["trade", "at", "rate", "stop"])
        return looks.assign(at=pd.to_datetime(looks["at"], utc=True, format="ISO8601"))

    def trades(self) -> pd.DataFrame:
        """The bot's, in the words of a backtest's."""
        with closing(sqlite3.connect(self.live.bot.userdir / "trades.sqlite")) as connection:
            return pd.read_sql(
                "select id, pair, is_short, open_date, close_date, open_rate, close_rate, "
                "enter_tag, exit_reason, fee_open, fee_close, stop_loss as stop_loss_abs, "
                "initial_stop_loss as initial_stop_loss_abs from trades order by open_date",
                connection,
            )

    def candles(self) -> None:
        """freqtrade's own download of the candles, once those of the window have closed."""
        bot, end = self.live.bot, self.last + 3 * MINUTE
        self.live.skip_to(end.timestamp())
        bot.environment = self.live.environment
        bot.run(
            "download-data", "--timeframes", "1m", "5m", "--timerange",
            f"{self.world.market.start}-{int(end.timestamp())}",
        )  # fmt: skip

    def backtest(self) -> pd.DataFrame:
        """
        Over the store that the bot wrote.

        :return: freqtrade's trades
        """
        span = f"{int(self.first.timestamp())}-{int((self.last + MINUTE).timestamp())}"
        return pd.DataFrame(self.live.bot.backtest("Timed", "--timerange", span)["trades"])

    def analysed(self, pair: str) -> pd.DataFrame:
        """The backtest's frame of a pair."""
        return pd.read_feather(self.live.bot.userdir / f"{pair.split('/')[0]}.feather")

    def prices(self, pair: str, timeframe: str) -> pd.DataFrame:
        """The candles that were downloaded."""
        name = pair.replace("/", "_").replace(":", "_")
        folder = self.live.bot.userdir / "data" / "binance" / "futures"
        return pd.read_feather(folder / f"{name}-{timeframe}-futures.feather")

    def _download(self) -> None:
        """CoinGlass's history up to now, as `vectra-freqtrade download-data` does it."""
        settings = CoinglassSettings.from_config(self.live.bot.config)
        end = datetime.fromtimestamp(self.world.clock.now(), UTC)
        symbols = symbols_of(settings.all_datasets, self.pairs, "binance", settings)
        clock, path = JumpingClock(self.world.clock), transport(self.world.server)
        with CoinglassClient(
            settings, key=ApiKey(DEMO_KEY), transport=path, clock=clock, environ={}
        ) as client:
            plan = client.plan().plan
            todo = plan_download(
                symbols, settings.intervals, end - timedelta(days=1), end, plan=plan, now=end
            )
            results = Downloader(client, self.live.store).run(todo.rows)
        assert all(each.error is None for each in results)
