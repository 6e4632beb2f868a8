"""What a coin's series is made of, as its file tells. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Self

#: The setting `exchange_list` where nobody names one; files of before do not tell theirs.
DEFAULT_VENUES: Final = ("Binance", "OKX", "Bybit")


@dataclass(frozen=True, slots=True)
class MadeOf:
    """
    What a coin's series is made of; a file keeps it.

    :param names: each name and what its values are multiplied by; None where that is not known
    :param venues: the exchange_list, where the endpoint takes one
    :param several: the coin has several names, whichever they are
    """

    names: tuple[tuple[str, int], ...] | None
    venues: tuple[str, ...] = ()
    several: bool = False

    def accepts(self, held: "MadeOf | None", symbol: str) -> bool:
        """
        Whether a file's rows are what is wanted; `held` is None where it was written before they
        told.
        """
        if held is None:  # it was asked for by its plain name, with the default list
            held = MadeOf(((symbol, 1),), DEFAULT_VENUES if self.venues else ())
            if self.names is None and self.several:
                return False
        unknown = self.names is None or held.names is None
        same = unknown or dict(self.names or ()) == dict(held.names or ())
        return same and self.same_list(held)

    def same_list(self, held: "MadeOf | None") -> bool:
        """Whether both are of the same exchange_list."""
        venues = held.venues if held is not None else DEFAULT_VENUES if self.venues else ()
        return folded(self.venues) == folded(venues)

    def json(self) -> dict[str, Any]:
        return {"names": dict(self.names or ()), "exchange_list": list(self.venues)}

    @classmethod
    def of(cls, told: Any) -> Self | None:
        """
        :raises ValueError, TypeError, AttributeError, KeyError: for what `json` did not make
        """
        if told is None:
            return None
        names = tuple((str(name), int(scale)) for name, scale in told["names"].items())
        return cls(names, tuple(str(venue) for venue in told["exchange_list"]))

    def __str__(self) -> str:
        parts = [name if scale == 1 else f"{name} × {scale}" for name, scale in self.names or ()]
        text = " + ".join(parts) or ("several names" if self.several else "names not known")
        return f"{text} of {', '.join(self.venues)}" if self.venues else text


def folded(venues: Iterable[str]) -> frozenset[str]:
    """Venues, whatever their case."""
    return frozenset(venue.lower() for venue in venues)
