"""`vectra-freqtrade verify`: whether CoinGlass keeps to what our columns are made of."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vectra_freqtrade.cli.errors import Exit, err, report_errors
from vectra_freqtrade.cli.options import (
    ConfigOption,
    ExchangeOption,
    JsonOption,
    PairsOption,
    UserdirOption,
    VerboseOption,
    words,
)

if TYPE_CHECKING:
    from vectra_freqtrade.cli.context import Context
    from vectra_freqtrade.cli.verify.output import Shown
    from vectra_freqtrade.coinglass.contract.asking import Asking, Contract
    from vectra_freqtrade.coinglass.contract.crossed import Exchange


@report_errors
def verify(
    config: ConfigOption = None,
    userdir: UserdirOption = None,
    pairs: PairsOption = None,
    exchange: ExchangeOption = None,
    watch: Annotated[
        bool,
        typer.Option(
            "--watch",
            help="Measure how late rows come and how far they change, until each interval has "
            "closed twice.",
        ),
    ] = False,
    intervals: Annotated[
        list[str] | None,
        typer.Option(
            "--intervals",
            metavar="INTERVAL …",
            help="Intervals to look at or to watch; 1d is watched only where it is named.",
            show_default="the settings'; watched are those up to 8h",
        ),
    ] = None,
    coin: Annotated[
        str, typer.Option("--coin", metavar="COIN", help="A liquid coin to look at.")
    ] = "BTC",
    no_exchange: Annotated[
        bool, typer.Option("--no-exchange", help="Don't ask the config's exchange for candles.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write a report for an issue: no key, no account, no pair list.",
        ),
    ] = None,
    as_json: JsonOption = False,
    verbose: VerboseOption = False,
) -> None:
    """
    Check CoinGlass's contract with your own key: paths, fields, stamps, units, names, plan.

    At most 40 requests on Hobbyist, about two minutes; it shares the key's budget with running
    bots and stores nothing.

    Examples:
      vectra-freqtrade verify
          one look at every dataset that the plan has
      vectra-freqtrade verify --output report.json
          also writes a file that can be attached to an issue
      vectra-freqtrade verify --watch
          measures until each interval has closed twice; Ctrl-C shows what it has by then

    Exit status: 0 the contract holds; 1 it is broken, or something was not answered; 2 an option,
    a config or a file to fix; 3 no key, a rejected one, or one without a plan
    """
    from vectra_freqtrade.catalogue.intervals import interval_ms
    from vectra_freqtrade.cli import values
    from vectra_freqtrade.cli.context import load
    from vectra_freqtrade.cli.verify.exchange import asked_by, nobody
    from vectra_freqtrade.coinglass.contract.asking import Asking

    if output is not None:
        values.new_file(output)
    named = words(intervals)
    for each in named:
        interval_ms(each)  # refuses what CoinGlass does not have
    context = load(config, userdir, exchange, verbose=verbose)
    listed, liquid = _contracts(context, words(pairs), coin.upper())
    with context.client() as client, err.status("Asking CoinGlass …") as status:
        asking = Asking(client, liquid, say=lambda text: status.update(f"Asking for {text} …"))
        if watch:
            shown = _watched(asking, named)
        else:
            source = nobody if no_exchange else asked_by(context, liquid, client.now)
            shown = _verified(asking, listed, source, named)
    if output is not None:
        output.write_text(shown.for_others, encoding="utf-8")
    if as_json:
        print(shown.json)
    else:
        shown.print()
    if output is not None:
        err.print(
            f"Written to {output}: no key, no account and no pair list is in it.", markup=False
        )
    raise typer.Exit(int(Exit.DONE if shown.holds else Exit.INCOMPLETE))


def _contracts(
    context: "Context", pairs: list[str], coin: str
) -> "tuple[list[Contract], Contract]":
    """Of the pair list, as far as there is one, and the one that everything is looked at with."""
    from vectra_freqtrade.errors import SettingsError

    try:
        listed = [_contract(context, pair) for pair in context.pairs(pairs)]
    except SettingsError:
        if pairs:
            raise
        listed = []  # the contract can be held without one
    own = next((each for each in listed if each.coin == coin), None)
    return listed, own or _contract(context, f"{coin}/USDT:USDT")


def _contract(context: "Context", pair: str) -> "Contract":
    from vectra_freqtrade.catalogue.symbols import coin_of, instrument_of
    from vectra_freqtrade.coinglass.contract.asking import Contract

    names, venue = context.store.names, context.settings.ratio_exchange
    coin = coin_of(pair, context.exchange, names)
    return Contract(coin, *instrument_of(pair, context.exchange, venue, names))


def _verified(
    asking: "Asking", listed: "Sequence[Contract]", exchange: "Exchange", intervals: list[str]
) -> "Shown":
    from vectra_freqtrade.cli.verify import output
    from vectra_freqtrade.coinglass.contract.run import Verification

    report = Verification(asking, listed, exchange, intervals).run()
    return output.of_look(report, asking.client.now())


def _watched(asking: "Asking", intervals: list[str]) -> "Shown":
    from vectra_freqtrade.cli.verify import output
    from vectra_freqtrade.coinglass.contract.run import Verification
    from vectra_freqtrade.coinglass.contract.watching import Watch, watched_intervals

    plan = Verification(asking).prepare()
    watch = Watch(asking, plan, watched_intervals(asking.client.settings, plan, intervals))
    err.print(output.announced(watch), markup=False)
    stopped = False
    try:
        watch.run(asking.say)
    except KeyboardInterrupt:
        stopped = True
    return output.of_watch(watch, plan, asking, stopped=stopped)
