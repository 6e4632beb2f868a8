"""`vectra-freqtrade record`: keep what has no history, with the time at which it was known."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from vectra_freqtrade.catalogue.datasets import DATASETS, Kind
from vectra_freqtrade.catalogue.offers import unavailable_reason
from vectra_freqtrade.catalogue.plans import Plan
from vectra_freqtrade.cli.errors import Exit, fail, report_errors
from vectra_freqtrade.cli.options import (
    ConfigOption,
    ExchangeOption,
    PairsOption,
    UserdirOption,
    VerboseOption,
    console,
    words,
)
from vectra_freqtrade.errors import AuthError, PlanError, SettingsError, SymbolError, VectraError

if TYPE_CHECKING:
    from vectra_freqtrade.coinglass.client import CoinglassClient

logger = logging.getLogger(__name__)

RECORDED: Final = tuple(
    name for name, spec in DATASETS.items() if spec.kind in (Kind.LEVELS, Kind.ORDERS)
)


@report_errors
def record(
    config: ConfigOption = None,
    userdir: UserdirOption = None,
    pairs: PairsOption = None,
    datasets: Annotated[
        list[str] | None,
        typer.Option(
            "--datasets",
            metavar="NAME …",
            help=f"Any of {', '.join(RECORDED)}.",
            show_default="all the plan has",
        ),
    ] = None,
    once: Annotated[
        bool, typer.Option("--once", help="Take one snapshot of each, then stop.")
    ] = False,
    exchange: ExchangeOption = None,
    verbose: VerboseOption = False,
) -> None:
    """
    Record liquidation heatmaps, maps and large orders, every coinglass.snapshot_every minutes.

    Heatmaps and maps have no history to download: a backtest can only use what was recorded. Runs
    until you stop it; snapshot_every is 15 by default. A live bot records what its own settings
    use, so this is for the rest.

    Examples:
      vectra-freqtrade record
          runs until Ctrl-C; run it as a service
      vectra-freqtrade record --once --datasets liquidation_heatmap
          one snapshot, for cron

    Exit status: 0 recorded; 1 with --once, some could not be fetched; 2 an option, a config or a
    file to fix; 3 no key, a rejected key, or a plan without these; 130 stopped
    """
    from vectra_freqtrade.cli.context import load

    context = load(config, userdir, exchange, verbose=verbose)
    chosen = words(datasets) or list(RECORDED)
    for name in chosen:
        if name not in RECORDED:
            raise SettingsError(f"{name!r} can't be recorded. Choose from {', '.join(RECORDED)}.")
    out = console()
    with context.client() as client:
        status = client.plan()
        for name in list(chosen):
            reason = unavailable_reason(DATASETS[name], "1d", status.plan, client.refusals)
            if reason:
                out.print(f"{name} is left out: it {reason}.")
                chosen.remove(name)
        if not chosen:
            named = "This plan has" if status.plan is not Plan.FREE else "Without a plan there is"
            raise fail(f"{named} nothing to record. For details: vectra-freqtrade plan", Exit.KEY)
        symbols = context.measured_symbols(client, chosen, context.pairs(words(pairs)))
        every = context.settings.snapshot_every * 60.0
        recorder = Recorder(client, context.store.root, once=once)
        while True:
            kept = recorder.take(symbols)
            out.print(f"{client.now():%Y-%m-%d %H:%M:%S} {kept} of {len(symbols)} recorded")
            if once:
                if kept < len(symbols):
                    raise fail("Not everything could be fetched.", Exit.INCOMPLETE)
                return
            now = client.clock.now()
            client.clock.sleep(every - now % every)


class Recorder:
    """
    :param client: asks
    :param root: of the store, which keeps
    :param once: other processes take the snapshots before and after this one
    """

    def __init__(self, client: "CoinglassClient", root: Path, *, once: bool) -> None:
        from vectra_freqtrade.history.orders import Orders
        from vectra_freqtrade.history.snapshots import Snapshots

        self._client = client
        self._orders, self._snapshots = Orders(root), Snapshots(root)
        self._once = once
        self._looked: set[str] = set()

    def take(self, symbols: Sequence[tuple[str, str]]) -> int:
        """
        One round.

        :param symbols: dataset and symbol
        :return: how many were kept
        :raises AuthError: the key died
        """
        kept = 0
        for name, symbol in symbols:
            try:
                if DATASETS[name].kind is Kind.LEVELS:
                    snapshot, taken = self._client.levels(name, symbol)
                    self._snapshots.add(name, symbol, taken, snapshot.levels)
                else:
                    self._take_orders(symbol)
                kept += 1
            except AuthError:
                raise
            except (PlanError, SymbolError) as error:
                logger.info("%s %s: %s", name, symbol, error)
            except VectraError as error:
                logger.warning("%s %s could not be recorded: %s", name, symbol, error)
        return kept

    def _take_orders(self, symbol: str) -> None:
        """As a bot's feed does (`live/orders.py`)."""
        from vectra_freqtrade.history.orders import look_from, recorded, with_availability

        client, held = self._client, self._orders.read(symbol)
        now = client.now()
        found = client.large_orders(symbol, look_from(held, now), now)
        # A process that looks once can't tell its first look but by the file.
        before = held is not None if self._once else symbol in self._looked or recorded(held)
        delay = timedelta(seconds=client.settings.delay)
        seen = client.now() if before else None
        self._orders.add(symbol, with_availability(found, delay, seen))
        self._looked.add(symbol)
