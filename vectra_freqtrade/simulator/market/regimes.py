"""Hidden regimes of the simulated market: which spell a coin is in, drawn as a semi-Markov chain.

A path is one stream of random numbers read strictly forward, so asking for more time adds spells
and never changes an earlier one.
"""

import zlib
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

STEP = 300  # seconds; the market's base resolution
STEPS_PER_HOUR = 3600 // STEP


class Regime(IntEnum):
    """What positions are doing; never served by any endpoint."""

    QUIET = 0
    BUILDING_LONGS = 1
    BUILDING_SHORTS = 2
    CASCADE_DOWN = 3
    SQUEEZE_UP = 4
    CROWDED_FUNDING = 5


R = Regime
# From a regime: the regimes that may follow, with their odds. Crowds end in cascades or squeezes.
FOLLOWS: dict[Regime, dict[Regime, float]] = {
    R.QUIET: {R.BUILDING_LONGS: 0.52, R.BUILDING_SHORTS: 0.48},
    R.BUILDING_LONGS: {
        R.QUIET: 0.3,
        R.CROWDED_FUNDING: 0.4,
        R.CASCADE_DOWN: 0.2,
        R.BUILDING_SHORTS: 0.1,
    },
    R.BUILDING_SHORTS: {
        R.QUIET: 0.3,
        R.SQUEEZE_UP: 0.4,
        R.BUILDING_LONGS: 0.15,
        R.CASCADE_DOWN: 0.15,
    },
    R.CASCADE_DOWN: {R.QUIET: 0.6, R.BUILDING_SHORTS: 0.2, R.BUILDING_LONGS: 0.2},
    R.SQUEEZE_UP: {R.QUIET: 0.6, R.BUILDING_LONGS: 0.3, R.BUILDING_SHORTS: 0.1},
    R.CROWDED_FUNDING: {R.CASCADE_DOWN: 0.65, R.QUIET: 0.35},
}
HOURS: dict[Regime, tuple[float, float]] = {
    R.QUIET: (5, 24),
    R.BUILDING_LONGS: (5, 18),
    R.BUILDING_SHORTS: (5, 18),
    R.CASCADE_DOWN: (1, 5),
    R.SQUEEZE_UP: (1, 5),
    R.CROWDED_FUNDING: (8, 30),
}
SHARED_QUIET_HOURS = (24.0, 96.0)  # the whole market moves together a few times a week
FOLLOW_SHARE = 0.75  # of the shared spells, how many one coin takes part in


@dataclass(frozen=True)
class Spell:
    """Steps [start, end) in one regime; `strength` is drawn per spell, around 1."""

    start: int
    end: int
    regime: Regime
    strength: float


@dataclass(frozen=True)
class RegimeView:
    """Per step of a span: regime code, strength, share of the spell passed (0 to 1), its length."""

    code: NDArray[np.int8]
    strength: NDArray[np.float64]
    passed: NDArray[np.float64]
    length: NDArray[np.float64]


def stream(seed: int, name: str, *purpose: int) -> np.random.Generator:
    """Random numbers that depend on the seed, an owner's name and a purpose, on nothing else."""
    key = (zlib.crc32(name.encode()), *purpose)
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


class RegimePath:
    """The spells of one coin, or of the whole market, which coins follow in most of theirs."""

    def __init__(self, seed: int, owner: str, shared: "RegimePath | None" = None) -> None:
        self._rng = stream(seed, owner, 1)
        self._follow_rng = stream(seed, owner, 2)
        self._shared = shared
        self._is_shared = owner == "shared"
        self._spells: list[Spell] = []
        self._follows: list[bool] = []

    def spells(self, end: int) -> list[Spell]:
        """Own spells up to step `end`, which the last one covers."""
        while not self._spells or self._spells[-1].end < end:
            self._spells.append(self._next())
        return self._spells

    def _next(self) -> Spell:
        if not self._spells:
            regime, start = Regime.QUIET, 0
        else:
            last = self._spells[-1]
            odds = FOLLOWS[last.regime]
            pick = int(self._rng.choice(len(odds), p=list(odds.values())))
            regime, start = list(odds)[pick], last.end
        low, high = HOURS[regime]
        if self._is_shared and regime is Regime.QUIET:
            low, high = SHARED_QUIET_HOURS
        length = int(self._rng.uniform(low, high) * STEPS_PER_HOUR)
        return Spell(start, start + length, regime, float(self._rng.uniform(0.6, 1.4)))

    def view(self, begin: int, end: int) -> RegimeView:
        """Regimes of the steps [begin, end): the shared spells it follows, else its own."""
        chosen = [spell for spell in self.spells(end) if spell.end > begin and spell.start < end]
        if self._shared is not None:
            shared = self._shared.spells(end)
            while len(self._follows) < len(shared):
                self._follows.append(bool(self._follow_rng.random() < FOLLOW_SHARE))
            chosen += [
                spell
                for spell, follow in zip(shared, self._follows, strict=False)
                if follow
                and spell.regime is not Regime.QUIET
                and spell.end > begin
                and spell.start < end
            ]
        n = end - begin
        code = np.zeros(n, np.int8)
        strength, passed, length = np.ones(n), np.zeros(n), np.ones(n)
        steps = np.arange(begin, end)
        for spell in chosen:  # later ones, the shared, overwrite
            at = slice(max(spell.start - begin, 0), min(spell.end, end) - begin)
            code[at] = spell.regime
            strength[at] = spell.strength
            length[at] = spell.end - spell.start
            passed[at] = (steps[at] - spell.start) / (spell.end - spell.start)
        return RegimeView(code, strength, passed, length)
