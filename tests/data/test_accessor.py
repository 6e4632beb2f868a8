"""From a pair to what is known of it, over a store."""

from datetime import UTC
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from freqtrade.exceptions import ConfigurationError, OperationalException

from tests.support.frames import native_rows, random_candles, stored_provider, utc
from vectra_freqtrade.catalogue.coin_names import Coin, Name
from vectra_freqtrade.coinglass.names.coin_book import CoinBook
from vectra_freqtrade.data.accessor import CoinglassAccessor
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.signals.model_features import model_features

START = utc("2026-01-01")
HOUR_MS = 3_600_000


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COINGLASS_API_KEY", raising=False)


def accessor(root: Path, **sections: object) -> CoinglassAccessor:
    section = {"datasets": ["open_interest"], "intervals": ["1h"], "store_dir": str(root)}
    section |= sections
    config = {
        "coinglass": section,
        "exchange": {"name": "binance"},
        "user_data_dir": root,
        "trading_mode": "futures",
    }
    return CoinglassAccessor(SimpleNamespace(config=config, timeframe="1h", dp=None))


@pytest.mark.parametrize(
    ("pair", "units"), [("1000PEPE/USDT:USDT", 1000), ("PEPE/USDT:USDT", 1), ("PEPE/USDC:USDC", 1)]
)
def test_open_interest_in_usd_is_right_whatever_a_pairs_price_is_for(
    tmp_path: Path, pair: str, units: int
):
    """All pairs of a coin read one file; a price of 1000PEPE is that of a thousand."""
    rows = native_rows("open_interest", START, 48, HOUR_MS, 1)
    stored_provider(tmp_path, [(Series("open_interest", "PEPE", "1h"), rows, None)])
    candles = random_candles(START, 48, HOUR_MS, 1)
    added = accessor(tmp_path).add_columns(candles, pair)
    # A row closes with its candle and is out a minute later: the next candle has it.
    usd = (rows["oi"] * candles["close"] / units).shift(1)
    pd.testing.assert_series_equal(added["cg_oi_usd_1h"], usd, check_names=False)


def test_features_are_made_of_the_same_columns_and_add_no_others(tmp_path: Path):
    rows = native_rows("open_interest", START, 48, HOUR_MS, 1)
    stored_provider(tmp_path, [(Series("open_interest", "PEPE", "1h"), rows, None)])
    candles = random_candles(START, 48, HOUR_MS, 1)
    ours = accessor(tmp_path)
    shown = ours.add_features(candles, "PEPE/USDT:USDT")
    assert list(shown)[: len(candles.columns)] == list(candles)
    features = shown.drop(columns=list(candles))
    assert "%-cg_oi_change_1h" in features
    assert all(name.startswith("%-cg_") for name in features)
    expected = model_features(ours.add_columns(candles, "PEPE/USDT:USDT"), ("1h",))
    pd.testing.assert_frame_equal(features, expected)


def test_features_are_the_same_for_dates_as_objects(tmp_path: Path):
    """FreqAI joins candles of the disk with a bot's new ones, which have another kind of UTC."""
    rows = native_rows("open_interest", START, 48, HOUR_MS, 1)
    stored_provider(tmp_path, [(Series("open_interest", "PEPE", "1h"), rows, None)])
    candles = random_candles(START, 48, HOUR_MS, 1)
    old, new = candles.iloc[:40].copy(), candles.iloc[40:].copy()
    old["date"] = old["date"].dt.tz_convert(ZoneInfo("UTC")).dt.as_unit("ms")
    new["date"] = new["date"].dt.tz_convert(UTC).dt.as_unit("us")
    joined = pd.concat([old, new], ignore_index=True)
    assert joined["date"].dtype == object
    ours = accessor(tmp_path)
    shown = ours.add_features(joined, "PEPE/USDT:USDT")
    expected = ours.add_features(candles, "PEPE/USDT:USDT")
    pd.testing.assert_frame_equal(shown.drop(columns="date"), expected.drop(columns="date"))
    assert (shown["date"] == expected["date"]).all()


