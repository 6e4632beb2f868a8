"""The `coinglass` section: defaults, merging, and messages that help without repeating a value."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from vectra_freqtrade.catalogue.columns import DATASET_CODES, MarketState
from vectra_freqtrade.errors import SettingsError
from vectra_freqtrade.settings.opinions import MULTIPLIER_MAX, MULTIPLIER_MIN
from vectra_freqtrade.settings.release import Release
from vectra_freqtrade.settings.section import FINGERPRINT_KEY, CoinglassSettings

SECRET = "s3cr3t-0123456789-value"


def of(**section: object) -> CoinglassSettings:
    return CoinglassSettings.from_config({"coinglass": section})


def refusal(**section: object) -> str:
    with pytest.raises(SettingsError) as raised:
        of(**section)
    assert SECRET not in str(raised.value)
    assert raised.value.__cause__ is None  # pydantic's own text repeats the values
    assert raised.value.__context__ is None
    return str(raised.value)


def test_everything_has_a_default_and_they_are_designs():
    """Without a section, and with an empty one."""
    settings = CoinglassSettings.from_config({})
    assert settings == of() == CoinglassSettings()
    assert settings.delay == 60
    assert settings.max_age_intervals == 3
    assert settings.lookback == 1
    assert settings.intervals == "auto"
    assert settings.plan == "auto"
    assert settings.levels_source == "estimate"
    assert settings.min_confidence == 0.70
    assert settings.exchange_list == ("Binance", "OKX", "Bybit")
    assert (settings.bands.oi, settings.bands.price) == (0.005, 0.003)
    assert (settings.bands.adaptive, settings.bands.k) == (False, 1.0)
    assert settings.modifiers.conflict == 0.96
    assert settings.modifiers.funding.high.model_dump() == {"long": 0.94, "short": 1.05}
    assert settings.modifiers.lsr.low.model_dump() == {"long": 1.05, "short": 0.94}
    assert settings.modifiers.taker.high.model_dump() == {"long": 1.04, "short": 0.95}
    assert settings.extremes.funding.model_dump() == {
        "high": 0.95,
        "high_rate": 0.0001,
        "low": 0.05,
        "low_rate": 0.0,
    }
    assert settings.extremes.taker.model_dump() == {"high": 1.12, "low": 0.90}


def test_states_without_an_opinion_have_factors_of_one():
    """NEUTRAL and UNKNOWN are no settings."""
    states = of().modifiers.states
    assert states.of(MarketState.NEUTRAL).model_dump() == {"long": 1.0, "short": 1.0}
    assert states.of(MarketState.UNKNOWN).model_dump() == {"long": 1.0, "short": 1.0}
    assert states.of(MarketState.SHORT_SQUEEZE).model_dump() == {"long": 1.08, "short": 0.92}


DOCUMENTED = {
    "base_url": "http://127.0.0.1:8080",
    "api_key_file": "~/key",
    "plan": "standard",
    "datasets": ["open_interest", "liquidation"],
    "intervals": ["4h", "1h"],
    "exchange_list": ["Binance"],
    "ratio_exchange": "Bybit",
    "delay": 90,
    "max_age_intervals": 2,
    "lookback": 3,
    "bands": {"oi": 0.01},
    "modifiers": {"conflict": 0.9},
    "extremes": {"taker": {"high": 1.5}},
    "min_confidence": 0.6,
    "levels_source": "heatmap",
    "levels": {"half_life_days": 3.0},
    "snapshot_every": 30,
    "trailing": {"atr_period": 20},
    "alerts": ["state_flip"],
    "custom": [{"name": "basis", "path": "/api/futures/basis/history", "field": "close_basis"}],
    "settle": {"order_book": 1},
    "neutral": ["funding_rate"],
    "store_dir": "/data/coinglass",
    "producer": "upstream",
    "calls_super": ["custom_exit"],
}
#: Where files lie, who is told, who computes and what is not checked.
PLACES = {"base_url", "api_key_file", "store_dir", "alerts", "producer", "calls_super"}


@pytest.mark.parametrize("key", DOCUMENTED)
def test_every_documented_key_is_a_setting(key):
    """And each changes something."""
    assert of(**{key: DOCUMENTED[key]}) != of()
    assert set(DOCUMENTED) == set(CoinglassSettings.model_fields)


def test_values_come_out_in_their_own_types():
    """Paths, sorted intervals, tuples."""
    settings = of(**DOCUMENTED)
    assert settings.intervals == ("1h", "4h")
    assert settings.datasets == ("open_interest", "liquidation")
    assert settings.api_key_file == Path("~/key")


def test_a_part_of_a_section_leaves_the_rest_at_its_default():
    """Merged key by key, at any depth."""
    settings = of(
        bands={"oi": 0.01},
        modifiers={"states": {"CONFIRM_BULL": {"long": 1.10}}, "taker": {"low": {"short": 1.0}}},
    )
    assert (settings.bands.oi, settings.bands.price) == (0.01, 0.003)
    assert settings.modifiers.states.CONFIRM_BULL.model_dump() == {"long": 1.10, "short": 0.88}
    assert settings.modifiers.states.CONFIRM_BEAR == of().modifiers.states.CONFIRM_BEAR
    assert settings.modifiers.taker.low.model_dump() == {"long": 0.95, "short": 1.0}
    assert settings.modifiers.taker.high == of().modifiers.taker.high


def test_a_strategys_parameter_beats_the_config_which_beats_the_default():
    """And leaves the settings it came from as they were."""
    config = of(bands={"oi": 0.01, "price": 0.02})
    parameter = config.override(bands={"oi": 0.03})
    assert (parameter.bands.oi, parameter.bands.price) == (0.03, 0.02)
    assert config.bands.oi == 0.01
    assert config.override() == config


def test_adaptive_is_a_word_or_a_key_and_keeps_k():
    """`bands: "adaptive"` is short for {"adaptive": true}."""
    assert of(bands="adaptive").bands.adaptive
    assert of(bands="adaptive") == of(bands={"adaptive": True})
    assert of(bands={"k": 2.0}).override(bands="adaptive").bands.k == 2.0


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"lookbak": 2}, "coinglass.lookbak: unknown setting; did you mean 'lookback'?"),
        (
            {"bands": {"io": 1}},
            "coinglass.bands.io: unknown setting; there are oi, price, adaptive, k.",
        ),
        (
            {"modifiers": {"states": {"CONFIRM_BUL": {"long": 1.0}}}},
            "coinglass.modifiers.states.CONFIRM_BUL: unknown setting; did you mean 'CONFIRM_BULL'?",
        ),
        ({"trailing": {"atr_perod": 3}}, "did you mean 'atr_period'"),
        ({"datasets": ["fundingrate"]}, "unknown dataset, did you mean 'funding_rate'? There are"),
        ({"datasets": ["xyz"]}, "unknown dataset. There are open_interest, funding_rate"),
        ({"datasets": []}, "coinglass.datasets: at least one dataset"),
        ({"datasets": ["liquidation"] * 2}, "a dataset is named twice"),
        ({"datasets": "liquidation"}, "coinglass.datasets: Input should be a valid list"),
        ({"exchange_list": []}, "coinglass.exchange_list"),
    ],
    ids=str,
)
def test_an_unknown_name_is_met_with_what_was_meant_or_what_there_is(section, message):
    """In the words of the config."""
    assert message in refusal(**section)


@pytest.mark.parametrize(
    "value",
    ["1h", ["1h", "7h"], ["1w"], ["1h", "1h"], [], ["1h", "4h", "1d"], 5, None, [1], [["1h"]]],
    ids=str,
)
def test_intervals_are_auto_or_one_or_two_known_ones(value):
    """One line that says so."""
    message = refusal(intervals=value)
    assert message.startswith('coinglass.intervals: must be "auto", or a list of one or two')
    assert "1m, 3m, 5m" in message and "1d" in message
    assert "\n" not in message


@pytest.mark.parametrize("name", ["api_key", "apiKey", "API-KEY", "key", "COINGLASS_API_KEY"])
def test_a_key_in_the_config_is_refused_with_the_two_places_where_it_may_be(name):
    """The value is not in the message."""
    message = refusal(**{name: SECRET})
    assert "environment variable COINGLASS_API_KEY" in message
    assert "coinglass.api_key_file" in message


_WRONG = [SECRET, [SECRET], {SECRET: SECRET}, [[SECRET]], [{SECRET: SECRET}], [{"name": SECRET}]]


@pytest.mark.parametrize("name", [*CoinglassSettings.model_fields, SECRET])
def test_whatever_is_pasted_anywhere_is_in_no_message_and_in_nothing_that_hangs_on_it(name):
    """As a value of any shape, or as a name; a setting that takes any text takes it."""
    for value in _WRONG:
        try:
            of(**{name: value})
        except SettingsError as error:
            assert SECRET not in str(error)
            assert error.__context__ is None and error.__cause__ is None


@pytest.mark.parametrize("name", ["coinglass_api_key", "CG-API-KEY", "coinglass_key"])
def test_a_key_beside_the_section_is_refused_as_well(name):
    """FREQTRADE__COINGLASS_API_KEY puts it there; another program's key is no matter of ours."""
    with pytest.raises(SettingsError, match="environment variable COINGLASS_API_KEY") as raised:
        CoinglassSettings.from_config({"coinglass": {}, name: SECRET})
    assert SECRET not in str(raised.value)
    CoinglassSettings.from_config({"telegram": {"key": SECRET}, "api_key": SECRET})


