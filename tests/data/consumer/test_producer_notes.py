"""What a consumer's log says, whichever of the bot's threads makes columns."""

import logging

import pytest

from tests.support.intruder import Intruded
from vectra_freqtrade.data.consumer.consumer import ProducerNotes

HOUR = 3_600_000_000_000


def test_a_pair_that_is_late_while_another_is_sent_disturbs_nobody_and_is_remembered(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """FreqAI trains in a thread of its own, and makes columns there."""
    notes = ProducerNotes("main", "1h")
    for pair in ("BTC", "ETH"):
        notes.late(pair, 10 * HOUR, None, listed=True)
    late = Intruded(notes._late, lambda: notes.late("SOL", 10 * HOUR, None, listed=True))
    notes._late = late
    notes.sent("BTC", 10 * HOUR)
    late.finish()
    caplog.set_level(logging.INFO)
    notes.sent("ETH", 10 * HOUR)
    assert "sends columns again" not in caplog.text
    notes.sent("SOL", 10 * HOUR)
    assert "sends columns again" in caplog.text
