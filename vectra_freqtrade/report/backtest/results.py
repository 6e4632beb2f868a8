"""A backtest result of freqtrade: its zip, read without running anything that is in it."""

import json
import logging
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from vectra_freqtrade.errors import SettingsError
from vectra_freqtrade.settings.section import without_key

logger = logging.getLogger(__name__)

#: freqtrade's note of its newest result, in the folder of the results.
LAST = ".last_result.json"

_AGAIN = "Make one with: freqtrade backtesting --cache none."

#: What every trade of a result has that the report shows.
_TRADE_COLUMNS = (
    *("pair", "is_short", "open_timestamp", "close_timestamp", "open_rate", "close_rate"),
    *("profit_ratio", "profit_abs", "enter_tag", "exit_reason", "stop_loss_abs"),
    *("initial_stop_loss_abs", "fee_open", "fee_close", "leverage", "orders"),
)


@dataclass(frozen=True, slots=True)
class BacktestResult:
    """What a zip holds of one strategy: trades by time of opening, and never a key."""

    path: Path
    strategy: str
    facts: dict[str, Any]
    trades: pd.DataFrame
    config: dict[str, Any]
    source: str | None

    @property
    def pairs(self) -> list[str]:
        return list(self.facts["pairlist"])


def latest_result(folder: Path) -> Path | None:
    """The newest in freqtrade's backtest_results; None where there is none."""
    try:
        named = json.loads((folder / LAST).read_text(encoding="utf-8"))["latest_backtest"]
        path = folder / str(named)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return path if path.is_file() else None


def read_result(path: Path, strategy: str | None = None) -> BacktestResult:
    """SettingsError where it is no zip of a backtest, or does not hold the strategy."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            stem = next((n.removesuffix(".json") for n in names if _is_stats(n, names)), None)
            if stem is None:
                raise SettingsError(f"{path} is a zip, but no backtest result. {_AGAIN}")
            stats = json.loads(archive.read(f"{stem}.json"))
            config = json.loads(archive.read(f"{stem}_config.json"))
            held = stats["strategy"]
            chosen = _chosen(path, list(held), strategy)
            source = f"{stem}_{chosen}.py"
            text = archive.read(source).decode("utf-8", "replace") if source in names else None
    except FileNotFoundError:
        raise SettingsError(f"There is no {path}. {_AGAIN}") from None
    except (OSError, zipfile.BadZipFile, ValueError, KeyError, TypeError) as error:
        raise SettingsError(
            f"{path} can't be read as a backtest result ({type(error).__name__}). {_AGAIN}"
        ) from None
    return BacktestResult(path, chosen, *_parts(path, held[chosen]), _clean(config, path), text)


def _is_stats(name: str, names: list[str]) -> bool:
    """freqtrade names what lies in a zip after the zip as it was written, which may be renamed."""
    return name.endswith(".json") and f"{name.removesuffix('.json')}_config.json" in names


def _chosen(path: Path, held: list[str], asked: str | None) -> str:
    if asked is None and len(held) == 1:
        return held[0]
    if asked in held:
        return str(asked)
    raise SettingsError(f"{path.name} holds {', '.join(held)}: name one of them with --strategy.")


def _parts(path: Path, facts: dict[str, Any]) -> tuple[dict[str, Any], pd.DataFrame]:
    rows = facts.get("trades")
    trades = pd.DataFrame(rows, columns=None if rows else list(_TRADE_COLUMNS))
    missing = [name for name in (*_TRADE_COLUMNS,) if name not in trades]
    if missing or "pairlist" not in facts:
        raise SettingsError(f"{path} is of another freqtrade: no {', '.join(missing)}. {_AGAIN}")
    trades["opened"] = pd.to_datetime(trades["open_timestamp"].astype("int64"), unit="ms", utc=True)
    trades["closed"] = pd.to_datetime(
        trades["close_timestamp"].astype("int64"), unit="ms", utc=True
    )
    trades["is_short"] = trades["is_short"].astype(bool)
    trades["enter_tag"] = trades["enter_tag"].fillna("").astype(str)
    trades = trades.sort_values("open_timestamp", kind="stable").reset_index(drop=True)
    return {name: value for name, value in facts.items() if name != "trades"}, trades


def _clean(config: dict[str, Any], path: Path) -> dict[str, Any]:
    section = config.get("coinglass", {})
    cleaned = without_key(section)
    if len(cleaned) < len(section):
        logger.warning(
            "The config inside %s holds a CoinGlass key. Delete the file, and if it left this "
            "machine, make a new key at CoinGlass.",
            path,
        )
    return config | {"coinglass": cleaned}
