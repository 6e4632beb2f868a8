import json
import threading
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.coinglass.clocks import FakeClock
from tests.coinglass.fake import FakeCoinglass
from tests.coinglass.sample_answers import data
from vectra_freqtrade.catalogue.coin_names import NOTHING_KNOWN
from vectra_freqtrade.coinglass.names.pair_lists import PairLists
from vectra_freqtrade.coinglass.names.pair_map import PairMap
from vectra_freqtrade.errors import AuthError, SettingsError, SymbolError, TransientError


def item(instrument, base, quote="USDT"):
    return {"instrument_id": instrument, "base_asset": base, "quote_asset": quote}


LISTS = {
    "Binance": [
        item("BTCUSDT", "BTC"),
        item("1000PEPEUSDT", "1000PEPE"),
        item("1000CATUSDT", "1000CAT"),
        item("1000XUSDT", "1000X"),
    ],
    "OKX": [item("BTC-USDT-SWAP", "BTC"), item("PEPE-USDT-SWAP", "PEPE")],
    "Hyperliquid": [item("kPEPE-USD", "kPEPE", "USD"), item("BTC-USD", "BTC", "USD")],
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


def without(lists, *names):
    """Lists that have lost coins."""
    return {v: [i for i in items if i["base_asset"] not in names] for v, items in lists.items()}


def test_names_are_checked_against_the_venues_own_list():
    pairs = PairMap(Source(), FakeClock())
    assert pairs.instrument("Binance", "1000PEPEUSDT") == ("Binance", "1000PEPEUSDT")
    assert pairs.instrument("okx", "BTC-USDT-SWAP") == ("OKX", "BTC-USDT-SWAP")
    lists = pairs.lists()
    assert lists.candidates("PEPE", NOTHING_KNOWN) == {"PEPE": 1, "1000PEPE": 1000, "kPEPE": 1000}
    assert lists.candidates("CAT", NOTHING_KNOWN) == {"1000CAT": 1000}
    assert lists.names["BTC"] == ("Binance", "OKX", "Hyperliquid")


def test_a_contract_is_found_under_the_ending_of_another_api_version():
    pairs = PairMap(Source(data("supported-exchange-pairs")), FakeClock())
    assert pairs.instrument("Bitget", "BTCUSDT") == ("Bitget", "BTCUSDT_UMCBL")
    reverse = PairMap(Source({"Bitget": [item("BTCUSDT", "BTC")]}), FakeClock())
    assert reverse.instrument("Bitget", "BTCUSDT_UMCBL") == ("Bitget", "BTCUSDT")
    hyperliquid = PairMap(Source(), FakeClock())
    assert hyperliquid.instrument("Hyperliquid", "BTC") == ("Hyperliquid", "BTC-USD")


def test_a_contract_with_another_id_is_found_by_its_assets_and_never_one_that_ends():
    lists = {
        "Bybit": [
            item("BTCUSDT-26DEC25", "BTC"),
            item("BTC.PERP.USDT", "BTC"),
            item("BTCPERP", "BTC", "USDC"),
        ],
        "Bitmex": [item("XBTUSDTZ25", "BTC")],
        "Bitfinex": [item("tBTCF0:USTF0", "BTC")],
    }
    pairs = PairMap(Source(lists), FakeClock())
    assert pairs.instrument("Bybit", "BTCUSDT") == ("Bybit", "BTC.PERP.USDT")
    assert pairs.instrument("Bitfinex", "tBTCF0:USTF0") == ("Bitfinex", "tBTCF0:USTF0")
    with pytest.raises(SymbolError):
        pairs.instrument("Bitmex", "XBTUSDT")


def test_a_contract_of_a_coin_by_the_million_does_not_end_on_a_day():
    lists = PairLists.of_answer({"Binance": [item("1000000MOGUSDT", "1000000MOG")]})
    assert lists.contracts("1000000MOG", ["Binance"]) == [("Binance", "1000000MOGUSDT")]


def test_the_lists_are_asked_for_once_a_day_and_kept_for_the_next_process(tmp_path):
    clock, source = FakeClock(), Source()
    file = tmp_path / "pairs.json"
    for _ in range(3):
        held = PairMap(source, clock, file).lists()
        assert held.venues["OKX"]["PEPE-USDT-SWAP"] == ("PEPE", "USDT")
    assert source.asked == 1
    clock.time += 86_401
    PairMap(source, clock, file).lists()
    assert source.asked == 2


def test_a_file_of_an_earlier_version_is_read(tmp_path):
    file, source = tmp_path / "pairs.json", Source()
    clock = FakeClock()
    told = {"until": clock.now() + 60, "pairs": {"OKX": {"BTC-USDT-SWAP": "BTC"}}}
    file.write_text(json.dumps(told))
    assert PairMap(source, clock, file).lists().names == {"BTC": ("OKX",)}
    assert source.asked == 0


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"until": 9e99, "pairs": {}}',
        '{"until": "x"}',
        '{"until": 1763877700, "pairs": {"OKX": {}}}',
        '{"until": 1763877700, "pairs": {"OKX": {"A": ["B", 1]}}}',
        '{"until": 1763877700, "pairs": {"OKX": ["A"]}}',
        '{"until": 1763877700, "pairs": {"OKX": {"A": "B',
    ],
)
def test_a_broken_file_is_fetched_again(tmp_path, content):
    file, source = tmp_path / "pairs.json", Source()
    file.write_text(content)
    assert "BTC" in PairMap(source, FakeClock(), file).lists().names
    assert source.asked == 1


