from datetime import UTC, datetime, timedelta

import httpx

from tests.coinglass.clocks import FakeClock
from tests.coinglass.fake import FakeCoinglass, envelope
from vectra_freqtrade.history.order_download import download_orders
from vectra_freqtrade.history.orders import Orders

NOW = datetime(2026, 11, 23, 6, 0, 30, tzinfo=UTC)
SYMBOL = "Binance_BTCUSDT"


def served(server: FakeCoinglass) -> None:
    """Every hour one order that lasted ten minutes."""

    def book(request: httpx.Request) -> httpx.Response | None:
        params = request.url.params
        if params.get("state") != "2":
            return None
        hour = 3_600_000
        first = -(-int(params["start_time"]) // hour)
        return envelope(
            [
                {
                    "id": number,
                    "limit_price": 100.0,
                    "start_time": number * hour,
                    "start_usd_value": 2e6,
                    "executed_usd_value": 1e6,
                    "order_side": 1 + number % 2,
                    "order_state": 2,
                    "order_end_time": number * hour + 600_000,
                }
                for number in range(first, -(-int(params["end_time"]) // hour))
            ]
        )

    server.first.append(book)


def test_orders_are_fetched_day_by_day_once_and_known_a_delay_after_their_end(tmp_path):
    server = FakeCoinglass(FakeClock(NOW.timestamp()), rate=None)
    served(server)
    orders = Orders(tmp_path)
    with server.client() as client:
        client._http.limiter.assume(30_000)
        added = download_orders(client, orders, SYMBOL, NOW - timedelta(days=9), NOW)
        asked = len(server.seen)
        again = download_orders(client, orders, SYMBOL, NOW - timedelta(days=9), NOW)
    frame = orders.read(SYMBOL)
    assert added == len(frame) == 9 * 24
    assert again == 0
    # The last day may not have been whole; the others are not asked for again.
    assert len(server.seen) - asked <= 3 * 2
    assert (frame["end_available_at"] - frame["end"] == timedelta(seconds=60)).all()
