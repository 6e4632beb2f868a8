"""One series of a live feed: rows in memory as the store will hold them, and what to ask next."""

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import pandas as pd

from vectra_freqtrade.catalogue.made_of import MadeOf
from vectra_freqtrade.coinglass.client import CoinglassClient
from vectra_freqtrade.files import SOON
from vectra_freqtrade.history import rows as rowlib
from vectra_freqtrade.history.download.spans import EVER
from vectra_freqtrade.history.grids import another_grid, lengths, whole
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.ledger import Ledger
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.live.names import LiveNames
from vectra_freqtrade.live.publish import Publisher
from vectra_freqtrade.live.schedule import asking_time
from vectra_freqtrade.live.visible import News, Visible, no_rows
from vectra_freqtrade.live.writer import WriteThrough
from vectra_freqtrade.settings.release import Release
from vectra_freqtrade.times import from_seconds

logger = logging.getLogger(__name__)

_Make = Callable[[pd.DataFrame, pd.Timestamp], pd.DataFrame]
#: Rows, when they were seen, whether they are all there are now, and what they are made of.
_Item = tuple[pd.DataFrame, pd.Timestamp, bool, MadeOf | None]

#: Rows that are there already and are asked for again: late ones and revised ones show.
_OVERLAP: Final = 12