@pytest.mark.parametrize(
    "answer",
    [
        *(TransientError("down"), SymbolError("?"), SettingsError("?")),
        *([], {"Binance": 5}, None, {}, {"Binance": []}),
    ],
)
def test_where_the_lists_cant_be_had_the_rule_stands(answer):
    clock, source = FakeClock(), Source(answer)
    pairs = PairMap(source, clock)
    assert not pairs.lists()
    assert pairs.instrument("Binance", "NEWUSDT") == ("Binance", "NEWUSDT")
    assert source.asked == 1
    source.answer = LISTS
    clock.time += 601
    with pytest.raises(SymbolError):
        pairs.instrument("Binance", "NEWUSDT")


def test_a_wrong_key_is_not_hidden():
    with pytest.raises(AuthError):
        PairMap(Source(AuthError("no")), FakeClock()).lists()


def test_unknown_ones_are_said_once(caplog):
    pairs = PairMap(Source(), FakeClock())
    for _ in range(3):
        with pytest.raises(SymbolError):
            pairs.instrument("Binance", "NOPEUSDT")
        with pytest.raises(SymbolError):
            pairs.instrument("Mtgox", "BTCUSD")
    assert len(caplog.records) == 2


@pytest.mark.parametrize("live", [False, True])
def test_who_waits_decides_how_patiently_the_lists_are_asked_for(live):
    source = Source()
    PairMap(source, FakeClock()).lists(live=live)
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


@pytest.mark.parametrize("known", [True, False], ids=["with an old list", "with none"])
def test_a_bots_lookup_never_waits_for_a_downloads_request(known):
    """The download has minutes of patience; a bot's rows are due now."""
    clock = FakeClock()
    asked, go, patient = threading.Event(), threading.Event(), []
    hasty = []

    def get(path, live):
        if live:
            hasty.append(path)
            raise TransientError("down")
        if patient:
            asked.set()
            assert go.wait(20)
        return LISTS

    pairs = PairMap(get, clock)
    if known:
        pairs.lists()
        clock.time += 86_401
    patient.append(True)
    download = threading.Thread(target=pairs.lists, daemon=True)
    download.start()
    assert asked.wait(20)
    found = []
    bot = threading.Thread(target=lambda: found.append(pairs.lists(live=True)), daemon=True)
    bot.start()
    bot.join(5)
    go.set()
    download.join(20)
    bot.join(20)
    assert found
    assert bool(found[0]) is known, "it waited for the download's request"
    assert len(hasty) == (0 if known else 1), "an old list is good enough for now"
    assert "BTC" in pairs.known().names


def test_two_lookups_of_a_bot_send_one_request():
    clock, count = FakeClock(), []
    asked, go = threading.Event(), threading.Event()

    def get(path, live):
        count.append(live)
        asked.set()
        assert go.wait(20)
        return LISTS

    pairs = PairMap(get, clock)
    found = []
    bots = [
        threading.Thread(target=lambda: found.append(pairs.lists(live=True)), daemon=True)
        for _ in range(4)
    ]
    bots[0].start()
    assert asked.wait(20)
    for bot in bots[1:]:
        bot.start()
    go.set()
    for bot in bots:
        bot.join(20)
    assert len(count) == 1
    assert len(found) == 4 and all(lists.names for lists in found)


SHORTER = {
    "a venue is gone": ({k: v for k, v in LISTS.items() if k != "OKX"}, "OKX"),
    "a venue is empty": (LISTS | {"OKX": []}, "OKX"),
    "a coin in use is gone": (
        LISTS | {"Hyperliquid": [item("BTC-USD", "BTC"), item("ETH-USD", "ETH")]},
        "kPEPE",
    ),
    "few pairs are left": (LISTS | {"Binance": LISTS["Binance"][:2]}, "6 pairs, not 8"),
}


@pytest.mark.parametrize(("shorter", "why"), SHORTER.values(), ids=SHORTER)
def test_a_list_that_is_suddenly_shorter_is_doubted_and_asked_again_in_minutes(
    shorter, why, caplog
):
    clock, source = FakeClock(), Source()
    pairs = PairMap(source, clock, in_use=lambda: ["PEPE", "1000PEPE", "kPEPE"])
    full = pairs.lists()
    clock.time += 86_401
    source.answer = shorter
    for _ in range(3):
        assert pairs.lists() == full
    assert source.asked == 2
    (said,) = caplog.records
    assert why in said.message
    clock.time += 601
    source.answer = LISTS
    assert pairs.lists() == full
    assert source.asked == 3
    clock.time += 80_000
    pairs.lists()
    assert source.asked == 3, "all is well again"


def test_a_shorter_list_that_stays_is_believed_within_a_day_and_not_before_hours(tmp_path, caplog):
    clock, source = FakeClock(), Source()
    file = tmp_path / "pairs.json"
    PairMap(source, clock, file).lists()
    clock.time += 86_401
    source.answer, since = SHORTER["a venue is gone"][0], clock.now()
    while "OKX" in PairMap(source, clock, file).lists().venues:  # each a new process
        clock.time += 300
    assert 4 * 3600 < clock.now() - since < 86_400
    assert source.asked <= 10
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]


def test_contracts_that_come_and_go_are_no_reason_to_doubt():
    clock, source = FakeClock(), Source()
    pairs = PairMap(source, clock, in_use=lambda: ["PEPE"])
    pairs.lists()
    clock.time += 86_401
    source.answer = without(LISTS, "1000X")
    assert "1000X" not in pairs.lists().names


def test_spellings_in_another_case_are_one_name():
    lists = PairLists.of_answer(
        {
            "A": [item("PEPE-1", "PEPE"), item("PEPE-2", "PEPE")],
            "B": [item("PEPE", "PEPE")],
            "C": [item("pepe", "pepe")],
        }
    )
    assert lists.candidates("PEPE", NOTHING_KNOWN) == {"PEPE": 1}
    assert lists.names["PEPE"] == ("A", "B", "C")
