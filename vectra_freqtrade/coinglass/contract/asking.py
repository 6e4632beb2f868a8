"""The requests of one verification: counted, and what is refused told as the promise it breaks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from vectra_freqtrade.catalogue.datasets import DATASETS, Dataset, Endpoint, Scope
from vectra_freqtrade.catalogue.intervals import interval_ms
from vectra_freqtrade.coinglass.client import CoinglassClient
from vectra_freqtrade.coinglass.contract import promises
from vectra_freqtrade.coinglass.contract.finding import (
    Finding,
    broken,
    columns_of,
    untold,
)
from vectra_freqtrade.coinglass.contract.promises import PROMISES, Promise, Sent
from vectra_freqtrade.coinglass.contract.rows import Rows, check_rows
from vectra_freqtrade.coinglass.http import Answer
from vectra_freqtrade.coinglass.retry import BACKFILL
from vectra_freqtrade.errors import (
    AuthError,
    ContractError,
    EndpointError,
    PlanError,
    SettingsError,
    SymbolError,
    TransientError,
    VectraError,
)
from vectra_freqtrade.times import to_ms

#: Requests of one run at most, retries counted.
MOST: Final = 40
#: Rows of a look; those of funding tell their unit by their size.
ROWS: Final = 30
_FUNDING_ROWS: Final = 500
#: Seconds after its close by which a row must be there, whatever the setting.
_LATE: Final = 120
#: And what an answer and two clocks take.
_SLACK: Final = 15

Params = dict[str, str | int]


@dataclass(frozen=True, slots=True)
class Contract:
    """A pair's coin and contract, by rule: PEPE, Binance, 1000PEPEUSDT."""

    coin: str
    venue: str
    instrument: str


@dataclass(slots=True)
class Look:
    """
    What was had of one endpoint at one interval.

    :param sent: as it came
    :param rows: of it, None where they can't be read
    """

    sent: Sent
    rows: Rows | None


def late_ms(delay: int) -> int:
    """
    :param delay: the setting, seconds
    :return: milliseconds after its close by which a row must be there
    """
    return 1000 * (max(delay, _LATE) + _SLACK)


@dataclass(slots=True)
class Asking:
    """
    :param client: asks; its budget paces
    :param contract: whose data is looked at; by the names of CoinGlass's list once that is known
    :param most: requests
    :param say: told what is done next
    """

    client: CoinglassClient
    contract: Contract
    most: int = MOST
    say: Callable[[str], None] = lambda _text: None
    asked: int = 0
    found: list[Finding] = field(default_factory=list)
    looks: dict[tuple[str, str, str], Look] = field(default_factory=dict)

    def look(
        self, dataset: str, endpoint: Endpoint, interval: str, params: Params, part: str = ""
    ) -> Look | None:
        """Ask, check the rows, and keep them for other checks under path, interval and part."""
        answer = self.answer(endpoint.path, params, columns_of(dataset, interval), endpoint)
        if answer is None:
            return None
        used = tuple(each.reply for each in endpoint.fields)
        sent = Sent(endpoint.path, dataset, interval, *answer, endpoint.time, used)
        late = late_ms(self.client.settings.delay)
        found, rows = check_rows(sent, PROMISES.get(endpoint.path, Promise({})), late)
        self.found += found
        look = Look(sent, rows)
        self.looks[endpoint.path, interval, part] = look
        return look

    def rows(self, dataset: str, endpoint: Endpoint, interval: str, **more: str | int) -> None:
        """`look` at a dataset, with `more` in the request; part is its unit or its venue."""
        params = self.params(DATASETS[dataset], endpoint) | more
        if interval:
            count = _FUNDING_ROWS if endpoint.path == promises.FUNDING else ROWS
            params |= {"interval": interval, "limit": count}
        self.look(dataset, endpoint, interval, params, "".join(str(each) for each in more.values()))

    def settled(self, path: str, interval: str, part: str = "") -> Rows | None:
        """What was looked at, without provisional rows."""
        look = self.looks.get((path, interval, part))
        if look is None or look.rows is None:
            return None
        return look.rows.settled(look.sent.now, interval_ms(interval))

    def params(self, spec: Dataset, endpoint: Endpoint) -> Params:
        params: Params = dict(endpoint.params)
        if spec.scope is Scope.PAIR:
            params["exchange"], params["symbol"] = self.contract.venue, self.contract.instrument
        elif spec.scope is Scope.COIN:
            params["symbol"] = self.contract.coin
        if endpoint.exchange_list:
            params["exchange_list"] = ",".join(self.client.settings.exchange_list)
        return params

    def answer(
        self, path: str, params: Params, columns: Sequence[str], endpoint: Endpoint | None = None
    ) -> tuple[Any, int] | None:
        """Data, and when it was had; None where a finding says why there is none."""
        where = f"{path} {params.get('interval', '')}".strip()
        if self.asked >= self.most:
            self.found.append(untold("answer", where, f"{self.most} requests are spent"))
            return None
        try:
            answer = self.get(path, params, endpoint.timeout if endpoint else 15.0)
        except AuthError:
            raise
        except TransientError as error:
            self.asked += BACKFILL.attempts - 1
            self.found.append(untold("answer", where, str(error)))
            return None
        except VectraError as error:
            self.found.append(_refused(error, where, params, columns))
            return None
        return answer.data, to_ms(answer.now)

    def get(self, path: str, params: Params, timeout: float = 15.0) -> Answer:
        self.asked += 1
        return self.client.get(path, params, timeout=timeout, ignore_refusals=True)


def _refused(error: VectraError, where: str, params: Params, columns: Sequence[str]) -> Finding:
    """What a refusal breaks."""
    came = str(error)
    if isinstance(error, PlanError):
        return broken("plan", where, "it is in this plan", "it is refused", columns)
    if isinstance(error, EndpointError):
        return broken("path", where, "an answer", "no such endpoint", columns)
    if isinstance(error, SymbolError):
        return broken("name", where, f"data of {params.get('symbol', 'it')}", came, columns)
    if isinstance(error, SettingsError):
        expected = f"{', '.join(params)} are accepted"
        return broken("parameters", where, expected, came, columns)
    if isinstance(error, ContractError):
        return broken("shape", where, "an answer", came, columns)
    return untold("answer", where, came)
