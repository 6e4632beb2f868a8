"""
Every cg_* column: the one authority for name, type, unit, source and meaning.

Dependency-free, so that the docs, the store, the signals and a user's notebook can all read it.
`{i}` in a name stands for an interval; such a column exists once for each interval in use.
`ADAPTIVE` columns exist only where the bands are adaptive.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum


class MarketState(StrEnum):
    """What open interest and price did together. In dataframes these are plain strings."""

    UNKNOWN = "UNKNOWN"  # no data: either change is missing
    NEUTRAL = "NEUTRAL"  # either change is inside its dead band
    CONFIRM_BULL = "CONFIRM_BULL"  # open interest up, price up: new longs
    CONFIRM_BEAR = "CONFIRM_BEAR"  # open interest up, price down: new shorts
    LONG_LIQUIDATION = "LONG_LIQUIDATION"  # open interest down, price down: longs leave
    SHORT_SQUEEZE = "SHORT_SQUEEZE"  # open interest down, price up: shorts leave


class Rotation(StrEnum):
    """Where capital moves between bitcoin and the rest. In dataframes these are plain strings."""

    NONE = "NONE"  # a change inside the band, or no data
    BTC = "BTC"
    ALTS = "ALTS"


class LevelSource(StrEnum):
    """Where a row's liquidation levels come from. In dataframes these are plain strings."""

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

#: Dataset names and the short code that each of their columns starts with.
DATASET_CODES: dict[str, str] = {
    "open_interest": "oi",
    "funding_rate": "funding",
    "long_short_ratio": "lsr",
    "taker_volume": "taker",
    "liquidation": "liq",
    "order_book": "book",
    "large_orders": "whale",
    "exchange_netflow": "netflow",
    "bitcoin_dominance": "dominance",
}

#: Not datasets of the settings: columns made of all of them, and liquidation levels, which come
#: from open interest or from a heatmap or a map (`levels_source`). These columns always exist.
COMBINED = "combined"
LEVELS = "liquidation_levels"

Value = float | int | str | bool


