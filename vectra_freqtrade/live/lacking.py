"""What the key's plan lacks of all that is wanted: another plan is one line, not one for each."""

from typing import Final

from vectra_freqtrade.errors import PlanError
from vectra_freqtrade.live.timer import Timer

#: Each series learns it when it is due: told when no more joined them for so many seconds.
_SETTLE: Final = 45.0


class PlanGaps:
    """
    Told what the plan refuses and what it has, asked from time to time what is to be said.

    Not for several threads at once: `Health` sees to that.
    """

    def __init__(self) -> None:
        self._held: dict[str, PlanError] = {}
        self._told: frozenset[str] = frozenset()
        self._settled = Timer()

    def refused(self, group: str, error: PlanError, now: float) -> None:
        """
        :param group: dataset and interval
        :param error: names the plan that has it, where that is known
        :param now: seconds
        """
        if group not in self._held:
            self._settled.set(now + _SETTLE, now)
        self._held[group] = error

    def had(self, group: str, now: float) -> None:
        """As `refused`: there it is."""
        if self._held.pop(group, None) is not None:
            self._settled.set(now + _SETTLE, now)

    def look(self, now: float) -> tuple[str, str]:
        """
        :return: what is off and why, and what comes again; "" where there is nothing new
        """
        held = frozenset(self._held)
        if held == self._told or not self._settled.reached(now):
            return "", ""
        off, back = sorted(held - self._told), sorted(self._told - held)
        self._told = held
        reasons: dict[str, list[str]] = {}
        for group in off:
            reasons.setdefault(_reason(self._held[group]), []).append(group)
        lacks = " ".join(
            f"{', '.join(groups)} {'is' if len(groups) == 1 else 'are'} off: {reason}"
            for reason, groups in reasons.items()
        )
        again = f"{', '.join(back)} {'comes' if len(back) == 1 else 'come'} again." if back else ""
        return lacks, again


def _reason(error: PlanError) -> str:
    needed = error.needed_plan
    return f"{error} CoinGlass {needed.capitalize()} has it." if needed else str(error)
