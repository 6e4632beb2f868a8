"""A file says which of CoinGlass's names its rows are made of, and is never mixed with others."""

import json
import logging
import multiprocessing
import pickle
from datetime import timedelta
from pathlib import Path

import httpx
import pandas as pd
import pytest

from tests.coinglass.fake import envelope
from tests.coinglass.named_fake import NOW, Listed, NamedCoinglass, pepe, span
from vectra_freqtrade.catalogue.coin_names import Coin, Name
from vectra_freqtrade.coinglass.names.coin_book import CoinBook
from vectra_freqtrade.errors import StoreError, TransientError
from vectra_freqtrade.history.download.download import Downloader, Result
from vectra_freqtrade.history.holdings import holdings
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.opened import opened
from vectra_freqtrade.history.rows import downloaded
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.live.feed import LiveFeed
from vectra_freqtrade.live.health import Health
from vectra_freqtrade.settings.section import CoinglassSettings

OI = Series("open_interest", "PEPE", "1h")
TAKER = Series("taker_volume", "PEPE", "1h")
BTC = Series("open_interest", "BTC", "1h")
PRICE = 0.0000071
ALL = "PEPE + 1000PEPE × 1000 + kPEPE"


def btc() -> dict[str, Listed]:
    venues = {"Binance": "BTCUSDT", "OKX": "BTC-USDT-SWAP", "Bybit": "BTCUSDT"}
    return {"BTC": Listed(9e9, 90_000, venues=venues)}


def store_of(root: Path, **settings: object) -> Store:
    """As a backtest, a command or a bot opens it."""
    return opened(root, CoinglassSettings(**settings))


def download(
    server: NamedCoinglass, root: Path, *wanted: Series, **settings: object
) -> list[Result]:
    store = store_of(root, **settings)
    with server.client(store.state_dir, **settings) as client:
        return Downloader(client, store, workers=1).run([(each, *span(5)) for each in wanted])


def old_file(root: Path, series: Series) -> Path:
    """As an earlier version wrote it: PEPE alone, and not a word of it."""
    times = pd.date_range(NOW - timedelta(days=5), periods=100, freq="1h").floor("h")
    values = dict.fromkeys(series.spec.values, 1.0)
    frame = pd.DataFrame({"time": times, **values})
    Store(root).add(series, downloaded(series, frame, timedelta(seconds=60)))
    return series.path(root)


def files(root: Path) -> list[str]:
    return sorted(path.name for path in root.rglob("*.feather*"))


def test_a_file_tells_its_names_and_the_list_of_venues(tmp_path):
    server = NamedCoinglass(pepe() | btc())
    download(server, tmp_path, OI, TAKER, BTC)
    store = store_of(tmp_path)
    assert str(store.made_of(OI)) == ALL
    assert str(store.made_of(TAKER)) == "PEPE + 1000PEPE of Binance, OKX, Bybit"
    assert str(store.made_of(BTC)) == "BTC"
    told = {each.dataset: each.names for each in holdings(store, NOW) if each.symbol == "PEPE"}
    assert told["open_interest"] == ALL
    assert len(store.read(OI)) == 5 * 24 - 1
    assert store.read(OI)["oi"].iloc[-1] == pytest.approx(100e6 * 1.005 / PRICE)


def test_an_old_file_of_a_coin_with_one_plain_name_is_read_on(tmp_path):
    old_file(tmp_path, BTC)
    assert len(store_of(tmp_path).read(BTC)) == 100, "nothing is known of the coin"
    server = NamedCoinglass(btc())
    (result,) = download(server, tmp_path, BTC)
    assert result.error is None
    assert files(tmp_path) == ["BTC-1h.feather"]
    assert str(store_of(tmp_path).made_of(BTC)) == "BTC"
    asked = [r for r in server.seen if "interval" in r.url.params]
    assert len(asked) == 1, "it was fetched anew"


@pytest.mark.parametrize("known", ["the lists", "the decision"])
def test_an_old_file_of_a_coin_with_several_names_is_no_file_of_a_backtest(tmp_path, known):
    path = old_file(tmp_path, OI)
    assert len(store_of(tmp_path).read(OI)) == 100, "nothing is known of the coin"
    server = NamedCoinglass(pepe())
    with server.client(tmp_path / ".client") as client:
        client.learn_lists()
        if known == "the decision":
            client.made_of("open_interest", "PEPE")
    with pytest.raises(StoreError, match="download-data") as caught:
        store_of(tmp_path).read(OI)
    assert "PEPE alone, as an earlier version fetched it" in str(caught.value)
    assert (ALL if known == "the decision" else "several names") in str(caught.value)
    assert path.exists()


