"""Backtest results made by hand."""

from pathlib import Path
from typing import Any

import pandas as pd

from vectra_freqtrade.report.backtest.results import BacktestResult
from vectra_freqtrade.report.compare.effect import Pair

START = pd.Timestamp("2026-01-05", tz="UTC")
HOUR_MS = 3_600_000
BALANCE, STAKE = 1000.0, 100.0


def trade(entry: float, hours: float = 2, profit: float = 1.0, **changes: Any) -> dict[str, Any]:
    """
    :param entry: hours after START
    :param hours: that it was held
    :param profit: in the stake currency
    :param changes: other values
    """
    opened = START + pd.Timedelta(entry, "h")
    closed = opened + pd.Timedelta(hours, "h")
    return {
        "pair": "BTC/USDT:USDT",
        "is_short": False,
        "opened": opened,
        "closed": closed,
        "open_timestamp": int(opened.timestamp() * 1000),
        "close_timestamp": int(closed.timestamp() * 1000),
        "close_rate": 100.0 + profit,
        "profit_abs": profit,
        "profit_ratio": profit / STAKE,
        "funding_fees": 0.0,
        "exit_reason": "roi",
        **changes,
    }


def trades(*rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(trade(0)))


def result(frame: pd.DataFrame, days: int = 100, **facts: Any) -> BacktestResult:
    profit = float(frame["profit_abs"].sum())
    last = START + pd.Timedelta(days=days - 1)
    told = {
        "timeframe": "1h",
        "starting_balance": BALANCE,
        "stake_currency": "USDT",
        "backtest_start": f"{START:%Y-%m-%d %H:%M:%S}",
        "backtest_end": f"{last:%Y-%m-%d %H:%M:%S}",
        "backtest_start_ts": int(START.timestamp() * 1000),
        "backtest_end_ts": int(last.timestamp() * 1000),
        "total_trades": len(frame),
        "profit_total": profit / BALANCE,
        "profit_total_abs": profit,
        "max_drawdown_account": 0.01,
        "pairlist": ["BTC/USDT:USDT"],
        **facts,
    }
    return BacktestResult(Path("x.zip"), "Mine", told, frame, {}, None)


def pair(*rows: dict[str, Any], **facts: Any) -> Pair:
    """Both runs of a variant, which made the same trades."""
    found = result(trades(*rows), **facts)
    return Pair(found, found)
