"""Settings that contradict themselves are refused."""

import pytest
from pydantic import ValidationError

from vectra_freqtrade.errors import SettingsError
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.settings.trailing import TrailingSettings


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
        {"atr_interval": "hourly"},
        {"atr_interval": "1w"},
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


def test_scaled_by_one_leaves_every_number_to_the_last_bit():
    settings = TrailingSettings(initial_stop=1.3, funding_factor=0.7)
    assert TrailingSettings(**settings.model_dump() | settings.scaled()) == settings


@pytest.mark.parametrize("factor", [0.5, 1.7, 3.0])
def test_scaled_distances_keep_their_order_and_touch_nothing_else(factor):
    settings = TrailingSettings()
    scaled = settings.scaled(stop=factor, target=factor, trail=factor, funding=factor)
    changed = TrailingSettings(**settings.model_dump() | scaled)
    assert changed.target_default == pytest.approx(3.0 * factor)
    assert changed.initial_stop_max == pytest.approx(2.0 * factor)
    assert changed.locked_distance_whale == pytest.approx(0.5 * factor)
    assert changed.funding_factor == pytest.approx(0.8**factor)
    assert set(scaled) == {
        name for name, value in changed.model_dump().items() if value != getattr(settings, name)
    }


def test_adverse_funding_can_be_scaled_away():
    assert TrailingSettings().scaled(funding=0.0)["funding_factor"] == 1.0
