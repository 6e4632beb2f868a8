"""The simulated coins and their Binance instruments: tick, lot, multiplier, where prices start."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Instrument:
    """One USDT pair as Binance lists it, on futures and (without the multiplier) on spot.

    :param coin: CoinGlass's ticker (PEPE)
    :param base: base asset of the futures contract (1000PEPE)
    :param tick: price step of the futures contract, a decimal string
    :param lot: amount step, a decimal string
    :param multiplier: coins per unit of the futures contract
    """

    coin: str
    base: str
    tick: str = "0.0001"
    lot: str = "1"
    multiplier: int = 1

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

    @classmethod
    def of(cls, name: str, tick: str | None = None, lot: str | None = None) -> Self:
        """From a pair, a symbol or a coin: `BTC/USDT:USDT`, `BTCUSDT` and `BTC` are the same.

        :param tick: price step, decimal string; None takes the known one, else 0.0001
        :param lot: amount step, decimal string
        """
        base = name.split("/")[0].removesuffix("USDT") or name
        known = KNOWN.get(base) or KNOWN.get(f"1000{base}")
        if known is not None:
            base, multiplier = known.base, known.multiplier
        else:
            multiplier = 1000 if base.startswith("1000") else 1
        fallback = known or Instrument(coin=base, base=base)
        return cls(
            coin=base.removeprefix("1000"),
            base=base,
            tick=tick or fallback.tick,
            lot=lot or fallback.lot,
            multiplier=multiplier,
        )


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
        Instrument("PEPE", "1000PEPE", tick="0.0000001", lot="1", multiplier=1000),
    )
}
DEFAULT_COINS = ("BTC", "ETH", "SOL", "XRP", "DOGE", "PEPE")


def instruments_of(names: Iterable[str | Instrument]) -> tuple[Instrument, ...]:
    """Instruments for pairs, symbols or coins, in the order given."""
    return tuple(n if isinstance(n, Instrument) else Instrument.of(n) for n in names)
