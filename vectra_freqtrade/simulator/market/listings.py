"""Under which names CoinGlass lists one coin: by the multiplier of the venues' contracts."""

from dataclasses import dataclass
from typing import Literal

from vectra_freqtrade.simulator.market.venues import VENUES

Counts = Literal["contracts", "coins"]


@dataclass(frozen=True)
class Listing:
    """One name of a coin.

    :param name: CoinGlass's coin name, the `base_asset` of these venues: PEPE, 1000PEPE, kPEPE
    :param multiplier: coins per unit of its contracts
    :param venues: that list it under this name
    :param counts: what `unit=coin` counts. Nobody outside knows it of the real API, so that a
        client has to measure it; here each name may have it either way
    :param since: seconds UTC at which its rows begin; before, CoinGlass doesn't know the name
    :param size: of what its venues usually have; 0.01 makes a name of next to nothing
    :param spread: of its funding to Binance's, as a fraction per 8 h
    """

    name: str
    multiplier: int
    venues: tuple[str, ...]
    counts: Counts = "contracts"
    since: float = 0.0
    size: float = 1.0
    spread: float = 0.0

    def share(self, venues: frozenset[str] | None = None) -> float:
        """What these venues (None is all) have under this name of the whole market, 0 to 1."""
        return self.size * sum(VENUES[v] for v in self.venues if venues is None or v in venues)


def usual_listings(coin: str, base: str, multiplier: int) -> tuple[Listing, ...]:
    """One name for all venues, or three for a coin that Binance sells by the thousand."""
    if multiplier == 1:
        return (Listing(coin, 1, tuple(VENUES)),)
    return (
        Listing(base, multiplier, ("Binance", "Bybit")),
        Listing(coin, 1, ("OKX", "Bitget", "Gate"), spread=0.00004),
        Listing(f"k{coin}", 1000, ("Hyperliquid",), "coins", spread=-0.00003),
    )


#: As the real venues have them, of those that are simulated.
KNOWN_LISTINGS: dict[str, tuple[Listing, ...]] = {
    "SHIB": (
        Listing("1000SHIB", 1000, ("Binance",)),
        Listing("SHIB1000", 1000, ("Bybit",), "coins", spread=0.00002),
        Listing("SHIB", 1, ("OKX", "Bitget", "Gate"), spread=0.00004),
        Listing("kSHIB", 1000, ("Hyperliquid",), "coins", spread=-0.00003),
    ),
    "RATS": (
        Listing("1000RATS", 1000, ("Binance", "Bybit", "Bitget")),
        Listing("RATS", 1, ("Gate",), spread=0.00004),
    ),
    "LUNC": (
        Listing("1000LUNC", 1000, ("Binance", "Bybit")),
        Listing("LUNC", 1, ("Bitget", "Gate"), spread=0.00004),
    ),
    "BABYDOGE": (
        Listing("1MBABYDOGE", 1_000_000, ("Binance",)),
        Listing("1000000BABYDOGE", 1_000_000, ("Bybit",), "coins", spread=0.00002),
        Listing("BABYDOGE", 1, ("Bitget", "Gate"), spread=0.00004),
    ),
}
