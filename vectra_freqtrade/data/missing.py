"""What a strategy is told, once, about data that is not there."""

import logging
from collections.abc import Sequence

import pandas as pd

from vectra_freqtrade.errors import VectraError

logger = logging.getLogger(__name__)


class MissingNotes:
    """One line for each thing that is missing, not one for each candle."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def rows(self, pair: str, as_of: pd.Timestamp, names: Sequence[str]) -> None:
        """
        :param pair: freqtrade's pair
        :param as_of: of the frame
        :param names: dataset and interval of each
        """
        self._once(
            f"No CoinGlass history of {pair} up to {as_of:%Y-%m-%d %H:%M} for "
            f"{', '.join(names)}: these columns are empty and hold no opinion. Fetch it with: "
            f"vectra-freqtrade download-data --pairs {pair} (and your own -c and --userdir).",
            key=f"{pair} {names}",
        )

    def orders(self, pair: str, as_of: pd.Timestamp) -> None:
        """As `rows`."""
        self._once(
            f"No large orders of {pair} up to {as_of:%Y-%m-%d %H:%M}: their columns are empty "
            "and hold no opinion. Fetch them with vectra-freqtrade download-data, or keep them "
            "from now on with vectra-freqtrade record.",
            key=f"{pair} large_orders",
        )

    def snapshots(self, pair: str, source: str, since: pd.Timestamp, as_of: pd.Timestamp) -> None:
        """
        :param source: heatmap or map
        :param since: older ones are of no use
        """
        self._once(
            f"No recorded liquidation {source} of {pair} between {since:%Y-%m-%d %H:%M} and "
            f"{as_of:%Y-%m-%d %H:%M}: there are no liquidation levels. Keep snapshots from now "
            "on with vectra-freqtrade record, or set coinglass.levels_source to estimate.",
            key=f"{pair} {source}",
        )

    def unusable(self, pair: str, error: VectraError) -> None:
        """
        :param pair: freqtrade's pair
        :param error: what keeps its columns from being made
        """
        self._once(f"The CoinGlass columns of {pair} are empty: {error}", key=f"{pair} {error}")

    def free(self, message: str | None) -> None:
        """
        :param message: of `FreeProvider.missing`
        """
        if message:
            self._once(message, key="free")

    def levels(self, message: str | None) -> None:
        """
        :param message: of `starting.few_candles_for_levels`
        """
        if message:
            self._once(message, key="levels")

    def _once(self, message: str, *, key: str) -> None:
        if key not in self._said:
            self._said.add(key)
            logger.warning(message)
