"""The trades of a backtest with what the columns said when they were entered, and their sums."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from vectra_freqtrade.report.backtest.analysed import Analysed
from vectra_freqtrade.report.backtest.results import BacktestResult
from vectra_freqtrade.signals.align import decision_times, epoch_ns, last_known

#: Heading -> what trades are sorted by. Each sums up to all trades.
GROUPS = {
    "By exit": "exit_reason",
    "By market state at entry": "state",
    "By side": "side",
    "By pair": "pair",
    "By entry tag": "enter_tag",
}

UNSEEN = "not seen"


def trade_table(
    result: BacktestResult, frames: Mapping[str, Analysed], timeframe_ms: int
) -> pd.DataFrame:
    """The zip's trades with what the last candle closed before the entry said; else UNSEEN."""
    trades = result.trades
    table = trades.assign(
        side=np.where(trades["is_short"], "short", "long"), state=UNSEEN, factor=np.nan
    )
    for pair, rows in trades.groupby("pair"):
        found = frames.get(str(pair))
        if found is None or "cg_state" not in found.frame:
            continue
        frame = found.frame
        known = decision_times(frame["date"], timeframe_ms)
        place = last_known(known, epoch_ns(rows["opened"]))
        seen = place >= 0
        index, place = rows.index[seen], place[seen]
        table.loc[index, "state"] = frame["cg_state"].to_numpy(dtype=object)[place]
        for side in ("long", "short"):
            column = f"cg_confidence_{side}"
            if column in frame:
                own = (table.loc[index, "side"] == side).to_numpy()
                table.loc[index[own], "factor"] = frame[column].to_numpy()[place[own]]
    return table


def sums(table: pd.DataFrame, column: str, balance: float) -> pd.DataFrame:
    """A row per value of a column, the most trades first; share is of the balance at the start."""
    grouped = table.groupby(column, sort=False)
    found = pd.DataFrame(
        {
            "trades": grouped.size(),
            "won": grouped["profit_abs"].agg(lambda profit: float((profit > 0).mean())),
            "mean": grouped["profit_ratio"].mean(),
            "profit": grouped["profit_abs"].sum(),
        }
    )
    found["share"] = found["profit"] / balance
    found = found.rename_axis("key").reset_index()
    return found.sort_values("trades", ascending=False, kind="stable").reset_index(drop=True)


def key_numbers(result: BacktestResult) -> dict[str, Any]:
    """Label -> text; all of them freqtrade's own."""
    facts, trades = result.facts, result.trades
    currency = facts["stake_currency"]
    wins, total = facts["wins"], facts["total_trades"]
    funding = float(trades["funding_fees"].sum()) if "funding_fees" in trades else 0.0
    return {
        "Trades": f"{total} ({facts['trade_count_long']} long, {facts['trade_count_short']} short)",
        "Win rate": "–" if not total else f"{wins / total:.1%}",
        "Profit": f"{facts['profit_total_abs']:+,.2f} {currency} ({facts['profit_total']:+.2%})",
        "Max drawdown": (
            f"{facts['max_drawdown_abs']:,.2f} {currency} ({facts['max_drawdown_account']:.2%})"
        ),
        "Profit factor": "–" if not total else f"{facts['profit_factor']:.2f}",
        "Funding fees": f"{funding:+,.2f} {currency}",
        "Market change": f"{facts['market_change']:+.2%}",
        "Average duration": str(facts.get("holding_avg", "–")),
    }
