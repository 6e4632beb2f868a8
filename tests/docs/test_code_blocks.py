"""Every code block of the README and the docs does what its page says."""

import ast
import json
import re
import shlex
from pathlib import Path
from typing import Any

import click
import pandas as pd
import pytest
import typer
from freqtrade.commands import Arguments
from freqtrade.enums import CandleType, RunMode
from freqtrade.resolvers import StrategyResolver

from tests.docs.pages import PAGES, Block, blocks, prose
from tests.support.bot import base_config
from tests.support.simulated import START, candles, market_frame
from vectra_freqtrade.cli.main import app
from vectra_freqtrade.settings.section import CoinglassSettings

PAIR = "BTC/USDT:USDT"
SHELL = ("bash", "sh", "console")


class _Market:
    """What a strategy asks its data provider for, offline."""

    runmode = RunMode.BACKTEST

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame

    def get_pair_dataframe(self, pair: str, timeframe: str, candle_type: str = "") -> pd.DataFrame:
        return candles(self._frame, timeframe.replace("m", "min"))

    def current_whitelist(self) -> list[str]:
        return [PAIR]

    def market(self, pair: str) -> dict[str, str]:
        return {"base": "BTC", "quote": "USDT"}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    steps = market_frame("BTC", 0)
    return steps[steps["date"] < pd.Timestamp(START, tz="UTC") + pd.Timedelta(days=3)]


def _strategies(block: Block) -> list[str]:
    return [
        node.name
        for node in ast.parse(block.text).body
        if isinstance(node, ast.ClassDef)
        and any(isinstance(base, ast.Name) and base.id == "IStrategy" for base in node.bases)
    ]


def _section(block: Block) -> dict[str, Any]:
    """The `custom` columns that the page names before a strategy that uses them."""
    before = [b for b in blocks("json") if b.page == block.page and b.line < block.line]
    for told in reversed(before):
        section = json.loads(told.text).get("coinglass", {})
        if any(f"cg_{each['name']}_" in block.text for each in section.get("custom", [])):
            return dict(section)
    return {}


def test_there_is_something_to_check():
    assert {"python", "json", "bash"} <= {block.language for block in blocks()}
    assert sum(bool(_strategies(block)) for block in blocks("python")) >= 5


@pytest.mark.parametrize("block", blocks("python"), ids=str)
def test_python_blocks_are_python(block):
    compile(block.text, str(block), "exec")


@pytest.mark.parametrize("block", [b for b in blocks("python") if _strategies(b)], ids=str)
def test_strategies_load_in_freqtrade_and_populate(block, tmp_path: Path, frame):
    folder = tmp_path / "strategies"
    folder.mkdir()
    for name in _strategies(block):
        (folder / f"{name}.py").write_text(block.text, encoding="utf-8")
        config: dict[str, Any] = base_config([PAIR]) | {
            "user_data_dir": tmp_path,
            "datadir": tmp_path / "data" / "binance",
            "strategy": name,
            "coinglass": _section(block),
            "runmode": RunMode.BACKTEST,
            "candle_type_def": CandleType.FUTURES,
        }
        strategy = StrategyResolver.load_strategy(config)
        strategy.dp = _Market(frame)
        strategy.ft_bot_start()
        given = candles(frame, "5min")
        shown = strategy.advise_indicators(given.copy(), {"pair": PAIR})
        shown = strategy.advise_entry(shown, {"pair": PAIR})
        shown = strategy.advise_exit(shown, {"pair": PAIR})
        assert len(shown) == len(given)
        assert {"cg_state", "cg_confidence_long"} <= set(shown)


@pytest.mark.parametrize("block", blocks("json"), ids=str)
def test_json_blocks_are_valid_settings(block):
    CoinglassSettings.from_config(json.loads(block.text))


def _commands() -> list[Any]:
    found = []
    for block in blocks(*SHELL):
        for line in block.text.replace("\\\n", " ").splitlines():
            for command in line.split("#", 1)[0].split("&&"):
                if command.strip():
                    found.append(pytest.param(command.strip(), id=f"{block} {command.strip()}"))
    return found


@pytest.fixture(scope="module")
def ours() -> click.Group:
    return typer.main.get_command(app)


@pytest.mark.parametrize("line", _commands())
def test_shell_commands_exist_with_these_options(line, ours):
    program, *words = shlex.split(line)
    if program == "vectra-freqtrade":
        _parse(ours, words)
    elif program == "freqtrade":
        Arguments(words).get_parsed_arg()  # exits where it does not know a word


def _parse(group: click.Group, words: list[str]) -> None:
    assert words and words[0] in group.commands
    command = group.commands[words[0]]
    command.make_context(words[0], words[1:], resilient_parsing=False)


def test_commands_in_the_prose_exist(ours):
    for page in PAGES:
        for line in re.findall(r"`(vectra-freqtrade [^`]+)`", prose(page)):
            _parse(ours, shlex.split(line)[1:])
