"""`vectra-freqtrade verify`: which requests prove the contract, and in which order."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from vectra_freqtrade.catalogue.columns import LEVELS
from vectra_freqtrade.catalogue.datasets import DATASETS, ORDER_STATES, Dataset, Endpoint, Kind
from vectra_freqtrade.catalogue.intervals import interval_ms
from vectra_freqtrade.catalogue.offers import unavailable_reason
from vectra_freqtrade.catalogue.plans import Plan, allows_interval, auto_intervals
from vectra_freqtrade.coinglass.account.plan import SUBSCRIPTION
from vectra_freqtrade.coinglass.answers.heatmaps import heatmap, level_map
from vectra_freqtrade.coinglass.contract import account, promises
from vectra_freqtrade.coinglass.contract.again import compare
from vectra_freqtrade.coinglass.contract.asking import ROWS, Asking, Contract, Params
from vectra_freqtrade.coinglass.contract.crossed import Exchange, ExchangeRows, cross_check
from vectra_freqtrade.coinglass.contract.finding import (
    Finding,
    Outcome,
    broken,
    columns_of,
    kept,
    merged,
    untold,
)
from vectra_freqtrade.coinglass.contract.promises import PROMISES, Sent
from vectra_freqtrade.coinglass.contract.rows import Rows, check_rows
from vectra_freqtrade.coinglass.contract.whole import check_balances, check_orders
from vectra_freqtrade.coinglass.names.pair_lists import NO_LISTS, PairLists
from vectra_freqtrade.errors import (
    AuthError,
    ContractError,
    PlanError,
    TransientError,
    UndecidedError,
    VectraError,
)
from vectra_freqtrade.times import to_ms

#: Requests that a coin with several names may take, for each name.
_A_NAME: Final = 3


@dataclass(frozen=True, slots=True)
class Report:
    """
    :param plan: that was found
    :param findings: one line a promise and path, deviations first
    :param asked: requests, retries at most
    """

    plan: Plan
    findings: list[Finding]
    asked: int


def no_exchange(_interval: str) -> ExchangeRows:
    return ExchangeRows(why="no exchange was asked; CoinGlass's own price rows are the measure")


class Verification:
    """
    One run.

    :param asking: by the liquid coin's contract
    :param listed: contracts of the pair list
    :param exchange: the exchange's own candles and funding of the liquid coin's contract
    :param intervals: to look at; none for the settings'
    """

    def __init__(
        self,
        asking: Asking,
        listed: Sequence[Contract] = (),
        exchange: Exchange = no_exchange,
        intervals: Sequence[str] = (),
    ) -> None:
        self._asking = asking
        self._found = asking.found
        self._listed = listed
        self._exchange = exchange
        self._named = tuple(intervals)
        self._lists: PairLists = NO_LISTS
        self._liquid = asking.contract
        self._told: Plan | None = None

    def run(self) -> Report:
        """
        :raises AuthError: where the key is not accepted
        :raises PlanError: where it has no plan
        :raises TransientError: where nothing at all can be had
        """
        plan = self.prepare()
        intervals = self._intervals(plan)
        self._datasets(plan, intervals)
        cross_check(self._asking, intervals[0], self._exchange)
        self._again(intervals[0])
        self._pair_list()
        self._found.append(account.rate(self._told, self._asking.client.told_rate))
        return Report(plan, merged(self._found), self._asking.asked)

    def prepare(self) -> Plan:
        """The plan, and the names to ask for; what it takes to begin."""
        plan = self._plan()
        if plan.rank > Plan.HOBBYIST.rank:
            self._asking.most *= 2
        self._names()
        return plan

    def _plan(self) -> Plan:
        self._asking.say("the subscription")
        try:
            data = self._asking.get(SUBSCRIPTION, {}).data
        except (AuthError, PlanError, TransientError):
            raise
        except VectraError:  # some keys get a 404 here
            self._found.append(untold("subscription", SUBSCRIPTION, "it is not answered"))
        else:
            finding, self._told = account.subscription(data)
            self._found.append(finding)
            if isinstance(data, Mapping) and data.get("expired") is True:
                raise PlanError("The subscription has ended: CoinGlass answers nothing.")
        if self._told is not None and self._told is not Plan.FREE:
            return self._told
        self._asking.asked += 2
        status = self._asking.client.plan()
        if status.plan is Plan.FREE:
            raise PlanError("The key has no plan: CoinGlass answers nothing.")
        return status.plan

    def _intervals(self, plan: Plan) -> tuple[str, ...]:
        used = self._asking.client.settings.intervals
        wanted = self._named or (auto_intervals(plan) if used == "auto" else tuple(used))
        usable = tuple(each for each in wanted if allows_interval(plan, each))
        return usable or auto_intervals(plan)

    def _names(self) -> None:
        """What CoinGlass calls the liquid coin: everything else is asked for by that name."""
        self._asking.say("the list of contracts")
        answer = self._asking.answer(promises.PAIRS, {}, ("cg_*",))
        if answer is None:
            return
        try:
            self._lists = PairLists.of_answer(answer[0])
        except ContractError as error:
            expected = "venues, each with a list of contracts"
            self._found.append(broken("shape", promises.PAIRS, expected, str(error), ("cg_*",)))
            return
        liquid = self._liquid
        finding, name = account.name_of(self._lists, liquid)
        self._found.append(replace(finding, coin=""))
        listed = self._lists.instrument(liquid.venue, liquid.instrument)
        place = listed or (liquid.venue, liquid.instrument)
        self._asking.contract = Contract(name or liquid.coin, *place)

    def _datasets(self, plan: Plan, intervals: Sequence[str]) -> None:
        for spec in DATASETS.values():
            for interval in intervals if spec.kind is Kind.INTERVAL else ("",):
                why = unavailable_reason(spec, interval or "1d", plan, None)
                if why:
                    self._found.append(untold(spec.name, spec.endpoints[0].path, why))
                    continue
                self._asking.say(f"{spec.name} {interval}".strip())
                for endpoint in spec.endpoints:
                    self._dataset(spec, endpoint, interval)
        if allows_interval(plan, "1m"):
            # Of a minute's rows the newest tell at any time how late rows come.
            self._asking.say("how late rows come")
            spec = DATASETS["open_interest"]
            self._asking.rows(spec.name, spec.endpoints[0], "1m")

    def _dataset(self, spec: Dataset, endpoint: Endpoint, interval: str) -> None:
        if interval or endpoint.fields:
            self._asking.rows(spec.name, endpoint, interval)
        elif spec.kind is Kind.DAILY:
            self._balances(spec, endpoint)
        elif spec.kind is Kind.ORDERS:
            self._orders(spec, endpoint)
        else:
            read = heatmap if spec.name == "liquidation_heatmap" else level_map
            self._levels(endpoint, spec, read)

    def _balances(self, spec: Dataset, endpoint: Endpoint) -> None:
        params: Params = {"symbol": self._liquid.coin}
        columns = columns_of(spec.name)
        answer = self._asking.answer(endpoint.path, params, columns, endpoint)
        if answer is not None:
            self._found += check_balances(
                Sent(endpoint.path, spec.name, "", *answer, endpoint.time)
            )

    def _orders(self, spec: Dataset, endpoint: Endpoint) -> None:
        end = to_ms(self._asking.client.now())
        span: Params = {"start_time": end - 86_400_000, "end_time": end}
        columns = columns_of(spec.name)
        for state in ORDER_STATES:
            params = self._asking.params(spec, endpoint) | span | {"state": state}
            answer = self._asking.answer(endpoint.path, params, columns, endpoint)
            if answer is not None:
                sent = Sent(endpoint.path, spec.name, "", *answer, endpoint.time)
                self._found += check_orders(sent)

    def _levels(self, endpoint: Endpoint, spec: Dataset, read: Callable[[Any], object]) -> None:
        """Whether our own reader can read it: the shape is the promise."""
        columns = columns_of(LEVELS)
        params = self._asking.params(spec, endpoint)
        answer = self._asking.answer(endpoint.path, params, columns, endpoint)
        if answer is None:
            return
        try:
            read(answer[0])
        except ContractError as error:
            expected = "the documented shape"
            self._found.append(broken("shape", endpoint.path, expected, str(error), columns))
        else:
            self._found.append(kept("shape", endpoint.path))

    def _again(self, interval: str) -> None:
        """The settled rows once more, by start and end: the same ones, with the same values."""
        self._asking.say("the same rows again")
        # Where stamps are others, a span of them is another one.
        moved = {
            each.where.partition(" ")[0]
            for each in self._found
            if each.promise == "stamp" and each.outcome is Outcome.BROKEN
        }
        for spec in (each for each in DATASETS.values() if each.kind is Kind.INTERVAL):
            for endpoint in spec.endpoints:
                look = self._asking.looks.get((endpoint.path, interval, ""))
                first = self._asking.settled(endpoint.path, interval)
                if look is None or first is None or endpoint.path in moved:
                    continue
                since = look.sent.now - ROWS * interval_ms(interval)
                first = first.where(first.times >= since)
                if len(first.times):
                    self._once_more(spec, endpoint, interval, first)

    def _once_more(self, spec: Dataset, endpoint: Endpoint, interval: str, first: Rows) -> None:
        start, end = int(first.times[0]), int(first.times[-1]) + interval_ms(interval)
        params = self._asking.params(spec, endpoint)
        params |= {"interval": interval, "limit": 2 * ROWS, "start_time": start, "end_time": end}
        columns = columns_of(spec.name, interval)
        answer = self._asking.answer(endpoint.path, params, columns, endpoint)
        if answer is None:
            return
        used = tuple(each.reply for each in endpoint.fields)
        sent = Sent(endpoint.path, spec.name, interval, *answer, endpoint.time, used)
        _, again = check_rows(sent, PROMISES[endpoint.path], 0, open_row=False)
        if again is None:
            expected = "the rows that came before"
            self._found.append(broken("span", sent.where, expected, "none of them", columns))
            return
        self._found += compare(first, again, sent, (start, end))

    def _pair_list(self) -> None:
        """Names and measured multipliers of the pair list's coins, as far as the requests go."""
        self._asking.say("names of the pair list")
        coins = {each.coin: each for each in reversed(self._listed)}
        coins.pop(self._liquid.coin, None)
        for coin, contract in coins.items() if self._lists else ():
            finding, name = account.name_of(self._lists, contract)
            self._found.append(finding)
            if name is not None and finding.outcome is Outcome.KEPT:
                self._multipliers(coin)

    def _multipliers(self, coin: str) -> None:
        asking = self._asking
        names = self._lists.candidates(coin, asking.client.book.names)
        if all(holds == 1 for holds in names.values()):
            return
        if any(each.outcome is Outcome.BROKEN and _measures(each) for each in self._found):
            why = "open interest and price, which it is measured by, are not as promised"
            self._found.append(replace(untold("multiplier", promises.PAIRS, why), coin=coin))
            return
        most = _A_NAME * len(names) + 1
        if asking.asked + most > asking.most:
            why = f"{asking.most} requests are spent; vectra-freqtrade plan measures it"
            self._found.append(replace(untold("multiplier", promises.PAIRS, why), coin=coin))
            return
        asking.asked += most
        try:
            made = asking.client.made_of("open_interest", coin)
        except UndecidedError as error:
            self._found.append(account.multipliers(coin, None, str(error)))
        except AuthError:
            raise
        except VectraError as error:
            finding = untold("multiplier", promises.PAIRS, str(error))
            self._found.append(replace(finding, coin=coin))
        else:
            told = dict(made.names) if made is not None and made.names else {}
            self._found.append(account.multipliers(coin, told))


def _measures(finding: Finding) -> bool:
    return finding.where.startswith((promises.OPEN_INTEREST, promises.PRICE))
