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
from vectra_freqtrade.errors import (
    AuthError,
    PlanError,
    SettingsError,
    StoreError,
    SymbolError,
    VectraError,
)
from vectra_freqtrade.files import LockedError

if TYPE_CHECKING:
    from vectra_freqtrade.coinglass.client import CoinglassClient
    from vectra_freqtrade.live.events import LiveEvents

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
        recorder = Recorder(client, context.store.root, symbols, once=once)
        while True:
            kept = recorder.take()
            out.print(f"{client.now():%Y-%m-%d %H:%M:%S} {kept} of {len(symbols)} recorded")
            if once:
                if recorder.unwritten is not None:
                    raise recorder.unwritten
                if kept < len(symbols):
                    raise fail("Not everything could be fetched.", Exit.INCOMPLETE)
                return
            now = client.clock.now()
            client.clock.sleep(every - now % every)


class Recorder:
    """
    Looks as a bot's feed does, with nobody who reads.

    :param client: asks
    :param root: of the store, which keeps
    :param symbols: dataset and symbol
    :param once: other processes look before and after this one
    """

    def __init__(
        self,
        client: "CoinglassClient",
        root: Path,
        symbols: Sequence[tuple[str, str]],
        *,
        once: bool,
    ) -> None:
        from vectra_freqtrade.live.publish import Publisher
        from vectra_freqtrade.live.writer import Writer

        self._client, self._root, self._symbols, self._once = client, root, symbols, once
        self._publisher = Publisher(client.corrected)
        self._writer = Writer(root)
        self._held: dict[tuple[str, str], LiveEvents] = {}
        #: Why the first that was to be kept once could not be.
        self.unwritten: StoreError | OSError | None = None

    def take(self) -> int:
        """
        One round.

        :return: how many were kept
        :raises AuthError: the key died
        """
        return sum(self._keep(name, symbol) for name, symbol in self._symbols)

    def _keep(self, name: str, symbol: str) -> bool:
        try:
            watched = self._watched(name, symbol)
            watched.ask()
        except AuthError:
            raise
        except (PlanError, SymbolError) as error:
            logger.info("%s %s: %s", name, symbol, error)
            return False
        except VectraError as error:
            logger.warning("%s %s could not be recorded: %s", name, symbol, error)
            return False
        if self._once:
            try:
                watched.unsaved.flush()
            except LockedError:
                raise  # the others would wait for the same process
            except (StoreError, OSError) as error:
                self.unwritten = self.unwritten or error
        else:
            self._writer.flush([watched.unsaved], self._client.clock.now())
        if not watched.unsaved.usable:
            # Looked at again in the next round, when it may be moved away.
            del self._held[name, symbol]
        return watched.unsaved.written

    def _watched(self, name: str, symbol: str) -> "LiveEvents":
        from vectra_freqtrade.live.events import events_class

        held = self._held.get((name, symbol))
        if held is None:
            held = events_class(name)(
                name,
                symbol,
                timedelta(0),
                self._client,
                self._publisher,
                self._root,
                live=False,
                once=self._once,
            )
            held.load()
            self._held[name, symbol] = held
        return held