@pytest.mark.parametrize(
    "section",
    [
        {"plan": SECRET},
        {"delay": SECRET},
        {"bands": SECRET},
        {"bands": {"oi": SECRET}},
        {"base_url": {"a": SECRET}},
        {"datasets": [SECRET]},
        {"datasets": SECRET},
        {"intervals": SECRET},
        {"intervals": [SECRET]},
        {"levels_source": SECRET},
        {"secret": SECRET},
        {"trailing": {"api_key": SECRET}},
        {"trailing": {"at_target": SECRET}},
        {"modifiers": {"states": {"CONFIRM_BULL": SECRET}}},
    ],
    ids=str,
)
def test_no_message_repeats_a_value(section):
    """People paste keys into the wrong field; the place is named, the value is not."""
    assert f"coinglass.{next(iter(section))}" in refusal(**section)


def test_a_section_that_is_no_object_is_refused():
    """Without its value."""
    for section in (SECRET, [SECRET], None):
        with pytest.raises(SettingsError, match="must be an object") as raised:
            CoinglassSettings.from_config({"coinglass": section})
        assert SECRET not in str(raised.value)


@pytest.mark.parametrize("state", ["CONFIRM_BULL", "LONG_LIQUIDATION"])
@pytest.mark.parametrize("side", ["long", "short"])
@pytest.mark.parametrize("value", [0.8799, 1.1501, float("nan"), float("inf"), "x"])
def test_factors_stay_inside_vectras_range(state, side, value):
    """From the config and from a strategy's parameter."""
    place = f"coinglass.modifiers.states.{state}.{side}"
    modifiers = {"states": {state: {side: value}}}
    assert place in refusal(modifiers=modifiers)
    with pytest.raises(SettingsError, match=re.escape(place)):
        of().override(modifiers=modifiers)


