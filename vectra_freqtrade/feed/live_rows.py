"""One series of a live feed: rows in memory as the store will hold them, and what to ask next."""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vectra_freqtrade.coinglass.client import CoinglassClient
from vectra_freqtrade.coinglass.made_of import MadeOf
from vectra_freqtrade.errors import StoreError
from vectra_freqtrade.feed.live_names import LiveNames
from vectra_freqtrade.feed.provider import empty_rows
from vectra_freqtrade.feed.publish import Publisher
from vectra_freqtrade.feed.schedule import asking_time, due
from vectra_freqtrade.feed.write_through import WriteThrough
from vectra_freqtrade.history import rows as rowlib
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.ledger import Ledger
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.signals.align import Int64, epoch_ns

logger = logging.getLogger(__name__)

_Unsaved = tuple[pd.DataFrame, pd.Timestamp, MadeOf | None]
_Make = Callable[[pd.DataFrame, pd.Timestamp], pd.DataFrame]

#: Rows that are there already and are asked for again: late ones and revised ones show.
_OVERLAP: Final = 12


@dataclass(frozen=True, slots=True)
class _Visible:
    """
    What the bot can see; replaced as a whole.

    :param rows: as `history.rows` describes
    :param released: those that may be used, as `Provider.rows` hands them out
    :param available_at: of those, nanoseconds
    """

    rows: pd.DataFrame
    released: pd.DataFrame
    available_at: Int64


