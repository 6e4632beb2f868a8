"""
Every number of the trailing stop, with its default. Distances are in multiples of the trade's ATR
unless they say otherwise; shares are of the way to the target, locks of the best move so far.
"""

from typing import Final, Literal, Self, get_args

from pydantic import Field, field_validator, model_validator

from vectra_freqtrade.catalogue.intervals import INTERVALS
from vectra_freqtrade.settings.opinions import Section

#: freqtrade's callbacks that stops and exits hang on: a strategy's own must call ours.
Callback = Literal["custom_stoploss", "custom_exit", "custom_roi", "order_filled", "bot_loop_start"]
CALLBACKS: Final[tuple[str, ...]] = get_args(Callback)


class TrailingSettings(Section):
    """
    The `coinglass.trailing` section.

    :param atr_period: true ranges in the simple mean
    :param atr_interval: candles the ATR is taken on
    :param initial_stop: distance of the initial stop
    :param initial_stop_max: and its outermost distance, when a cluster pushes it out
    :param cluster_reach: a cluster this close to the initial stop moves it
    :param cluster_buffer: how far beyond the cluster the stop then goes
    :param target_min: clusters nearer than this are no target
    :param target_max: nor are clusters farther than this
    :param target_default: target where no cluster is one
    :param front_run: the target stays this fraction of the entry price before the cluster ...
    :param front_run_atr: ... but at most this many ATR
    :param breakeven_from: progress at which the stop goes to entry plus fees ...
    :param breakeven_move: ... once the best move is round-trip fees plus this many ATR
    :param trailing_from: progress at which the stop starts to follow
    :param trailing_distance: distance behind the best price
    :param trailing_lock: share of the best move that is kept
    :param locked_from: progress at which the trail tightens
    :param locked_distance: distance behind the best price
    :param locked_distance_whale: the same under whale activity against the position
    :param locked_lock: share of the best move that is kept
    :param at_target: "floor" runs on with a floor under the target, "close" takes it
    :param target_floor: the floor's distance below the target
    :param funding_change: fraction per 8 h that funding may move against the position in 24 h
    :param funding_factor: factor on the stop distances while funding is adverse
    :param levels: let liquidation clusters place the stop and the target
    :param whales: let whale activity tighten the stop and take part in early exits
    :param funding: let adverse funding tighten the stop and take part in early exits
    :param early_exit: leave when open interest × price turns against the position
    :param low_confidence: own-side combined factor below which a turning market is left
    :param exchange_step: smallest move of a stop that rests on the exchange
    :param send_messages: send plans and changes of phase through freqtrade's messengers too
    :param skip_trade_copy: spare freqtrade the deep copy of the trade for our callbacks, which
        only read it; see docs on trailing
    """

    atr_period: int = Field(default=14, ge=2, le=200)
    atr_interval: str = "1h"
    initial_stop: float = Field(default=1.5, gt=0)
    initial_stop_max: float = Field(default=2.0, gt=0)
    cluster_reach: float = Field(default=0.5, ge=0)
    cluster_buffer: float = Field(default=0.25, ge=0)
    target_min: float = Field(default=2.0, gt=0)
    target_max: float = Field(default=6.0, gt=0)
    target_default: float = Field(default=3.0, gt=0)
    front_run: float = Field(default=0.005, ge=0, lt=0.1)
    front_run_atr: float = Field(default=0.25, ge=0)
    breakeven_from: float = Field(default=0.30, gt=0, lt=1)
    breakeven_move: float = Field(default=0.5, ge=0)
    trailing_from: float = Field(default=0.50, gt=0, lt=1)
    trailing_distance: float = Field(default=1.0, gt=0)
    trailing_lock: float = Field(default=0.40, ge=0, lt=1)
    locked_from: float = Field(default=0.80, gt=0, le=1)
    locked_distance: float = Field(default=0.8, gt=0)
    locked_distance_whale: float = Field(default=0.5, gt=0)
    locked_lock: float = Field(default=0.70, ge=0, lt=1)
    at_target: Literal["floor", "close"] = "floor"
    target_floor: float = Field(default=0.25, ge=0)
    funding_change: float = Field(default=0.00005, gt=0)
    funding_factor: float = Field(default=0.8, gt=0, le=1)
    levels: bool = True
    whales: bool = True
    funding: bool = True
    early_exit: bool = True
    low_confidence: float = Field(default=0.88, gt=0, le=1)
    exchange_step: float = Field(default=0.1, ge=0)
    send_messages: bool = False
    skip_trade_copy: bool = True

    @field_validator("atr_interval")
    @classmethod
    def _known_interval(cls, value: str) -> str:
        if value not in INTERVALS:
            raise ValueError(f"must be one of {', '.join(INTERVALS)}")
        return value

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        """What the phases and the promise to only ever tighten rest on."""
        for names in (
            ("breakeven_from", "trailing_from", "locked_from"),
            ("target_min", "target_default", "target_max"),
            ("initial_stop", "initial_stop_max"),
            ("locked_distance_whale", "locked_distance"),
        ):
            values = [getattr(self, name) for name in names]
            if values != sorted(values):
                raise ValueError(f"must not fall: {' <= '.join(names)}")
        return self

    def scaled(
        self, *, stop: float = 1.0, target: float = 1.0, trail: float = 1.0, funding: float = 1.0
    ) -> dict[str, float]:
        """
        These distances in other proportions, for a strategy's parameters; 1.0 leaves them as they
        are, and no value above 0 breaks their order.

        :param stop: multiplier of the initial stop's distances
        :param target: ... of the target's
        :param trail: ... of those behind the best price
        :param funding: exponent of `funding_factor`: 0 leaves stops alone while funding is adverse,
            2 shortens them twice
        :return: in this section's words, for `trailing_parameters`
        """
        groups = (
            (stop, ("initial_stop", "initial_stop_max")),
            (target, ("target_min", "target_default", "target_max")),
            (trail, ("trailing_distance", "locked_distance", "locked_distance_whale")),
        )
        distances = {
            name: getattr(self, name) * factor for factor, names in groups for name in names
        }
        return distances | {"funding_factor": self.funding_factor**funding}
