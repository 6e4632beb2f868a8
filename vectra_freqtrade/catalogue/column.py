"""What a column is, and the words that it may hold. Dependency-free."""

from dataclasses import dataclass
from enum import StrEnum


class MarketState(StrEnum):
    """What open interest and price did together."""

    UNKNOWN = "UNKNOWN"  # no data: either change is missing
    NEUTRAL = "NEUTRAL"  # either change is inside its dead band
    CONFIRM_BULL = "CONFIRM_BULL"  # open interest up, price up: new longs
    CONFIRM_BEAR = "CONFIRM_BEAR"  # open interest up, price down: new shorts
    LONG_LIQUIDATION = "LONG_LIQUIDATION"  # open interest down, price down: longs leave
    SHORT_SQUEEZE = "SHORT_SQUEEZE"  # open interest down, price up: shorts leave


class Rotation(StrEnum):
    """Where capital moves between bitcoin and the rest."""

    NONE = "NONE"  # a change inside the band, or no data
    BTC = "BTC"
    ALTS = "ALTS"


class LevelSource(StrEnum):
    """Where a row's liquidation levels come from."""

    NONE = "none"  # no level known
    ESTIMATE = "estimate"  # made of open interest and candles
    HEATMAP = "heatmap"
    MAP = "map"


#: The int8 of `cg_state_code`, for models.
STATE_CODES: dict[MarketState, int] = {
    MarketState.UNKNOWN: -1,
    MarketState.NEUTRAL: 0,
    MarketState.CONFIRM_BULL: 1,
    MarketState.CONFIRM_BEAR: 2,
    MarketState.LONG_LIQUIDATION: 3,
    MarketState.SHORT_SQUEEZE: 4,
}

Value = float | int | str | bool


@dataclass(frozen=True, slots=True)
class Column:
    """
    :param name: with prefix cg_ and, per interval, the suffix _{i}
    :param dataset: a key of DATASET_CODES, COMBINED or LEVELS
    :param dtype: float64, bool, int8 or str (freqtrade's frames hold str as object or pandas' str)
    :param unit: of the values
    :param empty: the value where there is no data
    :param meaning: one sentence
    :param adaptive: exists only with adaptive bands
    :param judged: computed by `judge` from the other columns, so that an optimiser can turn it
    """

    name: str
    dataset: str
    dtype: str
    unit: str
    empty: Value
    meaning: str
    adaptive: bool = False
    judged: bool = False

    @property
    def per_interval(self) -> bool:
        return "{i}" in self.name


NAN = float("nan")


def number(name: str, unit: str, meaning: str, *, adaptive: bool = False) -> Column:
    return Column(name, "", "float64", unit, NAN, meaning, adaptive=adaptive)


def flag(name: str, meaning: str, *, judged: bool = False) -> Column:
    return Column(name, "", "bool", "flag", False, meaning, judged=judged)


def word(name: str, empty: StrEnum, meaning: str, *, judged: bool = True) -> Column:
    return Column(name, "", "str", type(empty).__name__, str(empty), meaning, judged=judged)


def code(name: str, unit: str, empty: int, meaning: str) -> Column:
    return Column(name, "", "int8", unit, empty, meaning, judged=True)


def multiplier(name: str, meaning: str) -> Column:
    return Column(name, "", "float64", "multiplier", 1.0, meaning, judged=True)


def modifiers(code: str, source: str) -> tuple[Column, ...]:
    return tuple(
        multiplier(
            f"cg_mod_{code}_{side}",
            f"Multiplier of a {side} signal's confidence from {source}; 1.0 is neutral.",
        )
        for side in ("long", "short")
    )