def test_a_download_sets_an_old_file_aside_and_fetches_the_whole_anew(tmp_path, caplog):
    old = old_file(tmp_path, OI).read_bytes()
    (result,) = download(NamedCoinglass(pepe()), tmp_path, OI)
    assert result.error is None and result.added == 5 * 24 - 1
    assert files(tmp_path) == ["PEPE-1h.feather", "PEPE-1h.feather.old"]
    assert (tmp_path / "open_interest" / "PEPE-1h.feather.old").read_bytes() == old
    assert [each for each in store_of(tmp_path).series()] == [OI]
    assert [ALL in r.message for r in caplog.records if r.levelname == "WARNING"] == [True]
    download(NamedCoinglass(pepe()), tmp_path, OI)
    assert files(tmp_path) == ["PEPE-1h.feather", "PEPE-1h.feather.old"]


def test_another_list_of_venues_is_another_file_and_only_where_the_endpoint_takes_one(tmp_path):
    server = NamedCoinglass(pepe())
    download(server, tmp_path, OI, TAKER)
    two = {"exchange_list": ("Binance", "OKX")}
    assert len(store_of(tmp_path, **two).read(OI)) == 5 * 24 - 1
    with pytest.raises(StoreError, match="of Binance, OKX, Bybit, and the series"):
        store_of(tmp_path, **two).read(TAKER)
    same = {"exchange_list": ("okx", "bybit", "binance")}
    assert len(store_of(tmp_path, **same).read(TAKER)) == 5 * 24 - 1
    download(server, tmp_path, OI, TAKER, **two)
    assert len(store_of(tmp_path, **two).read(TAKER)) == 5 * 24 - 1
    assert files(tmp_path) == ["PEPE-1h.feather", "PEPE-1h.feather", "PEPE-1h.feather.old"]


def test_a_name_that_is_listed_later_starts_a_new_file_and_is_said_once(tmp_path, caplog):
    names = pepe()
    late = {"1000000PEPE": Listed(20e6, 7.1, 10**6, venues={"Zoomex": "1000000PEPEUSDT"})}
    server = NamedCoinglass(names)
    download(server, tmp_path, OI)
    server.names = names | late
    server.clock.time += 86_401
    (result,) = download(server, tmp_path, OI)
    assert result.error is None
    store = store_of(tmp_path)
    assert str(store.made_of(OI)) == "PEPE + 1000PEPE × 1000 + kPEPE + 1000000PEPE × 1000000"
    assert store.read(OI)["oi"].iloc[0] > 119e6 / PRICE
    assert files(tmp_path) == ["PEPE-1h.feather", "PEPE-1h.feather.old"]
    said = [r.message for r in caplog.records if "as well" in r.message]
    assert said == [
        "PEPE is listed as 1000000PEPE as well: its series are fetched anew, and the old files are "
        "kept aside."
    ]


def test_a_name_whose_count_cant_be_told_does_not_end_the_others(tmp_path):
    names = pepe()
    server = NamedCoinglass(names)
    download(server, tmp_path, OI)
    server.names = names | {"1000000PEPE": Listed(20e6, 7.1, 10**6, venues={"Zoomex": "P"})}

    def wrong(request: httpx.Request) -> httpx.Response | None:
        params = request.url.params
        if params.get("symbol") == "1000000PEPE" and params.get("unit") == "coin":
            day = int(server.clock.now()) // 86_400 * 86_400_000 - 2 * 86_400_000
            return envelope([{"time": day, "close": 123.0}])
        return None

    server.first.insert(0, wrong)
    server.clock.time += 86_401
    (result,) = download(server, tmp_path, OI)
    assert result.error is None
    assert str(store_of(tmp_path).made_of(OI)) == ALL


# Interleavings.


def test_a_measurement_that_fails_midway_decides_nothing_and_is_made_again(tmp_path):
    server = NamedCoinglass(pepe())
    down = [True]
    broken = lambda r: r.url.params.get("symbol") == "kPEPE" and bool(down)  # noqa: E731
    server.first.insert(0, lambda r: httpx.Response(503) if broken(r) else None)
    results = download(server, tmp_path, OI, TAKER)
    assert all(isinstance(each.error, TransientError) for each in results)
    assert CoinBook(tmp_path / ".client").names.coins == {}
    assert files(tmp_path) == []
    assert len(server.asked()) <= 12, "each of its series tried it"
    down.clear()
    server.clock.time += 60
    results = download(server, tmp_path, OI, TAKER)
    assert [each.error for each in results] == [None, None]


