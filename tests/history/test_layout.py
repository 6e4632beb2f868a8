"""Where a series lies."""

from pathlib import Path

import pytest

from vectra_freqtrade.catalogue.columns import DATASET_CODES
from vectra_freqtrade.catalogue.datasets import DATASETS
from vectra_freqtrade.errors import SettingsError
from vectra_freqtrade.history.layout import Series, parse_path, store_dir
from vectra_freqtrade.settings.section import CoinglassSettings


@pytest.mark.parametrize(
    "symbol", ["BTC", "1000PEPE", "Binance_BTCUSDT", "OKX_BTC-USDT-SWAP", "币安人生"]
)
def test_a_path_names_its_series_and_a_series_its_path(symbol):
    """Round trip, also for instruments with dashes."""
    series = Series("open_interest", symbol, "4h")
    path = series.path(Path("store"))
    assert path == Path("store") / "open_interest" / f"{symbol}-4h.feather"
    assert parse_path(path) == series


@pytest.mark.parametrize(
    "name",
    ["open_interest/BTC-1w.feather", "open_interest/BTC.feather", "other/BTC-1h.feather"],
)
def test_other_names_are_not_ours(name):
    """A weekly file, a name without an interval, an unknown dataset."""
    assert parse_path(Path("store") / name) is None


@pytest.mark.parametrize("symbol", ["", "../BTC", "BTC/USDT", ".hidden", "B TC"])
def test_a_symbol_can_not_lead_out_of_the_store(symbol):
    """It would be a file name elsewhere."""
    with pytest.raises(SettingsError, match="symbol"):
        Series("open_interest", symbol, "1h")


def test_an_unknown_dataset_or_interval_is_named_with_what_there_is():
    """So that the message alone helps."""
    with pytest.raises(SettingsError, match="Unknown dataset 'oi': open_interest"):
        Series("oi", "BTC", "1h")
    with pytest.raises(SettingsError, match="Unknown interval '7h'"):
        Series("open_interest", "BTC", "7h")


def test_the_store_lies_beside_the_exchanges_whatever_datadir_says():
    """`store_dir` moves it, and ~ is the user's home."""
    config = {"user_data_dir": Path("ud"), "datadir": Path("elsewhere")}
    assert store_dir(config, CoinglassSettings()) == Path("ud/data/coinglass")
    moved = CoinglassSettings().override(store_dir="~/coins")
    assert store_dir(config, moved) == Path.home() / "coins"


def test_every_stored_value_is_a_column_of_its_dataset():
    """Values are named as the cg_ column without prefix and suffix."""
    for name in ("open_interest", "funding_rate", "long_short_ratio", "taker_volume"):
        assert all(value.startswith(DATASET_CODES[name]) for value in DATASETS[name].values)