class LiveRows:
    """
    Asked by the feed's threads, one at a time; read by the bot.

    :param series: which
    :param reach: nothing older than so long ago is wanted or kept in memory
    :param client: asks; its settings give the delay
    :param store: where the rows go
    :param publisher: says when they count as seen
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
        self._reach = reach
        self._client = client
        self._store = store
        self._publisher = publisher
        self._renewed = renewed
        self._ledger = Ledger(store.state_dir)
        self._delay = timedelta(seconds=client.settings.delay)
        self._length = timedelta(milliseconds=series.length_ms)
        self.unsaved = WriteThrough[_Unsaved](self._write)
        self._names = LiveNames(series, client, store)
        self._recording = False
        self._whole = False
        self._resent: dict[pd.Timestamp, NDArray[np.float64]] = {}
        self._visible = _seen(_no_rows(series))

    @property
    def label(self) -> str:
        return str(self.series)

    @property
    def dataset(self) -> str:
        return self.series.dataset

    @property
    def group(self) -> str:
        """What is off together."""
        return f"{self.series.dataset} {self.series.interval}"

    @property
    def length(self) -> float:
        """Seconds of an interval."""
        return self._length.total_seconds()

    @property
    def last_row(self) -> str | None:
        """Open of the newest row."""
        rows = self._visible.rows
        return None if rows.empty else str(rows["time"].iloc[-1].isoformat())

    def load(self) -> None:
        """What the store has; a file that can't be used is left alone, and so is its place."""
        try:
            self._names.set_aside()
            held = self._store.read(self.series)
            since = self._store.live_since(self.series)
        except StoreError as error:
            self.unsaved.give_up()
            logger.error("%s Live rows of it are kept in memory only.", error)
            return
        self._recording = since is not None
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
        wait = self._delay + self.series.spec.extra_delay
        newest = rows["time"].iloc[-1].timestamp()
        return due(newest, self.length, wait.total_seconds())

    def ask(self) -> None:
        """
        Ask for the rows behind the newest one, and make them visible.

        :raises VectraError: by reaction, see `vectra_freqtrade.errors`
        """
        self._follow_names()
        rows = self._visible.rows
        start = self._oldest()
        if not rows.empty:
            start = (rows["time"].iloc[-1] - _OVERLAP * self._length).to_pydatetime()
        frame = self._fetch(start, self._now(), live=True)
        if rows.empty and frame.empty:
            return  # what comes after it is still history
        make = self._recorded if self._recording else self._downloaded
        self._publish(make, self._news(frame))
        self._recording = True
        if rows.empty:
            self._whole = True
            self._note(start)

    def deepen(self) -> None:
        """
        Ask once for what is wanted before the first row there is.

        :raises VectraError: by reaction
        """
        if self._whole:
            return
        self._follow_names()
        rows, start = self._visible.rows, self._oldest()
        first = start if rows.empty else rows["time"].iloc[0].to_pydatetime()
        asked = self._ledger.asked_from(self.series, first)
        if start + self._length < first and (asked is None or start < asked):
            self._publish(self._downloaded, self._fetch(start, first, live=False))
            self._note(start)
        self._whole = True

    @property
    def whole(self) -> bool:
        """Nothing older is wanted."""
        return self._whole

    def _note(self, start: datetime) -> None:
        rows = self._visible.rows
        if rows.empty:
            return
        with suppress(OSError):  # asked for again after a restart, and no more
            self._ledger.note(self.series, start, rows["time"].iloc[0].to_pydatetime())

    def _fetch(self, start: datetime, end: datetime, *, live: bool) -> pd.DataFrame:
        series = self.series
        frame = self._client.fetch(
            series.dataset,
            series.symbol,
            series.interval,
            start,
            end,
            live=live,
            begins=not live or self._visible.rows.empty,
        )
        self._names.check()
        return frame

    def _news(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Without what is there; a revision is news once, not each time it is sent."""
        held = self._visible.rows
        if held.empty or frame.empty:
            return frame
        values = list(self.series.spec.values)
        first = held["time"].iloc[0]
        near = held.iloc[int(held["time"].searchsorted(frame["time"].iloc[0])) :]
        known = dict(zip(near["time"], near[values].to_numpy(), strict=True))
        keep, resent = [], {}
        for time, sent in zip(frame["time"], frame[values].to_numpy(), strict=True):
            if time not in known:
                keep.append(bool(time > first))  # what is before isn't kept in memory
                continue
            other = not np.array_equal(known[time], sent, equal_nan=True)
            told = self._resent.get(time)
            keep.append(other and (told is None or not np.array_equal(told, sent, equal_nan=True)))
            if other:
                resent[time] = sent
        self._resent = resent
        return frame[keep].reset_index(drop=True)

    def _recorded(self, frame: pd.DataFrame, seen: pd.Timestamp) -> pd.DataFrame:
        return rowlib.recorded(self.series, frame, self._delay, seen)

    def _downloaded(self, frame: pd.DataFrame, seen: pd.Timestamp) -> pd.DataFrame:
        return rowlib.downloaded(self.series, frame, self._delay)

    def _publish(self, make: _Make, frame: pd.DataFrame) -> None:
        if frame.empty and self._recording:
            return
        held = self._visible.rows
        made: list[pd.DataFrame] = []

        def merged(seen: pd.Timestamp) -> _Visible:
            new = make(frame, seen)
            rows = rowlib.merge(held, new).rows if len(new) else held
            # What the store gets is what the bot saw: late rows are late there too.
            fresh = rows[~rows["time"].isin(held["time"])]
            again = new[new["time"].isin(held["time"])]
            made[:] = [fresh if again.empty else pd.concat([fresh, again]).sort_values("time")]
            return _seen(self._trimmed(rows))

        _, seen = self._publisher.publish(merged, self._put)
        if not self._recording or len(made[0]):
            self.unsaved.add((made[0], seen, self._names.made_of))
        if len(made[0]):
            self._renewed(self._visible.released)

    def _put(self, visible: _Visible) -> None:
        self._visible = visible

    def _show(self, rows: pd.DataFrame) -> None:
        self._put(_seen(rows))

    def _trimmed(self, rows: pd.DataFrame) -> pd.DataFrame:
        oldest = pd.Timestamp(self._oldest()).floor("ms")  # as the column holds it
        first = rows["time"].searchsorted(oldest)
        rows = rows.iloc[int(first) :].reset_index(drop=True)
        # Names of its own: pandas would hand one object on from frame to frame, for as long as the
        # bot runs, and notes in it whoever looks at a column.
        rows.columns = list(rows.columns)
        return rows

    def _oldest(self) -> datetime:
        return self._now() - self._reach

    def _now(self) -> datetime:
        client = self._client
        seconds = asking_time(client.clock.now(), client.now().timestamp())
        return datetime.fromtimestamp(seconds, UTC)

    def _write(self, item: _Unsaved) -> None:
        rows, seen, made_of = item
        if made_of == self._names.made_of:  # else it is being fetched anew
            self._store.add(self.series, rows, live_since=seen, made_of=made_of)

    def _follow_names(self) -> None:
        """Rows of a coin under other names than before are another series."""
        if self._names.changed():
            self._recording = self._whole = False
            self._resent = {}
            self._show(_no_rows(self.series))


def _seen(rows: pd.DataFrame) -> _Visible:
    released = rows[rows["available_at"].notna()].drop(columns="first_seen")
    return _Visible(rows, released.reset_index(drop=True), epoch_ns(released["available_at"]))


def _no_rows(series: Series) -> pd.DataFrame:
    rows = empty_rows(series)
    rows.insert(2, "first_seen", rows["time"])
    return rows
