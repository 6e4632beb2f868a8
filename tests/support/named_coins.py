"""Simulated coins under any names, and with names that count as a test wants it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from vectra_freqtrade.simulator.market.instruments import Instrument, instruments_of
from vectra_freqtrade.simulator.market.listings import Counts, Listing


def listed(
    coin: str,
    *listings: Listing,
    tick: str = "0.0001",
    lot: str = "1",
    price: float | None = None,
) -> Instrument:
    """
    :param coin: the single coin's name, whether or not a venue lists it so
    :param listings: its names; tick, lot and price are those of Binance's, else of the first. A
        coin that only looks like a multiple of another is a coin of its own:
        `listed("1000X", Listing("1000X", 1, ("Binance",)), price=3.7)`
    """
    own = next((each for each in listings if "Binance" in each.venues), listings[0])
    return Instrument(coin, own.name, tick, lot, own.multiplier, listings, price)


def counted(
    names: Iterable[str | Instrument], counts: Mapping[str, Counts]
) -> tuple[Instrument, ...]:
    """
    :param names: pairs, symbols, coins
    :param counts: name of a coin on CoinGlass to what its `unit=coin` counts there
    """
    return tuple(
        replace(
            each,
            listings=tuple(
                replace(one, counts=counts.get(one.name, one.counts)) for one in each.listings
            ),
        )
        for each in instruments_of(names)
    )
