"""
A bot's days in a few seconds: the feed, the accessor and the client as a live bot has them, on the
loopback CoinGlass's answers and a clock that jumps from one thing that is due to the next.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
from freqtrade.enums import RunMode

from tests.support.coinglass_server import DEMO_KEY, CoinglassServer
from tests.support.stepped_clock import SteppedClock
from vectra_freqtrade.catalogue.intervals import interval_ms
from vectra_freqtrade.coinglass.account.key import ApiKey
from vectra_freqtrade.coinglass.client import CoinglassClient
from vectra_freqtrade.data.accessor import CoinglassAccessor
from vectra_freqtrade.live.feed import LiveFeed
from vectra_freqtrade.live.health import Health
from vectra_freqtrade.live.schedule import MAX_CLOCK_SKEW, frame_reach
from vectra_freqtrade.simulator.loopback import Request
from vectra_freqtrade.simulator.market.candles import candles
from vectra_freqtrade.simulator.market.market import SimulatedMarket

#: Candles that an exchange gives a bot.
CANDLES = 1000


@dataclass
class JumpingClock:
    """The server's clock as the client's; whoever waits moves it."""

    clock: SteppedClock

    def now(self) -> float:
        return self.clock.now()

    def monotonic(self) -> float:
        return self.clock.now()

    def sleep(self, seconds: float) -> None:
        self.clock.advance(seconds)


def transport(server: CoinglassServer) -> httpx.MockTransport:
    """The server's answers without a socket."""

    def answer(request: httpx.Request) -> httpx.Response:
        params = dict(request.url.params)
        headers = {name.lower(): value for name, value in request.headers.items()}
        now = server.clock.now()
        reply = server.answer(Request("GET", request.url.path, params, headers, now))
        date = pd.Timestamp(reply.date or now, unit="s").strftime("%a, %d %b %Y %H:%M:%S GMT")
        return httpx.Response(
            reply.status, headers={**reply.headers, "date": date}, content=reply.encoded()
        )

    return httpx.MockTransport(answer)


@dataclass
class Candles:
    """freqtrade's candles, as far as they have closed by the clock."""

    market: SimulatedMarket
    clock: SteppedClock
    end: float
    last: int | None = None
    _held: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def of(self, pair: str, timeframe: str) -> pd.DataFrame:
        """The candles a bot would hold now; all of them where `last` is None."""
        coin, length = pair.split("/")[0], interval_ms(timeframe) // 1000
        if (coin, timeframe) not in self._held:
            found = candles(self.market, coin, length, self.market.start, self.end, self.end)
            columns = {name: getattr(found, name) for name in ("open", "high", "low", "close")}
            dates = pd.DatetimeIndex(found.time.astype("datetime64[s]"), tz="UTC").as_unit("ms")
            # Arrays, not a frame: of one that is kept, pandas notes each part it ever gave.
            held = {"date": dates.array, **columns, "volume": found.quote}
            self._held[coin, timeframe] = held
        held = self._held[coin, timeframe]
        # A date column searches in its own unit only: a moment between two ms is an error.
        newest = pd.Timestamp(self.clock.now() - length, unit="s", tz="UTC").floor("ms")
        closed = int(held["date"].searchsorted(newest, side="right"))
        first = 0 if self.last is None else max(0, closed - self.last)
        return pd.DataFrame({name: values[first:closed] for name, values in held.items()})


class StandIn:
    """What the accessor asks of a strategy."""

    startup_candle_count = 30

    def __init__(self, config: dict[str, Any], timeframe: str, candles: Candles) -> None:
        self.config = config
        self.timeframe = timeframe
        self.dp = self
        self._candles = candles
        self.coinglass = CoinglassAccessor(self)

    def get_strategy_name(self) -> str:
        return "StandIn"

    def current_whitelist(self) -> list[str]:
        return list(self.config["exchange"]["pair_whitelist"])

    def get_pair_dataframe(self, pair: str, timeframe: str, candle_type: str = "") -> pd.DataFrame:
        return self._candles.of(pair, timeframe)

    def columns(self, pair: str) -> pd.DataFrame:
        """The bot's columns now."""
        return self.coinglass.add_columns(self._candles.of(pair, self.timeframe), pair)


