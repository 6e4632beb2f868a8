"""Size and temper of the simulated coins: price, open interest, volume, depth, volatility."""

from dataclasses import dataclass, replace

from vectra_freqtrade.simulator.market.instruments import Instrument


@dataclass(frozen=True)
class CoinProfile:
    """Rough figures of a coin, all venues together.

    :param price: where the simulated price starts and returns to, USDT per contract unit
    :param open_interest_usd: usual open interest in USD at that price
    :param volume_usd: usual futures volume per day in USD
    :param depth_usd: usual bids within 1 % of the price in USD
    :param beta: how much it moves with the whole market
    :param own_volatility: standard deviation of its own return per minute
    :param wall_usd: smallest order CoinGlass counts as large, USD
    """

    price: float
    open_interest_usd: float
    volume_usd: float
    depth_usd: float
    beta: float = 1.4
    own_volatility: float = 0.0007
    wall_usd: float = 50_000.0


PROFILES: dict[str, CoinProfile] = {
    "BTC": CoinProfile(95_000.0, 36e9, 45e9, 180e6, 1.0, 0.0003, 1e6),
    "ETH": CoinProfile(3_400.0, 19e9, 28e9, 110e6, 1.15, 0.0004, 5e5),
    "SOL": CoinProfile(190.0, 6e9, 9e9, 45e6, 1.4, 0.0006),
    "XRP": CoinProfile(2.4, 4e9, 6e9, 30e6, 1.2, 0.0006),
    "DOGE": CoinProfile(0.33, 2.5e9, 4e9, 18e6, 1.4, 0.0007),
    "BNB": CoinProfile(650.0, 1.2e9, 1.5e9, 14e6, 0.9, 0.0005),
    "PEPE": CoinProfile(0.018, 0.6e9, 1.8e9, 6e6, 1.7, 0.0009),
    "SHIB": CoinProfile(0.0125, 0.25e9, 0.5e9, 4e6, 1.5, 0.0008),
}


def profile_of(instrument: Instrument) -> CoinProfile:
    """The coin's profile; an unknown coin gets a small one with a price its tick can resolve."""
    known = PROFILES.get(instrument.coin)
    if known is None:
        known = CoinProfile(float(instrument.tick) * 1e5, 0.3e9, 0.6e9, 4e6)
    return known if instrument.price is None else replace(known, price=instrument.price)
