"""`vectra-freqtrade plan`: what the key may ask for, and what follows from it."""

import json
from typing import TYPE_CHECKING, Any

from vectra_freqtrade.catalogue.offers import Load, Offer, offers
from vectra_freqtrade.catalogue.plans import Plan
from vectra_freqtrade.cli.errors import report_errors
from vectra_freqtrade.cli.options import (
    ConfigOption,
    ExchangeOption,
    JsonOption,
    PairsOption,
    UserdirOption,
    VerboseOption,
    console,
    grid,
    print_remarks,
    words,
)
from vectra_freqtrade.errors import SettingsError

if TYPE_CHECKING:
    from vectra_freqtrade.coinglass.account.plan import PlanStatus
    from vectra_freqtrade.settings.section import CoinglassSettings


@report_errors
def plan(
    config: ConfigOption = None,
    userdir: UserdirOption = None,
    pairs: PairsOption = None,
    exchange: ExchangeOption = None,
    as_json: JsonOption = False,
    verbose: VerboseOption = False,
) -> None:
    """
    Show the key's CoinGlass plan, its limits, and which datasets are on or off and why.

    It asks CoinGlass for the plan, unless coinglass.plan names one, and warns if the plan's rate is
    too low to fetch what the pairs need within coinglass.delay (60 s by default).

    Examples:
      vectra-freqtrade plan
          for the config's pairs
      vectra-freqtrade plan -p BTC/USDT:USDT ETH/USDT:USDT
          is the rate enough for these?
      vectra-freqtrade plan --json
          the same for a script

    Exit status: 0 shown, also without a key; 1 CoinGlass can't be reached; 2 an option, a config or
    a file to fix; 3 CoinGlass rejects the key
    """
    from vectra_freqtrade.cli.context import load

    context = load(config, userdir, exchange, verbose=verbose)
    with context.client() as client:
        status = client.plan()
        refusals = client.refusals
        if status.plan is not Plan.FREE:
            client.learn_lists()  # a coin with several names is asked for under each
    intervals = context.intervals([], status.plan)
    settings = context.settings
    used = (*settings.all_datasets, *settings.snapshots)
    table = offers(status.plan, used, intervals, refusals, settings.catalogue)
    missing = ""
    try:
        named = context.pairs(words(pairs))
    except SettingsError as error:  # the plan can be told without pairs
        named, missing = [], str(error)
    on = [offer.dataset for offer in table if offer.on]
    due = context.load_of(context.symbols(on, named), len(intervals), status.rate)
    notes = _notes(status, settings, intervals, due)
    if missing:
        notes.append(missing)
    if as_json:
        print(json.dumps(_json(status, settings, intervals, table, due, notes), indent=2))
        return
    _show(status, settings, intervals, table, notes)


def _notes(
    status: "PlanStatus", settings: "CoinglassSettings", intervals: tuple[str, ...], due: Load
) -> list[str]:
    notes = []
    if status.plan is Plan.FREE:
        notes.append(
            "No key: set COINGLASS_API_KEY, or name a file in coinglass.api_key_file."
            if status.source == "no key"
            else "This key has no plan, or an expired one: CoinGlass answers none of its requests."
        )
        notes.append(
            "Without a plan, open interest and funding come from the exchange's own candles "
            "if it lists them."
        )
    if due.advice():
        notes.append(due.advice())
    if settings.intervals == "auto" and intervals and not settings.sees_conflict(intervals):
        notes.append(
            "The 1h interval is not in use, so the conflict of 1h with 4h can't be seen. "
            "1h needs CoinGlass Startup."
        )
    if settings.levels_source == "estimate" and status.plan.rank >= Plan.PROFESSIONAL.rank:
        notes.append(
            "Liquidation levels are an estimate; this plan has CoinGlass's own: record them with "
            '`vectra-freqtrade record` and set coinglass.levels_source to "heatmap" or "map".'
        )
    return notes


def _json(
    status: "PlanStatus",
    settings: "CoinglassSettings",
    intervals: tuple[str, ...],
    table: list[Offer],
    due: Load,
    notes: list[str],
) -> dict[str, Any]:
    return {
        "plan": status.plan.value,
        "tier": status.tier.value,
        "source": status.source,
        "expires": status.expires.isoformat() if status.expires else None,
        "requests_per_minute": status.rate,
        "delay_seconds": settings.delay,
        "intervals": list(intervals),
        "due_requests": due.requests,
        "due_seconds": round(due.seconds, 1),
        "datasets": [
            {
                "dataset": offer.dataset,
                "tier": offer.tier.value,
                "smallest_plan": offer.plan.value,
                "smallest_interval": offer.smallest or None,
                "history": offer.depth or None,
                "on": offer.on,
                "why": offer.why or None,
            }
            for offer in table
        ],
        "notes": notes,
    }


def _show(
    status: "PlanStatus",
    settings: "CoinglassSettings",
    intervals: tuple[str, ...],
    table: list[Offer],
    notes: list[str],
) -> None:
    out = console()
    expires = f", until {status.expires:%Y-%m-%d}" if status.expires else ""
    how = status.source if status.source == "no key" else f"by {status.source}"
    out.print(f"Plan: [bold]{status.plan.label}[/bold] (tier {status.tier}, {how}{expires})")
    out.print(
        f"Rate: {status.rate} requests a minute; delay: {settings.delay} s "
        "(daily indices and balances: 24 h more)"
    )
    out.print(f"Intervals: {', '.join(intervals) or 'none'}")
    lines = grid(("Dataset", "Tier", "Smallest plan", "Smallest interval", "History", "On", "Why"))
    for offer in table:
        lines.add_row(
            offer.dataset,
            offer.tier.value,
            offer.plan.label,
            offer.smallest or "-",
            offer.depth or "-",
            "[green]on[/green]" if offer.on else "off",
            offer.why,
        )
    out.print(lines)
    print_remarks(out, notes)
