"""The one rule for when a row may be used."""

from datetime import timedelta

import numpy as np

from vectra_freqtrade.catalogue.datasets import DATASETS
from vectra_freqtrade.settings.release import Release, wait_ms

HOUR, DAY = 3_600_000, 86_400_000
MINUTE = timedelta(seconds=60)


def test_a_row_may_be_used_its_length_its_settling_and_the_delay_after_its_time():
    book = DATASETS["order_book"]
    assert wait_ms(book, HOUR, MINUTE) == HOUR + 60_000
    assert wait_ms(book, HOUR, MINUTE, 2) == 3 * HOUR + 60_000
    assert Release(MINUTE, {"order_book": 2}).wait(book, HOUR) == timedelta(hours=3, minutes=1)


def test_a_series_published_a_day_late_waits_the_day_once():
    share = DATASETS["bitcoin_dominance"]
    assert wait_ms(share, 3 * DAY, MINUTE, 1) == 7 * DAY + 60_000
    lengths = np.array([DAY, 3 * DAY])
    assert wait_ms(share, lengths, MINUTE).tolist() == [2 * DAY + 60_000, 4 * DAY + 60_000]
