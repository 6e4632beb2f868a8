"""The key's plan as a live feed knows it: looked up each day, sooner while something lacks it."""

from typing import Final

from vectra_freqtrade.catalogue.datasets import Kind
from vectra_freqtrade.catalogue.offers import unavailable_reason
from vectra_freqtrade.coinglass.account.plan import PlanStatus
from vectra_freqtrade.coinglass.client import CoinglassClient
from vectra_freqtrade.errors import AuthError, PlanError, SettingsError, VectraError
from vectra_freqtrade.live.health import Health
from vectra_freqtrade.live.schedule import error_delay
from vectra_freqtrade.live.timer import Timer

#: Keys are upgraded, and expire.
_AGAIN: Final = 86_400.0
#: While the plan lacks something that is wanted: who pays for more need not wait for a day.
_LACKING: Final = 900.0


class LivePlan:
    def __init__(self, client: CoinglassClient, health: Health) -> None:
        self.status: PlanStatus | None = None
        self._client = client
        self._health = health
        self._daily = Timer()
        self._sooner = Timer()  # while something is lacking
        self._tries = 0
        self._doubtful = Timer()
        self._doubt = _LACKING

    def learn(self, now: float, *, lacking: bool) -> bool:
        """
        Look it up if it is time to.

        :param lacking: something is off for the plan
        :return: whether what is off is to be judged again: it is another plan, or it is the same
            and what it refused may have been refused while it had run out; that is doubted after 15
            minutes, 30, an hour, a day at most
        :raises AuthError: where the key is not accepted, and its plan was never known
        """
        if not lacking:
            self._doubt = _LACKING
        sooner = lacking and not self._tries and self._sooner.reached(now)
        if not (sooner or self._daily.reached(now)):
            return False
        before = self.status
        self._sooner.set(now + _LACKING, now)
        try:
            self.status = self._client.plan(live=True, again=before is not None)
        except SettingsError:
            raise
        except VectraError as error:
            if isinstance(error, AuthError) and before is None:
                raise
            self._tries += 1
            self._daily.set(now + error_delay(error, self._tries, 3600.0), now)
            self._health.failed("plan", "plan", now, error)
            return False
        self._tries = 0
        self._daily.set(now + _AGAIN, now)
        self._health.ok("plan", "plan", now)
        if before is None:
            return False
        doubted = lacking and self._doubtful.reached(now)
        if doubted:
            self._doubtful.set(now + self._doubt, now)
            self._doubt = min(2 * self._doubt, _AGAIN)
        return doubted or before.plan is not self.status.plan

    def check_again(self, dataset: str, interval: str) -> None:
        """As `check`, by the plan alone: what was refused in spite of it is forgotten."""
        spec, refusals = self._client.settings.catalogue[dataset], self._client.refusals
        for endpoint in spec.endpoints:
            refusals.forget(endpoint.path, interval if spec.kind is Kind.INTERVAL else "")
        self.check(dataset, interval)

    def check(self, dataset: str, interval: str) -> None:
        """:raises PlanError: where the plan lacks it, as far as known"""
        plan = self._client.plan(live=True).plan
        spec = self._client.settings.catalogue[dataset]
        reason = unavailable_reason(spec, interval, plan, self._client.refusals)
        if reason:
            raise PlanError(f"{reason}.")