def test_the_edges_of_the_range_are_inside():
    """0.88 and 1.15."""
    for value in (MULTIPLIER_MIN, MULTIPLIER_MAX):
        factors = of(modifiers={"funding": {"high": {"long": value}}}).modifiers.funding
        assert factors.high.long == value
    assert (MULTIPLIER_MIN, MULTIPLIER_MAX) == (0.88, 1.15)


@pytest.mark.parametrize(
    "section",
    [
        {"bands": {"oi": 0}},
        {"bands": {"k": float("inf")}},
        {"delay": -1},
        {"lookback": 0},
        {"max_age_intervals": 0},
        {"min_confidence": 1.1},
        {"modifiers": {"conflict": 1.01}},
        {"extremes": {"funding": {"high_rate": float("nan")}}},
        {"extremes": {"lsr": {"high": 0.4}}},
        {"extremes": {"taker": {"low": 1.1}}},
    ],
    ids=str,
)
def test_numbers_out_of_bounds_are_refused_by_name(section):
    """The message leads to the setting."""
    assert f"coinglass.{next(iter(section))}" in refusal(**section)


def test_several_mistakes_are_told_at_once():
    """One line each."""
    assert len(refusal(delay=-1, lookback=0, nonsense=1).splitlines()) == 3


@pytest.mark.parametrize("key", DOCUMENTED)
def test_the_fingerprint_tells_results_apart_and_not_places(key):
    """It has no file places, and the strategy's own note in the section is no setting."""
    same = of(**{key: DOCUMENTED[key]}).fingerprint() == of().fingerprint()
    assert same == (key in PLACES)
    assert of(**{FINGERPRINT_KEY: "written by the strategy"}) == of()


def test_every_dataset_of_the_columns_can_be_chosen():
    """By its name."""
    assert of(datasets=list(DATASET_CODES)).datasets == tuple(DATASET_CODES)


def test_rows_of_a_dataset_or_of_a_custom_column_may_settle_for_whole_intervals():
    basis = DOCUMENTED["custom"]
    settings = of(custom=basis, settle={"order_book": 2, "basis": 1, "bitcoin_dominance": 0})
    release = Release.of(settings)
    assert release.intervals("order_book") == 2
    assert release.intervals("custom_basis") == 1
    assert release.intervals("open_interest") == release.intervals("bitcoin_dominance") == 0
    assert settings.fingerprint() != of(custom=basis).fingerprint()
    assert Release.of(of(custom=basis, settle={"custom_basis": 1})) == Release(
        timedelta(seconds=60), {"custom_basis": 1}
    )


@pytest.mark.parametrize(
    ("settle", "told"),
    [
        ({"orderbook": 1}, "coinglass.settle: unknown dataset, did you mean 'order_book'?"),
        ({"basi": 1}, "did you mean 'basis'?"),
        ({"large_orders": 1}, "large_orders can't settle, its orders have no intervals"),
        ({"liquidation_map": 1}, "liquidation_map can't settle, its snapshots have no intervals"),
        ({"order_book": -1}, "coinglass.settle.order_book: Input should be greater than or equal"),
        ({"order_book": 0.5}, "coinglass.settle.order_book: Input should be a valid integer"),
        ({"basis": 1, "custom_basis": 2}, "the custom column basis is named twice"),
    ],
)
def test_what_can_not_settle_is_refused_with_the_reason(settle, told):
    with pytest.raises(SettingsError) as raised:
        of(custom=DOCUMENTED["custom"], settle=settle)
    assert told in str(raised.value)
