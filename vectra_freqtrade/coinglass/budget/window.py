"""
How many requests a key may send: the arithmetic, pure.

CoinGlass counts per minute and says neither whether its minutes are fixed nor whether they slide.
A request reaches the server somewhere between its sending and its answer. So a slot that is given
out stays taken until 60 s after its answer: whatever the server's window, and however answers vary
in speed, it never holds more than the limit.
"""

import heapq
import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Self

MINUTE: Final = 60.0
#: A slot whose process was killed is given up so many seconds later than any answered one.
UNANSWERED: Final = 60.0
#: A refusal is not waited out longer than this.
LONGEST_BLOCK: Final = 62.0
#: Backfill is spread evenly, and may catch up on so many seconds of its own slowness.
CATCH_UP: Final = 5.0
#: A live request that waits is announced for so long; backfill stands back meanwhile.
LIVE_CLAIM: Final = 5.0
#: Requests a minute beyond which a limit tells nothing: each slot that is taken is counted one by
#: one, and no network is so fast.
MOST: Final = 12_000
#: What the machine's clock may jump before the stamps of the file count as rubbish.
_JUMP: Final = 2 * MINUTE


class Slot(NamedTuple):
    """When it was given out, and when it is free again."""

    sent: float
    free: float


@dataclass(slots=True)
class Window:
    """
    The slots of one key.

    :param limit: requests per minute
    :param told: a header gave the limit
    :param taken: slot number → Slot; negative numbers are requests that others sent elsewhere
    :param blocked_until: after a refusal
    :param live_until: a live request waits
    :param even: when backfill's next slot is due
    :param serial: number of the next slot
    """

    limit: int
    told: bool = False
    taken: dict[int, Slot] = field(default_factory=dict)
    blocked_until: float = 0.0
    live_until: float = 0.0
    even: float = 0.0
    serial: int = 1
    # The earliest `free` of all, so that most calls need not look at each slot.
    _first_free: float = field(default=math.inf, compare=False)
    _last_sent: float = field(default=0.0, compare=False)

    def __post_init__(self) -> None:
        self._look()

    def take(self, now: float, *, live: bool) -> tuple[int | None, float]:
        """
        Take a slot, or learn after how many seconds to ask again. Live ones go first and are not
        spread.
        """
        self._forget(now)
        wait = self._wait(now, live)
        if wait > 0:
            if live:
                self.live_until = max(self.live_until, now + LIVE_CLAIM)
            return None, wait
        if live:
            self.live_until = 0.0
        else:
            self.even = max(self.even, now - CATCH_UP) + MINUTE / self.limit
        return self._put(now, now + UNANSWERED + MINUTE, 1), 0.0

    def answer(self, slot: int, now: float) -> None:
        """Its answer came, or it failed."""
        held = self.taken.get(slot)
        if held is not None and held.sent <= now < held.free - MINUTE:
            self.taken[slot] = Slot(held.sent, now + MINUTE)
            self._first_free = min(self._first_free, now + MINUTE)

    def used(self, now: float) -> int:
        self._forget(now)
        return len(self.taken)

    def learn(self, slot: int, now: float, limit: int | None, use: int | None) -> None:
        """
        What an answer's headers say.

        :param slot: of the request
        :param now: when the answer came
        :param limit: API-KEY-MAX-LIMIT
        :param use: API-KEY-USE-LIMIT; more than we know of means that others spend the key too
        """
        if limit is not None and limit > 0:
            self.limit, self.told = min(limit, MOST), True
        if use is None:
            return
        # The server counted before the answer came: what we sent or forgot since then.
        sent = self.taken[slot].sent if slot in self.taken else now
        slack = math.ceil(self.limit * (now - sent) / MINUTE)
        self._foreign(now, min(use, self.limit) - self.used(now) - slack)

    def refuse(self, now: float, wait: float | None) -> None:
        """
        The server refused: its window is full, and nobody asks before it has moved on.

        :param now: when
        :param wait: seconds the server named, None where it did not
        """
        # To the next whole minute is enough for fixed minutes; sliding ones are what we count.
        rest = MINUTE - now % MINUTE + 1.0 if wait is None else wait
        self.blocked_until = max(self.blocked_until, now + min(rest, LONGEST_BLOCK))
        self.even = max(self.even, self.blocked_until)
        self._foreign(now, self.limit - self.used(now))

    def _foreign(self, now: float, count: int) -> None:
        for _ in range(count):
            self._put(now, now + MINUTE, -1)

    def _put(self, sent: float, free: float, sign: int) -> int:
        slot = sign * self.serial
        self.serial += 1
        self.taken[slot] = Slot(sent, free)
        self._first_free = min(self._first_free, free)
        self._last_sent = max(self._last_sent, sent)
        return slot

    def _wait(self, now: float, live: bool) -> float:
        wait = self.blocked_until - now
        excess = len(self.taken) - self.limit
        if excess == 0:
            wait = max(wait, self._first_free - now)
        elif excess > 0:  # the limit was lowered
            frees = (held.free for held in self.taken.values())
            wait = max(wait, heapq.nsmallest(excess + 1, frees)[-1] - now)
        if not live:
            wait = max(wait, self.even - now)
            if self.live_until > now:
                # Ask again soon: the claim ends when the live request has its slot.
                wait = max(wait, min(self.live_until - now, MINUTE / self.limit))
        return wait

    def _forget(self, now: float) -> None:
        """Drop what has passed, and what a jump of the clock left in the future."""
        if now >= self._first_free or self._last_sent > now + _JUMP:
            self.taken = {
                slot: held
                for slot, held in self.taken.items()
                if held.free > now and held.sent <= now + _JUMP
            }
            self._look()
        for name in ("blocked_until", "live_until", "even"):
            if getattr(self, name) > now + _JUMP:
                setattr(self, name, now)

    def _look(self) -> None:
        self._first_free = min((held.free for held in self.taken.values()), default=math.inf)
        self._last_sent = max((held.sent for held in self.taken.values()), default=0.0)

    def absorb(self, other: "Window", since: float) -> None:
        """Count what was sent by a count of one's own since the shared one could not be had."""
        shared = Counter(round(held.sent * 1e6) for held in self.taken.values())
        for held in list(other.taken.values()):
            shared[round(held.sent * 1e6)] -= 1
            if held.sent >= since and shared[round(held.sent * 1e6)] < 0:
                self._put(held.sent, held.free, -1)

    def state(self) -> dict[str, Any]:
        """For the file that processes share; slots in whole microseconds, which read fast."""
        return {
            "limit": self.limit,
            "told": self.told,
            "slots": list(self.taken),
            "sent": [round(held.sent * 1e6) for held in self.taken.values()],
            "free": [round(held.free * 1e6) for held in self.taken.values()],
            "blocked_until": self.blocked_until,
            "live_until": self.live_until,
            "even": self.even,
            "serial": self.serial,
        }

    @classmethod
    def of(cls, state: dict[str, Any]) -> Self:
        """
        :raises KeyError, TypeError, ValueError: where the file is broken
        """
        return cls(
            limit=min(max(1, int(state["limit"])), MOST),
            told=bool(state["told"]),
            taken={
                int(slot): Slot(sent / 1e6, free / 1e6)
                for slot, sent, free in zip(
                    state["slots"], state["sent"], state["free"], strict=True
                )
            },
            blocked_until=float(state["blocked_until"]),
            live_until=float(state["live_until"]),
            even=float(state["even"]),
            serial=max(1, int(state["serial"])),
        )
