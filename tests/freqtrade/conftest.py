"""One loopback exchange for all, and a bot over the simulated market for each test."""

import logging
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.bot import Bot, base_config
from tests.support.live_trades import Bot as LiveBot
from tests.support.live_trades import own_database, start
from tests.support.once import once
from tests.support.seen import seen_strategy
from tests.support.simulated import PAIRS, fill, timerange
from tests.support.stories import LONG, SHORT, STORY, Stories, tell
from vectra_freqtrade.simulator.exchange.exchange import LoopbackExchange

DAYS = 30
#: Enough where it shows within days.
FEW_DAYS = 12


class Backtested(NamedTuple):
    """A bot whose backtest has run, freqtrade's result of it and what it printed; all to read."""

    bot: Bot
    result: dict[str, Any]
    output: str


def backtested(
    factory: pytest.TempPathFactory,
    exchange: LoopbackExchange,
    label: str,
    prepare: Callable[[Bot], str],
) -> Backtested:
    """
    One backtest of all days with the defaults, for every worker.

    :param label: the same for all who want this one
    :param prepare: writes the bot's files, and tells the strategy's name
    """

    def bot_in(folder: Path) -> Bot:
        config = base_config(list(PAIRS))
        return Bot(folder / "user_data", config, exchange.config_overlay())

    def make(folder: Path) -> None:
        bot = bot_in(folder)
        name = prepare(bot)
        run = bot.run("backtesting", "--strategy", name, "--timerange", timerange(DAYS))
        (folder / "output").write_text(run.output)

    bot = bot_in(once(factory, label, make))
    [result] = bot.last_result()["strategy"].values()
    return Backtested(bot, result, (bot.userdir.parent / "output").read_text())


@pytest.fixture(scope="session")
def exchange() -> Iterator[LoopbackExchange]:
    with LoopbackExchange(["BTC", "ETH"]) as running:
        yield running


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """user_data with candles and CoinGlass history, made once; tests copy it."""
    return once(tmp_path_factory, "filled", partial(fill, days=DAYS))


@pytest.fixture(scope="session")
def shipped(
    tmp_path_factory: pytest.TempPathFactory, exchange: LoopbackExchange, filled: Path
) -> Backtested:
    """VectraStrategy's backtest, made once; tests copy it."""

    def prepare(bot: Bot) -> str:
        shutil.copytree(filled, bot.userdir, dirs_exist_ok=True)
        return "VectraStrategy"

    return backtested(tmp_path_factory, exchange, "shipped", prepare)


@pytest.fixture(scope="session")
def played(
    tmp_path_factory: pytest.TempPathFactory, exchange: LoopbackExchange, filled: Path
) -> Callable[[str], Backtested]:
    """As `shipped`, of any shipped strategy, with the frames it decided on: `played(name)`."""

    def play(name: str) -> Backtested:
        def prepare(bot: Bot) -> str:
            shutil.copytree(filled, bot.userdir, dirs_exist_ok=True)
            return write_seen(bot, name)

        return backtested(tmp_path_factory, exchange, f"played-{name}", prepare)

    return play


def write_seen(bot: Bot, name: str) -> str:
    """
    :param name: of a shipped strategy
    :return: that of one that does the same and writes its frames
    """
    seen, code = seen_strategy(name)
    bot.strategy(seen, code)
    return seen


@pytest.fixture
def bot(tmp_path: Path, exchange: LoopbackExchange, filled: Path) -> Bot:
    userdir = tmp_path / "user_data"
    shutil.copytree(filled, userdir)
    return Bot(userdir, base_config(list(PAIRS)), exchange.config_overlay())


@pytest.fixture
def empty_bot(tmp_path: Path, exchange: LoopbackExchange) -> Callable[..., Bot]:
    """A bot with nothing on disk: `empty_bot(pairs, mode)`."""

    def make(pairs: list[str], mode: str = "futures", **changes: Any) -> Bot:
        config = base_config(pairs, **changes)
        return Bot(tmp_path / "user_data", config, exchange.config_overlay(mode))

    return make


@pytest.fixture
def database() -> Iterator[None]:
    """freqtrade's database, in memory; and what is logged heard, whatever a command has set."""
    ours = logging.getLogger("vectra_freqtrade")
    level = ours.level
    ours.setLevel(logging.NOTSET)
    with own_database():
        yield
    ours.setLevel(level)


@pytest.fixture
def started(tmp_path: Path) -> Callable[..., LiveBot]:
    """Start a bot, as often as a test likes: nothing is left of the one before."""
    return partial(start, tmp_path)


@pytest.fixture
def teller(empty_bot: Callable[..., Bot]) -> Callable[..., list[dict[str, Any]]]:
    """Tell stories on both pairs: `teller(stories, code, **trailing)`."""

    def make(stories: Stories, code: str = STORY, **trailing: Any) -> list[dict[str, Any]]:
        section = {"datasets": ["funding_rate"], "intervals": ["1h"], "trailing": trailing}
        return tell(empty_bot([LONG, SHORT], coinglass=section), stories, code)

    return make
