"""
One series against another: what its numbers count, and which interval they belong to. Pure.

Everything compares rows that have settled, in the middle: a provisional value, a rounded one or a
quiet night decides nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from vectra_freqtrade.coinglass.contract.finding import (
    Finding,
    Outcome,
    broken,
    columns_of,
    kept,
    untold,
)
from vectra_freqtrade.coinglass.contract.promises import (
    BOOK,
    DOMINANCE,
    FUNDING,
    OPEN_INTEREST,
    PRICE,
    TAKER,
)
from vectra_freqtrade.coinglass.contract.rows import Numbers, Rows

#: Fewer rows than so many tell nothing.
_LEAST: Final = 5
#: Shares of the larger that two figures of one thing may differ by.
_NEAR: Final = 0.1
_PRICE_NEAR: Final = 0.01
#: A venue's takers against the candles of its largest contract: other contracts come on top.
_TAKERS: Final = (0.4, 6.0)
#: Percent: the 95th percentile of any month's rates is above a thousandth, and below this.
_FUNDING: Final = (0.0015, 2.0)


def matched(left: Rows, right: Rows, shift: int = 0) -> tuple[Rows, Rows]:
    """Rows of both at the same times; `right` is taken `shift` milliseconds earlier."""
    both = np.intersect1d(left.times, right.times + shift)
    return left.where(np.isin(left.times, both)), right.where(np.isin(right.times + shift, both))


def open_interest(coins: Rows, usd: Rows, price: Rows | None, interval: str) -> Finding:
    """Coins × price is USD."""
    where, columns = f"{OPEN_INTEREST} {interval}", columns_of("open_interest", interval)
    coins, usd = matched(coins, usd)
    if price is not None:
        coins, price = matched(coins, price)
        usd, price = matched(usd, price)
        coins, usd = matched(coins, usd)
    if price is None or len(coins.times) < _LEAST or "close" not in price.values:
        return untold("unit of open interest", where, "no price to compare with")
    if "close" not in coins.values or "close" not in usd.values:
        return untold("unit of open interest", where, "no values to compare")
    close = price.values["close"]
    ratio = _middle(coins.values["close"] * close / usd.values["close"])
    expected = "open interest in coins × price = open interest in USD"
    if ratio is None:
        return untold("unit of open interest", where, "nothing that is more than zero")
    if _is(ratio, 1.0):
        return kept("unit of open interest", where, f"coins × price ÷ USD is {ratio:.3f}")
    came = f"coins × price ÷ USD is {ratio:.4g}"
    same = _middle(coins.values["close"] / usd.values["close"])
    if same is not None and _is(same, 1.0):
        came = "unit=coin gives the USD of unit=usd"
    return broken("unit of open interest", where, expected, came, columns)


def whose_close(coins: Rows, usd: Rows, price: Rows, length: int, interval: str) -> Finding:
    """The price that open interest implies is that of the row's own close."""
    where = f"{OPEN_INTEREST} {interval}"
    coins, usd = matched(coins, usd)
    if "close" not in coins.values or "close" not in usd.values or "close" not in price.values:
        return untold("interval of a row", where, "no values to compare")
    with np.errstate(invalid="ignore", divide="ignore"):
        implied = Rows(coins.times, {"close": usd.values["close"] / coins.values["close"]})
    return _whose(
        implied, price, length, where, columns_of("open_interest", interval), lambda r: r["close"]
    )


def prices(ours: Rows, candles: Rows, length: int, interval: str) -> list[Finding]:
    """CoinGlass's price rows are the exchange's candles."""
    where = f"{PRICE} {interval}"
    if "close" not in ours.values:
        return [untold("price", where, "no values to compare")]
    found = [_whose(ours, candles, length, where, (), lambda rows: rows["close"])]
    left, right = matched(ours, candles)
    if found[0].outcome is Outcome.BROKEN or len(left.times) < _LEAST:
        return found
    ratio = _middle(left.values["close"] / right.values["close"])
    if ratio is None or abs(ratio - 1) > _PRICE_NEAR:
        expected, came = "the exchange's own closes", f"closes times {ratio or 0.0:.4g}"
        return [*found, broken("price", where, expected, came)]
    return [*found, kept("price", where, f"÷ the exchange's is {ratio:.5f}")]


def takers(flows: Rows, price: Rows, length: int, interval: str) -> list[Finding]:
    """A venue's buys and sells are of the size of its candles' volume, and of their interval."""
    where, columns = f"{TAKER} {interval}", columns_of("taker_volume", interval)
    sides = [flows.values.get(f"aggregated_{side}_volume_usd") for side in ("buy", "sell")]
    if sides[0] is None or sides[1] is None or "volume_usd" not in price.values:
        return [untold("taker volume", where, "no volumes to compare")]
    total = Rows(flows.times, {"volume_usd": sides[0] + sides[1]})
    left, right = matched(total, price)
    if len(left.times) < _LEAST:
        return [untold("taker volume", where, "no candles to compare with")]
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = _middle(left.values["volume_usd"] / right.values["volume_usd"])
    if ratio is None:
        return [untold("taker volume", where, "nothing was traded")]
    least, most = _TAKERS
    if not least <= ratio <= most:
        expected = "buys + sells in USD, of the size of the candles' volume"
        return [broken("taker volume", where, expected, f"{ratio:.3g} of it", columns)]
    found = kept("taker volume", where, f"÷ the candles' volume is {ratio:.2f}")
    return [found, _whose(total, price, length, where, columns, lambda rows: rows["volume_usd"])]


