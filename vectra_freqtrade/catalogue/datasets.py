"""
The datasets, as data: what each is called, where it comes from, what is stored of it.

Importing this module imports no HTTP client: the store, the provider and the signals read it too.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from vectra_freqtrade.catalogue.plans import Plan, Tier

#: Rows per answer; the documented most.
ROW_LIMIT = 1000
#: Resting, filled, cancelled.
ORDER_STATES = (1, 2, 3)


class Scope(StrEnum):
    """What one series of a dataset belongs to; decides the file's {SYMBOL}."""

    COIN = "coin"  # BTC, summed or weighted over venues
    PAIR = "pair"  # Binance_BTCUSDT, one instrument on one venue
    MARKET = "market"  # one series for every pair; its symbol is BTC


class Kind(StrEnum):
    """How a dataset is asked for and kept."""

    INTERVAL = "interval"  # rows of a candle length, in blocks of start and end
    DAILY = "daily"  # the whole daily history in one answer
    ORDERS = "orders"  # large orders, each with a start and an end
    LEVELS = "levels"  # a snapshot of now, without history


class Naming(StrEnum):
    """What a coin's series is made of where CoinGlass lists the coin under several names."""

    SUM = "sum"  # of all names
    WEIGHTED = "weighted"  # the mean over all names, by open interest
    BARE = "bare"  # asked for by the coin's own name
    OWN = "own"  # one name, which is also the file's {SYMBOL}


@dataclass(frozen=True, slots=True)
class Field:
    """
    One stored column of an answer.

    :param reply: the name in the answer
    :param value: the stored column
    :param scale: stored = sent × scale
    :param least: a smaller number can't be true and is stored as missing
    """

    reply: str
    value: str
    scale: float = 1.0
    least: float | None = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """
    One address of the API.

    :param path: below the base address
    :param fields: what is kept of each row
    :param params: sent always
    :param exchange_list: the answer is a sum for which CoinGlass demands a list of venues
    :param time: the answer's time field
    :param timeout: seconds without a byte before we give up; heatmaps are slow
    """

    path: str
    fields: tuple[Field, ...] = ()
    params: Mapping[str, str] = field(default_factory=dict)
    exchange_list: bool = False
    time: str = "time"
    timeout: float = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """
    One dataset.

    :param name: as in the settings and in the store's folder
    :param scope: what a series belongs to
    :param values: the stored columns, float64, in the units of `vectra_freqtrade.catalogue.columns`
    :param extra_delay: added to the `delay` setting, for series published a day late
    :param kind: how it is asked for and kept
    :param endpoints: several are joined by time into one series
    :param plan: smallest CoinGlass plan that has it
    :param tier: VECTRA's tier that it belongs to
    :param naming: of coin scope: what is asked for under several names, and how it is joined
    """

    name: str
    scope: Scope
    values: tuple[str, ...]
    endpoints: tuple[Endpoint, ...]
    extra_delay: timedelta = timedelta(0)
    kind: Kind = Kind.INTERVAL
    plan: Plan = Plan.HOBBYIST
    tier: Tier = Tier.BASIC
    naming: Naming = Naming.SUM

    @property
    def in_coins(self) -> bool:
        """Values count coins, by the name that is asked for; all others are USD or rates."""
        return any(endpoint.params.get("unit") == "coin" for endpoint in self.endpoints)

    @property
    def requests(self) -> int:
        """How many one look at a series takes: large orders are asked for by their state."""
        return len(self.endpoints) * (len(ORDER_STATES) if self.kind is Kind.ORDERS else 1)


def _one(path: str, *fields: Field, **rest: Mapping[str, str] | bool | str | float) -> Endpoint:
    return Endpoint(path=path, fields=fields, **rest)  # type: ignore[arg-type]


