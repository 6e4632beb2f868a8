"""What a bot that starts watches, and goes on watching: by its pair list, loop by loop."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from tests.support.coinglass_server import DEMO_KEY, CoinglassServer
from tests.support.stepped_clock import SteppedClock
from vectra_freqtrade.catalogue.coin_names import Coin, Name
from vectra_freqtrade.coinglass.clock import StoppableClock
from vectra_freqtrade.coinglass.names.coin_book import CoinBook
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.live import start as live_start
from vectra_freqtrade.live.start import LiveStart
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.simulator.market.market import SimulatedMarket

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
HOUR = 3600.0
PATH = "/api/futures/funding-rate/oi-weight-history"


class BotClock(StoppableClock):
    """The server's clock as the bot's."""

    def __init__(self, clock: SteppedClock) -> None:
        super().__init__()
        self._clock = clock

    def now(self) -> float:
        return self._clock.now()

    def monotonic(self) -> float:
        return self._clock.now()


class Bot:
    """A feed as a bot's start makes it; its threads do not run, the test is their work."""

    def __init__(self, folder: Path, server: CoinglassServer, clock: SteppedClock) -> None:
        self.server, self.clock = server, clock
        (folder / "key").write_text(DEMO_KEY)
        settings = CoinglassSettings(
            base_url=server.url, api_key_file=folder / "key", datasets=("funding_rate",)
        )
        self.live = LiveStart(
            settings, Store(folder / "store"), bot="b", timeframe_ms=43_200_000, startup_candles=30
        )
        self.feed = self.live.feed

    def loops(self, hours: float, *pairs: str) -> None:
        """freqtrade's loops of so many hours, a few a minute; no candle closes."""
        end = self.clock.now() + hours * HOUR
        while self.clock.now() < end:
            self.live.watch(pairs, "binance", ("1h",))
            self.feed.run_due()
            self.clock.advance(300.0)

    def newest(self, coin: str) -> pd.Timestamp:
        now = pd.Timestamp(self.clock.now(), unit="s", tz="UTC")
        return self.feed.rows(Series("funding_rate", coin, "1h"), now)["time"].iloc[-1]

    def watched(self) -> set[str]:
        """Symbols."""
        return {key[1] for key in self.feed._jobs}

    def asked(self, coin: str) -> int:
        return len(self.server.log.entries(PATH, symbol=coin))


@pytest.fixture
def bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bot]:
    market = SimulatedMarket([BTC, ETH], start="2026-01-01", seed=5)
    clock = SteppedClock(market.start + 40 * 86_400.0 + 700)
    monkeypatch.delenv("COINGLASS_API_KEY", raising=False)
    monkeypatch.delenv("COINGLASS_BASE_URL", raising=False)
    monkeypatch.setattr(live_start, "StoppableClock", lambda: BotClock(clock))
    plans = {DEMO_KEY: "professional"}
    with CoinglassServer(market, clock, plans=plans, keep_rows=False) as server:
        started = Bot(tmp_path, server, clock)
        yield started
        started.feed.close()


def test_a_timeframe_of_half_a_day_has_its_rows_up_to_date_between_its_candles(bot: Bot) -> None:
    """Nobody reads them for twelve hours; the pair list alone keeps them."""
    bot.loops(12, BTC)
    asked = bot.asked("BTC")
    assert asked >= 12
    now = pd.Timestamp(bot.clock.now(), unit="s", tz="UTC")
    assert bot.newest("BTC") == now.floor("1h") - pd.Timedelta("1h")
    assert bot.asked("BTC") == asked, "the candle waited for it"


def test_a_pair_that_leaves_the_list_is_given_up_and_one_that_rejoins_is_up_to_date(
    bot: Bot,
) -> None:
    bot.loops(2, BTC, ETH)
    before = bot.newest("ETH")
    bot.loops(8, BTC)
    asked = bot.asked("ETH")
    bot.loops(8, BTC)
    assert bot.asked("ETH") == asked, "it is still asked for, hours after it left"
    bot.loops(0.2, BTC, ETH)
    assert bot.asked("ETH") > asked
    now = pd.Timestamp(bot.clock.now(), unit="s", tz="UTC")
    assert bot.newest("ETH") == bot.newest("BTC") == now.floor("1h") - pd.Timedelta("1h")
    rows = bot.feed.rows(Series("funding_rate", "ETH", "1h"), now).set_index("time")
    away = rows.loc[before + pd.Timedelta("7h") :, "available_at"]
    assert (away >= now - pd.Timedelta("30min")).all(), "the bot did not have them meanwhile"


def test_a_pair_that_has_left_the_list_with_a_trade_open_is_recent_also_after_a_nights_sleep(
    bot: Bot,
) -> None:
    for pair in (BTC, ETH):
        bot.live.analysed(pair)
    bot.clock.advance(9 * HOUR)
    assert bot.live.recent(180.0) == [BTC, ETH]
    bot.live.analysed(BTC)
    assert bot.live.recent(180.0) == [BTC], "its trade is closed"


def test_a_pair_that_is_looked_at_meanwhile_does_not_end_the_list_of_recent_ones(bot: Bot) -> None:
    class Looked(float):
        """A moment; comparing it takes so long that another pair is analysed."""

        def __gt__(self, other: float) -> bool:
            bot.live.analysed("SOL/USDT:USDT")
            return float(self) > other

    bot.live.analysed(BTC)
    bot.live.analysed(ETH)
    for pair, at in list(bot.live._analysed.items()):
        bot.live._analysed[pair] = Looked(at)
    assert set(bot.live.recent(HOUR)) == {BTC, ETH, "SOL/USDT:USDT"}


def test_a_pair_follows_to_another_series_once_its_name_has_turned_out_to_be_a_coin(
    bot: Bot, tmp_path: Path
) -> None:
    """1000X is watched as X until a measurement says that it is no thousand of X."""
    bot.live.watch(["1000X/USDT:USDT"], "binance", ("1h",))
    assert bot.watched() == {"X"}
    apart = Coin("X", (Name("X"),), apart=("1000X",), measured=1.0)
    CoinBook(tmp_path / "store" / ".client").update(lambda now: now.with_coin(apart))
    bot.live.watch(["1000X/USDT:USDT"], "binance", ("1h",))
    assert bot.watched() == {"X", "1000X"}
