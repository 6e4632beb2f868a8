"""
Every cg_* column: the one authority for name, type, unit, source and meaning.

Dependency-free, so that the docs, the store, the signals and a user's notebook can all read it.
`{i}` in a name stands for an interval; such a column exists once for each interval in use.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

# What a column is, and its words, are had from here too.
from vectra_freqtrade.catalogue.column import NAN as NAN
from vectra_freqtrade.catalogue.column import STATE_CODES as STATE_CODES
from vectra_freqtrade.catalogue.column import Column as Column
from vectra_freqtrade.catalogue.column import LevelSource as LevelSource
from vectra_freqtrade.catalogue.column import MarketState as MarketState
from vectra_freqtrade.catalogue.column import Rotation as Rotation
from vectra_freqtrade.catalogue.column import code, flag, modifiers, multiplier, number, word

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


def _levels(side: str, whose: str) -> tuple[Column, ...]:
    return (
        number(
            f"cg_liq_{side}_price",
            "price",
            f"Nearest cluster of liquidation levels {side} the close, where {whose} are forced "
            "out: strength-weighted mean price.",
        ),
        number(f"cg_liq_{side}_usd", "USD", f"Size of the cluster {side}."),
    )


_PERCENTILE = "Percentile of {} among the rows of the previous 30 days."
_SIGMA = "Standard deviation of the 200 changes of {} before this row."

_TABLE: dict[str, tuple[Column, ...]] = {
    "open_interest": (
        number("cg_oi_{i}", "coins", "Open interest at the interval's close."),
        number("cg_oi_usd_{i}", "USD", "cg_oi × the price of a coin at the interval's close."),
        number("cg_oi_pct_{i}", "share 0 to 1", _PERCENTILE.format("cg_oi")),
        number(
            "cg_oi_change_{i}", "fraction", "Change of open interest in coins over `lookback` rows."
        ),
        number(
            "cg_price_change_{i}", "fraction", "Change of the pair's close over the same instants."
        ),
        flag("cg_oi_jump_{i}", "The change spans a row where a venue joined or left the sum."),
        word("cg_state_{i}", MarketState.UNKNOWN, "Open interest × price on this interval."),
        number("cg_oi_change_prev_{i}", "fraction", "cg_oi_change of the row before."),
        number("cg_price_change_prev_{i}", "fraction", "cg_price_change of the row before."),
        flag("cg_oi_jump_prev_{i}", "cg_oi_jump of the row before."),
        word("cg_state_prev_{i}", MarketState.UNKNOWN, "cg_state of the row before."),
        number("cg_oi_sigma_{i}", "fraction", _SIGMA.format("open interest"), adaptive=True),
        number("cg_price_sigma_{i}", "fraction", _SIGMA.format("price"), adaptive=True),
        number("cg_oi_sigma_prev_{i}", "fraction", "cg_oi_sigma of the row before.", adaptive=True),
        number(
            "cg_price_sigma_prev_{i}",
            "fraction",
            "cg_price_sigma of the row before.",
            adaptive=True,
        ),
        word("cg_state", MarketState.UNKNOWN, "cg_state of the lower interval."),
        code(
            "cg_state_code",
            "code",
            STATE_CODES[MarketState.UNKNOWN],
            "cg_state as a number, for models: "
            + ", ".join(f"{state} {code}" for state, code in STATE_CODES.items())
            + ".",
        ),
        *modifiers("oi", "open interest × price on the lower interval"),
        flag(
            "cg_oi_conflict",
            "The open interest trends of the two intervals point in opposite directions; never "
            'True where `intervals` is "auto" and the plan has no 1h.',
            judged=True,
        ),
        multiplier(
            "cg_mod_conflict",
            "Multiplier of every signal, long and short, while cg_oi_conflict holds.",
        ),
    ),
    "funding_rate": (
        number(
            "cg_funding_{i}",
            "fraction per 8 h",
            "Funding rate, weighted by open interest, at the interval's close.",
        ),
        number(
            "cg_funding_change_{i}",
            "fraction per 8 h",
            "Difference to the row exactly 24 h earlier.",
        ),
        number("cg_funding_pct_{i}", "share 0 to 1", _PERCENTILE.format("the rate")),
        code(
            "cg_funding_extreme",
            "-1, 0, 1",
            0,
            "1 longs pay unusually much, -1 shorts do, 0 neither.",
        ),
        *modifiers("funding", "crowded funding, read contrarian"),
    ),
    "long_short_ratio": (
        number(
            "cg_lsr_{i}",
            "long / short",
            "Accounts that are net long over accounts that are net short.",
        ),
        number("cg_lsr_top_{i}", "long / short", "The same for the venue's top accounts."),
        number("cg_lsr_pct_{i}", "share 0 to 1", _PERCENTILE.format("the ratio")),
        code(
            "cg_lsr_extreme",
            "-1, 0, 1",
            0,
            "1 the crowd is long, -1 the crowd is short, 0 neither.",
        ),
        *modifiers("lsr", "a crowded side, read contrarian"),
    ),
    "taker_volume": (
        number("cg_taker_buy_usd_{i}", "USD", "Taker buys within the interval."),
        number("cg_taker_sell_usd_{i}", "USD", "Taker sells within the interval."),
        number("cg_taker_ratio_{i}", "buy / sell", "Taker buys over taker sells."),
        *modifiers("taker", "one-sided taker flow"),
    ),
    "liquidation": (
        number("cg_liq_long_usd_{i}", "USD", "Longs liquidated within the interval."),
        number("cg_liq_short_usd_{i}", "USD", "Shorts liquidated within the interval."),
        number(
            "cg_liq_imbalance_{i}",
            "-1 to 1",
            "(shorts − longs) / (shorts + longs) liquidated within the interval.",
        ),
    ),
    LEVELS: (
        *_levels("above", "shorts"),
        *_levels("below", "longs"),
        word(
            "cg_liq_source",
            LevelSource.NONE,
            "Where the levels come from: estimate (made of open interest and candles), heatmap, "
            "map, or none where there is no level.",
            judged=False,
        ),
    ),
    "order_book": (
        number("cg_book_bids_usd_{i}", "USD", "Bids resting within 1 % of the price."),
        number("cg_book_asks_usd_{i}", "USD", "Asks resting within 1 % of the price."),
        number("cg_book_imbalance_{i}", "-1 to 1", "(bids − asks) / (bids + asks)."),
        *modifiers("book", "the order book's imbalance"),
    ),
    "large_orders": (
        number(
            "cg_whale_flow",
            "-1 to 1",
            "(bought − sold) / (bought + sold) by large orders that ended within 24 h.",
        ),
        number("cg_whale_usd", "USD", "Bought and sold by large orders in 24 h."),
        number("cg_whale_bid_price", "price", "Nearest large bid below the close."),
        number("cg_whale_bid_usd", "USD", "Its size when it was placed."),
        number("cg_whale_ask_price", "price", "Nearest large ask above the close."),
        number("cg_whale_ask_usd", "USD", "Its size when it was placed."),
        *modifiers("whale", "executed large orders"),
    ),
    "exchange_netflow": (
        number("cg_netflow", "coins", "Inflow to exchanges minus outflow, per day."),
        number(
            "cg_netflow_z",
            "standard deviations",
            "Distance of the netflow from the mean of the 365 rows before it.",
        ),
        *modifiers("netflow", "coins coming to or leaving exchanges"),
    ),
    "bitcoin_dominance": (
        number("cg_dominance", "percent", "Bitcoin's share of market value."),
        number(
            "cg_dominance_change",
            "percentage points",
            "Difference to the row exactly 7 days earlier.",
        ),
        flag("cg_dominance_is_btc", "The pair's coin is bitcoin."),
        word(
            "cg_rotation",
            Rotation.NONE,
            "BTC where dominance rose beyond the band in 7 days, ALTS where it fell, else NONE.",
        ),
        *modifiers("dominance", "capital moving between bitcoin and the rest"),
    ),
    COMBINED: (
        *(
            flag(
                f"cg_wait_{side}",
                f"No {side} entry on this candle: the order book leans against it, or a large "
                "order is in its way; in a consumer also until the producer's columns of the "
                "candle have arrived.",
                judged=True,
            )
            for side in ("long", "short")
        ),
        *(
            multiplier(
                f"cg_confidence_{side}",
                f"All multipliers of the {side} side combined; a signal's confidence is multiplied "
                "by it.",
            )
            for side in ("long", "short")
        ),
        number("cg_fresh", "share 0 to 1", "Share of the datasets with a row within max_age."),
        number(
            "cg_age",
            "multiples of max_age",
            "The worst age / max_age of the datasets that ever had a row.",
        ),
    ),
}

#: All columns, in the order in which they are added.
COLUMNS: tuple[Column, ...] = tuple(
    replace(column, dataset=dataset) for dataset, columns in _TABLE.items() for column in columns
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
