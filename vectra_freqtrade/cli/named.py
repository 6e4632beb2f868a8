"""Which series pairs need, once it is measured what their coins are called."""

from collections.abc import Sequence
from contextlib import suppress

from vectra_freqtrade.cli.context import Context
from vectra_freqtrade.coinglass.client import CoinglassClient
from vectra_freqtrade.errors import ContractError, PlanError, SymbolError, TransientError
from vectra_freqtrade.history.download.download_plan import symbols_of


def measured_symbols(
    client: CoinglassClient, context: Context, datasets: Sequence[str], pairs: Sequence[str]
) -> list[tuple[str, str]]:
    """`symbols_of`, once it is measured whether 1000X is a thousand of X."""
    place = (datasets, pairs, context.exchange, context.settings)
    for dataset, symbol in symbols_of(*place, context.store.names):
        with suppress(PlanError, SymbolError, TransientError, ContractError):
            client.made_of(dataset, symbol)  # what is wrong is said with the series
    return symbols_of(*place, context.store.names)
