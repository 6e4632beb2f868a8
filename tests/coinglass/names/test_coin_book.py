"""How many requests a coin with several names takes, as far as known without asking."""

import json
from pathlib import Path

from tests.coinglass.clocks import FakeClock
from tests.coinglass.named_fake import NamedCoinglass, pepe
from tests.support.stuck_locks import StuckLocks
from vectra_freqtrade.catalogue.coin_names import Coin, Name
from vectra_freqtrade.catalogue.datasets import DATASETS
from vectra_freqtrade.catalogue.symbols import DEFAULT_VENUES
from vectra_freqtrade.coinglass.account.plan import request_load
from vectra_freqtrade.coinglass.names.coin_book import CoinBook, Sources

LISTS = {
    "Binance": {"1000PEPEUSDT": ["1000PEPE", "USDT"], "BTCUSDT": ["BTC", "USDT"]},
    "OKX": {"PEPE-USDT-SWAP": ["PEPE", "USDT"]},
    "Hyperliquid": {"kPEPE-USD": ["kPEPE", "USD"]},
}


def requests(folder: Path | None) -> dict[str, int]:
    sources = Sources(DEFAULT_VENUES, folder)
    return {
        f"{name} {coin}": sources.requests(DATASETS[name], coin)
        for name in ("open_interest", "funding_rate", "taker_volume", "exchange_netflow")
        for coin in ("BTC", "PEPE")
    }


def test_each_name_is_a_request_and_funding_needs_open_interest_as_well(tmp_path):
    alone = dict.fromkeys(requests(None), 1)
    assert requests(None) == alone, "nothing is known"
    (tmp_path / "pairs.json").write_text(json.dumps({"until": 0, "pairs": LISTS}))
    listed = alone | {"open_interest PEPE": 3, "funding_rate PEPE": 6, "taker_volume PEPE": 3}
    assert requests(tmp_path) == listed
    with NamedCoinglass(pepe()).client(tmp_path) as client:
        client.made_of("open_interest", "PEPE")
    assert requests(tmp_path) == listed | {"taker_volume PEPE": 2}


def test_what_is_due_counts_every_name(tmp_path):
    (tmp_path / "pairs.json").write_text(json.dumps({"until": 0, "pairs": LISTS}))
    of = Sources(DEFAULT_VENUES, tmp_path).requests
    series = [("open_interest", "PEPE"), ("funding_rate", "PEPE"), ("open_interest", "BTC")]
    assert request_load(series, 2, 300, 60, DATASETS, of).requests == 2 * (3 + 6 + 1)
    assert request_load(series, 2, 300, 60).requests == 2 * 3
    assert "Set coinglass.delay to 50" in request_load(series, 2, 30, 40, DATASETS, of).advice()


def test_a_process_that_hangs_with_the_file_holds_nobody_up_for_long(tmp_path, monkeypatch):
    locks, clock = StuckLocks(monkeypatch), FakeClock()
    book = CoinBook(tmp_path, clock.monotonic)
    for number in range(20):
        coin = Coin(f"C{number}", (Name(f"C{number}"),))
        book.update(lambda now, coin=coin: now.with_coin(coin))
    assert locks.seconds <= 1.0
    assert len(book.names.coins) == 20, "what it decided is known to it"
    locks.let_go()
    CoinBook(tmp_path).update(lambda now: now.with_coin(Coin("OTHER", (Name("OTHER"),))))
    clock.time += 61
    assert len(book.names.coins) == 21
    assert len(CoinBook(tmp_path).names.coins) == 21
