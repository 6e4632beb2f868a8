"""The trades of a dry-run bot, read from its database after it has stopped."""

import sqlite3
from contextlib import closing
from pathlib import Path

from rich.table import Table

QUERY = (
    "select pair, is_short, open_rate, close_rate, enter_tag, exit_reason from trades order by id"
)


def trade_table(database: Path) -> Table:
    """:param database: freqtrade's SQLite file"""
    table = Table("pair", "side", "opened at", "closed at", "entry", "exit", title="Its trades")
    with closing(sqlite3.connect(database)) as connection:
        for pair, short, opened, closed, entry, reason in connection.execute(QUERY):
            side = "short" if short else "long"
            end = "open" if closed is None else f"{closed:g}"
            table.add_row(pair, side, f"{opened:g}", end, entry or "", reason or "")
    if table.row_count == 0:
        table.caption = "No signal in these minutes; --minutes gives it longer."
    return table
