"""The measurements beside the benchmarks, each for a moment: none may rot until it is needed."""

import re

import pytest

from tests.benchmarks import memory, trailing_cost


def test_memory_is_measured(capsys: pytest.CaptureFixture[str]):
    memory.main(pairs=2, count=2 * 288)
    told = capsys.readouterr().out
    assert re.search(r"^2 pairs, \d\d+ columns, \d+ MiB of their own$", told, re.MULTILINE)
    assert re.search(r"^what stays -?[\d.]+, peak -?[\d.]+$", told, re.MULTILINE)


@pytest.mark.freqtrade
def test_the_cost_of_the_trailing_callbacks_is_measured(capsys: pytest.CaptureFixture[str]):
    trailing_cost.measure(1, 3, trailing_cost.PAIRS[:2], alone=False)
    told = capsys.readouterr().out
    assert re.search(r"^1: [\d.]+ s without, .* open candle \(\d+ trades", told, re.MULTILINE)
    assert re.search(r"^median ratio [\d.]+, -?[\d.]+ µs per open candle$", told, re.MULTILINE)
