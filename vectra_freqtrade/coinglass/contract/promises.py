"""
The documented shape of each answer that our columns are made of, as data.

Of numbers sent as text only those count as promised that are text in every capture; open interest
mixes both in one answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

_OHLC: Final = dict.fromkeys(("open", "high", "low", "close"), "either")


@dataclass(frozen=True, slots=True)
class Promise:
    """
    :param fields: of a row, each "number" or "either" (a number, or the text of one)
    :param may_be_empty: no rows are no news: nobody was liquidated
    :param revised: how far a row that has just closed was seen to change until the next close, the
        95th percentile of real captures; see `docs/time.md`
    """

    fields: Mapping[str, str]
    may_be_empty: bool = False
    revised: float = 0.1


def _ratio(prefix: str) -> dict[str, str]:
    names = ("long_percent", "short_percent", "long_short_ratio")
    return {f"{prefix}_{name}": "number" for name in names}


def _sided(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, "number")


PRICE: Final = "/api/futures/price/history"
OPEN_INTEREST: Final = "/api/futures/open-interest/aggregated-history"
FUNDING: Final = "/api/futures/funding-rate/oi-weight-history"
CONTRACT_FUNDING: Final = "/api/futures/funding-rate/history"
TAKER: Final = "/api/futures/aggregated-taker-buy-sell-volume/history"
BOOK: Final = "/api/futures/orderbook/aggregated-ask-bids-history"
GLOBAL_RATIO: Final = "/api/futures/global-long-short-account-ratio/history"
TOP_RATIO: Final = "/api/futures/top-long-short-account-ratio/history"
DOMINANCE: Final = "/api/index/bitcoin-dominance"
PAIRS: Final = "/api/futures/supported-exchange-pairs"

PROMISES: Final[Mapping[str, Promise]] = {
    OPEN_INTEREST: Promise(_OHLC, revised=0.015),
    FUNDING: Promise(_OHLC, revised=0.09),
    CONTRACT_FUNDING: Promise(_OHLC),
    PRICE: Promise(_OHLC | {"volume_usd": "either"}),
    GLOBAL_RATIO: Promise(_ratio("global_account"), revised=0.066),
    TOP_RATIO: Promise(_ratio("top_account"), revised=0.073),
    TAKER: Promise(
        _sided("aggregated_buy_volume_usd", "aggregated_sell_volume_usd"), revised=0.023
    ),
    "/api/futures/liquidation/aggregated-history": Promise(
        _sided("aggregated_long_liquidation_usd", "aggregated_short_liquidation_usd"),
        may_be_empty=True,
        revised=0.049,
    ),
    BOOK: Promise(
        _sided(
            *("aggregated_bids_usd", "aggregated_bids_quantity"),
            *("aggregated_asks_usd", "aggregated_asks_quantity"),
        ),
        revised=0.35,
    ),
    DOMINANCE: Promise({"bitcoin_dominance": "number"}),
}


@dataclass(frozen=True, slots=True)
class Sent:
    """
    One answer as it came.

    :param path: that was asked
    :param dataset: of the catalogue
    :param interval: of its rows; "" for a whole history
    :param data: of the envelope
    :param now: when it was answered, milliseconds
    :param time: its time field
    :param used: fields that our columns are made of
    """

    path: str
    dataset: str
    interval: str
    data: object
    now: int
    time: str = "time"
    used: tuple[str, ...] = field(default=())

    @property
    def where(self) -> str:
        return f"{self.path} {self.interval}".strip()
