"""`neutral`: all columns, none, or those of the datasets that are named."""

import pytest

from vectra_freqtrade.errors import SettingsError
from vectra_freqtrade.settings.neutral import is_neutral, neutral_told
from vectra_freqtrade.settings.section import CoinglassSettings


def of(**section: object) -> CoinglassSettings:
    return CoinglassSettings.from_config({"coinglass": section})


def test_columns_speak_unless_they_are_told_not_to():
    assert not is_neutral(of(), "funding_rate")
    assert neutral_told(of(), ["funding_rate"], "X") == ""


def test_true_is_every_dataset_and_a_list_those_it_names():
    assert is_neutral(of(neutral=True), "custom_basis")
    some = of(neutral=["funding_rate", "custom_basis"])
    assert is_neutral(some, "funding_rate") and is_neutral(some, "custom_basis")
    assert not is_neutral(some, "open_interest")


@pytest.mark.parametrize("given", ["funding_rate", 1, {"funding_rate": True}, [1]])
def test_anything_else_is_refused_with_what_it_may_be(given):
    with pytest.raises(SettingsError, match=r"neutral.*true, false or a list of datasets"):
        of(neutral=given)


def test_an_unknown_dataset_is_refused_with_the_nearest():
    with pytest.raises(SettingsError, match="did you mean 'funding_rate'"):
        of(neutral=["funding_rat"])


def test_a_strategy_that_the_data_triggers_is_told_that_it_will_not_trade():
    told = neutral_told(of(neutral=True), ["funding_rate"], "VectraFundingRate")
    assert "VectraFundingRate" in told and "will not trade" in told
    some = neutral_told(of(neutral=["open_interest"]), ["funding_rate"], "VectraFundingRate")
    assert "open_interest" in some and "will not trade" not in some


def test_a_config_says_all_again_over_some():
    """compare lays it over a user's own."""
    assert of(neutral=["open_interest"]).override(neutral=True).neutral is True
    assert of(neutral=True).override(neutral=False).neutral is False
