"""Models of other data are never taken for those of this."""

import pytest
from freqtrade.enums import RunMode

from vectra_freqtrade.data.checks import stamp_models


def stamped(fingerprint: str = "one", times: int = 1, **config) -> str:
    whole = {
        "runmode": RunMode.BACKTEST,
        "freqai": {"enabled": True, "identifier": "mine"},
    } | config
    for _ in range(times):
        stamp_models(whole, fingerprint)
    return whole["freqai"].get("identifier", "")


def test_a_backtests_models_are_named_for_what_they_are_made_of():
    assert stamped("one").startswith("mine-cg")
    assert stamped("one") != stamped("two")


def test_a_strategy_that_is_built_twice_has_the_same_models():
    assert stamped(times=3) == stamped()


@pytest.mark.parametrize(
    "config",
    [
        {"runmode": RunMode.LIVE},
        {"runmode": RunMode.DRY_RUN},
        {"freqai": {"enabled": False, "identifier": "mine"}},
        {"freqai_backtest_live_models": True},
    ],
)
def test_a_bots_models_and_other_peoples_configs_are_left_alone(config):
    assert stamped(**config) == "mine"


def test_a_config_without_freqai_stays_without():
    config = {"runmode": RunMode.BACKTEST}
    stamp_models(config, "one")
    assert config == {"runmode": RunMode.BACKTEST}
