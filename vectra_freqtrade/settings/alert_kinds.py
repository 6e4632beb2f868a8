"""What a live bot can send through freqtrade's messengers."""

from enum import StrEnum


class AlertKind(StrEnum):
    """The names in `coinglass.alerts`."""

    STATE_FLIP = "state_flip"
    EXTREME_FUNDING = "extreme_funding"
    LEVEL_REACHED = "level_reached"
    STALE = "stale"
