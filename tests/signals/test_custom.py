"""A field of any history endpoint as a column, joined like the built-in ones."""

import numpy as np
import pandas as pd
import pytest

from tests.support.frames import DELAY, utc
from vectra_freqtrade.errors import SettingsError
from vectra_freqtrade.feed.provider import HistoryProvider
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.rows import downloaded
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.settings import CoinglassSettings
from vectra_freqtrade.signals.assemble import PairData, add_columns, native_keys

BASIS = {
    "name": "basis",
    "path": "/api/futures/basis/history",
    "field": "close_basis",
    "scope": "pair",
    "scale": 0.01,
}
WHALES = {"name": "whale_index", "path": "/api/index/whales", "field": "value", "daily": True}


def with_custom(*custom):
    return CoinglassSettings().override(datasets=["funding_rate"], custom=list(custom))


def test_a_custom_column_is_visible_from_its_rows_available_at_on_and_not_before(tmp_path):
    settings = with_custom(BASIS)
    series = Series("custom_basis", "Binance_BTCUSDT", "1h")
    hours = pd.date_range(utc("2025-01-01"), periods=5, freq="1h", unit="ms")
    rows = pd.DataFrame({"time": hours, "basis": np.arange(5.0)})
    store = Store(tmp_path)
    store.add(series, downloaded(series, rows, DELAY))
    candles = pd.DataFrame(
        {"date": pd.date_range(utc("2025-01-01"), periods=36, freq="5min"), "close": 1.0}
    )
    known = HistoryProvider(store).rows(series, utc("2025-01-01 03:00"))
    data = PairData({("custom_basis", "1h"): known}, {})
    frame = add_columns(candles, 300_000, data, settings, ("1h", "4h"))
    seen = frame["cg_basis_1h"]
    # The row of 00:00 is known at 01:01: the first candle that decides after that is 01:00's.
    assert seen.iloc[:12].isna().all()
    assert (seen.iloc[12:24] == 0.0).all()
    assert (seen.iloc[24:36] == 1.0).all()
    assert frame["cg_basis_4h"].isna().all()
    assert frame["cg_fresh"].eq(0.0).all()


def test_the_column_exists_without_data_and_after_the_built_in_ones():
    candles = pd.DataFrame(
        {"date": pd.date_range(utc("2025-01-01"), periods=3, freq="5min"), "close": 1.0}
    )
    settings = with_custom(BASIS, WHALES)
    frame = add_columns(candles, 300_000, PairData({}, {}), settings, ("1h",))
    assert list(frame.columns[-2:]) == ["cg_basis_1h", "cg_whale_index"]
    assert frame["cg_whale_index"].isna().all()
    assert ("custom_whale_index", "1d") in set(native_keys(settings, ("1h",)))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "oi"}, "built-in column"),
        ({"name": "Basis"}, "pattern"),
        ({"path": "http://elsewhere/api"}, "pattern"),
        ({"fields": "x"}, "unknown setting"),
        ({"plan": "gold"}, "hobbyist"),
        ({"scale": float("inf")}, "finite"),
    ],
)
def test_a_wrong_entry_is_named(changes, said):
    with pytest.raises(SettingsError, match=said):
        with_custom({**BASIS, **changes})
    with pytest.raises(SettingsError, match="twice"):
        with_custom(BASIS, BASIS)


def test_custom_columns_are_part_of_the_fingerprint():
    assert with_custom(BASIS).fingerprint() != with_custom().fingerprint()
