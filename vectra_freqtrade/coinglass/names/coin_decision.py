"""
Which of the names that read like a coin are that coin, and how each is counted. Pure.

Nobody outside knows whether `unit=coin` of 1000PEPE counts PEPE or thousands of them. What it
counts × the close of its contract, over the same in USD, is 1 where it counts contracts and the
multiplier where it counts coins. Names whose prices for a single coin differ are other coins.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Final

from vectra_freqtrade.catalogue.coin_names import Coin, Name

#: A ratio is taken for 1, or for the multiplier, within so much of it.
_NEAR: Final = 0.02
#: Prices of a single coin that differ by more are those of different coins.
_SAME: Final = 0.10
#: Less of the open interest than this is not worth a request a row.
LEAST_SHARE: Final = 0.01
#: A name without open interest is looked at again after a day.
_SILENT_AGAIN: Final = 86_400.0
#: What could not be decided is measured again after an hour, two, four, a day at most.
_UNDECIDED_AGAIN: Final = 3600.0

Days = Mapping[int, float]


@dataclass(frozen=True, slots=True)
class Look:
    """
    What was had of one name, by day: open interest in USD, the same with `unit=coin`, and the close
    of a contract, None where it can't be had.
    """

    name: str
    multiplier: int
    venues: tuple[str, ...]
    usd: Days
    coins: Days
    close: Days | None = None

    @property
    def size(self) -> float:
        """Median open interest, USD; 0 where there is none."""
        return median(self.usd.values()) if self.usd else 0.0

    @property
    def implied(self) -> float | None:
        """USD of one unit of what it counts, None where there is nothing."""
        return _median(usd / self.coins[day] for day, usd in self._days())

    @property
    def ratio(self) -> float | None:
        """What it counts × close ÷ USD, None where the close can't be had."""
        close = self.close or {}
        return _median(
            self.coins[day] * close[day] / usd for day, usd in self._days() if day in close
        )

    @property
    def last(self) -> float | None:
        """Median close for a single coin."""
        close = _median((self.close or {}).values())
        return None if close is None else close / self.multiplier

    def _days(self) -> list[tuple[int, float]]:
        return [(d, usd) for d, usd in self.usd.items() if usd > 0 and self.coins.get(d, 0.0) > 0]


@dataclass(frozen=True, slots=True)
class _Read:
    """A name that is understood: what it counts, and USD of a single coin."""

    look: Look
    counts: int
    price: float

    @property
    def name(self) -> Name:
        look = self.look
        return Name(look.name, look.multiplier, self.counts, look.venues)


def decide(coin: str, looks: Sequence[Look], held: Coin | None, now: float) -> Coin:
    """
    Which of the looks, one for each listed name that reads like a coin, are that coin.

    :param held: decided before: its names stay, and so do those that were left out
    :return: the decision; `undecided` says what was found where there is none
    """
    held = held if held is not None and not held.undecided and held.names else None
    silent = tuple(each.name for each in looks if each.implied is None)
    loud = [each for each in looks if each.implied is not None]
    read = {each.look.name: each for each in _read(coin, loud)}
    unread = [each for each in loud if each.name not in read]
    base = _reference(coin, read.values())
    apart = {name for name, each in read.items() if not _near(each.price, base, _SAME)}
    total = sum(each.size for each in loud if each.name not in apart)
    before = {each.name for each in held.names} if held else set()
    small = {
        each.name
        for each in loud
        if each.name not in apart | before and each.size < LEAST_SHARE * total
    }
    if held:
        small |= set(held.left_out)
    puzzling = [each for each in unread if each.name not in small]
    found = "; ".join(_told(each, read.get(each.name), total) for each in loud)
    names = _names(held, [r for n, r in read.items() if n not in apart | small])
    if held and (puzzling or not names):
        # What is read already goes on without the new name, which is looked at again.
        later = tuple(sorted({*silent, *(each.name for each in puzzling)}))
        return replace(held, silent=later, again=now + _SILENT_AGAIN)
    if puzzling or not names:
        text = "; ".join(_puzzle(each) for each in puzzling)
        return Coin(coin, undecided=text or "no name has any open interest", found=found)
    return Coin(
        coin,
        names,
        tuple(sorted(small)),
        tuple(sorted(apart)),
        silent,
        measured=now,
        again=now + _SILENT_AGAIN if silent else 0.0,
        found=found,
    )


def postponed(coin: Coin, before: Coin | None, now: float) -> Coin:
    """A coin that could not be decided, with the time at which it is measured again."""
    tries = (before.tries if before is not None and before.undecided else 0) + 1
    wait = min(_UNDECIDED_AGAIN * 2.0 ** (tries - 1), _SILENT_AGAIN)
    return replace(coin, tries=tries, again=now + wait)


def _read(coin: str, looks: Sequence[Look]) -> list[_Read]:
    found, without = [], []
    for look in looks:
        implied, ratio, close = look.implied, look.ratio, look.last
        assert implied is not None  # noqa: S101 - only those that have one come here
        if look.multiplier == 1:
            found.append(_Read(look, 1, implied))
        elif ratio is None or close is None:
            without.append(look)
        elif (counts := _counts(ratio, look.multiplier)) is not None:
            found.append(_Read(look, counts, close))
    base = _reference(coin, found)
    for look in without:  # prices of the names against each other
        implied = look.implied or 0.0
        if base and _near(implied, base, _NEAR):
            found.append(_Read(look, 1, implied))
        elif base and _near(implied, base * look.multiplier, _NEAR):
            found.append(_Read(look, look.multiplier, implied / look.multiplier))
    return found


def _counts(ratio: float, multiplier: int) -> int | None:
    if _near(ratio, 1.0, _NEAR):
        return multiplier
    return 1 if _near(ratio, float(multiplier), _NEAR) else None


def _reference(coin: str, read: Iterable[_Read]) -> float:
    """The price that the others are compared with: of the coin's own name, else the largest's."""
    held = list(read)
    own = [each for each in held if each.look.multiplier == 1 and each.look.name.upper() == coin]
    most = own or sorted(held, key=lambda each: -each.look.size)
    return most[0].price if most else 0.0


def _names(held: Coin | None, read: Iterable[_Read]) -> tuple[Name, ...]:
    """Those that are listed no more stay: their history is part of the sum."""
    names = {each.name: each for each in held.names} if held else {}
    names |= {each.look.name: each.name for each in read}
    return tuple(sorted(names.values(), key=lambda each: (each.multiplier, each.name)))


def _near(value: float, wanted: float, within: float) -> bool:
    return abs(value - wanted) <= within * wanted


def _median(values: Iterable[float]) -> float | None:
    held = list(values)
    return median(held) if held else None


def _told(look: Look, read: _Read | None, total: float) -> str:
    share = f"{look.size:.3g} USD" + (f", {look.size / total:.1%}" if total else "")
    if read is None:
        return f"{look.name} ({share}): {_puzzle(look)}"
    how = "" if look.multiplier == 1 else f", counts {'coins' if read.counts == 1 else 'contracts'}"
    return f"{look.name} ({share}): {read.price:.4g} USD a coin{how}"


def _puzzle(look: Look) -> str:
    if look.ratio is None:
        return f"{look.name}: no price of a contract of it, and nothing to compare it with"
    return (
        f"{look.name}: open interest in coins × close ÷ USD is {look.ratio:.4g}, neither 1 nor "
        f"{look.multiplier}"
    )