def test_a_restart_between_measurement_and_fetch_measures_nothing_twice(tmp_path):
    server = NamedCoinglass(pepe())
    with server.client(tmp_path / ".client") as client:
        client.made_of("open_interest", "PEPE")
    download(server, tmp_path, OI)
    assert {r.url.params["interval"] for r in server.seen if "interval" in r.url.params} == {"1h"}


def test_while_lists_fail_what_was_decided_stands_and_the_rule_for_the_rest(tmp_path):
    server = NamedCoinglass(pepe() | btc())
    with server.client(tmp_path / ".client") as client:
        client.made_of("open_interest", "PEPE")
    (tmp_path / ".client" / "pairs.json").unlink()
    server.first.insert(0, lambda r: httpx.Response(503) if "pairs" in r.url.path else None)
    results = download(server, tmp_path, OI, BTC)
    assert [each.error for each in results] == [None, None]
    store = store_of(tmp_path)
    assert (str(store.made_of(OI)), str(store.made_of(BTC))) == (ALL, "BTC")


def test_a_file_that_was_fetched_by_the_rule_alone_is_fetched_anew_once_the_lists_are_there(
    tmp_path,
):
    server = NamedCoinglass(pepe())
    down = [True]
    failing = lambda r: "pairs" in r.url.path and bool(down)  # noqa: E731
    server.first.insert(0, lambda r: httpx.Response(503) if failing(r) else None)
    download(server, tmp_path, OI)
    assert str(store_of(tmp_path).made_of(OI)) == "PEPE"
    down.clear()
    server.clock.time += 700
    download(server, tmp_path, OI)
    assert str(store_of(tmp_path).made_of(OI)) == ALL
    assert files(tmp_path) == ["PEPE-1h.feather", "PEPE-1h.feather.old"]


def test_two_processes_that_measure_at_once_agree(tmp_path):
    """The one that was first has files that say so."""
    server = NamedCoinglass(pepe())
    first = Coin("PEPE", (Name("PEPE"), Name("1000PEPE", 1000, 1000)), measured=1.0)

    def other(request: httpx.Request) -> httpx.Response | None:
        if request.url.params.get("symbol") == "kPEPE-USD":  # the last one that is asked for
            CoinBook(tmp_path / ".client").update(lambda now: now.with_coin(first))
        return None

    server.first.insert(0, other)
    with server.client(tmp_path / ".client") as client:
        assert str(client.made_of("open_interest", "PEPE")) == "PEPE + 1000PEPE × 1000"


def _decide(folder: str, coin: str) -> None:
    book = CoinBook(Path(folder))
    for number in range(20):
        held = Coin(f"{coin}{number}", (Name(f"{coin}{number}"),))
        book.update(lambda now, held=held: now.with_coin(held))


def test_what_two_processes_write_is_all_there(tmp_path):
    spawn = multiprocessing.get_context("spawn")
    both = [spawn.Process(target=_decide, args=(str(tmp_path), coin)) for coin in "AB"]
    for each in both:
        each.start()
    for each in both:
        each.join(60)
    assert len(CoinBook(tmp_path).names.coins) == 40


@pytest.mark.parametrize("content", ["", "{", "[]", '{"coins": {"A": {}}, "begins": {}}', "null"])
def test_a_broken_book_is_made_anew_and_said_once(tmp_path, content, caplog):
    (tmp_path / "coins.json").write_text(content)
    book = CoinBook(tmp_path)
    assert book.names.coins == {} == book.names.coins
    book.update(lambda now: now.with_coin(Coin("A", (Name("A"),))))
    assert set(CoinBook(tmp_path).names.coins) == {"A"}
    assert len(caplog.records) == 1


def test_a_book_is_pickled_with_a_store(tmp_path):
    store = store_of(tmp_path)
    CoinBook(store.state_dir).update(lambda now: now.with_coin(Coin("A", (Name("A"),))))
    assert pickle.loads(pickle.dumps(store)).names.coins == store.names.coins


def test_a_decision_changes_the_fingerprint_and_a_plain_coin_does_not(tmp_path):
    server = NamedCoinglass(pepe() | btc())
    with server.client(tmp_path) as client:
        client.made_of("open_interest", "BTC")
        assert client.book.names.fingerprint() == ""
        client.made_of("open_interest", "PEPE")
        told = json.loads(client.book.names.fingerprint())
    assert told["PEPE"][0] == [["PEPE", 1, 1], ["1000PEPE", 1000, 1000], ["kPEPE", 1000, 1]]


# A bot.


