"""A field of any history endpoint as a column, joined like the built-in ones."""

import numpy as np
import pandas as pd
import pytest

from tests.coinglass.sample_answers import data as sample_data
from tests.support.frames import DELAY, utc
from vectra_freqtrade.catalogue.datasets import DATASETS, Kind
from vectra_freqtrade.coinglass.answers.rows import Asked, rows
from vectra_freqtrade.data.history import HistoryProvider
from vectra_freqtrade.errors import ContractError, SettingsError, StoreError
from vectra_freqtrade.history.holdings import holdings
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.rows import downloaded
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.settings.section import CoinglassSettings
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
    series = Series.of(settings.catalogue["custom_basis"], "Binance_BTCUSDT", "1h")
    hours = pd.date_range(utc("2025-01-01"), periods=5, freq="1h", unit="ms")
    held = pd.DataFrame({"time": hours, "basis": np.arange(5.0)})
    store = Store(tmp_path)
    store.add(series, downloaded(series, held, DELAY))
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
        ({"name": "oi_change_1h", "daily": True}, "ends with an interval"),
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


@pytest.mark.parametrize("wrap", [lambda data: data, lambda data: [data]], ids=["object", "list"])
def test_a_history_in_lists_is_a_column_too(wrap):
    """As the fear and greed index comes: values beside their times, of the captured length."""
    told = {"path": "/api/index/fear-greed-history", "scope": "market", "daily": True}
    fear = {"name": "fear_greed", "field": "data_list", "time": "time_list", **told}
    spec = with_custom(fear).catalogue["custom_fear_greed"]
    values = sample_data("fear-greed")["data_list"]
    first = utc("2025-01-01")
    stamps = [int(first.timestamp()) + day * 86_400 for day in range(len(values))]
    answer = wrap({"time_list": stamps, "price_list": [], "data_list": values})
    now = first + pd.Timedelta(days=60)
    asked = Asked(spec, "1d", first, now, now, DELAY)
    frame = rows(asked, [answer])
    assert frame["fear_greed"].tolist() == values
    assert frame["time"].iloc[0] == first
    broken = wrap({"time_list": stamps, "data_list": values[1:]})
    with pytest.raises(ContractError, match="do not fit"):
        rows(asked, [broken])


def test_two_bots_in_one_process_keep_their_columns_apart():
    """Neither sees the other's, and what is built in is the same for both."""
    one, other = with_custom(BASIS), with_custom({**BASIS, "scale": 1.0, "daily": True})
    assert one.catalogue["custom_basis"].endpoints[0].fields[0].scale == 0.01
    assert one.catalogue["custom_basis"].kind is Kind.INTERVAL
    assert other.catalogue["custom_basis"].kind is Kind.DAILY
    assert "custom_basis" not in with_custom().catalogue
    assert not any(name.startswith("custom_") for name in DATASETS)
    assert with_custom().catalogue == dict(DATASETS)


def test_the_store_lists_the_history_of_a_column_whoever_asks(tmp_path):
    series = Series.of(with_custom(BASIS).catalogue["custom_basis"], "Binance_BTCUSDT", "1h")
    hours = pd.date_range(utc("2025-01-01"), periods=5, freq="1h", unit="ms")
    held = pd.DataFrame({"time": hours, "basis": np.arange(5.0)})
    store = Store(tmp_path)
    store.add(series, downloaded(series, held, DELAY))
    (held,) = holdings(store, utc("2025-01-02"))
    assert (held.dataset, held.symbol, held.rows, held.problem) == (
        "custom_basis",
        "Binance_BTCUSDT",
        5,
        "",
    )


@pytest.mark.parametrize(
    "change",
    [{"scale": 1.0}, {"field": "open_basis"}, {"params": {"unit": "x"}}, {"path": "/api/other"}],
    ids=lambda change: next(iter(change)),
)
def test_a_column_that_is_defined_anew_never_reads_rows_of_the_old_one(tmp_path, change):
    """They would be of another field, or in another unit; the message says what to do."""

    def series(**changes: object) -> Series:
        spec = with_custom({**BASIS, **changes}).catalogue["custom_basis"]
        return Series.of(spec, "Binance_BTCUSDT", "1h")

    held = pd.DataFrame({"time": [utc("2025-01-01")], "basis": [1.0]})
    store = Store(tmp_path)
    store.add(series(), downloaded(series(), held, DELAY))
    for use in (
        lambda: store.read(series(**change)),
        lambda: store.add(series(**change), downloaded(series(), held, DELAY)),
        lambda: store.refresh(series(**change), downloaded(series(), held, DELAY)),
    ):
        with pytest.raises(StoreError, match="the settings want"):
            use()
    assert len(store.read(series(plan="startup"))) == 1
