"""`verify --watch`: asks around each close until every interval has closed twice."""

from collections.abc import Callable, Sequence
from typing import Final

from vectra_freqtrade.catalogue.datasets import DATASETS, Kind
from vectra_freqtrade.catalogue.intervals import INTERVALS, interval_ms
from vectra_freqtrade.catalogue.offers import unavailable_reason
from vectra_freqtrade.catalogue.plans import (
    Plan,
    allows_interval,
    auto_intervals,
    smallest_plan_for,
)
from vectra_freqtrade.coinglass.contract.asking import Asking, late_ms
from vectra_freqtrade.coinglass.contract.finding import Finding, Outcome
from vectra_freqtrade.coinglass.contract.promises import PROMISES, Sent
from vectra_freqtrade.coinglass.contract.rows import check_rows
from vectra_freqtrade.coinglass.contract.watch import PATIENCE, Measured, Watched, judged, measured
from vectra_freqtrade.errors import AuthError, SettingsError, VectraError
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.times import to_ms

#: Rows of a look: the open one, the closed ones before it.
_ROWS: Final = 5
#: Milliseconds between two looks for a row that is not there, at least.
_PAUSE: Final = 10_000
#: Of the key's rate, so that a bot has the rest.
_SHARE: Final = 0.5
#: Seconds of the longest interval that is watched without being named.
_LONGEST: Final = INTERVALS["8h"]


def watched_intervals(
    settings: CoinglassSettings, plan: Plan, named: Sequence[str]
) -> tuple[str, ...]:
    """
    Those that are named, else the settings' up to 8h, else the shortest of the plan.

    :raises SettingsError: for one that the plan, or CoinGlass, does not have
    """
    for each in named:
        if interval_ms(each) and not allows_interval(plan, each):
            needed = smallest_plan_for(each).label
            raise SettingsError(f"{each} needs CoinGlass {needed}; the key has {plan.label}.")
    if named:
        return tuple(named)
    used = auto_intervals(plan) if settings.intervals == "auto" else tuple(settings.intervals)
    allowed = [each for each in INTERVALS if allows_interval(plan, each)]
    usual = [each for each in used if each in allowed and INTERVALS[each] <= _LONGEST]
    return tuple(usual or allowed[:1])


class Watch:
    """
    One run; what it has can be told at any time.

    :param asking: by the liquid coin's contract; its count of requests does not matter here
    :param plan: of the key
    :param intervals: that are watched
    """

    def __init__(self, asking: Asking, plan: Plan, intervals: Sequence[str]) -> None:
        self._asking = asking
        start = self._now()
        self.series = [
            Watched(spec.name, endpoint, interval, interval_ms(interval), start)
            for spec in DATASETS.values()
            if spec.kind is Kind.INTERVAL
            for interval in intervals
            if not unavailable_reason(spec, interval, plan, None)
            for endpoint in spec.endpoints
        ]
        #: Series that could not be asked, with the last reason.
        self.failed: dict[str, str] = {}

    @property
    def ends(self) -> int:
        """When the last interval will have closed twice, milliseconds; rows may be late then."""
        return max((each.last_close for each in self.series), default=self._now())

    def run(self, say: Callable[[str], None] = lambda _text: None) -> None:
        """
        Until each interval has closed twice and its row is there; an interrupt ends it anywhere.

        :param say: told of each look
        :raises AuthError: the key died
        """
        clock = self._asking.client.clock
        while True:
            now = self._now()
            open_ones = [each for each in self.series if not each.done(now)]
            if not open_ones:
                return
            pause = self._pause(sum(each.pending(now) for each in open_ones))
            due = [each for each in open_ones if each.due(now, pause) <= now]
            for each in due:
                say(f"{each.dataset} {each.interval}")
                self._ask(each)
            if not due:
                soonest = min(each.due(now, pause) for each in open_ones)
                clock.sleep(max((soonest - now) / 1000, 0.05))

    def findings(self) -> list[Finding]:
        """What is known by now, deviations first."""
        now, late = self._now(), late_ms(self._asking.client.settings.delay)
        found = [
            finding
            for each in self.series
            for finding in judged(each, now, late, PROMISES[each.endpoint.path])
        ]
        return sorted(found, key=lambda one: one.outcome is not Outcome.BROKEN)

    def measured(self) -> list[Measured]:
        return [measured(each) for each in self.series]

    def _ask(self, each: Watched) -> None:
        spec = DATASETS[each.dataset]
        params = self._asking.params(spec, each.endpoint)
        params |= {"interval": each.interval, "limit": _ROWS}
        begun = self._now()
        names = [one.reply for one in each.endpoint.fields]
        try:
            answer = self._asking.get(each.endpoint.path, params)
        except AuthError:
            raise
        except VectraError as error:
            self.failed[each.where] = str(error)
            each.asked = max(begun, self._now())
            return
        self.failed.pop(each.where, None)
        now = to_ms(answer.now)
        time = each.endpoint.time
        sent = Sent(each.endpoint.path, each.dataset, each.interval, answer.data, now, time)
        _, rows = check_rows(sent, PROMISES[each.endpoint.path], PATIENCE)
        if rows is not None:
            each.note(rows, names, now)
        each.asked = max(begun, now)  # an answer's date is of whole seconds

    def _pause(self, pending: int) -> int:
        rate = max(self._asking.client.rate, 1)
        return max(_PAUSE, int(pending * 60_000 / (_SHARE * rate)))

    def _now(self) -> int:
        return to_ms(self._asking.client.now())
