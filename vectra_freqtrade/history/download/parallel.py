"""The requests of a download by several threads, as many at a time as the key's rate takes."""

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

Work = TypeVar("Work")
Answer = TypeVar("Answer")

#: Asks, in a thread.
Request = Callable[[], Answer]


def run_requests(
    units: Iterable[tuple[Work, int]],
    prepare: Callable[[Work, int], Request[Answer] | None],
    take: Callable[[Work, int, Future[Answer]], None],
    *,
    rate: int,
    workers: int | None = None,
) -> None:
    """
    Both callables run in the caller's thread; what `take` raises ends it all.

    :param units: what to ask for: some work and the number of its part
    :param prepare: the request of one, told when its turn has come; None where it is not wanted
        any more
    :param rate: requests a minute
    :param workers: threads; None for as many as the rate takes
    """
    # An answer takes up to two seconds, and the rate wants so many on the way at a time.
    workers = workers or min(40, max(2, round(max(rate, 1) / 30) + 1))
    waiting = deque(units)
    running: dict[Future[Answer], tuple[Work, int]] = {}
    pool = ThreadPoolExecutor(workers, thread_name_prefix="coinglass")
    try:
        while waiting or running:
            while waiting and len(running) < 2 * workers:
                work, number = waiting.popleft()
                request = prepare(work, number)
                if request is not None:
                    running[pool.submit(request)] = (work, number)
            done, _ = wait(running, return_when=FIRST_COMPLETED) if running else ((), ())
            # In order: the part before the one that ends the work is to be kept.
            for future in sorted(done, key=lambda each: running[each][1]):
                take(*running.pop(future), future)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
