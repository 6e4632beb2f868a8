"""A key without a plan is served like no key, and no network is asked to know it."""

from pathlib import Path

import pytest

from tests.coinglass.clocks import FakeClock
from vectra_freqtrade.catalogue.plans import Plan
from vectra_freqtrade.coinglass.account.key import ApiKey
from vectra_freqtrade.coinglass.account.key_files import key_file
from vectra_freqtrade.coinglass.account.key_state import KIND, KeyState
from vectra_freqtrade.data.checks import uses_free_tier
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.settings.section import CoinglassSettings

KEY = "5ecret0marked0key0f00d"
KEYED = {"COINGLASS_API_KEY": KEY}
SETTINGS = CoinglassSettings()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "coinglass")


def told(store: Store, plan: Plan) -> None:
    file = key_file(store.state_dir, ApiKey(KEY), KIND)
    KeyState(FakeClock().now, file).tell(plan, "subscription")


def test_no_key_is_the_free_tier_and_a_key_is_not(store):
    assert uses_free_tier(SETTINGS, store, {})
    assert uses_free_tier(SETTINGS, store, {"COINGLASS_API_KEY": " "})
    assert not uses_free_tier(SETTINGS, store, KEYED)
    assert not store.root.exists()


def test_a_key_is_what_coinglass_told_last(store):
    told(store, Plan.FREE)
    assert uses_free_tier(SETTINGS, store, KEYED)
    assert not uses_free_tier(SETTINGS, store, {"COINGLASS_API_KEY": "another"})
    told(store, Plan.HOBBYIST)
    assert not uses_free_tier(SETTINGS, store, KEYED)


def test_a_plan_in_the_settings_is_believed(store):
    told(store, Plan.FREE)
    assert not uses_free_tier(SETTINGS.override(plan="standard"), store, KEYED)


def test_a_key_file_that_only_the_bots_machine_has_is_no_error(store, tmp_path):
    settings = SETTINGS.override(api_key_file=str(tmp_path / "key"))
    told(store, Plan.FREE)
    assert not uses_free_tier(settings, store, {})
    (tmp_path / "key").write_text(KEY)
    assert uses_free_tier(settings, store, {})
