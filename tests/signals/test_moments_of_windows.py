"""Mean and deviation over the rows before: the same however many windows are summed at once."""

import numpy as np
import pytest

from vectra_freqtrade.signals import native


@pytest.mark.parametrize("at_once", [1, 7, 64, 299, 300, 301])
def test_how_many_windows_are_summed_at_once_changes_no_bit(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = np.random.default_rng(5)
    values = chance.normal(size=300) * 10.0 ** chance.integers(-6, 6, 300)
    values[chance.random(300) < 0.2] = np.nan
    whole = native.trailing_moments(values, 40, 20)
    assert np.isfinite(whole[1]).sum() > 200
    monkeypatch.setattr(native, "_WINDOWS", at_once)
    for one, other in zip(whole, native.trailing_moments(values, 40, 20), strict=True):
        np.testing.assert_array_equal(one, other)


def test_no_values_have_no_moments() -> None:
    mean, deviation = native.trailing_moments(np.empty(0), 40, 20)
    assert mean.size == deviation.size == 0