def funding(percent: Rows, own: Sequence[float] | None, interval: str) -> Finding:
    """
    Rates are in percent.

    :param percent: as CoinGlass sends them
    :param own: the exchange's own rates of the same weeks, fractions; None where there are none
    """
    where, columns = f"{FUNDING} {interval}", columns_of("funding_rate", interval)
    sizes = np.abs(percent.values.get("close", np.array([])))
    sizes = sizes[sizes > 0]
    expected = "funding in percent"
    if len(sizes) < _LEAST:
        return untold("unit of funding", where, "no rates that are not zero")
    high = float(np.quantile(sizes, 0.95))
    fractions = np.abs(np.array(own if own is not None else [], dtype="float64"))
    fractions = fractions[fractions > 0]
    if len(fractions) >= _LEAST:
        ratio = high / float(np.quantile(fractions, 0.95))
        if 10.0 <= ratio <= 1000.0:
            return kept("unit of funding", where, f"{ratio:.0f} times the exchange's fractions")
        word = "a fraction" if ratio < 10.0 else "another unit"
        came = f"{word}: {ratio:.3g} times the exchange's own fractions"
        return broken("unit of funding", where, expected, came, columns)
    if high < _FUNDING[0]:
        came = f"a fraction: 95 of 100 rates are below {high:.2g}"
        return broken("unit of funding", where, expected, came, columns)
    if high > _FUNDING[1]:
        came = f"another unit: 5 of 100 rates are above {high:.2g}"
        return broken("unit of funding", where, expected, came, columns)
    return kept("unit of funding", where, f"95 of 100 are below {high:.2g} %")


def book(rows: Rows, price: Rows | None, interval: str) -> Finding:
    """USD ÷ quantity of the resting orders is a price near the market's."""
    where, columns = f"{BOOK} {interval}", columns_of("order_book", interval)
    if price is None or "close" not in price.values:
        return untold("unit of the order book", where, "no price to compare with")
    left, right = matched(rows, price)
    names = [
        f"aggregated_{side}_{what}" for side in ("bids", "asks") for what in ("usd", "quantity")
    ]
    if len(left.times) < _LEAST or any(name not in left.values for name in names):
        return untold("unit of the order book", where, "no values to compare")
    for usd, quantity in (names[:2], names[2:]):
        with np.errstate(invalid="ignore", divide="ignore"):
            implied = left.values[usd] / left.values[quantity]
            ratio = _middle(implied / right.values["close"])
        if ratio is not None and not _is(ratio, 1.0):
            came = f"{usd} ÷ {quantity} ÷ price is {ratio:.4g}"
            expected = "USD ÷ quantity near the price"
            return broken("unit of the order book", where, expected, came, columns)
    return kept("unit of the order book", where)


def ratios(rows: Rows, where: str, interval: str, prefix: str) -> Finding:
    """The ratio is longs over shorts."""
    names = [f"{prefix}_{name}" for name in ("long_percent", "short_percent", "long_short_ratio")]
    if any(name not in rows.values for name in names) or not len(rows.times):
        return untold("ratio", where, "no values to compare")
    longs, shorts, sent = (rows.values[name] for name in names)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = _middle(longs / shorts / sent)
    if ratio is None or _is(ratio, 1.0):
        return kept("ratio", where)
    expected, came = "longs ÷ shorts", f"percentages that give {ratio:.3g} times the ratio"
    return broken("ratio", where, expected, came, columns_of("long_short_ratio", interval))


def dominance(rows: Rows) -> Finding:
    """In percent."""
    middle = _middle(rows.values.get("bitcoin_dominance", np.array([])))
    columns = columns_of("bitcoin_dominance")
    if middle is None:
        return untold("unit of dominance", DOMINANCE, "no values")
    if 5.0 < middle <= 100.0:
        return kept("unit of dominance", DOMINANCE)
    came = "a fraction" if middle <= 1.0 else f"{middle:.3g} in the middle"
    return broken("unit of dominance", DOMINANCE, "percent", came, columns)


Pick = Callable[[Mapping[str, Numbers]], Numbers]


def _whose(
    rows: Rows, candles: Rows, length: int, where: str, columns: tuple[str, ...], pick: Pick
) -> Finding:
    """Whether rows go with the candle that opens at their stamp, or with the one before it."""
    own, before = _apart(rows, candles, 0, pick), _apart(rows, candles, length, pick)
    name, expected = "interval of a row", "values of the interval that opens at the stamp"
    if own is None or before is None:
        return untold(name, where, "no candles to compare with")
    if before < own / 3 and own > 1e-4:
        return broken("stamp", where, expected, "those of the interval that closes there", columns)
    if own < before / 3:
        return kept(name, where)
    return untold(name, where, "too little movement to tell")


def _apart(rows: Rows, candles: Rows, shift: int, pick: Pick) -> float | None:
    """How far the logarithms are apart, in the middle, whatever they are scaled by."""
    left, right = matched(rows, candles, shift)
    if len(left.times) < _LEAST:
        return None
    with np.errstate(invalid="ignore", divide="ignore"):
        logs = np.log(pick(left.values)) - np.log(pick(right.values))
    logs = logs[np.isfinite(logs)]
    if len(logs) < _LEAST:
        return None
    return float(np.median(np.abs(logs - np.median(logs))))


def _middle(values: Numbers) -> float | None:
    good = values[np.isfinite(values) & (values != 0)]
    return float(np.median(good)) if len(good) else None


def _is(ratio: float, wanted: float) -> bool:
    return abs(ratio - wanted) <= _NEAR * wanted
