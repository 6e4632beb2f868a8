from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.coinglass.clocks import FakeClock
from tests.coinglass.fake import FakeCoinglass
from tests.coinglass.sample_answers import data
from vectra_freqtrade.coinglass.pair_map import PairMap
from vectra_freqtrade.errors import AuthError, SettingsError, SymbolError, TransientError

LISTS = {
    "Binance": [
        {"instrument_id": "BTCUSDT", "base_asset": "BTC"},
        {"instrument_id": "1000PEPEUSDT", "base_asset": "PEPE"},
        {"instrument_id": "1000CATUSDT", "base_asset": "1000CAT"},
    ],
    "OKX": [{"instrument_id": "BTC-USDT-SWAP", "base_asset": "BTC"}],
}


class Source:
    def __init__(self, answer=LISTS):
        self.answer, self.asked = answer, 0

    def __call__(self, path, live):
        self.asked += 1
        self.live = live
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def test_names_are_checked_against_the_venues_own_list():
    pairs = PairMap(Source(), FakeClock())
    assert pairs.instrument("Binance", "1000PEPEUSDT") == ("Binance", "1000PEPEUSDT")
    assert pairs.instrument("okx", "BTC-USDT-SWAP") == ("OKX", "BTC-USDT-SWAP")
    assert pairs.coin("PEPE") == "PEPE"
    assert pairs.coin("CAT") == "1000CAT"


def test_a_contract_is_found_under_the_ending_of_another_api_version():
    pairs = PairMap(Source(data("supported-exchange-pairs")), FakeClock())
    assert pairs.instrument("Bitget", "BTCUSDT") == ("Bitget", "BTCUSDT_UMCBL")
    reverse = PairMap(
        Source({"Bitget": [{"instrument_id": "BTCUSDT", "base_asset": "BTC"}]}), FakeClock()
    )
    assert reverse.instrument("Bitget", "BTCUSDT_UMCBL") == ("Bitget", "BTCUSDT")


def test_the_lists_are_asked_for_once_a_day_and_kept_for_the_next_process(tmp_path):
    clock, source = FakeClock(), Source()
    file = tmp_path / "pairs.json"
    for _ in range(3):
        PairMap(source, clock, file).coin("BTC")
    assert source.asked == 1
    clock.time += 86_401
    PairMap(source, clock, file).coin("BTC")
    assert source.asked == 2


@pytest.mark.parametrize("content", ["", "[]", '{"until": 9e99, "pairs": {}}', '{"until": "x"}'])
def test_a_broken_file_is_fetched_again(tmp_path, content):
    file, source = tmp_path / "pairs.json", Source()
    file.write_text(content)
    assert PairMap(source, FakeClock(), file).coin("BTC") == "BTC"
    assert source.asked == 1


@pytest.mark.parametrize(
    "answer",
    [TransientError("down"), SymbolError("?"), SettingsError("?"), [], {"Binance": 5}, None],
)
def test_where_the_lists_cant_be_had_the_rule_stands(answer):
    clock, source = FakeClock(), Source(answer)
    pairs = PairMap(source, clock)
    assert pairs.coin("NEW") == "NEW"
    assert pairs.instrument("Binance", "NEWUSDT") == ("Binance", "NEWUSDT")
    assert source.asked == 1
    source.answer = LISTS
    clock.time += 601
    with pytest.raises(SymbolError):
        pairs.coin("NEW")


def test_a_wrong_key_is_not_hidden():
    with pytest.raises(AuthError):
        PairMap(Source(AuthError("no")), FakeClock()).coin("BTC")


def test_unknown_ones_are_said_once(caplog):
    pairs = PairMap(Source(), FakeClock())
    for _ in range(3):
        with pytest.raises(SymbolError):
            pairs.coin("NOPE")
        with pytest.raises(SymbolError):
            pairs.instrument("Binance", "NOPEUSDT")
        with pytest.raises(SymbolError):
            pairs.instrument("Mtgox", "BTCUSD")
    assert len(caplog.records) == 3


@pytest.mark.parametrize("live", [False, True])
def test_who_waits_decides_how_patiently_the_lists_are_asked_for(live):
    source = Source()
    PairMap(source, FakeClock()).coin("BTC", live=live)
    assert source.live is live


def test_a_bots_rows_do_not_wait_for_lists_that_do_not_come():
    clock = FakeClock()
    server = FakeCoinglass(clock)
    down = httpx.Response(503)
    server.first.append(lambda r: down if r.url.path.endswith("-pairs") else None)
    start, now = clock.monotonic(), datetime.fromtimestamp(clock.now(), UTC)
    with server.client() as client:
        frame = client.fetch("open_interest", "BTC", "1h", now - timedelta(days=1), now, live=True)
    assert len(frame) > 20
    assert clock.monotonic() - start < 15
