"""Something that a live feed watches, and when it is asked for next."""

from vectra_freqtrade.live.events import LiveEvents
from vectra_freqtrade.live.rows import LiveRows
from vectra_freqtrade.live.timer import Timer

Watched = LiveRows | LiveEvents


class Job:
    """:param read_at: when the bot wanted it last, seconds that never go back"""

    def __init__(self, watched: Watched, read_at: float) -> None:
        self.watched = watched
        self.next = Timer()
        self.deepen = Timer()
        self.tries = 0
        self.loaded = False
        self.running = False
        self.lacking = False  # the plan does not have it
        self.read_at = read_at

    @property
    def due(self) -> float:
        """Seconds; 0 for at once."""
        return self.next.at
