"""
The pictures of docs/trailing.md, drawn from what the code says about prices made up here.

    python -m tests.docs.trailing_pictures

writes them into docs/pictures; a test holds the committed ones against it.
"""

import itertools
from collections.abc import Callable
from dataclasses import replace

from tests.docs.chart import ENTRY, FAINT, LEVEL, STOP, TARGET, Chart, bars
from tests.docs.pages import DOCS
from tests.trailing.market import reason, step
from tests.trailing.oracle import Candle
from vectra_freqtrade.settings.trailing import TrailingSettings
from vectra_freqtrade.strategy.charted import REASONS
from vectra_freqtrade.trailing.plan import EntryPlan, Side, make_plan
from vectra_freqtrade.trailing.state import Phase, TrailState

FOLDER = DOCS / "pictures"
SETTINGS = TrailingSettings()
PRICE, ATR, FEES = 100.0, 2.0, 0.001

BANDS = ("#f5f7fa", "#eef6ff", "#eefaf2", "#fff6e9")
RULES = (
    f"{SETTINGS.initial_stop:g} ATR away",
    f"from {SETTINGS.breakeven_from:.0%}",
    f"from {SETTINGS.trailing_from:.0%} of the way",
    f"from {SETTINGS.locked_from:.0%} of the way",
)

#: Where each candle closes, after the price at which the trade is made.
RIDE = [100, 100.5, 99.9, 99.2, 98.5, 98.2, 98.9, 99.6, 100.3, 101, 100.7, 101.4, 101.8, 101.5,
        101.1, 101.7, 102.3, 102.9, 103.4, 103.1, 102.8, 103.5, 104, 104.7, 104.4, 105.1, 105.6,
        105.3, 105.9, 106.2, 105.9, 106.5, 107.1, 107.7, 108.2, 107.9, 107.2, 106.3]  # fmt: skip
#: Up to LOCKED, and then sideways.
STALL = [100, 100.8, 101.5, 101.2, 102, 102.7, 103.3, 103, 103.8, 104.4, 105, 105.3, 105.1, 104.9,
         105.2, 105, 104.8, 104.6, 104.7, 104.5, 104.3, 104.1, 103.9]  # fmt: skip


def plan_at(**levels: float) -> EntryPlan:
    """A long's plan at PRICE."""
    known = {"side": Side.LONG, "entry": PRICE, "atr": ATR, "fees": FEES, "opened": 0}
    plan = make_plan(**known, settings=SETTINGS, **levels)
    assert plan is not None
    return plan


def ride(plan: EntryPlan, candles: list[Candle]) -> tuple[list[TrailState], int | None]:
    """
    :return: the state before each candle and after the last one; and in which candle the stop that
        holds by then is reached
    """
    states = [TrailState.at_entry(plan)]
    for place, candle in enumerate(candles):
        if candle.low <= states[-1].stop:
            return states, place
        states.append(step(states[-1], plan, candle, SETTINGS))
    return states, None


def in_atr(price: float) -> str:
    return f"{price:.4g} ({(price - PRICE) / ATR:+.2f} ATR)"


def phases() -> str:
    """From entry to exit through all phases."""
    plan, given = plan_at(), bars(RIDE)
    states, out = ride(plan, [bar.candle for bar in given])
    assert out is not None
    given = given[: out + 1]
    title = "One long, from entry to exit"
    way = f"Entry at 100, ATR 2: stop {in_atr(plan.stop)}, target {in_atr(plan.target)}."
    chart = Chart(title, f"{way} A stop holds from the close of its candle on.", len(given) + 1,
                  96.0, 110.0, ATR, PRICE)  # fmt: skip
    starts = [next(n for n, s in enumerate(states) if s.phase >= phase) for phase in Phase]
    for phase, first, last in zip(Phase, starts, [*starts[1:], len(given) + 1], strict=True):
        chart.band(first, last, BANDS[phase], phase.name, RULES[phase])
    chart.axes()
    chart.candles(given)
    chart.steps([plan.target] * (len(given) + 1), TARGET, dash="7 5")
    chart.steps([PRICE] * (len(given) + 1), ENTRY, dash="2 4")
    chart.steps([state.stop for state in states], STOP)
    moved: dict[str, int] = {}
    for place, (before, after) in enumerate(itertools.pairwise(states)):
        if after.stop > before.stop:
            moved.setdefault(REASONS[reason(after, plan, given[place].candle, SETTINGS)], place + 1)
    below = float("inf")
    for words, place in reversed(moved.items()):
        y = chart.y(states[place].stop)
        below = y + 15 if below - y > 33 or below < y else below + 15  # apart from the one above
        chart.dot(place, states[place].stop, STOP)
        text = f"{states[place].stop:.4g}: {words}"
        chart.write(chart.x(place) + 8, below, text, fill=STOP, font_size=11)
    chart.dot(out + 0.5, states[out].stop, "#b3261e")
    chart.label(plan.target, f"target {plan.target:g}", TARGET)
    chart.label(states[out].stop, f"out at the stop, {states[out].stop:.4g}", STOP)
    chart.label(PRICE, "entry 100", ENTRY)
    chart.label(plan.stop, f"initial stop {plan.stop:g}", STOP)
    return chart.svg()


