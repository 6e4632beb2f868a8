"""Rows are judged as a file of them would be."""

import pandas as pd

from vectra_freqtrade.history.arrays import arrays_of
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.tables import table_of


def check(series: Series, rows: pd.DataFrame) -> None:
    """:raises StoreError: naming what keeps the rows from being the series' file"""
    arrays_of(series, table_of(rows))
