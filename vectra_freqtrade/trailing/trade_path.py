"""The path of one open trade's stop, ready to be asked once per candle."""

from vectra_freqtrade.settings.trailing import TrailingSettings
from vectra_freqtrade.trailing.path import stop_path
from vectra_freqtrade.trailing.plan import EntryPlan
from vectra_freqtrade.trailing.prepare import PairArrays
from vectra_freqtrade.trailing.state import Checkpoint, TrailState

#: Candles of the first block computed ahead; each further one is twice as long, up to the second.
FIRST_BLOCK, LONGEST_BLOCK = 64, 1024


class TradePath:
    """
    Computes ahead in blocks what callbacks then read one candle at a time.

    In a backtest the arrays hold the future, and a block reaches into it; but a row of a path
    depends on no later candle, so what is read at a candle is the same.

    :param plan: of the trade
    :param arrays: of its pair
    :param settings: all numbers
    :param checkpoint: the state that an earlier run, or an earlier frame, came to; used only where
        it is later than the first candle of the trade
    """

    __slots__ = ("_arrays", "_block", "_last", "_next", "_settings", "_start", "_states",
                 "complete", "first", "plan")  # fmt: skip

    def __init__(
        self,
        plan: EntryPlan,
        arrays: PairArrays,
        settings: TrailingSettings,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        self.plan, self._arrays, self._settings = plan, arrays, settings
        since, self._start = plan.opened, TrailState.at_entry(plan)
        if checkpoint is not None and checkpoint.at > plan.opened:
            since, self._start = checkpoint.at, checkpoint.state
        #: Index of the first candle of the path; before it the trade is in its first state.
        self.first = arrays.after(since)
        #: Whether nothing between then and now is missing. Where it isn't, the stop is right for
        #: what is known, and may be farther off than one with all candles would be.
        self.complete = arrays.covers(since)
        self._last = self._start
        self._next = self.first
        self._block = FIRST_BLOCK
        self._states: list[TrailState] = []

    def at(self, index: int) -> TrailState:
        """
        :param index: of the last closed candle, see `PairArrays.last_closed`
        :return: the state from its close on
        """
        place = index - self.first
        if place < 0:
            return self._start
        while place >= len(self._states):
            self._extend()
        return self._states[place]

    def _extend(self) -> None:
        stop = min(self._next + self._block, len(self._arrays))
        if stop <= self._next:
            raise IndexError("The pair has no such candle.")
        candles = self._arrays.candles.rows(self._next, stop)
        path = stop_path(self.plan, candles, self._settings, self._last)
        columns = (path.phase, path.target, path.stop, path.best)
        self._states += map(TrailState._make, zip(*(c.tolist() for c in columns), strict=True))
        self._last, self._next = path.final, stop
        self._block = min(2 * self._block, LONGEST_BLOCK)