class _Untouchable:
    def __getattribute__(self, name: str) -> None:
        raise AssertionError(f"{name} is the loop's own")


def test_features_are_made_without_what_the_loop_keeps(tmp_path: Path):
    """FreqAI trains in a thread of its own, beside the bot's loop."""
    ours = accessor(tmp_path)
    ours._features, ours._live = _Untouchable(), _Untouchable()  # type: ignore[assignment]
    assert len(ours.add_features(random_candles(START, 48, HOUR_MS, 1), "PEPE/USDT:USDT")) == 48


@pytest.mark.parametrize("section", [{"lookback": 4}, {"datasets": ["funding_rate"]}])
def test_what_is_in_the_columns_already_is_not_judged_again(
    tmp_path: Path, section: dict[str, object]
):
    """Bands of another lookback over changes of the old one would be wrong without a word."""
    coinglass = accessor(tmp_path)
    added = coinglass.add_columns(random_candles(START, 48, HOUR_MS, 1), "BTC/USDT:USDT")
    with pytest.raises(ConfigurationError, match=f"can't replace {next(iter(section))}"):
        coinglass.judge(added, **section)


@pytest.mark.parametrize(
    ("sections", "shift"),
    [
        ({}, 1),
        ({"settle": {"open_interest": 1}}, 2),
        ({"settle": {"open_interest": 3}}, 4),
        ({"delay": 0}, 0),
        ({"delay": 3601}, 2),
        ({"settle": {"order_book": 1}}, 1),
    ],
)
def test_a_changed_settle_or_delay_takes_effect_at_once_without_a_download(
    tmp_path: Path, sections: dict[str, object], shift: int
):
    """The same file; and freqtrade must not hand out the result that it made before."""
    rows = native_rows("open_interest", START, 48, HOUR_MS, 1)
    series = Series("open_interest", "BTC", "1h")
    stored_provider(tmp_path, [(series, rows, None)])
    before = series.path(tmp_path).read_bytes()
    candles = random_candles(START, 48, HOUR_MS, 1)
    first, changed = accessor(tmp_path), accessor(tmp_path, **sections)
    seen = changed.add_columns(candles, "BTC/USDT:USDT")["cg_oi_1h"]
    pd.testing.assert_series_equal(seen, rows["oi"].shift(shift), check_names=False)
    assert series.path(tmp_path).read_bytes() == before
    prints = [each._strategy.config["coinglass"]["data_fingerprint"] for each in (first, changed)]
    assert (prints[0] == prints[1]) == (not sections)


def measured(root: Path, *coins: Coin) -> None:
    """What a download or a bot decided beside the store."""
    book = CoinBook(root / ".client")
    for coin in coins:
        book.update(lambda now, coin=coin: now.with_coin(coin))


def test_a_backtest_follows_what_was_measured_of_a_name(tmp_path: Path):
    """1000X is a coin of its own: its file, and its price for one."""
    rows = native_rows("open_interest", START, 48, HOUR_MS, 1)
    other = native_rows("open_interest", START, 48, HOUR_MS, 2)
    series = [Series("open_interest", coin, "1h") for coin in ("1000X", "X")]
    stored_provider(tmp_path, [(series[0], rows, None), (series[1], other, None)])
    candles = random_candles(START, 48, HOUR_MS, 1)
    by_text = accessor(tmp_path).add_columns(candles, "1000X/USDT:USDT")
    usd = (other["oi"] * candles["close"] / 1000).shift(1)
    pd.testing.assert_series_equal(by_text["cg_oi_usd_1h"], usd, check_names=False)
    measured(tmp_path, Coin("X", (Name("X"),), apart=("1000X",), measured=1.0))
    decided = accessor(tmp_path)
    added = decided.add_columns(candles, "1000X/USDT:USDT")
    usd = (rows["oi"] * candles["close"]).shift(1)
    pd.testing.assert_series_equal(added["cg_oi_usd_1h"], usd, check_names=False)
    assert str(decided.series_of("open_interest", "X/USDT:USDT", "1h")) == "open_interest X 1h"