class LiveReplay:
    """
    :param folder: user_data
    :param server: CoinGlass; its clock is moved
    :param pairs: the pair list
    :param timeframe: of the strategy
    :param end: seconds; candles are drawn up to there
    :param shared: what is known of the key and of names lies beside the store, as a bot keeps it
    :param sections: settings
    """

    def __init__(
        self,
        folder: Path,
        server: CoinglassServer,
        pairs: list[str],
        timeframe: str,
        end: float,
        *,
        shared: bool = False,
        **sections: Any,
    ) -> None:
        assert isinstance(server.clock, SteppedClock)
        self.folder, self.server, self.pairs, self.timeframe = folder, server, pairs, timeframe
        self.clock, self.end, self.sections = server.clock, end, sections
        self.shared = shared
        self.seconds = interval_ms(timeframe) / 1000
        self.seen: dict[str, list[pd.DataFrame]] = {pair: [] for pair in pairs}
        self.start_bot()

    def start_bot(self, **sections: Any) -> None:
        """
        A new process: nothing is remembered but what the store holds.

        :param sections: settings that are others from now on
        """
        self.sections |= sections
        self.bot = StandIn(self._config(), self.timeframe, self._candles(CANDLES))
        accessor = self.bot.coinglass
        client = CoinglassClient(
            accessor.settings,
            key=ApiKey(DEMO_KEY),
            transport=transport(self.server),
            clock=JumpingClock(self.clock),
            state_dir=accessor.store.state_dir if self.shared else None,
            environ={},
            max_clock_skew=MAX_CLOCK_SKEW,
        )
        reach = frame_reach(interval_ms(self.timeframe), self.bot.startup_candle_count)
        self.feed = LiveFeed(client, accessor.store, reach, Health())
        accessor.use_live(self.feed, ("1h", "4h"))
        for pair in self.pairs:
            self.bot.coinglass.reader.read(self.bot.get_pair_dataframe(pair, self.timeframe), pair)
        self.feed.load()

    def stop_bot(self) -> None:
        """As a bot ends in order."""
        self.feed.close()

    def run(self, until: float) -> None:
        """
        The bot decides at the close of each candle; the feed works in between.

        :param until: seconds
        """
        while (close := (self.clock.now() // self.seconds + 1) * self.seconds) <= until:
            self.work(close)
            self.clock.set(max(close, self.clock.now()))
            self.decide(close)

    def work(self, until: float) -> None:
        """All that is due before a moment, each at its time."""
        while self.clock.now() < until:
            self.feed.run_due()
            waits = [job.due for job in self.feed._jobs.values()]
            self.clock.set(max(self.clock.now() + 0.25, min([until, *waits])))

    def decide(self, close: float) -> None:
        """The columns of the candle that has just closed, as the bot has them."""
        for pair in self.pairs:
            frame = self.bot.columns(pair)
            row = frame[frame["date"] == pd.Timestamp(close - self.seconds, unit="s", tz="UTC")]
            self.seen[pair].append(row)

    def lived(self, pair: str) -> pd.DataFrame:
        """What the bot saw, one row per decision."""
        return pd.concat(self.seen[pair], ignore_index=True)

    def backtested(self, pair: str) -> pd.DataFrame:
        """The same candles in a backtest over the store that the bot wrote."""
        strategy = StandIn(self._config(), self.timeframe, self._candles(None))
        frame = strategy.columns(pair)
        dates = self.lived(pair)["date"]
        return frame[frame["date"].isin(dates)].reset_index(drop=True)

    def _candles(self, last: int | None) -> Candles:
        return Candles(self.server.market, self.clock, self.end, last)

    def _config(self) -> dict[str, Any]:
        return {
            "runmode": RunMode.BACKTEST,
            "user_data_dir": self.folder,
            "datadir": self.folder / "data" / "binance",
            "trading_mode": "futures",
            "exchange": {"name": "binance", "pair_whitelist": self.pairs},
            "coinglass": {"api_key_file": "key", "intervals": ["1h", "4h"], **self.sections},
        }
