"""What the doctor looks at, in the order of its table: everything but a strategy."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from vectra_freqtrade.catalogue.offers import offers
from vectra_freqtrade.catalogue.plans import RATES, Plan
from vectra_freqtrade.cli.context import Context, context_of
from vectra_freqtrade.cli.doctor import account, health, stored
from vectra_freqtrade.cli.doctor import config as configs
from vectra_freqtrade.cli.doctor.finding import Finding, ok, problem, warning
from vectra_freqtrade.coinglass.account.key import ApiKey, find_key, in_environment
from vectra_freqtrade.coinglass.account.key_state import last_told
from vectra_freqtrade.coinglass.client import CoinglassClient
from vectra_freqtrade.data.checks import resolve_intervals
from vectra_freqtrade.errors import AuthError, SettingsError, VectraError
from vectra_freqtrade.history.download.download_plan import plan_download
from vectra_freqtrade.history.holdings import holdings

_VERIFY: Final = "vectra-freqtrade verify"


@dataclass(slots=True)
class _Answer:
    """What CoinGlass said: the plan in force where it is known, its rate, lines of the table."""

    plan: Plan | None
    rate: int
    told: list[Finding]


class Examination:
    """One run. `spelled` are -c and --userdir as given, for the commands that fix."""

    def __init__(
        self, loaded: dict[str, Any], pairs: list[str], offline: bool, spelled: str
    ) -> None:
        self.found, settings = configs.settings(loaded)
        self.context: Context = context_of(loaded, settings)
        self.offline = offline
        self.spelled = spelled
        self.now = datetime.now(UTC)
        self.key: ApiKey | None = None
        try:
            self.pairs = self.context.pairs(pairs)
        except SettingsError as error:
            self.pairs = []
            self.found.append(warning("config", str(error)))

    def run(self) -> Iterator[Finding]:
        """Line by line, in the order of the table."""
        yield from self._key()
        answer = self._answer()
        yield from answer.told
        yield from self.found
        yield from configs.freqtrade_config(self.context.config)
        yield from configs.producer(self.context.settings, self.context.config)
        intervals = self._intervals(answer.plan)
        yield from self._plan_and_pairs(answer, intervals)
        yield from self._store(answer.plan, intervals)
        yield from self._candles(intervals)
        yield from health.bots(*health.read_health(self.context.store.state_dir), self.now)

    def _key(self) -> Iterator[Finding]:
        producer = self.context.settings.producer
        for each in self._own_key():
            yield each if producer is None else account.consumer(producer, each)

    def _own_key(self) -> Iterator[Finding]:
        settings = self.context.settings
        path = settings.api_key_file
        by_variable = in_environment()
        try:
            self.key = find_key(settings)
        except VectraError as error:
            yield problem("key", str(error))
            return
        mode = None
        if path is not None and not by_variable and os.name == "posix":
            path = path.expanduser()
            mode = path.stat().st_mode
        yield account.key_place(by_variable, path, mode)

    def _answer(self) -> _Answer:
        settings, key = self.context.settings, self.key
        named = None if settings.plan == "auto" else Plan(settings.plan)
        if key is None:
            return _Answer(named or Plan.FREE, 0, [])
        if self.offline:
            told = last_told(self.context.store.state_dir, key)
            plan = named or (told.plan if told else None)
            rate = RATES.get(plan, 0) if plan else 0
            return _Answer(plan, rate, [account.last_told(told, self.now)])
        # What CoinGlass says, whatever the setting.
        asking = replace(self.context, settings=settings.override(plan="auto"))
        try:
            with asking.client() as client:
                return self._asked(client, named)
        except AuthError as error:
            return _Answer(named, 0, [problem("key", str(error))])
        except VectraError as error:
            text = f"{error} Nothing is known of the key and its plan."
            return _Answer(named, 0, [problem("network", text)])

    def _asked(self, client: CoinglassClient, named: Plan | None) -> _Answer:
        status = client.plan(live=True)
        told = [
            ok("key", "CoinGlass accepts it", f"to check what it sends: {_VERIFY}{self.spelled}"),
            *account.plan(status, self.context.settings.plan, self.now),
            account.clock(client.ahead),
        ]
        if status.plan is not Plan.FREE:
            symbols = self.context.symbols(self.context.settings.all_datasets, self.pairs)
            unknown = [each for each in symbols if not client.knows(*each)]
            told += account.pairs(unknown)
        return _Answer(named or status.plan, status.rate, told)

    def _intervals(self, plan: Plan | None) -> tuple[str, ...]:
        there = self.context.intervals([], plan or Plan.FREE)
        return there or resolve_intervals(self.context.settings, self.context.store)

    def _plan_and_pairs(self, answer: _Answer, intervals: tuple[str, ...]) -> Iterator[Finding]:
        settings = self.context.settings
        if answer.plan in (None, Plan.FREE):
            return
        section = self.context.config.get("coinglass")
        named = isinstance(section, dict) and "datasets" in section
        used, catalogue = (*settings.all_datasets, *settings.snapshots), settings.catalogue
        table = offers(answer.plan, used, intervals, catalogue=catalogue)
        yield from account.datasets(table, used, named)
        if self.pairs and answer.rate:
            on = [offer.dataset for offer in table if offer.on]
            symbols = self.context.symbols(on, self.pairs)
            due = self.context.load_of(symbols, len(intervals), answer.rate)
            yield account.rate(due, answer.rate)

    def _store(self, plan: Plan | None, intervals: tuple[str, ...]) -> Iterator[Finding]:
        store, settings = self.context.store, self.context.settings
        names = (*settings.all_datasets, *settings.snapshots)
        todo = plan_download(
            self.context.symbols(names, self.pairs),
            intervals,
            self.now,
            self.now,
            plan=plan or Plan.ENTERPRISE,
            now=self.now,
            catalogue=settings.catalogue,
        )
        needed = [(each.dataset, each.symbol, each.interval) for each, *_ in todo.rows]
        needed += [("large_orders", symbol, "") for symbol, *_ in todo.orders]
        snapshots = self.context.symbols(settings.snapshots, self.pairs)
        needed += [(name, symbol, "") for name, symbol in snapshots]
        fetch = f"vectra-freqtrade download-data{self.spelled}"
        held = holdings(store, self.now)
        if held or plan is not Plan.FREE:
            yield from stored.store(held, needed, settings, str(store.root), fetch)
            return
        text = f"nothing in {store.root}, as without a plan; the exchange's own candles stand in"
        if settings.producer is not None:
            text = f"nothing in {store.root}, and a running bot needs nothing there"
        candles = "freqtrade download-data --candle-types open_interest funding_rate"
        yield ok("store", text, f"for backtests: {candles}{self.spelled}")

    def _candles(self, intervals: tuple[str, ...]) -> Iterator[Finding]:
        config, settings = self.context.config, self.context.settings
        if "open_interest" not in settings.datasets:
            return
        there = self.context.candles_on_disk()
        timeframe = config.get("timeframe")
        adaptive = settings.bands.adaptive
        finding = configs.candles(there, self.pairs, intervals, timeframe, adaptive)
        if finding is not None:
            yield finding
