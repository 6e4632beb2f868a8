"""The simulated venues: how much of a coin each has, and what each calls its USDT perpetual."""

# Share of the simulated open interest and volume on each venue; constant, so that the exchange's
# own figures and CoinGlass's sums can be checked against each other.
VENUES: dict[str, float] = {
    "Binance": 0.40,
    "OKX": 0.18,
    "Bybit": 0.20,
    "Bitget": 0.10,
    "Gate": 0.07,
    "Hyperliquid": 0.05,
}
QUOTES = {"Hyperliquid": "USD"}  # the others' contracts are in USDT
_IDS = {
    "Binance": "{}USDT",
    "OKX": "{}-USDT-SWAP",
    "Bybit": "{}USDT",
    "Bitget": "{}USDT_UMCBL",
    "Gate": "{}_USDT",
    "Hyperliquid": "{}-USD",
}


def instrument_id(venue: str, name: str) -> str:
    """The venue's own id of a contract, as captured: `1000PEPEUSDT`, `PEPE-USDT-SWAP`."""
    return _IDS[venue].format(name)
