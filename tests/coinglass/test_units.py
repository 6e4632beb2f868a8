"""A coin that CoinGlass lists by the thousand only is stored coin by coin."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.coinglass.clocks import FakeClock
from tests.coinglass.fake import FakeCoinglass, envelope

NOW = datetime(2026, 11, 23, 6, 0, 30, tzinfo=UTC)
HEATMAP = {"y_axis": [7.0, 8.0], "liquidation_leverage_data": [[0, 0, 5.0], [0, 1, 6.0]]}


@pytest.fixture
def server() -> FakeCoinglass:
    """It lists CAT as 1000CAT, PEPE as PEPE, both on Binance by the thousand."""

    def listed(request: httpx.Request) -> httpx.Response | None:
        if request.url.path.endswith("/supported-exchange-pairs"):
            pairs = {"1000CATUSDT": "1000CAT", "1000PEPEUSDT": "PEPE"}
            items = [{"instrument_id": i, "base_asset": base} for i, base in pairs.items()]
            return envelope({"Binance": items})
        return envelope(HEATMAP) if "heatmap" in request.url.path else None

    server = FakeCoinglass(FakeClock(NOW.timestamp()))
    server.first.append(listed)
    return server


def test_open_interest_is_in_single_coins_however_the_coin_is_listed(server):
    span = (NOW - timedelta(days=2), NOW)
    with server.client() as client:
        alone = client.fetch("open_interest", "PEPE", "1h", *span)
        thousands = client.fetch("open_interest", "CAT", "1h", *span)
        usd = client.fetch("taker_volume", "CAT", "1h", *span)
        alike = client.fetch("taker_volume", "PEPE", "1h", *span)
    asked = [r.url.params["symbol"] for r in server.seen if "symbol" in r.url.params]
    assert set(asked) == {"PEPE", "1000CAT"}
    assert (thousands["oi"] == 1000 * alone["oi"]).all()
    assert len(alone) > 40
    assert usd.equals(alike)


def test_levels_are_at_prices_of_a_single_coin_however_it_is_listed(server):
    with server.client() as client:
        alone, _ = client.levels("liquidation_heatmap", "PEPE")
        thousands, _ = client.levels("liquidation_heatmap", "CAT")
    assert alone.levels.to_numpy().tolist() == [[7.0, 5.0], [8.0, 6.0]]
    assert thousands.levels.to_numpy().tolist() == [[0.007, 5.0], [0.008, 6.0]]
