"""
A dry-run bot's trades beside a backtest of the same candles over the store that the bot wrote.

    python -m tests.measure.dry_run [candles]

Real processes. The bot's time goes on with its loops, so as fast as the machine is; after so many
candles of a minute it ends. Prints what the two decided on, their
trades, and every difference with its explanation.
"""

import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.support.dry_run import DryRun
from tests.support.dry_run_deals import Compared
from tests.support.matching import Deal, Kind, Match


def told(deal: Deal | None) -> str:
    if deal is None:
        return "none"
    if deal.closed is None:
        return "open at the end"
    assert deal.reason is not None
    return f"{deal.closed:%H:%M} {' '.join(deal.reason.split()[:2])} at {deal.exit}"


def line(each: Match) -> str:
    deal = each.deal
    side = "short" if deal.short else "long"
    what = f"{deal.pair.split('/')[0]} {side} {deal.opened:%H:%M} {deal.tag.split()[0]}"
    return f"{each.kind}: {what}: bot {told(each.bot)}; backtest {told(each.tested)}"


def main(candles: int) -> None:
    with tempfile.TemporaryDirectory() as folder, DryRun(Path(folder)) as run:
        run.trade(candles)
        run.candles()
        compared = Compared(run, run.backtest())
        tell(compared)


def tell(compared: Compared) -> None:
    run, matches, cells = compared.run, compared.matches(), compared.differing_cells()
    decided = len(run.decided())
    print(f"{run.first:%H:%M} to {run.last:%H:%M}, {len(run.pairs)} pairs, {decided} decisions")
    print(f"cells of {cells.pop('')} that differ: {sum(cells.values())} {cells or ''}")
    print(f"bot {len(compared.bot)} trades, backtest {len(compared.tested)}")
    both = [each for each in matches if each.bot and each.tested]
    print(f"entered by both, with the same tag in the same candle: {len(both)}")
    for kind, count in Counter(each.kind for each in matches).most_common():
        print(f"  {kind}: {count}")
    same = [each.deal.reason or "open" for each in matches if each.kind is Kind.SAME]
    print("left the same:", dict(Counter(reason.split()[0] for reason in same)))
    print("stops that are not the plan's:", len(compared.astray()))
    apart = compared.prices_apart()
    entry = apart["entry"].abs() * 1e4
    print(
        f"entry prices apart: median {entry.median():.1f}, at most {entry.max():.1f} basis points"
    )
    print("entered at a price of the candle:", int(apart["inside"].sum()), "of", len(apart))
    for each in matches:
        if each.kind is not Kind.SAME:
            print(line(each))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 60)
