"""The same rows in two answers: a span is what was asked for, and what has settled stays. Pure."""

import numpy as np

from vectra_freqtrade.coinglass.contract.finding import Finding, broken, columns_of, kept
from vectra_freqtrade.coinglass.contract.promises import Sent
from vectra_freqtrade.coinglass.contract.rows import Numbers, Rows


def compare(first: Rows, again: Rows, sent: Sent, span: tuple[int, int]) -> list[Finding]:
    """
    The same rows asked for a second time, with a start and an end.

    :param first: settled rows of the first answer
    :param again: of the second one
    :param sent: the second one
    :param span: start and end that were asked for, milliseconds
    """
    columns = columns_of(sent.dataset, sent.interval)
    start, end = span
    outside = int(((again.times < start) | (again.times >= end)).sum())
    expected = "rows from start_time on, before end_time"
    if outside:
        return [broken("span", sent.where, expected, f"{outside} rows outside", columns)]
    missing = int((~np.isin(first.times, again.times)).sum())
    if missing:
        came = f"{missing} of {len(first.times)} missing that came before"
        return [broken("span", sent.where, expected, came, columns)]
    found = [kept("span", sent.where)]
    ours = again.where(np.isin(again.times, first.times))
    for name in sent.used:
        if name not in first.values or name not in ours.values:
            continue
        moved = relative(first.values[name], ours.values[name])
        many = int((moved > 0.05).sum())
        if many >= 2 and many >= 0.3 * len(moved):
            came = (
                f"{name} of {many} of {len(moved)} changed, by {np.median(moved):.0%} in the middle"
            )
            expected = "rows that have settled stay"
            found.append(broken("revised rows", sent.where, expected, came, columns))
            break
    return found


def relative(before: Numbers, after: Numbers) -> Numbers:
    """How far values moved, as a share of the larger; 0 where neither is known."""
    most = np.maximum(np.abs(before), np.abs(after))
    with np.errstate(invalid="ignore", divide="ignore"):
        moved = np.where(most > 0, np.abs(after - before) / most, 0.0)
    return np.nan_to_num(moved, nan=0.0)