def test_what_was_measured_is_part_of_the_fingerprint(tmp_path: Path):
    before = fingerprint(accessor(tmp_path))
    measured(tmp_path, Coin("BTC", (Name("BTC", venues=("OKX",)),)))
    assert fingerprint(accessor(tmp_path)) == before, "a plain coin changes nothing"
    names = (Name("PEPE"), Name("1000PEPE", 1000, 1000))
    measured(tmp_path, Coin("PEPE", names, left_out=("kPEPE",), measured=1.0))
    decided = fingerprint(accessor(tmp_path))
    measured(tmp_path, Coin("PEPE", names, measured=2.0))
    assert before != decided != fingerprint(accessor(tmp_path))


def test_a_backtest_over_a_file_of_other_names_says_what_it_holds_and_what_to_do(tmp_path: Path):
    rows = native_rows("open_interest", START, 48, HOUR_MS, 1)
    stored_provider(tmp_path, [(Series("open_interest", "PEPE", "1h"), rows, None)])
    names = (Name("PEPE"), Name("1000PEPE", 1000, 1000))
    measured(tmp_path, Coin("PEPE", names, measured=1.0))
    candles = random_candles(START, 48, HOUR_MS, 1)
    with pytest.raises(OperationalException, match="download-data") as caught:
        accessor(tmp_path).add_columns(candles, "1000PEPE/USDT:USDT")
    assert "made of PEPE alone" in str(caught.value)
    assert "made of PEPE + 1000PEPE × 1000" in str(caught.value)


def fingerprint(ours: CoinglassAccessor) -> str:
    told: str = ours._strategy.config["coinglass"]["data_fingerprint"]
    return told


ROWS = (Series("open_interest", "BTC", "1h"), Series("funding_rate", "BTC", "1h"))


@pytest.fixture
def both(tmp_path: Path) -> Path:
    rows = [(s, native_rows(s.dataset, START, 48, HOUR_MS, 1), None) for s in ROWS]
    stored_provider(tmp_path, rows)
    return tmp_path


def test_neutral_columns_are_there_at_their_empty_values_and_nothing_is_said(
    both: Path, caplog: pytest.LogCaptureFixture
):
    """The same as over a store that holds nothing, but for what is logged."""
    candles, pair = random_candles(START, 48, HOUR_MS, 1), "BTC/USDT:USDT"
    datasets = ["open_interest", "funding_rate", "large_orders"]
    section = {"datasets": datasets, "levels_source": "heatmap"}
    empty = accessor(both / "nothing", **section).add_columns(candles, pair)
    caplog.clear()
    neutral = accessor(both, **section, neutral=True)
    neutral.start()
    pd.testing.assert_frame_equal(neutral.add_columns(candles, pair), empty)
    assert not [record for record in caplog.records if record.levelname == "WARNING"]
    assert not neutral.add_features(candles, pair)["%-cg_oi_change_1h"].any()


def test_one_neutral_dataset_leaves_the_others_as_they_are(both: Path):
    candles, pair = random_candles(START, 48, HOUR_MS, 1), "BTC/USDT:USDT"
    datasets = ["open_interest", "funding_rate"]
    full = accessor(both, datasets=datasets).add_columns(candles, pair)
    part = accessor(both, datasets=datasets, neutral=["funding_rate"]).add_columns(candles, pair)
    assert list(part) == list(full)
    pd.testing.assert_series_equal(part["cg_oi_change_1h"], full["cg_oi_change_1h"])
    assert full["cg_funding_1h"].notna().any() and part["cg_funding_1h"].isna().all()
    assert (part["cg_mod_funding_long"] == 1.0).all()


def test_a_cached_backtest_and_a_model_know_what_was_neutral(both: Path):
    """freqtrade reuses both by the config, and the config holds our fingerprint."""
    told = []
    for neutral in (False, True, ["open_interest"], ["funding_rate"]):
        place = accessor(both, neutral=neutral)._strategy
        told.append(place.config["coinglass"]["data_fingerprint"])
    assert len(set(told)) == 4
