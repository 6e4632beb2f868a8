"""
What a bot could know of plain values, out of the log of the server it asked: row by row, in the
order of the answers, with nothing of the package's own code.
"""

from typing import Any

import pandas as pd

from tests.support.request_log import RequestLog

DELAY = 60.0
MAX_AGE = 3  # intervals
SECONDS = {"1h": 3600.0, "4h": 14_400.0}

#: path -> {column: (field of the row, factor)}
FIELDS: dict[str, dict[str, tuple[str, float]]] = {
    "/api/futures/open-interest/aggregated-history": {"cg_oi": ("close", 1.0)},
    "/api/futures/funding-rate/oi-weight-history": {"cg_funding": ("close", 0.01)},
    "/api/futures/aggregated-taker-buy-sell-volume/history": {
        "cg_taker_buy_usd": ("aggregated_buy_volume_usd", 1.0),
        "cg_taker_sell_usd": ("aggregated_sell_volume_usd", 1.0),
    },
    "/api/futures/liquidation/aggregated-history": {
        "cg_liq_long_usd": ("aggregated_long_liquidation_usd", 1.0),
        "cg_liq_short_usd": ("aggregated_short_liquidation_usd", 1.0),
    },
    "/api/futures/orderbook/aggregated-ask-bids-history": {
        "cg_book_bids_usd": ("aggregated_bids_usd", 1.0),
        "cg_book_asks_usd": ("aggregated_asks_usd", 1.0),
    },
}


def knowable(log: RequestLog, coin: str, decisions: "pd.Series[pd.Timestamp]") -> pd.DataFrame:
    """
    :param log: of the server, rows kept
    :param coin: asked for as the symbol
    :param decisions: moments, ascending
    :return: each column's value at each moment, NaN where nothing was known or it was too old
    """
    moments = [moment.timestamp() for moment in decisions]
    columns: dict[str, list[float]] = {}
    for path, fields in FIELDS.items():
        for interval, length in SECONDS.items():
            rows = _first_seen(log, path, coin, interval, length)
            newest = [_newest(rows, moment, MAX_AGE * length) for moment in moments]
            for name, (field, factor) in fields.items():
                columns[f"{name}_{interval}"] = [
                    float("nan") if row is None else float(row[field]) * factor for row in newest
                ]
    return pd.DataFrame(columns, index=decisions.index)


def _first_seen(
    log: RequestLog, path: str, coin: str, interval: str, length: float
) -> list[tuple[float, dict[str, Any]]]:
    """When each row could be used first, and as what it came then; in time order."""
    seen: dict[float, tuple[float, dict[str, Any]]] = {}
    began: float | None = None
    for entry in log.entries(path, symbol=coin, interval=interval):
        if not entry.served:
            continue
        began = entry.time if began is None else began
        newest = max(seen, default=0.0)
        for row in sorted(entry.rows, key=lambda each: each["time"]):
            opened = row["time"] / 1000
            published = opened + length + DELAY
            if opened in seen or published > entry.time:
                continue
            if entry.time == began:  # history, as it was before the bot
                seen[opened] = (published, row)
            elif opened > newest:
                seen[opened] = (max(published, entry.time), row)
            else:  # a later row was used already
                seen[opened] = (float("inf"), row)
    return [seen[opened] for opened in sorted(seen)]


def _newest(
    rows: list[tuple[float, dict[str, Any]]], moment: float, max_age: float
) -> dict[str, Any] | None:
    known = [(available, row) for available, row in rows if available <= moment]
    if not known:
        return None
    available, row = known[-1]
    return row if moment - available <= max_age else None
