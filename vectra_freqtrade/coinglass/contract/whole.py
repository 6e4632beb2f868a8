"""Answers that are no rows of intervals: balances beside a list of times, large orders. Pure."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from vectra_freqtrade.coinglass.answers.envelope import shape
from vectra_freqtrade.coinglass.answers.numbers import number
from vectra_freqtrade.coinglass.answers.orders import orders
from vectra_freqtrade.coinglass.contract.finding import Finding, broken, columns_of, kept
from vectra_freqtrade.coinglass.contract.promises import Promise, Sent
from vectra_freqtrade.coinglass.contract.rows import check_rows
from vectra_freqtrade.errors import ContractError

#: Smaller stamps are seconds.
_LEAST_MS: Final = 10**11


def check_balances(sent: Sent) -> list[Finding]:
    """An object, or a list of one: `{time_list, data_map: {venue: balances}}`."""
    columns, data = columns_of(sent.dataset), sent.data
    expected = "time_list, and data_map with as many balances for each venue"
    inner = data[0] if isinstance(data, list) and len(data) == 1 else data
    if not isinstance(inner, Mapping):
        return [broken("shape", sent.where, expected, shape(data), columns)]
    stamps, venues = inner.get(sent.time), inner.get("data_map")
    missing = [name for name in (sent.time, "data_map") if name not in inner]
    if missing:
        came = f"missing: {', '.join(missing)}"
        return [broken("fields", sent.where, f"the field {missing[0]!r}", came, columns)]
    if not isinstance(stamps, list) or not isinstance(venues, Mapping):
        return [broken("shape", sent.where, expected, shape(inner), columns)]
    if any(not isinstance(each, list) or len(each) != len(stamps) for each in venues.values()):
        came = "lists of other lengths"
        return [broken("shape", sent.where, expected, came, columns)]
    cells = np.array(list(venues.values()), dtype=object).reshape(len(venues), len(stamps))
    rows = [
        {sent.time: stamp} | {str(place): cell for place, cell in enumerate(cells[:, number])}
        for number, stamp in enumerate(stamps)
    ]
    kinds = {str(place): "number" for place in range(len(venues))}
    flat = Sent(sent.path, sent.dataset, "", rows, sent.now, sent.time, tuple(kinds))
    return check_rows(flat, Promise(kinds), 0)[0]


def check_orders(sent: Sent) -> list[Finding]:
    """Large orders come unsorted; what our own reader can't read is no order."""
    columns = columns_of(sent.dataset)
    try:
        orders([sent.data])
    except ContractError as error:
        expected = "the documented orders"
        return [broken("shape", sent.where, expected, str(error), columns)]
    items = sent.data if isinstance(sent.data, list) else []
    if any(number(item[sent.time]) < _LEAST_MS for item in items):
        return [broken("unit of stamps", sent.where, "milliseconds", "seconds", columns)]
    return [kept("shape", sent.where)]
