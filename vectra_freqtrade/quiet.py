"""Log lines held back for a while."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet(level: int) -> Iterator[None]:
    """Nothing up to a level is logged, by anybody in the process, until it ends."""
    before = logging.root.manager.disable
    logging.disable(max(level, before))
    try:
        yield
    finally:
        logging.disable(before)
