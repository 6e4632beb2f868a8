"""Log lines held back for a while."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet(level: int) -> Iterator[None]:
    """
    Nothing up to a level is logged, by anybody in the process; afterwards it is as it was before.

    :param level: such as logging.INFO; where more is held back already, that stays
    """
    before = logging.root.manager.disable
    logging.disable(max(level, before))
    try:
        yield
    finally:
        logging.disable(before)