_ENTRIES = (
    Dataset(
        name="open_interest",
        scope=Scope.COIN,
        values=("oi",),
        endpoints=(
            # In coins: open interest in USD rises with price alone.
            _one(
                "/api/futures/open-interest/aggregated-history",
                Field("close", "oi"),
                params={"unit": "coin"},
            ),
        ),
    ),
    Dataset(
        name="funding_rate",
        scope=Scope.COIN,
        naming=Naming.WEIGHTED,
        values=("funding",),
        endpoints=(
            # Percent there, a fraction here.
            _one(
                "/api/futures/funding-rate/oi-weight-history",
                Field("close", "funding", scale=0.01, least=None),
            ),
        ),
    ),
    Dataset(
        name="long_short_ratio",
        scope=Scope.PAIR,
        values=("lsr", "lsr_top"),
        endpoints=(
            _one(
                "/api/futures/global-long-short-account-ratio/history",
                Field("global_account_long_short_ratio", "lsr"),
            ),
            _one(
                "/api/futures/top-long-short-account-ratio/history",
                Field("top_account_long_short_ratio", "lsr_top"),
            ),
        ),
    ),
    Dataset(
        name="taker_volume",
        scope=Scope.COIN,
        values=("taker_buy_usd", "taker_sell_usd"),
        endpoints=(
            _one(
                "/api/futures/aggregated-taker-buy-sell-volume/history",
                Field("aggregated_buy_volume_usd", "taker_buy_usd"),
                Field("aggregated_sell_volume_usd", "taker_sell_usd"),
                params={"unit": "usd"},
                exchange_list=True,
            ),
        ),
    ),
    Dataset(
        name="liquidation",
        scope=Scope.COIN,
        values=("liq_long_usd", "liq_short_usd"),
        endpoints=(
            _one(
                "/api/futures/liquidation/aggregated-history",
                Field("aggregated_long_liquidation_usd", "liq_long_usd"),
                Field("aggregated_short_liquidation_usd", "liq_short_usd"),
                exchange_list=True,
            ),
        ),
    ),
    Dataset(
        name="order_book",
        scope=Scope.COIN,
        values=("book_bids_usd", "book_asks_usd"),
        tier=Tier.PRO,
        endpoints=(
            _one(
                "/api/futures/orderbook/aggregated-ask-bids-history",
                Field("aggregated_bids_usd", "book_bids_usd"),
                Field("aggregated_asks_usd", "book_asks_usd"),
                params={"range": "1"},
                exchange_list=True,
            ),
        ),
    ),
    Dataset(
        name="large_orders",
        scope=Scope.PAIR,
        values=("side", "price", "start_usd", "executed_usd"),
        kind=Kind.ORDERS,
        plan=Plan.STANDARD,
        tier=Tier.PRO,
        endpoints=(_one("/api/futures/orderbook/large-limit-order-history", time="start_time"),),
    ),
    Dataset(
        name="exchange_netflow",
        scope=Scope.COIN,
        naming=Naming.BARE,
        values=("netflow",),
        kind=Kind.DAILY,
        extra_delay=timedelta(days=1),
        tier=Tier.PRO,
        endpoints=(_one("/api/exchange/balance/chart", time="time_list", timeout=30.0),),
    ),
    Dataset(
        name="bitcoin_dominance",
        scope=Scope.MARKET,
        values=("dominance",),
        kind=Kind.DAILY,
        extra_delay=timedelta(days=1),
        plan=Plan.STARTUP,
        tier=Tier.PRO,
        endpoints=(
            _one(
                "/api/index/bitcoin-dominance",
                Field("bitcoin_dominance", "dominance"),
                time="timestamp",
                timeout=30.0,
            ),
        ),
    ),
    *(
        Dataset(
            name=name,
            scope=Scope.COIN,
            values=("price", "usd"),
            kind=Kind.LEVELS,
            plan=Plan.PROFESSIONAL,
            tier=Tier.PRO,
            endpoints=(
                _one(
                    f"/api/futures/liquidation/{path}",
                    params={"range": "7d"},
                    timeout=40.0,  # they are slow
                ),
            ),
        )
        for name, path in (
            ("liquidation_heatmap", "aggregated-heatmap/model2"),
            ("liquidation_map", "aggregated-map"),
        )
    ),
)

#: Those built in; `CoinglassSettings.catalogue` has the settings' custom columns as well.
DATASETS: Mapping[str, Dataset] = {entry.name: entry for entry in _ENTRIES}

#: What the datasets of the settings' `custom` list are called, so that no built-in one is hidden.
CUSTOM_PREFIX = "custom_"
