"""The simulated coins: Binance's contract of each (tick, lot, multiplier), and all its names."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from vectra_freqtrade.simulator.market.listings import KNOWN_LISTINGS, Listing, usual_listings


@dataclass(frozen=True)
class Instrument:
    """One coin as Binance lists it, on futures and (without the multiplier) on spot.

    :param coin: the single coin (PEPE)
    :param base: base asset of the futures contract (1000PEPE)
    :param tick: price step of the futures contract, a decimal string
    :param lot: amount step, a decimal string
    :param multiplier: coins per unit of the futures contract
    :param listings: its names on CoinGlass; those of a coin like it where none are given
    :param price: where the futures contract's price starts and returns to; None: by its profile
    """

    coin: str
    base: str
    tick: str = "0.0001"
    lot: str = "1"
    multiplier: int = 1
    listings: tuple[Listing, ...] = ()
    price: float | None = None

    def __post_init__(self) -> None:
        if not self.listings:
            known = KNOWN_LISTINGS.get(self.coin, ())
            fits = any(each.name == self.base for each in known)
            usual = known if fits else usual_listings(self.coin, self.base, self.multiplier)
            object.__setattr__(self, "listings", usual)

    @property
    def symbol(self) -> str:
        """Futures symbol, `1000PEPEUSDT`."""
        return f"{self.base}USDT"

    @property
    def spot_symbol(self) -> str:
        """Spot symbol, `PEPEUSDT`."""
        return f"{self.coin}USDT"

    @property
    def pair(self) -> str:
        """Freqtrade's futures pair, `1000PEPE/USDT:USDT`."""
        return f"{self.base}/USDT:USDT"

    @property
    def price_digits(self) -> int:
        return _digits(self.tick)

    @property
    def lot_digits(self) -> int:
        return _digits(self.lot)

    @property
    def on_binance(self) -> bool:
        return any("Binance" in listing.venues for listing in self.listings)

    @classmethod
    def of(cls, name: str, tick: str | None = None, lot: str | None = None) -> Self:
        """From a pair, a symbol, a coin or any of its names: `BTC/USDT:USDT`, `kPEPE`."""
        base = name.split("/")[0].removesuffix("USDT") or name
        known = _BY_NAME.get(base)
        if known is not None:
            coin, base, multiplier = known.coin, known.base, known.multiplier
        else:
            coin = base.removeprefix("1000")
            multiplier = 1 if coin == base else 1000
        fallback = known or Instrument(coin=base, base=base)
        return cls(coin, base, tick or fallback.tick, lot or fallback.lot, multiplier)


def _digits(step: str) -> int:
    return len(step.partition(".")[2].rstrip("0"))


KNOWN: dict[str, Instrument] = {
    instrument.base: instrument
    for instrument in (
        Instrument("BTC", "BTC", tick="0.1", lot="0.001"),
        Instrument("ETH", "ETH", tick="0.01", lot="0.001"),
        Instrument("SOL", "SOL", tick="0.01", lot="0.01"),
        Instrument("XRP", "XRP", tick="0.0001", lot="0.1"),
        Instrument("DOGE", "DOGE", tick="0.00001", lot="1"),
        Instrument("BNB", "BNB", tick="0.01", lot="0.01"),
        Instrument("PEPE", "1000PEPE", tick="0.0000001", multiplier=1000),
        Instrument("SHIB", "1000SHIB", tick="0.000001", multiplier=1000),
        Instrument("BONK", "1000BONK", tick="0.000001", multiplier=1000),
        Instrument("RATS", "1000RATS", tick="0.00001", multiplier=1000),
        Instrument("LUNC", "1000LUNC", tick="0.00001", multiplier=1000),
        Instrument("BABYDOGE", "1MBABYDOGE", tick="0.0000001", multiplier=1_000_000),
    )
}
_BY_NAME: dict[str, Instrument] = {
    name: instrument
    for instrument in KNOWN.values()
    for name in (instrument.coin, *(listing.name for listing in instrument.listings))
}
DEFAULT_COINS = ("BTC", "ETH", "SOL", "XRP", "DOGE", "PEPE", "SHIB")


def instruments_of(names: Iterable[str | Instrument]) -> tuple[Instrument, ...]:
    """Instruments for pairs, symbols or coins, in the order given and each once."""
    each = (n if isinstance(n, Instrument) else Instrument.of(n) for n in names)
    return tuple(dict.fromkeys(each))
