"""What a download tells while it runs."""

from typing import Protocol

from vectra_freqtrade.history.layout import Series


class Progress(Protocol):
    """Somebody who wants to know."""

    def planned(self, dataset: str, requests: int) -> None:
        """So many blocks of a dataset are to be asked for."""
        ...

    def done(self, dataset: str, requests: int) -> None:
        """So many of them are done with."""
        ...

    def saved(self, series: Series, rows: int) -> None:
        """So many rows are on disk."""
        ...


class Silent:
    """Tells nothing."""

    def planned(self, dataset: str, requests: int) -> None: ...
    def done(self, dataset: str, requests: int) -> None: ...
    def saved(self, series: Series, rows: int) -> None: ...
