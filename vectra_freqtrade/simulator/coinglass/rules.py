"""In which of the API's observed manners the loopback CoinGlass server behaves."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Self

from vectra_freqtrade.simulator.coinglass.rate_window import WindowType

Refusal = Literal["http429", "body429", "body400"]


@dataclass(frozen=True)
class Rules:
    """How strict the server is, and in which of its observed manners it answers.

    :param window: rate limit per clock minute, or over the last sixty seconds
    :param refusal: HTTP 429, a body with code 429, or a body with code 400 "Too Many Requests"
    :param upgrade: 401 "Upgrade plan", or the older 400 "Please upgrade to <plan>"
    :param cut: which end of a span of more than `limit` rows is left out
    :param per_minute: instead of the plan's own rate
    :param provisional: a row that has closed is sent with other values until the next has closed
    :param restated: sums over venues are computed anew for past rows, every few days
    :param dominance_days: between two rows of bitcoin's dominance; or made of the server's time
    :param map_shape: the liquidation map as captured, one item a venue, or as documented
    """

    window: WindowType = "fixed"
    refusal: Refusal = "http429"
    upgrade: Literal["401", "400"] = "401"
    cut: Literal["newest", "oldest"] = "newest"
    per_minute: int | None = None
    provisional: bool = True
    restated: bool = True
    dominance_days: int | Callable[[float], int] = 3
    map_shape: Literal["captured", "documented"] = "captured"

    @classmethod
    def plain(cls, **others: Any) -> Self:
        """Values that never change once their row has closed, for tests of something else."""
        return cls(**{"provisional": False, "restated": False, **others})

    def dominance_spacing(self, now: float) -> int:
        """Days between two rows of bitcoin's dominance in an answer at `now`."""
        days = self.dominance_days
        return days(now) if callable(days) else days
