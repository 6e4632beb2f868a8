"""One loopback exchange for all, and a bot over the simulated market for each test."""

import logging
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.support.bot import Bot, base_config
from tests.support.live_trades import Bot as LiveBot
from tests.support.live_trades import own_database, start
from tests.support.simulated import PAIRS, fill
from tests.support.stories import LONG, SHORT, STORY, Stories, tell
from vectra_freqtrade.demo.exchange import LoopbackExchange

DAYS = 30


@pytest.fixture(scope="session")
def exchange() -> Iterator[LoopbackExchange]:
    with LoopbackExchange(["BTC", "ETH"]) as running:
        yield running


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """user_data with candles and CoinGlass history, made once; tests copy it."""
    userdir = tmp_path_factory.mktemp("filled") / "user_data"
    fill(userdir, days=DAYS)
    return userdir


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
