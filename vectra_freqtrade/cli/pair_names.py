"""Pairs and coins in any usual spelling, read as freqtrade writes them."""

import re
from collections.abc import Collection
from difflib import get_close_matches
from typing import Final

_PAIR: Final = re.compile(r"[\w.-]+/[\w.-]+(?::[\w.-]+)?")
#: A coin or an exchange's symbol. WBTC is a coin, so only a currency that ends no coin's name may
#: stand right behind one.
_NAME: Final = re.compile(
    r"(?P<base>[^\W_]+?)(?:(?P<joined>USDT|USDC|FDUSD)|[_-](?P<parted>[a-z]+))?", re.IGNORECASE
)


def read_pair(
    text: str, *, futures: bool, stake: str = "USDT", known: Collection[str] = ()
) -> str | None:
    """
    :param text: BTC/USDT:USDT, btc/usdt:usdt, BTCUSDT, BTC_USDT, BTC-USDT or BTC
    :param futures: what a name without a settlement currency is of; else it is of spot
    :param stake: currency of a coin that is named alone
    :param known: pairs whose spelling is taken where only the case differs
    :return: freqtrade's pair; None where it is neither a pair nor a name, so perhaps a wildcard
    """
    pair = text
    if not _PAIR.fullmatch(text):
        found = _NAME.fullmatch(text)
        if found is None:
            return None
        quote = (found["joined"] or found["parted"] or stake).upper()
        base = found["base"].upper() if found["base"].islower() else found["base"]
        pair = f"{base}/{quote}:{quote}" if futures else f"{base}/{quote}"
    elif text.islower():
        pair = text.upper()
    return next((each for each in known if each.upper() == pair.upper()), pair)


def meant(pair: str, known: Collection[str]) -> str:
    """A sentence that names the known pair nearest to one that nobody knows; "" without one."""
    near = get_close_matches(pair, set(known) - {pair}, n=1, cutoff=0.8)
    return f" Do you mean {near[0]}?" if near else ""