class Bot:
    def __init__(self, root: Path, server: NamedCoinglass, **settings: object) -> None:
        self.root, self.server, self.settings = root, server, settings
        self.start()

    def start(self) -> None:
        self.store = store_of(self.root, **self.settings)
        client = self.server.client(self.store.state_dir, **self.settings)
        self.feed = LiveFeed(client, self.store, timedelta(days=2), Health())

    def look(self, series: Series = OI) -> pd.DataFrame:
        now = pd.Timestamp(self.server.clock.now(), unit="s", tz="UTC").floor("ms")
        return self.feed.rows(series, now)

    def run(self, hours: float = 0.1, series: Series = OI) -> pd.DataFrame:
        end = self.server.clock.now() + hours * 3600
        self.look(series)
        while self.server.clock.now() < end:
            self.feed.run_due()
            self.look(series)
            self.server.clock.time += 20
        return self.look(series)


def test_a_bot_sets_an_old_file_aside_and_shows_none_of_its_rows(tmp_path):
    old_file(tmp_path, OI)
    server = NamedCoinglass(pepe())
    with server.client(tmp_path / ".client") as client:
        client.made_of("open_interest", "PEPE")
    bot = Bot(tmp_path, server)
    bot.feed.watch("open_interest", "PEPE", "1h")
    bot.feed.load()
    assert bot.look().empty
    rows = bot.run()
    assert rows["oi"].min() > 99e6 / PRICE
    bot.feed.close()
    assert files(tmp_path) == ["PEPE-1h.feather", "PEPE-1h.feather.old"]
    assert str(store_of(tmp_path).made_of(OI)) == ALL


def test_a_bot_that_learns_the_names_at_its_first_fetch_drops_what_it_loaded(tmp_path):
    old_file(tmp_path, OI)
    bot = Bot(tmp_path, NamedCoinglass(pepe()))
    bot.feed.watch("open_interest", "PEPE", "1h")
    bot.feed.load()
    rows = bot.run()
    assert rows["oi"].min() > 99e6 / PRICE
    bot.feed.close()
    assert len(store_of(tmp_path).read(OI)) >= len(rows)
    assert files(tmp_path) == ["PEPE-1h.feather", "PEPE-1h.feather.old"]


def test_a_bot_in_flight_fetches_anew_when_a_name_is_listed(tmp_path, caplog):
    names = pepe()
    server = NamedCoinglass(names)
    bot = Bot(tmp_path, server)
    before = bot.run()
    assert before["oi"].max() < 103e6 / PRICE
    late = Listed(20e6, 7.1, 10**6, venues={"Zoomex": "1000000PEPEUSDT"})
    server.names = names | {"1000000PEPE": late}
    server.clock.time += 86_401
    rows = bot.run(1)
    assert rows["oi"].min() > 119e6 / PRICE
    bot.feed.close()
    assert "1000000PEPE" in str(store_of(tmp_path).made_of(OI))
    assert files(tmp_path) == ["PEPE-1h.feather", "PEPE-1h.feather.old"]
    assert len(store_of(tmp_path).read(OI)) >= len(rows)


def test_a_bots_rows_of_a_coin_with_several_names_go_on_over_a_restart(tmp_path):
    server = NamedCoinglass(pepe())
    bot = Bot(tmp_path, server)
    bot.run(3)
    bot.feed.close()
    bot.start()
    rows = bot.run(3)
    bot.feed.close()
    assert files(tmp_path) == ["PEPE-1h.feather"]
    held = store_of(tmp_path).read(OI)
    assert held["time"].diff().dropna().eq(pd.Timedelta("1h")).all()
    assert held["available_at"].notna().all()
    assert len(rows) <= len(held)


def test_two_bots_with_two_exchange_lists_do_not_set_aside_each_others_rows(tmp_path, caplog):
    server = NamedCoinglass(pepe())
    first = Bot(tmp_path, server)
    first.run(1, TAKER)
    second = Bot(tmp_path, server, exchange_list=("Binance",))
    second.feed.watch("taker_volume", "PEPE", "1h")
    second.feed.load()
    for _ in range(3):
        second.run(0.5, TAKER)
        others = first.run(0.5, TAKER)
    rows = second.run(0.01, TAKER)
    assert rows["time"].iloc[-1] == others["time"].iloc[-1], "one has stopped"
    first.feed.close()
    second.feed.close()
    assert files(tmp_path) == ["PEPE-1h.feather", "PEPE-1h.feather.old"]
    held = store_of(tmp_path, exchange_list=("Binance",)).read(TAKER)
    assert len(held) >= len(rows)
    told = [r.message for r in caplog.records if r.levelname == "ERROR"]
    assert ["coinglass.store_dir of its own" in each for each in told] == [True]


@pytest.fixture(autouse=True)
def _warnings(caplog):
    caplog.set_level(logging.WARNING)
