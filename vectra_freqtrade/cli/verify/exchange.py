"""The exchange's own candles and funding of one contract, through freqtrade's exchange."""

import logging
from collections.abc import Callable
from copy import deepcopy
from datetime import datetime
from typing import Any, Final

import numpy as np
import pandas as pd
from freqtrade.enums import CandleType
from freqtrade.resolvers import ExchangeResolver

from vectra_freqtrade.catalogue.intervals import interval_ms
from vectra_freqtrade.catalogue.venues import venue_of
from vectra_freqtrade.cli.context import Context
from vectra_freqtrade.coinglass.contract.asking import ROWS, Contract
from vectra_freqtrade.coinglass.contract.crossed import Exchange, ExchangeRows
from vectra_freqtrade.coinglass.contract.rows import Rows
from vectra_freqtrade.quiet import quiet
from vectra_freqtrade.times import to_ms

_FUNDING_DAYS: Final = 30
_DAY_MS: Final = 86_400_000
#: What signs in, and is not needed for public data.
_ACCOUNT: Final = ("key", "secret", "password", "uid", "accountId", "walletAddress", "privateKey")


def nobody(_interval: str) -> ExchangeRows:
    return ExchangeRows(why="not asked; CoinGlass's own price rows are the measure")


def asked_by(context: Context, contract: Contract, now: Callable[[], datetime]) -> Exchange:
    """Of the config's exchange where it names one; public data, without its account."""
    name = context.config.get("exchange", {}).get("name")
    if not name:
        return lambda _interval: ExchangeRows(why="the config names no exchange")
    pair = _pair(context, contract)

    def ask(interval: str) -> ExchangeRows:
        try:
            with quiet(logging.CRITICAL):
                return _asked(context, contract, pair, interval, to_ms(now()))
        except Exception as error:  # noqa: BLE001 whatever an exchange's library raises for it
            return ExchangeRows(why=f"{name} could not be asked ({type(error).__name__})")

    return ask


def _pair(context: Context, contract: Contract) -> str:
    venue = venue_of(context.exchange)
    settle = venue.quote if venue is not None else "USDT"
    if context.config.get("trading_mode") != "futures":
        return f"{contract.coin}/{settle}"
    return f"{contract.coin}/{settle}:{settle}"


def _asked(
    context: Context, contract: Contract, pair: str, interval: str, now: int
) -> ExchangeRows:
    config: dict[str, Any] = deepcopy(context.config) | {"dry_run": True}
    for name in _ACCOUNT:
        config["exchange"].pop(name, None)
    exchange = ExchangeResolver.load_exchange(config, validate=False, load_leverage_tiers=False)
    futures = config.get("trading_mode") == "futures"
    try:
        exchange.reload_markets(True, load_leverage_tiers=False)
        kind = CandleType.FUTURES if futures else CandleType.SPOT
        since = now - (ROWS + 2) * interval_ms(interval)
        candles = exchange.get_historic_ohlcv(pair, interval, since, kind)
        funding = None
        if futures:
            frame = exchange.get_historic_ohlcv(
                pair,
                exchange.get_option("funding_fee_timeframe"),
                now - _FUNDING_DAYS * _DAY_MS,
                CandleType.FUNDING_RATE,
            )
            funding = frame["open"].astype("float64").tolist()
        # Spot trades are no measure of a future's takers, nor another venue's.
        same = futures and venue_of(context.exchange) == venue_of(contract.venue)
        return ExchangeRows(rows_of(candles, volume=same), funding)
    finally:
        exchange.close()


def rows_of(candles: pd.DataFrame, *, volume: bool) -> Rows:
    """freqtrade's candles as rows; `volume` where theirs is a measure of the takers'."""
    times = candles["date"].astype("datetime64[ms, UTC]").astype("int64").to_numpy()
    close = candles["close"].to_numpy("float64")
    values = {"close": close}
    if volume:
        values["volume_usd"] = close * candles["volume"].to_numpy("float64")
    return Rows(np.asarray(times, dtype=np.int64), values)
