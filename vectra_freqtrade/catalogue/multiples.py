"""
What the text of a coin's name says of contracts that hold many coins: 1000PEPE, SHIB1000, kPEPE.

Text alone: whether two listed names are one coin is measured, see `coin_decision`.
"""

import re
from typing import Final

#: 1000PEPE, 1000000MOG, 1MBABYDOGE. 1INCH is a coin's own name.
_BEFORE: Final = re.compile(r"^(?:10{2,7}|1M(?=[A-Z]{5}))(?=[A-Z])")
#: Bybit writes some of them behind the name: SHIB1000.
_BEHIND: Final = re.compile(r"(?<=[A-Z])10{3,7}$")
#: Hyperliquid's k stands for 1000; KAVA must not lose its K.
_K: Final = re.compile(r"^k(?=[A-Z0-9]{2,}$)")
#: ccxt upper-cases Hyperliquid's k: these are known to have one.
THOUSANDS: Final = frozenset({"PEPE", "SHIB", "BONK", "FLOKI", "LUNC", "DOGS", "NEIRO"})
RENAMED: Final = {"XBT": "BTC"}


def split(name: str) -> tuple[str, int]:
    """
    A name as CoinGlass or freqtrade writes it → the coin and how many of it one contract holds:
    1000PEPE is ("PEPE", 1000).
    """
    if _K.match(name):
        return name[1:], 1000
    upper = name.upper()
    found = _BEFORE.search(upper) or _BEHIND.search(upper)
    if found is None:
        return RENAMED.get(upper, upper), 1
    coin = upper[: found.start()] + upper[found.end() :]
    return RENAMED.get(coin, coin), int(found[0].replace("M", "000000"))


def looks_like(name: str, coin: str) -> bool:
    """
    Whether a name may stand for many of a coin in a form that `split` does not know: 5BONK, 1KBONK,
    BONK500, BONK10K.
    """
    upper = name.upper()
    if len(coin) < 3 or upper == coin or split(name)[0] == coin:
        return False
    escaped = re.escape(coin)
    return re.fullmatch(rf"\d+[KMB]?{escaped}|{escaped}(?:\d{{2,}}|\d+[KMB])", upper) is not None
