"""Settings that contradict themselves are refused."""

import pytest
from pydantic import ValidationError

from vectra_freqtrade.errors import SettingsError
from vectra_freqtrade.settings import CoinglassSettings
from vectra_freqtrade.trailing.settings import TrailingSettings


@pytest.mark.parametrize(
    "wrong",
    [
        {"breakeven_from": 0.6},
        {"locked_from": 0.4},
        {"target_min": 3.5},
        {"target_max": 2.5},
        {"initial_stop": 2.5},
        {"locked_distance_whale": 0.9},
        {"trailing_distance": float("inf")},
        {"trailing_distance": 0},
        {"trailing_lock": 1},
        {"at_target": "sell"},
        {"trail": 1},
    ],
)
def test_a_contradiction_is_refused(wrong):
    with pytest.raises(ValidationError):
        TrailingSettings(**wrong)


def test_the_message_names_what_must_be_in_order():
    with pytest.raises(SettingsError, match="breakeven_from <= trailing_from <= locked_from"):
        CoinglassSettings.from_config({"coinglass": {"trailing": {"breakeven_from": 0.6}}})


def test_equal_neighbours_are_allowed():
    TrailingSettings(breakeven_from=0.5, target_min=3.0, locked_distance_whale=0.8)
