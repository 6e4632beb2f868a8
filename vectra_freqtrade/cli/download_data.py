"""`vectra-freqtrade download-data`: fill the store."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from vectra_freqtrade.catalogue.columns import DATASET_CODES
from vectra_freqtrade.catalogue.plans import Plan
from vectra_freqtrade.catalogue.symbols import MARKET_SYMBOL
from vectra_freqtrade.cli.errors import Exit, fail, report_errors
from vectra_freqtrade.cli.options import (
    ConfigOption,
    DaysOption,
    ExchangeOption,
    PairsOption,
    TimerangeOption,
    UserdirOption,
    VerboseOption,
    console,
    words,
)
from vectra_freqtrade.cli.pair_names import meant
from vectra_freqtrade.errors import SettingsError, StoreError, SymbolError, VectraError

if TYPE_CHECKING:
    from vectra_freqtrade.history.download.download import Result
    from vectra_freqtrade.history.download.order_download import OrderResult
    from vectra_freqtrade.settings.section import CoinglassSettings


@report_errors
def download_data(
    config: ConfigOption = None,
    userdir: UserdirOption = None,
    pairs: PairsOption = None,
    timerange: TimerangeOption = None,
    days: DaysOption = None,
    intervals: Annotated[
        list[str] | None,
        typer.Option(
            "--intervals",
            "-i",
            metavar="INTERVAL …",
            help="Interval of the CoinGlass rows, one or two, such as 1h 4h.",
            show_default="coinglass.intervals, else the plan's two smallest of 1h, 4h, 12h, 1d",
        ),
    ] = None,
    datasets: Annotated[
        list[str] | None,
        typer.Option(
            "--datasets",
            metavar="NAME …",
            help=f"Some of {', '.join(DATASET_CODES)}, or of your custom columns.",
            show_default="coinglass.datasets and coinglass.custom",
        ),
    ] = None,
    refresh: Annotated[
        bool,
        typer.Option(
            "--refresh",
            help="Fetch the range again and replace downloaded rows; large orders stay.",
        ),
    ] = False,
    exchange: ExchangeOption = None,
    verbose: VerboseOption = False,
) -> None:
    """
    Download CoinGlass history for backtests; what is already there is not fetched again.

    Without --timerange or --days: everything the plan has, and large orders as far back as its
    rows. What percentiles look back on (30 days; for daily rows a year) is fetched in addition.

    Examples:
      vectra-freqtrade download-data --days 400
          for the config's pairs and datasets
      vectra-freqtrade download-data --timerange 20250101- -p BTC/USDT:USDT
          one pair, up to now
      vectra-freqtrade download-data --datasets open_interest -i 1h 4h
          everything the plan has of it
      vectra-freqtrade download-data --timerange 20250301-20250401 --refresh
          that month again

    Exit status: 0 complete; 1 not complete, run it again to continue; 2 an option, a config or a
    file to fix; 3 no key, a rejected key, or one without a plan; 130 stopped, what was saved is
    kept
    """
    from vectra_freqtrade.cli import values
    from vectra_freqtrade.cli.context import load
    from vectra_freqtrade.cli.download_summary import Bars, summarize
    from vectra_freqtrade.history.download.download import Downloader
    from vectra_freqtrade.history.download.download_plan import plan_download
    from vectra_freqtrade.history.download.order_download import OrderDownloader
    from vectra_freqtrade.settings.release import Release

    values.one_span(days, timerange)
    asked = (None, None) if timerange is None else values.timerange(timerange)
    context = load(config, userdir, exchange, verbose=verbose)
    settings = context.settings
    chosen = _chosen(words(datasets), settings)
    named = context.pairs(words(pairs))
    out = console()
    with context.client() as client:
        status = client.plan()
        if status.plan is Plan.FREE:
            raise fail(
                "CoinGlass gives nothing without a plan: set COINGLASS_API_KEY (or "
                "coinglass.api_key_file) to a key that has one. For details: vectra-freqtrade plan",
                Exit.KEY,
            )
        start, end = _range(asked, days, client.now())
        todo = plan_download(
            context.measured_symbols(client, chosen, named),
            context.intervals(words(intervals), status.plan),
            start,
            end,
            plan=status.plan,
            now=client.now(),
            refusals=client.refusals,
            catalogue=settings.catalogue,
            settle=Release.of(settings).settle,
        )
        out.print(
            f"CoinGlass {status.plan.label}, {client.rate} requests a minute; "
            f"{len(todo.rows) + len(todo.orders)} series into {context.store.root}",
            soft_wrap=True,
        )
        with Bars(out) as bars:
            results = Downloader(client, context.store, refresh=refresh, progress=bars).run(
                todo.rows
            )
            orders = OrderDownloader(client, context.store, progress=bars).run(todo.orders)
    order_notes = _notes(orders)
    summarize(out, results, order_notes, todo)
    failed = [each.error for each in results] + list(order_notes.values())
    errors = [e for e in failed if isinstance(e, VectraError) and not isinstance(e, SymbolError)]
    if errors and all(isinstance(error, StoreError) for error in errors):
        raise fail(
            f"Not complete: move away what can't be used, then run it again. {errors[0]}",
            Exit.MISTAKE,
        )
    if not errors and pairs:
        unknown = [pair for pair in named if _is_unknown(context.symbols(chosen, [pair]), results)]
        if unknown:
            near = meant(unknown[0], context.known_pairs())
            raise fail(f"CoinGlass has nothing of {', '.join(unknown)}.{near}", Exit.MISTAKE)
    if errors:
        raise fail("Not complete: run the same command again to continue.", Exit.INCOMPLETE)


def _chosen(names: list[str], settings: "CoinglassSettings") -> tuple[str, ...]:
    """Those of the command line, those of custom columns by either name; else the settings'."""
    custom = {each.name: each.dataset for each in settings.custom}
    chosen = tuple(dict.fromkeys(custom.get(name, name) for name in names))
    known = (*DATASET_CODES, *custom.values())
    for name in chosen:
        if name not in known:
            raise SettingsError(f"Unknown dataset {name!r}; there are {', '.join(known)}.")
    return chosen or settings.all_datasets


def _is_unknown(series: list[tuple[str, str]], results: "list[Result]") -> bool:
    """Whether CoinGlass refuses a pair's series and has given none of the others."""
    own = [each for each in results if (each.series.dataset, each.series.symbol) in series]
    refused = [each for each in own if isinstance(each.error, SymbolError)]
    there = [each for each in own if each.first and each.series.symbol != MARKET_SYMBOL]
    return bool(refused) and not there


def _range(
    asked: tuple[datetime | None, datetime | None], days: int | None, now: datetime
) -> tuple[datetime | None, datetime]:
    if days is not None:
        return now - timedelta(days=days), now
    start, end = asked
    if start is not None and start >= now:
        raise SettingsError(f"--timerange: {start:%Y-%m-%d} is in the future.")
    return start, now if end is None else min(end, now)


def _notes(results: "list[OrderResult]") -> dict[str, int | VectraError]:
    """Instrument → new orders, or what went wrong; one that CoinGlass does not have has none."""
    return {
        each.symbol: each.added
        if each.error is None or isinstance(each.error, SymbolError)
        else each.error
        for each in results
    }
