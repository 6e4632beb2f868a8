"""Which of CoinGlass's names a live series is made of, and what becomes of it when they change."""

import logging

from vectra_freqtrade.catalogue.made_of import MadeOf
from vectra_freqtrade.coinglass.client import CoinglassClient
from vectra_freqtrade.errors import TransientError
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.store import Store

logger = logging.getLogger(__name__)


class LiveNames:
    """Rows of a coin under other names than before are another series."""

    def __init__(self, series: Series, client: CoinglassClient, store: Store) -> None:
        self.made_of: MadeOf | None = None
        self._series = series
        self._client = client
        self._store = store
        self._file: MadeOf | None = None

    def set_aside(self) -> bool:
        """Whether the file was made of something else, and is out of the way now."""
        old = self._store.renew(self._series, self.made_of)
        if old is not None:
            logger.warning(
                "%s is now made of %s; it is fetched anew, and the old file is %s.",
                self._series,
                self.made_of or "other names, or of another exchange_list",
                old,
            )
        self._file = self._store.made_of(self._series)
        return old is not None

    def changed(self) -> bool:
        """
        Whether what there is of the series is made of something else.

        :raises VectraError: where it can't be told now
        """
        made_of = self._now()
        if made_of is None or made_of == self.made_of:
            return False
        # Another process may have begun its file anew since it was loaded.
        other = self.made_of is not None or not made_of.accepts(self._file, self._series.symbol)
        self.made_of = made_of
        return self.set_aside() or other

    def check(self) -> None:
        """
        After a fetch.

        :raises TransientError: where what came may be made of either
        """
        if self._now() != self.made_of:
            raise TransientError("CoinGlass's names of it have changed meanwhile.", retry_after=1)

    def _now(self) -> MadeOf | None:
        return self._client.made_of(self._series.dataset, self._series.symbol, live=True)