@dataclass(frozen=True, slots=True)
class Column:
    """
    One column.

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


def _number(name: str, dataset: str, unit: str, meaning: str, *, adaptive: bool = False) -> Column:
    return Column(name, dataset, "float64", unit, NAN, meaning, adaptive=adaptive)


def _modifiers(dataset: str, source: str) -> tuple[Column, Column]:
    code = DATASET_CODES[dataset]
    long, short = (
        Column(
            f"cg_mod_{code}_{side}",
            dataset,
            "float64",
            "factor",
            1.0,
            f"Factor on a {side} signal's confidence from {source}; 1.0 is no opinion.",
            judged=True,
        )
        for side in ("long", "short")
    )
    return long, short


def _extreme(code: str, dataset: str, meaning: str) -> Column:
    return Column(f"cg_{code}_extreme", dataset, "int8", "-1, 0, 1", 0, meaning, judged=True)


def _state(name: str, meaning: str) -> Column:
    return Column(
        name, "open_interest", "str", "MarketState", str(MarketState.UNKNOWN), meaning, judged=True
    )


def _flag(name: str, dataset: str, meaning: str, *, judged: bool = False) -> Column:
    return Column(name, dataset, "bool", "flag", False, meaning, judged=judged)


_OPEN_INTEREST = (
    _number("cg_oi_{i}", "open_interest", "coins", "Open interest at the interval's close."),
    _number(
        "cg_oi_usd_{i}",
        "open_interest",
        "USD",
        "cg_oi × the price of a coin at the interval's close.",
    ),
    _number(
        "cg_oi_pct_{i}",
        "open_interest",
        "share 0 to 1",
        "Percentile of cg_oi among the rows of the previous 30 days.",
    ),
    _number(
        "cg_oi_change_{i}",
        "open_interest",
        "fraction",
        "Change of open interest in coins over `lookback` rows.",
    ),
    _number(
        "cg_price_change_{i}",
        "open_interest",
        "fraction",
        "Change of the pair's close over the same instants.",
    ),
    _flag(
        "cg_oi_jump_{i}",
        "open_interest",
        "The change spans a row where a venue joined or left the sum.",
    ),
    _state("cg_state_{i}", "Open interest × price on this interval."),
    _number(
        "cg_oi_change_prev_{i}", "open_interest", "fraction", "cg_oi_change of the row before."
    ),
    _number(
        "cg_price_change_prev_{i}",
        "open_interest",
        "fraction",
        "cg_price_change of the row before.",
    ),
    _flag("cg_oi_jump_prev_{i}", "open_interest", "cg_oi_jump of the row before."),
    _state("cg_state_prev_{i}", "cg_state of the row before."),
    _number(
        "cg_oi_sigma_{i}",
        "open_interest",
        "fraction",
        "Standard deviation of the 200 changes of open interest before this row.",
        adaptive=True,
    ),
    _number(
        "cg_price_sigma_{i}",
        "open_interest",
        "fraction",
        "Standard deviation of the 200 changes of price before this row.",
        adaptive=True,
    ),
    _number(
        "cg_oi_sigma_prev_{i}",
        "open_interest",
        "fraction",
        "cg_oi_sigma of the row before.",
        adaptive=True,
    ),
    _number(
        "cg_price_sigma_prev_{i}",
        "open_interest",
        "fraction",
        "cg_price_sigma of the row before.",
        adaptive=True,
    ),
    _state("cg_state", "cg_state of the lower interval."),
    Column(
        "cg_state_code",
        "open_interest",
        "int8",
        "code",
        STATE_CODES[MarketState.UNKNOWN],
        "cg_state as a number, for models: "
        + ", ".join(f"{state} {code}" for state, code in STATE_CODES.items())
        + ".",
        judged=True,
    ),
    *_modifiers("open_interest", "open interest × price on the lower interval"),
    _flag(
        "cg_oi_conflict",
        "open_interest",
        "The open interest trends of the two intervals point in opposite directions; never True "
        'where `intervals` is "auto" and the plan has no 1h.',
        judged=True,
    ),
    Column(
        "cg_mod_conflict",
        "open_interest",
        "float64",
        "factor",
        1.0,
        "Factor on every signal, long and short, while cg_oi_conflict holds.",
        judged=True,
    ),
)

_FUNDING_RATE = (
    _number(
        "cg_funding_{i}",
        "funding_rate",
        "fraction per 8 h",
        "Funding rate, weighted by open interest, at the interval's close.",
    ),
    _number(
        "cg_funding_change_{i}",
        "funding_rate",
        "fraction per 8 h",
        "Difference to the row exactly 24 h earlier.",
    ),
    _number(
        "cg_funding_pct_{i}",
        "funding_rate",
        "share 0 to 1",
        "Percentile of the rate among the rows of the previous 30 days.",
    ),
    _extreme("funding", "funding_rate", "1 longs pay unusually much, -1 shorts do, 0 neither."),
    *_modifiers("funding_rate", "crowded funding, read contrarian"),
)

_LONG_SHORT_RATIO = (
    _number(
        "cg_lsr_{i}",
        "long_short_ratio",
        "long / short",
        "Accounts that are net long over accounts that are net short.",
    ),
    _number(
        "cg_lsr_top_{i}",
        "long_short_ratio",
        "long / short",
        "The same for the venue's top accounts.",
    ),
    _number(
        "cg_lsr_pct_{i}",
        "long_short_ratio",
        "share 0 to 1",
        "Percentile of the ratio among the rows of the previous 30 days.",
    ),
    _extreme("lsr", "long_short_ratio", "1 the crowd is long, -1 the crowd is short, 0 neither."),
    *_modifiers("long_short_ratio", "a crowded side, read contrarian"),
)

_TAKER_VOLUME = (
    _number("cg_taker_buy_usd_{i}", "taker_volume", "USD", "Taker buys within the interval."),
    _number("cg_taker_sell_usd_{i}", "taker_volume", "USD", "Taker sells within the interval."),
    _number("cg_taker_ratio_{i}", "taker_volume", "buy / sell", "Taker buys over taker sells."),
    *_modifiers("taker_volume", "one-sided taker flow"),
)

_LIQUIDATION = (
    _number("cg_liq_long_usd_{i}", "liquidation", "USD", "Longs liquidated within the interval."),
    _number("cg_liq_short_usd_{i}", "liquidation", "USD", "Shorts liquidated within the interval."),
    _number(
        "cg_liq_imbalance_{i}",
        "liquidation",
        "-1 to 1",
        "(shorts − longs) / (shorts + longs) liquidated within the interval.",
    ),
)

_LEVELS = (
    *(
        column
        for side, whose in (("above", "shorts"), ("below", "longs"))
        for column in (
            _number(
                f"cg_liq_{side}_price",
                LEVELS,
                "price",
                f"Nearest cluster of liquidation levels {side} the close, where {whose} are forced "
                "out: strength-weighted mean price.",
            ),
            _number(f"cg_liq_{side}_usd", LEVELS, "USD", f"Size of the cluster {side}."),
        )
    ),
    Column(
        "cg_liq_source",
        LEVELS,
        "str",
        "LevelSource",
        str(LevelSource.NONE),
        "Where the levels come from: estimate (made of open interest and candles), heatmap, map, "
        "or none where there is no level.",
    ),
)

_ORDER_BOOK = (
    _number("cg_book_bids_usd_{i}", "order_book", "USD", "Bids resting within 1 % of the price."),
    _number("cg_book_asks_usd_{i}", "order_book", "USD", "Asks resting within 1 % of the price."),
    _number("cg_book_imbalance_{i}", "order_book", "-1 to 1", "(bids − asks) / (bids + asks)."),
    *_modifiers("order_book", "the order book's imbalance"),
)

_LARGE_ORDERS = (
    _number(
        "cg_whale_flow",
        "large_orders",
        "-1 to 1",
        "(bought − sold) / (bought + sold) by large orders that ended within 24 h.",
    ),
    _number("cg_whale_usd", "large_orders", "USD", "Bought and sold by large orders in 24 h."),
    _number("cg_whale_bid_price", "large_orders", "price", "Nearest large bid below the close."),
    _number("cg_whale_bid_usd", "large_orders", "USD", "Its size when it was placed."),
    _number("cg_whale_ask_price", "large_orders", "price", "Nearest large ask above the close."),
    _number("cg_whale_ask_usd", "large_orders", "USD", "Its size when it was placed."),
    *_modifiers("large_orders", "executed large orders"),
)

_EXCHANGE_NETFLOW = (
    _number(
        "cg_netflow", "exchange_netflow", "coins", "Inflow to exchanges minus outflow, per day."
    ),
    _number(
        "cg_netflow_z",
        "exchange_netflow",
        "standard deviations",
        "Distance of the netflow from the mean of the 365 rows before it.",
    ),
    *_modifiers("exchange_netflow", "coins coming to or leaving exchanges"),
)

_BITCOIN_DOMINANCE = (
    _number("cg_dominance", "bitcoin_dominance", "percent", "Bitcoin's share of market value."),
    _number(
        "cg_dominance_change",
        "bitcoin_dominance",
        "percentage points",
        "Difference to the row exactly 7 days earlier.",
    ),
    _flag("cg_dominance_is_btc", "bitcoin_dominance", "The pair's coin is bitcoin."),
    Column(
        "cg_rotation",
        "bitcoin_dominance",
        "str",
        "Rotation",
        str(Rotation.NONE),
        "BTC where dominance rose beyond the band in 7 days, ALTS where it fell, else NONE.",
        judged=True,
    ),
    *_modifiers("bitcoin_dominance", "capital moving between bitcoin and the rest"),
)

_COMBINED = (
    *(
        _flag(
            f"cg_wait_{side}",
            COMBINED,
            f"No {side} entry on this candle: the order book leans against it, or a large order "
            "is in its way; in a consumer also until the producer's columns of the candle have "
            "arrived.",
            judged=True,
        )
        for side in ("long", "short")
    ),
    *(
        Column(
            f"cg_confidence_{side}",
            COMBINED,
            "float64",
            "factor",
            1.0,
            f"All factors of the {side} side combined; a signal's confidence is multiplied by it.",
            judged=True,
        )
        for side in ("long", "short")
    ),
    _number(
        "cg_fresh", COMBINED, "share 0 to 1", "Share of the datasets with a row within max_age."
    ),
    _number(
        "cg_age",
        COMBINED,
        "multiples of max_age",
        "The worst age / max_age of the datasets that ever had a row.",
    ),
)

#: All columns, in the order in which they are added.
COLUMNS: tuple[Column, ...] = (
    *_OPEN_INTEREST,
    *_FUNDING_RATE,
    *_LONG_SHORT_RATIO,
    *_TAKER_VOLUME,
    *_LIQUIDATION,
    *_LEVELS,
    *_ORDER_BOOK,
    *_LARGE_ORDERS,
    *_EXCHANGE_NETFLOW,
    *_BITCOIN_DOMINANCE,
    *_COMBINED,
)


def columns_for(
    datasets: Iterable[str], intervals: Iterable[str], *, adaptive: bool = False
) -> Iterator[Column]:
    """
    The columns that a run with these settings has, `{i}` replaced, in order.

    :param datasets: names out of DATASET_CODES
    :param intervals: intervals in use, the lower first
    :param adaptive: whether the bands are adaptive
    """
    wanted = {*datasets, LEVELS, COMBINED}
    held = tuple(intervals)
    for column in COLUMNS:
        if column.dataset not in wanted or (column.adaptive and not adaptive):
            continue
        if column.per_interval:
            for interval in held:
                yield replace(column, name=column.name.format(i=interval))
        else:
            yield column
