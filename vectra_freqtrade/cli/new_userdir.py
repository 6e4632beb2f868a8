"""The user_data folder that `init` makes: folders, strategies, a config. It never holds a key."""

import json
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from vectra_freqtrade.catalogue.datasets import DATASETS
from vectra_freqtrade.catalogue.plans import Plan
from vectra_freqtrade.cli.pair_names import read_pair
from vectra_freqtrade.errors import SettingsError
from vectra_freqtrade.settings.section import DEFAULT_DATASETS
from vectra_freqtrade.shipped import shipped_strategies

FOLDERS: Final = ("data", "strategies", "backtest_results", "hyperopt_results", "logs", "plot")
#: What the shipped strategies trade on.
TIMEFRAME: Final = "5m"

_SPOT_ONLY = ("spot",)
_BOTH = ("futures", "spot")
#: What freqtrade supports and trades there, the default first; a test holds it against freqtrade,
#: which needs seconds to tell.
EXCHANGES: Final[dict[str, tuple[str, ...]]] = {
    **{name: _BOTH for name in ("binance", "bitget", "bybit", "gate", "hyperliquid", "okx")},
    **{name: ("futures",) for name in ("binanceusdm", "krakenfutures")},
    **{name: _SPOT_ONLY for name in ("binanceus", "bingx", "bybiteu", "gateeu", "htx")},
    **{name: _SPOT_ONLY for name in ("kraken", "myokx")},
}
#: Where it isn't USDT.
_STAKES: Final = {"hyperliquid": "USDC", "krakenfutures": "USD"}

_SPOT = re.compile(r"[\w.]+/(?P<quote>[\w.]+)", re.ASCII)
_FUTURES = re.compile(r"[\w.]+/(?P<quote>[\w.]+):(?P=quote)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Choices:
    """What a user decides; no key file where the key is in the environment, or nowhere."""

    exchange: str
    trading_mode: str
    pairs: tuple[str, ...]
    api_key_file: str | None = None

    @property
    def stake_currency(self) -> str:
        return quotes(self.pairs)[0]


def quotes(pairs: Sequence[str]) -> list[str]:
    return sorted({pair.partition("/")[2].partition(":")[0] for pair in pairs})


def complete_pairs(given: Sequence[str], exchange: str, trading_mode: str) -> tuple[str, ...]:
    """freqtrade's pairs, of pairs and coins: BTC is BTC/USDT:USDT on a futures exchange."""
    stake = _STAKES.get(exchange, "USDT")
    futures = trading_mode == "futures"
    behind = f"/{stake}:{stake}" if futures else f"/{stake}"
    pairs = [read_pair(word, futures=futures, stake=stake) or word for word in given]
    shape = _FUTURES if futures else _SPOT
    for pair in pairs:
        if not shape.fullmatch(pair):
            raise SettingsError(
                f"{pair!r} is no {trading_mode} pair: write BTC{behind}, or just the coin."
            )
    if not pairs:
        raise SettingsError(f"No pairs: name some with --pairs, such as BTC{behind} or just BTC.")
    if len(quotes(pairs)) > 1:
        raise SettingsError(
            f"A bot has one stake currency; these pairs have {', '.join(quotes(pairs))}."
        )
    return tuple(dict.fromkeys(pairs))


def freqtrade_config(choices: Choices, plan: Plan) -> dict[str, Any]:
    """A dry-run config with the `coinglass` section."""
    pricing = {"price_side": "same", "use_order_book": True, "order_book_top": 1}
    futures = {"margin_mode": "isolated"} if choices.trading_mode == "futures" else {}
    return {
        "max_open_trades": len(choices.pairs),
        "stake_currency": choices.stake_currency,
        "stake_amount": "unlimited",
        "tradable_balance_ratio": 0.99,
        "dry_run": True,
        "dry_run_wallet": 1000,
        "trading_mode": choices.trading_mode,
        **futures,
        "entry_pricing": pricing,
        "exit_pricing": pricing,
        "exchange": {"name": choices.exchange, "pair_whitelist": list(choices.pairs)},
        "pairlists": [{"method": "StaticPairList"}],
        "initial_state": "running",
        "coinglass": coinglass_section(choices, plan),
    }


def coinglass_section(choices: Choices, plan: Plan) -> dict[str, Any]:
    """A plan that has the large orders' history gets them switched on."""
    key_file = {"api_key_file": choices.api_key_file} if choices.api_key_file else {}
    orders = ["large_orders"] if plan.rank >= DATASETS["large_orders"].plan.rank else []
    return {**key_file, "datasets": [*DEFAULT_DATASETS, *orders]}


def check_place(userdir: Path) -> None:
    """SettingsError where the folder can't be made or filled."""
    place = userdir.absolute()
    there = next(each for each in (place, *place.parents) if each.exists())
    if not there.is_dir():
        raise SettingsError(
            f"{there} is a file, so {userdir} can't be a folder: name another with --userdir."
        )
    if not os.access(there, os.W_OK):
        raise SettingsError(f"{there} is not writable: name another folder with --userdir.")


def write_userdir(
    userdir: Path, config: dict[str, Any], may_replace: Callable[[Path], bool]
) -> tuple[list[Path], list[Path]]:
    """Files written, and files left as they were because `may_replace` said no."""
    wanted = {userdir / "config.json": json.dumps(config, indent=4) + "\n"}
    for strategy in shipped_strategies():
        wanted[userdir / "strategies" / strategy.name] = strategy.read_text(encoding="utf-8")
    written, kept = [], []
    try:
        for name in FOLDERS:
            (userdir / name).mkdir(parents=True, exist_ok=True)
        for path, text in wanted.items():
            if path.exists() and not _differs_and_may(path, text, may_replace):
                kept.append(path)
                continue
            path.write_text(text, encoding="utf-8")
            written.append(path)
    except OSError as error:
        raise SettingsError(f"{error.filename}: {error.strerror}.") from None
    return written, kept


def _differs_and_may(path: Path, text: str, may_replace: Callable[[Path], bool]) -> bool:
    return path.read_bytes() != text.encode() and may_replace(path)
