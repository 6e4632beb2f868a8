"""The path of one open trade's stop, ready to be asked once per candle."""

from vectra_freqtrade.settings.trailing import TrailingSettings
from vectra_freqtrade.trailing.plan import EntryPlan
from vectra_freqtrade.trailing.prepare import PairArrays
from vectra_freqtrade.trailing.rules import stop_path
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
    :ivar first: index of the first candle of the path; before it the trade is in its first state
    :ivar complete: whether nothing between then and now is missing; where it isn't, the stop is
        right for what is known, and may be farther off than one with all candles would be
    """

    __slots__ = ("_arrays", "_block", "_settings", "_states", "complete", "first", "plan")

    def __init__(
        self,
        plan: EntryPlan,
        arrays: PairArrays,
        settings: TrailingSettings,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        self.plan, self._arrays, self._settings = plan, arrays, settings
        since, start = plan.opened, TrailState.at_entry(plan)
        if checkpoint is not None and checkpoint.at > plan.opened:
            since, start = checkpoint.at, checkpoint.state
        self.first = arrays.after(since)
        self.complete = arrays.covers(since)
        self._block = FIRST_BLOCK
        self._states = [start]

    def at(self, index: int) -> TrailState:
        """
        :param index: of the last closed candle, see `PairArrays.last_closed`
        :return: the state from its close on
        :raises IndexError: where the pair has no such candle
        """
        place = index - self.first + 1  # before the path there is the start
        if place < 0:
            place = 0
        while place >= len(self._states):
            self._extend()
        return self._states[place]

    def _extend(self) -> None:
        begin = self.first + len(self._states) - 1
        candles = self._arrays.sides[self.plan.side].rows(begin, begin + self._block)
        if not len(candles):
            raise IndexError("The pair has no such candle.")
        self._states += stop_path(self.plan, candles, self._settings, self._states[-1])
        self._block = min(2 * self._block, LONGEST_BLOCK)