def levels() -> str:
    """What liquidation clusters do to a plan."""
    above, below = 107.5, 96.6
    plain, plan = plan_at(), plan_at(level_above=above, level_below=below)
    given = bars([100.6, 100.2, 99.8, 100.3, 99.9, 100.4, 100.1, 100.0])
    title = "Liquidation clusters place target and stop"
    chart = Chart(title, "Grey: the plan without data. The target stays before the cluster ahead; "
                  "the stop never rests on one.", 26, 95.0, 109.0, ATR, PRICE)  # fmt: skip
    chart.axes()
    for level in (above, below):
        box = {"x": chart.x(0), "y": chart.y(level) - 7, "width": chart.x(26) - chart.x(0)}
        chart.add("rect", **box, height=14.0, fill=LEVEL, opacity=0.18)
        chart.label(level, f"cluster at {level:g}", LEVEL)
    chart.candles(given)
    rest, first = 26 - len(given), len(given)
    for price, color in ((plain.target, FAINT), (plain.stop, FAINT)):
        chart.steps([price] * rest, color, first=first, dash="2 4")
    chart.steps([PRICE] * rest, ENTRY, first=first, dash="2 4")
    chart.steps([plan.target] * rest, TARGET, first=first, dash="7 5")
    chart.steps([plan.stop] * rest, STOP, first=first)
    chart.label(plan.target, f"target {in_atr(plan.target)}", TARGET)
    chart.label(plan.stop, f"stop {in_atr(plan.stop)}", STOP)
    chart.label(plain.target, f"without: {plain.target:g}", FAINT)
    chart.label(plain.stop, f"without: {plain.stop:g}", FAINT)
    chart.label(PRICE, "entry 100", ENTRY)
    chart.dot(first, PRICE, ENTRY)
    return chart.svg()


def tightening() -> str:
    """The same candles without data, with adverse funding, and with whales against."""
    plan, given = plan_at(), bars(STALL, wick=0.15)
    calm = [bar.candle for bar in given]
    paths: dict[str, list[Candle]] = {
        "whales against": [replace(candle, whale_long_against=True) for candle in calm],
        "adverse funding": [replace(candle, funding_long_adverse=True) for candle in calm],
        "no data": calm,
    }
    title = "After entry, data only tightens"
    calm_behind, behind = SETTINGS.locked_distance, SETTINGS.locked_distance_whale
    subtitle = (
        f"The same candles, three times. Adverse funding: distances × {SETTINGS.funding_factor:g}. "
        f"Whales: {behind:g} instead of {calm_behind:g} ATR in LOCKED. Dots: exits."
    )
    chart = Chart(title, subtitle, len(given) + 1, 96.0, 106.5, ATR, PRICE)
    chart.axes()
    chart.candles(given)
    chart.steps([PRICE] * (len(given) + 1), ENTRY, dash="2 4")
    looks = ((STOP, "", 5.0), (LEVEL, "5 3", 2.2), (FAINT, "", 2.2))
    for (name, candles), (color, dash, width) in zip(paths.items(), looks, strict=True):
        states, out = ride(plan, candles)
        assert out is not None
        chart.steps([state.stop for state in states], color, dash=dash, width=width)
        chart.dot(out + 0.5, states[out].stop, color)
        chart.label(states[out].stop, f"{name}: {states[out].stop:.5g}", color)
    chart.label(PRICE, "entry 100", ENTRY)
    return chart.svg()


PICTURES: dict[str, Callable[[], str]] = {
    "trailing-phases": phases,
    "trailing-levels": levels,
    "trailing-data": tightening,
}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, draw in PICTURES.items():
        (FOLDER / f"{name}.svg").write_text(draw(), encoding="utf-8")


if __name__ == "__main__":
    main()
