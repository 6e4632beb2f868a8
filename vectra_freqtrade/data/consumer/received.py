"""A producer's columns on a consumer's candles. Pure: frames in, values out."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vectra_freqtrade.catalogue.columns import Column
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.signals.align import Int64, epoch_ns, take
from vectra_freqtrade.signals.assemble import all_columns

#: What a share of datasets is where none is known: as `add_columns` has it without any row.
_FRESH = "cg_fresh"


@dataclass(frozen=True, slots=True)
class Received:
    """
    :param values: columns that are not judged, one value per candle of the consumer
    :param missing: names of those that the producer does not send, or not as what they are
    :param newest: open of the newest candle that was sent, nanoseconds since 1970; None before
        the first
    """

    values: dict[str, NDArray[np.generic]] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    newest: int | None = None


def received_columns(
    dates: pd.Series,
    sent: pd.DataFrame,
    settings: CoinglassSettings,
    intervals: Sequence[str],
) -> Received:
    """
    Joined where the candle's open is the same, and nowhere else: nothing is carried forward.

    What is judged is left out: it follows from the other columns, and a consumer has bands,
    multipliers and extremes of its own.

    :param dates: opens of the consumer's candles, tz-aware
    :param sent: the producer's analysed frame as freqtrade handed it over, in any dtypes that JSON
        made of it; empty before the first
    """
    opens = _opens(sent)
    if opens is None:
        return Received({_FRESH: np.zeros(len(dates))})
    index = pd.Index(opens)
    if not sent.columns.is_unique:
        sent = sent.loc[:, ~sent.columns.duplicated()]
    if index.has_duplicates:
        last = ~index.duplicated(keep="last")
        index, sent = index[last], sent[last]
    rows = index.get_indexer(pd.Index(epoch_ns(dates)))
    values: dict[str, NDArray[np.generic]] = {}
    missing: list[str] = []
    for column in all_columns(settings, intervals):
        if column.judged:
            continue
        typed = _typed(sent[column.name], column) if column.name in sent else None
        if typed is None:
            missing.append(column.name)
        else:
            values[column.name] = take(typed, rows, column.empty)
    fresh = values.get(_FRESH, np.full(len(dates), np.nan))
    values[_FRESH] = np.where(np.isnan(fresh), 0.0, fresh)
    return Received(values, tuple(missing), int(index.max()))


def _opens(sent: pd.DataFrame) -> Int64 | None:
    """Opens of the producer's candles, None where it has not sent any."""
    if sent.empty or "date" not in sent:
        return None
    dates = sent["date"]
    if not isinstance(dates.dtype, pd.DatetimeTZDtype) or dates.isna().any():
        return None
    return epoch_ns(dates)


def _typed(values: pd.Series, column: Column) -> NDArray[np.generic] | None:
    """What JSON and the joining of candles left of a column, as its own type again."""
    if column.dtype == "str":
        words = np.asarray(values.astype(object).where(values.notna(), column.empty), dtype=object)
        return words if all(isinstance(word, str) for word in words) else None
    if not (pd.api.types.is_numeric_dtype(values) or values.dtype == object):
        return None  # JSON takes a few names for dates
    if values.dtype == np.float64:  # most of them: what follows would take ten times as long
        numbers = values.to_numpy()
    else:
        coerced = pd.to_numeric(values, errors="coerce")
        numbers = coerced.to_numpy(dtype=np.float64, na_value=np.nan)
    if column.dtype == "float64":
        return np.asarray(numbers)
    return np.where(np.isnan(numbers), column.empty, numbers).astype(column.dtype)
