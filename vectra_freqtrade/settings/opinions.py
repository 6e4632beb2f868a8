"""Multipliers, and the thresholds behind them: what turns numbers into a signal's confidence."""

from pydantic import BaseModel, ConfigDict, Field

from vectra_freqtrade.catalogue.columns import MarketState

#: VECTRA's range of a multiplier.
MULTIPLIER_MIN, MULTIPLIER_MAX = 0.88, 1.15


class Section(BaseModel):
    """Frozen; unknown keys are an error, and so are nan and inf."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class SideMultipliers(Section):
    """Multipliers of a long and of a short signal's confidence."""

    long: float = Field(ge=MULTIPLIER_MIN, le=MULTIPLIER_MAX)
    short: float = Field(ge=MULTIPLIER_MIN, le=MULTIPLIER_MAX)


def _sides(long: float, short: float) -> SideMultipliers:
    return SideMultipliers(long=long, short=short)


class StateMultipliers(Section):
    """Multipliers of the OI × price states."""

    CONFIRM_BULL: SideMultipliers = _sides(1.15, 0.88)
    CONFIRM_BEAR: SideMultipliers = _sides(0.88, 1.15)
    LONG_LIQUIDATION: SideMultipliers = _sides(0.92, 1.08)
    SHORT_SQUEEZE: SideMultipliers = _sides(1.08, 0.92)

    def of(self, state: MarketState) -> SideMultipliers:
        """NEUTRAL and UNKNOWN are 1.0."""
        return getattr(self, state, _sides(1.0, 1.0))


class ExtremeMultipliers(Section):
    """While a series is extreme: `high` for +1, `low` for -1."""

    high: SideMultipliers
    low: SideMultipliers


def _extremes(high: tuple[float, float], low: tuple[float, float]) -> ExtremeMultipliers:
    return ExtremeMultipliers(high=_sides(*high), low=_sides(*low))


class RotationMultipliers(Section):
    """While capital moves: `high` to bitcoin, `low` away from it."""

    btc: ExtremeMultipliers = _extremes((1.02, 0.98), (0.98, 1.02))
    alts: ExtremeMultipliers = _extremes((0.96, 1.02), (1.02, 0.96))


class Modifiers(Section):
    """Every multiplier of a signal's confidence."""

    states: StateMultipliers = StateMultipliers()
    conflict: float = Field(default=0.96, ge=MULTIPLIER_MIN, le=1.0)
    funding: ExtremeMultipliers = _extremes((0.94, 1.05), (1.05, 0.94))
    lsr: ExtremeMultipliers = _extremes((0.94, 1.05), (1.05, 0.94))
    taker: ExtremeMultipliers = _extremes((1.04, 0.95), (0.95, 1.04))
    book: ExtremeMultipliers = _extremes((1.03, 0.95), (0.95, 1.03))
    whale: ExtremeMultipliers = _extremes((1.05, 0.93), (0.93, 1.05))
    netflow: ExtremeMultipliers = _extremes((0.96, 1.03), (1.03, 0.96))
    dominance: RotationMultipliers = RotationMultipliers()


class Bands(Section):
    """
    Dead bands of the OI × price engine.

    :param oi: change of open interest that counts as a move, at 1h and a lookback of 1
    :param price: the same for price
    :param adaptive: use k × the standard deviation of the 200 changes before the row instead
    :param k: multiples of the standard deviation
    """

    oi: float = Field(default=0.005, gt=0, lt=1)
    price: float = Field(default=0.003, gt=0, lt=1)
    adaptive: bool = False
    k: float = Field(default=1.0, gt=0)


class FundingExtreme(Section):
    """+1: percentile >= high and rate > high_rate; -1: percentile <= low and rate <= low_rate."""

    high: float = Field(default=0.95, gt=0.5, le=1)
    high_rate: float = 0.0001  # the venues' neutral rate
    low: float = Field(default=0.05, ge=0, lt=0.5)
    low_rate: float = 0.0


class PercentileExtreme(Section):
    """+1: percentile >= high; -1: percentile <= low."""

    high: float = Field(default=0.95, gt=0.5, le=1)
    low: float = Field(default=0.05, ge=0, lt=0.5)


class RatioExtreme(Section):
    """+1: ratio > high; -1: ratio < low."""

    high: float = Field(default=1.12, ge=1)
    low: float = Field(default=0.90, gt=0, le=1)


class BookExtreme(Section):
    """An imbalance beyond `lean` is extreme; beyond `wait` the other side must not enter."""

    lean: float = Field(default=0.2, gt=0, le=1)
    wait: float = Field(default=0.35, gt=0, le=1)


class WhaleExtreme(Section):
    """
    :param flow: a flow beyond it is extreme
    :param wall: a resting large order nearer than this share of the price must not be run into
    """

    flow: float = Field(default=0.3, gt=0, lt=1)
    wall: float = Field(default=0.005, ge=0, lt=1)


class NetflowExtreme(Section):
    """+1: z > z; -1: z < -z."""

    z: float = Field(default=2.0, gt=0)


class DominanceExtreme(Section):
    """:param band: percentage points in 7 days beyond which capital counts as moving"""

    band: float = Field(default=1.0, gt=0)


class Extremes(Section):
    """Where a series counts as extreme."""

    funding: FundingExtreme = FundingExtreme()
    lsr: PercentileExtreme = PercentileExtreme()
    taker: RatioExtreme = RatioExtreme()
    book: BookExtreme = BookExtreme()
    whale: WhaleExtreme = WhaleExtreme()
    netflow: NetflowExtreme = NetflowExtreme()
    dominance: DominanceExtreme = DominanceExtreme()


class Levels(Section):
    """
    How liquidation levels are summed up. Shares of the price, 0.1 = 10 %.

    :param within: as far from the close as levels are looked for
    :param strongest: share of the side's strongest level that one must have to count
    :param merge: levels this near to each other are one cluster
    :param away: nearest distance of a cluster from the close
    :param half_life_days: of a position in the estimate
    """

    within: float = Field(default=0.10, gt=0, le=0.5)
    strongest: float = Field(default=0.6, gt=0, le=1)
    merge: float = Field(default=0.0025, ge=0, lt=0.1)
    away: float = Field(default=0.003, ge=0, lt=0.1)
    half_life_days: float = Field(default=7.0, gt=0)