class LiveRows:
    """
    Asked by one thread at a time; read by the bot.

    :param reach: nothing older than so long ago is wanted or kept in memory
    :param client: asks; its settings say when a row may be used
    :param publisher: says when rows count as seen
    :param renewed: told of all that may be used, when there is more of it
    """

    def __init__(
        self,
        series: Series,
        reach: timedelta,
        client: CoinglassClient,
        store: Store,
        publisher: Publisher,
        renewed: Callable[[pd.DataFrame], object],
    ) -> None:
        self.series = series
        self.label, self.dataset, self.interval = str(series), series.dataset, series.interval
        self.group = f"{series.dataset} {series.interval}"  # what is off together
        self._reach = reach
        self._client = client
        self._store = store
        self._publisher = publisher
        self._renewed = renewed
        self._ledger = Ledger(store.state_dir)
        self._release = Release.of(client.settings)
        self._length = timedelta(milliseconds=series.length_ms)
        self.length = self._length.total_seconds()
        self.unsaved = WriteThrough[_Item](self._write)
        self._names = LiveNames(series, client, store)
        self._since: pd.Timestamp | None = None  # of the first live fetch; then it records
        self.whole = False  # nothing older is wanted
        self._news = News(series.spec.values)
        self._visible = Visible.of(no_rows(series))

    @property
    def last_row(self) -> str | None:
        rows = self._visible.rows
        return None if rows.empty else str(rows["time"].iloc[-1].isoformat())

    def load(self) -> None:
        """:raises StoreError, LockedError: where the file can't be used; it is left alone"""
        self._names.set_aside()
        held = self._store.read_anew(self.series)
        self._since = self._store.live_since(self.series)
        if held is not None:
            self._show(self._trimmed(held))

    def read(self, as_of: pd.Timestamp) -> pd.DataFrame:
        """As `Provider.rows`; the same object as long as there is nothing new."""
        visible = self._publisher.read(as_of, lambda: self._visible)
        known = int(np.searchsorted(visible.available_at, as_of.as_unit("ns").value, side="right"))
        return visible.released if known == len(visible.released) else visible.released.iloc[:known]

    def due(self) -> float:
        """When the row after the newest one may be asked for, seconds; 0 before the first."""
        rows = self._visible.rows
        if rows.empty:
            return 0.0
        length = int(lengths(rows.iloc[-1:], self.series.length_ms)[0])
        wait = self._release.wait(self.series.spec, length)
        return float(rows["time"].iloc[-1].timestamp() + length / 1000 + wait.total_seconds())

    def ask(self) -> None:
        """
        Ask for the rows behind the newest one, and make them visible.

        :raises VectraError: by reaction
        """
        self._follow_names()
        rows = self._visible.rows
        start = self._oldest()
        if not (rows.empty or whole(self.series)):
            start = (rows["time"].iloc[-1] - _OVERLAP * self._length).to_pydatetime()
        frame = self._fetch(start, self._now(), live=True)
        if rows.empty and frame.empty:
            return  # what comes after it is still history
        anew = whole(self.series) and another_grid(rows, frame)
        if anew:
            logger.warning(
                "CoinGlass sends %s on another grid now: rows that were downloaded are replaced, "
                "those that a bot recorded stay.",
                self.series,
            )
        later = self._anew if anew else self._recorded
        make = self._downloaded if self._since is None else later
        seen = self._publish(make, frame if anew else self._news.of(rows, frame), anew=anew)
        self._since = self._since or seen
        if rows.empty:
            self.whole = True
            self._note(start)

    def deepen(self) -> None:
        """
        Ask once for what is wanted before the first row there is.

        :raises VectraError: by reaction
        """
        if self.whole:
            return
        self._follow_names()
        rows, start = self._visible.rows, self._oldest()
        first = start if rows.empty else rows["time"].iloc[0].to_pydatetime()
        asked = self._ledger.asked_from(self.series, first)
        if start + self._length < first and (asked is None or start < asked):
            self._publish(self._downloaded, self._fetch(start, first, live=False))
            self._note(start)
        self.whole = True

    def _note(self, start: datetime) -> None:
        rows = self._visible.rows
        if rows.empty:
            return
        with suppress(OSError):  # asked for again after a restart, and no more
            first = rows["time"].iloc[0].to_pydatetime()
            self._ledger.note(self.series, start, first, timeout=SOON)

    def _fetch(self, start: datetime, end: datetime, *, live: bool) -> pd.DataFrame:
        series = self.series
        frame = self._client.fetch(
            series.dataset,
            series.symbol,
            series.interval,
            start,
            end,
            live=live,
            strip_leading_zeros=not live or whole(series) or self._visible.rows.empty,
        )
        self._names.check()
        return frame

    def _recorded(self, frame: pd.DataFrame, seen: pd.Timestamp) -> pd.DataFrame:
        settle = self._release.intervals(self.series.dataset)
        return rowlib.recorded(self.series, frame, self._release.delay, seen, settle)

    def _downloaded(self, frame: pd.DataFrame, seen: pd.Timestamp) -> pd.DataFrame:
        settle = self._release.intervals(self.series.dataset)
        return rowlib.downloaded(self.series, frame, self._release.delay, settle)

    def _anew(self, frame: pd.DataFrame, seen: pd.Timestamp) -> pd.DataFrame:
        """All rows there are: what the first live fetch would have held is history."""
        history = self._downloaded(frame, seen)
        history = history[history["available_at"] <= self._since]
        later = self._recorded(frame[~frame["time"].isin(history["time"])], seen)
        return pd.concat([history, later], ignore_index=True)

    def _publish(
        self, make: _Make, frame: pd.DataFrame, *, anew: bool = False
    ) -> pd.Timestamp | None:
        """When it was seen, if there is anything to see."""
        if frame.empty and self._since is not None:
            return None
        held = self._visible.rows
        made: list[pd.DataFrame] = []

        def merged(seen: pd.Timestamp) -> Visible:
            new = make(frame, seen)
            if anew:
                made[:] = [new]
                return Visible.of(self._trimmed(rowlib.merge_whole(held, new).rows))
            rows = rowlib.merge(held, new).rows if len(new) else held
            # What the store gets is what the bot saw: late rows are late there too.
            fresh = rows[~rows["time"].isin(held["time"])]
            again = new[new["time"].isin(held["time"])]
            made[:] = [fresh if again.empty else pd.concat([fresh, again]).sort_values("time")]
            return Visible.of(self._trimmed(rows))

        _, seen = self._publisher.publish(merged, self._put)
        if self._since is None or len(made[0]):
            self.unsaved.add((made[0], seen, anew, self._names.made_of))
        if len(made[0]):
            self._renewed(self._visible.released)
        return seen

    def _put(self, visible: Visible) -> None:
        self._visible = visible

    def _show(self, rows: pd.DataFrame) -> None:
        self._put(Visible.of(rows))

    def _trimmed(self, rows: pd.DataFrame) -> pd.DataFrame:
        oldest = pd.Timestamp(self._oldest()).floor("ms")  # as the column holds it
        first = rows["time"].searchsorted(oldest)
        rows = rows.iloc[int(first) :].reset_index(drop=True)
        # Names of its own: pandas would hand one object on from frame to frame, for as long as the
        # bot runs, and notes in it whoever looks at a column.
        rows.columns = list(rows.columns)
        return rows

    def _oldest(self) -> datetime:
        if whole(self.series):
            return EVER  # one answer has all of it, and its features count rows, not days
        return self._now() - self._reach

    def _now(self) -> datetime:
        return from_seconds(asking_time(self._client))

    def _write(self, item: _Item) -> None:
        rows, seen, anew, made_of = item
        if made_of != self._names.made_of:  # it is being fetched anew
            return
        series = self.series
        twice = self._client.sent_twice(series.dataset, series.symbol, series.interval)
        self._store.add(
            series,
            rows,
            live_since=seen,
            seen=seen,
            whole=anew,
            twice=twice,
            made_of=made_of,
            timeout=SOON,
        )

    def _follow_names(self) -> None:
        """Rows of a coin under other names than before are another series."""
        if self._names.changed():
            self._since, self.whole = None, False
            self._news = News(self.series.spec.values)
            self._show(no_rows(self.series))
