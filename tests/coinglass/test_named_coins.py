"""
What is asked, and what the sum is, of coins that CoinGlass lists under several names.

Venues and sizes are those of cases/coinglass/coin-names-by-multiplier.json; sums are by hand.
"""

import httpx
import pytest

from tests.coinglass.fake import envelope
from tests.coinglass.named_fake import NOW, Listed, NamedCoinglass, ms, pepe, span
from vectra_freqtrade.catalogue.coin_names import Coin
from vectra_freqtrade.catalogue.intervals import interval_ms
from vectra_freqtrade.catalogue.symbols import symbol_of
from vectra_freqtrade.coinglass.answers.envelope import parse_answer
from vectra_freqtrade.coinglass.names.coin_book import CoinBook
from vectra_freqtrade.errors import PlanError, SymbolError, TransientError, UndecidedError

HOUR = "1h"
PRICE = 0.0000071
#: 05:00, the newest closed row: open interest has grown by 5 thousandths.
GROWN = 1.005

#: What real venues list of each coin, and how large each name is.
COINS = {
    "PEPE": pepe(),
    "SHIB": {
        "1000SHIB": Listed(40e6, 0.012, 1000, venues={"Binance": "1000SHIBUSDT"}),
        "SHIB1000": Listed(9e6, 0.012, 1000, True, venues={"Bybit": "SHIB1000USDT"}),
        "SHIB": Listed(20e6, 0.000012, venues={"OKX": "SHIB-USDT-SWAP"}),
        "kSHIB": Listed(5e6, 0.012, 1000, venues={"Hyperliquid": "kSHIB-USD"}),
    },
    "BONK": {
        "1000BONK": Listed(
            55e6, 0.03, 1000, venues={"Binance": "1000BONKUSDT", "Bybit": "1000BONKUSDT"}
        ),
        "BONK": Listed(6.3e6, 0.00003, venues={"OKX": "BONK-USDT-SWAP"}),
        "kBONK": Listed(4e6, 0.03, 1000, venues={"Hyperliquid": "kBONK-USD"}),
    },
    "RATS": {
        "1000RATS": Listed(
            8e6, 0.05, 1000, venues={"Binance": "1000RATSUSDT", "Bybit": "1000RATSUSDT"}
        ),
        "RATS": Listed(16_000, 0.00005, venues={"Gate": "RATS_USDT", "HTX": "RATS-USDT"}),
    },
    "LUNC": {
        "1000LUNC": Listed(
            9e6, 0.06, 1000, venues={"Binance": "1000LUNCUSDT", "Bybit": "1000LUNCUSDT"}
        ),
        "LUNC": Listed(2e6, 0.00006, venues={"Gate": "LUNC_USDT"}),
        "kLUNC": Listed(1e6, 0.06, 1000, venues={"Hyperliquid": "kLUNC-USD"}),
    },
    "BABYDOGE": {
        "1MBABYDOGE": Listed(7e6, 0.0012, 1_000_000, venues={"Binance": "1MBABYDOGEUSDT"}),
        "1000000BABYDOGE": Listed(
            2e6, 0.0012, 1_000_000, True, venues={"Bybit": "1000000BABYDOGEUSDT"}
        ),
        "BABYDOGE": Listed(4_300, 0.0000000012, venues={"Gate": "BABYDOGE_USDT"}),
    },
    "BTC": {
        "BTC": Listed(
            9e9,
            90_000,
            venues={
                "Binance": "BTCUSDT",
                "OKX": "BTC-USDT-SWAP",
                "Bybit": "BTCUSDT",
                "Hyperliquid": "BTC-USD",
            },
        )
    },
}

#: Coin → names of open interest, funding, maps; names of the sums over Binance, OKX and Bybit; USD
#: of all names; price of a single coin.
BY_HAND = {
    "PEPE": (["PEPE", "1000PEPE", "kPEPE"], ["PEPE", "1000PEPE"], 100e6, PRICE),
    "SHIB": (
        ["SHIB", "1000SHIB", "SHIB1000", "kSHIB"],
        ["SHIB", "1000SHIB", "SHIB1000"],
        74e6,
        0.000012,
    ),
    "BONK": (["BONK", "1000BONK", "kBONK"], ["BONK", "1000BONK"], 65.3e6, 0.00003),
    "RATS": (["1000RATS"], ["1000RATS"], 8e6, 0.00005),
    "LUNC": (["LUNC", "1000LUNC", "kLUNC"], ["1000LUNC"], 12e6, 0.00006),
    "BABYDOGE": (
        ["1000000BABYDOGE", "1MBABYDOGE"],
        ["1000000BABYDOGE", "1MBABYDOGE"],
        9e6,
        0.0000000012,
    ),
    "BTC": (["BTC"], ["BTC"], 9e9, 90_000),
}

#: Bot, pair → coin.
BOTS = [
    ("binance", "1000PEPE/USDT:USDT", "PEPE"),
    ("bybit", "1000PEPE/USDT:USDT", "PEPE"),
    ("okx", "PEPE/USDT:USDT", "PEPE"),
    ("hyperliquid", "KPEPE/USDC:USDC", "PEPE"),
    ("binance", "1000SHIB/USDT:USDT", "SHIB"),
    ("bybit", "SHIB1000/USDT:USDT", "SHIB"),
    ("okx", "SHIB/USDT:USDT", "SHIB"),
    ("hyperliquid", "KSHIB/USDC:USDC", "SHIB"),
    ("binance", "1000BONK/USDT:USDT", "BONK"),
    ("bybit", "1000BONK/USDT:USDT", "BONK"),
    ("okx", "BONK/USDT:USDT", "BONK"),
    ("hyperliquid", "KBONK/USDC:USDC", "BONK"),
    ("binance", "1000RATS/USDT:USDT", "RATS"),
    ("bybit", "1000RATS/USDT:USDT", "RATS"),
    ("binance", "1000LUNC/USDT:USDT", "LUNC"),
    ("bybit", "1000LUNC/USDT:USDT", "LUNC"),
    ("hyperliquid", "KLUNC/USDC:USDC", "LUNC"),
    ("binance", "1MBABYDOGE/USDT:USDT", "BABYDOGE"),
    ("bybit", "1000000BABYDOGE/USDT:USDT", "BABYDOGE"),
    ("binance", "BTC/USDT:USDT", "BTC"),
    ("bybit", "BTC/USDT:USDT", "BTC"),
    ("okx", "BTC/USDT:USDT", "BTC"),
    ("hyperliquid", "BTC/USDC:USDC", "BTC"),
]


@pytest.mark.parametrize(("exchange", "pair", "coin"), BOTS)
def test_a_pairs_coin_is_asked_for_under_each_name_and_summed_in_single_coins(exchange, pair, coin):
    names, listed, usd, price = BY_HAND[coin]
    server = NamedCoinglass(COINS[coin])
    with server.client() as client:
        symbol = symbol_of(client.settings.catalogue["open_interest"], pair, exchange, "auto")
        client.made_of("open_interest", symbol)
        server.seen.clear()
        oi = client.fetch("open_interest", symbol, HOUR, *span())
        assert server.asked() == names
        server.seen.clear()
        taker = client.fetch("taker_volume", symbol, HOUR, *span())
        assert server.asked() == listed
        assert {r.url.params["exchange_list"] for r in server.seen} == {"Binance,OKX,Bybit"}
    assert oi["oi"].iloc[-1] == pytest.approx(usd * GROWN / price, rel=1e-12)
    assert len(oi) == 47
    wanted = sum(server.names[name].usd for name in listed) * GROWN / 100
    if coin == "BTC":  # a quarter of it is not on a venue of the list
        wanted *= 3 / 4
    assert taker["taker_buy_usd"].iloc[-1] == pytest.approx(wanted, rel=1e-12)


def test_a_coin_with_one_plain_name_costs_no_request_more():
    server = NamedCoinglass(COINS["BTC"])
    with server.client() as client:
        client.fetch("open_interest", "BTC", HOUR, *span())
        client.fetch("funding_rate", "BTC", HOUR, *span())
    assert [r.url.path.rpartition("/")[2] for r in server.seen] == [
        "supported-exchange-pairs",
        "aggregated-history",
        "oi-weight-history",
    ]


def test_funding_is_weighted_by_each_names_open_interest():
    server = NamedCoinglass(pepe())
    with server.client() as client:
        rows = client.fetch("funding_rate", "PEPE", HOUR, *span())
    by_hand = (61e6 * 0.01 + 31e6 * 0.03 + 8e6 * -0.02) / 100e6 / 100
    assert rows["funding"].to_numpy() == pytest.approx(by_hand, rel=1e-12)
    assert by_hand == pytest.approx(0.000138)


@pytest.mark.parametrize("since", [None, 30])
def test_funding_that_a_name_does_not_have_yet_is_that_of_the_others_and_told(since, caplog):
    server = NamedCoinglass(pepe())
    first = NOW.timestamp() * 1000 if since is None else ms(NOW) - since * 3_600_000

    def late(request: httpx.Request) -> httpx.Response | None:
        params = request.url.params
        if "funding" not in request.url.path or params["symbol"] != "kPEPE":
            return None
        length = interval_ms(params["interval"])
        rows = server._named(request).json()["data"]
        return envelope([row for row in rows if row["time"] + length > first])

    server.first.insert(0, late)
    with caplog.at_level("INFO"), server.client() as client:
        rows = client.fetch("funding_rate", "PEPE", HOUR, *span())
    assert len(rows) == 47
    two = (61e6 * 0.01 + 31e6 * 0.03) / 92e6 / 100
    three = (61e6 * 0.01 + 31e6 * 0.03 + 8e6 * -0.02) / 100e6 / 100
    has = 0 if since is None else since
    assert rows["funding"].to_numpy()[: 47 - has] == pytest.approx(two, rel=1e-12)
    assert rows["funding"].to_numpy()[47 - has :] == pytest.approx(three, rel=1e-12)
    told = "begins on" if since else "has no funding_rate of PEPE under the name kPEPE"
    assert len([r for r in caplog.records if told in r.message]) == 1


def test_open_interest_that_weighs_funding_is_asked_for_once():
    server = NamedCoinglass(pepe())
    with server.client() as client:
        client.made_of("open_interest", "PEPE")
        server.seen.clear()
        client.fetch("open_interest", "PEPE", HOUR, *span(), live=True)
        client.fetch("funding_rate", "PEPE", HOUR, *span(), live=True)
    assert len(server.asked()) == 6


def test_levels_are_at_prices_of_a_single_coin_and_summed_over_names():
    server = NamedCoinglass(pepe())
    with server.client() as client:
        snapshot, _ = client.levels("liquidation_heatmap", "PEPE")
    assert snapshot.levels["price"].tolist() == [pytest.approx(0.9 * PRICE), 1.1 * PRICE]
    assert snapshot.levels["usd"].tolist() == [100e6, 200e6]


def test_netflow_is_asked_for_by_the_bare_coin():
    server = NamedCoinglass(COINS["LUNC"])
    server.first.insert(0, lambda r: envelope([]) if "balance" in r.url.path else None)
    with server.client() as client:
        client.fetch("exchange_netflow", "LUNC", "1d", *span(30))
    assert server.asked() == ["LUNC"]


def test_a_custom_column_asks_for_its_own_name_or_sums_all():
    column = {
        "name": "x",
        "path": "/api/futures/open-interest/aggregated-history",
        "field": "close",
        "params": {"unit": "usd"},
    }
    server = NamedCoinglass(pepe())
    with server.client(custom=[column, column | {"name": "y", "names": "all"}]) as client:
        own = client.fetch("custom_x", "1000PEPE", HOUR, *span())
        assert server.asked() == ["1000PEPE"]
        every = client.fetch("custom_y", "PEPE", HOUR, *span())
    assert own["x"].iloc[-1] == pytest.approx(61e6 * GROWN)
    assert every["y"].iloc[-1] == pytest.approx(100e6 * GROWN)


# What it is measured by.


def test_how_a_name_counts_is_measured_once_in_few_requests_and_kept(tmp_path, caplog):
    server = NamedCoinglass(pepe())
    with caplog.at_level("INFO"), server.client(tmp_path) as client:
        client.made_of("open_interest", "PEPE")
    assert len(server.asked()) == 8
    assert {r.url.params["interval"] for r in server.seen if "interval" in r.url.params} == {"1d"}
    assert server.asked("price") == ["1000PEPEUSDT", "kPEPE-USD"]
    with server.client(tmp_path) as client:
        made = client.made_of("open_interest", "PEPE")
    assert server.asked() == []
    assert str(made) == "PEPE + 1000PEPE × 1000 + kPEPE"
    (said,) = [record.message for record in caplog.records]
    assert "1000PEPE (6.1e+07 USD, 61.0%): 7.1e-06 USD a coin, counts contracts" in said


def test_where_prices_cant_be_had_the_names_own_are_compared():
    server = NamedCoinglass(pepe())
    server.prices = False
    with server.client() as client:
        assert str(client.made_of("open_interest", "PEPE")) == "PEPE + 1000PEPE × 1000 + kPEPE"


@pytest.mark.parametrize(("off", "decided"), [(1.015, True), (1.03, False), (37.0, False)])
def test_what_is_neither_contracts_nor_coins_is_undecided_and_its_columns_stay_empty(
    off, decided, caplog
):
    names = {"1000CAT": Listed(5e6, 0.007, 1000, venues={"Binance": "1000CATUSDT"})}
    server = NamedCoinglass(names)

    def wrong(request: httpx.Request) -> httpx.Response | None:
        if request.url.params.get("unit") != "coin":
            return None
        rows = [server._row(names["1000CAT"], t, request.url.params, "") for t in days]
        return envelope([row | {"close": float(row["close"]) * off} for row in rows])

    days = [int(NOW.timestamp()) // 86_400 * 86_400_000 - n * 86_400_000 for n in range(8, 0, -1)]
    server.first.insert(0, wrong)
    with server.client() as client:
        if decided:
            assert str(client.made_of("open_interest", "CAT")) == "1000CAT × 1000"
            return
        for dataset in ("open_interest", "liquidation", "open_interest"):
            with pytest.raises(UndecidedError, match="neither 1 nor 1000") as caught:
                client.fetch(dataset, "CAT", HOUR, *span())
        assert 3590 < caught.value.again <= 3600
        asked = len(server.asked())
        assert asked == 3
        server.clock.time += 3601
        server.first.remove(wrong)
        assert len(client.fetch("open_interest", "CAT", HOUR, *span())) > 40, "it is for ever"
    assert len([r for r in caplog.records if r.levelname == "WARNING"]) == 1


def test_a_name_whose_price_is_another_is_a_coin_of_its_own(caplog):
    names = {
        "X": Listed(5e6, 0.0002, venues={"OKX": "X-USDT-SWAP"}),
        "1000X": Listed(50e6, 3.7, 1000, venues={"Binance": "1000XUSDT"}),
    }
    server = NamedCoinglass(names)
    with caplog.at_level("INFO"), server.client() as client:
        rows = client.fetch("open_interest", "X", HOUR, *span())
        assert rows["oi"].iloc[-1] == pytest.approx(5e6 * GROWN / 0.0002)
        decided = client.book.names
        pair = ("1000X/USDT:USDT", "binance", "auto")
        symbol = symbol_of(client.settings.catalogue["open_interest"], *pair, decided)
        assert symbol == "1000X"
        own = client.fetch("open_interest", "1000X", HOUR, *span())
        assert own["oi"].iloc[-1] == pytest.approx(50e6 * GROWN / 3.7)
    assert [r.message for r in caplog.records if "of its own" in r.message] == [
        "1000X is a coin of its own: its price is not that of X."
    ]


def test_a_name_with_next_to_no_open_interest_is_left_out_said_once_and_kept_out(tmp_path, caplog):
    server = NamedCoinglass(COINS["RATS"])
    with caplog.at_level("INFO"), server.client(tmp_path) as client:
        assert str(client.made_of("open_interest", "RATS")) == "1000RATS × 1000"
        told = client.book.names.fingerprint()
    server.names = server.names | {
        "RATS": Listed(9e6, 0.00005, venues={"Gate": "RATS_USDT", "HTX": "RATS-USDT"})
    }
    with caplog.at_level("INFO"), server.client(tmp_path) as client:
        for _ in range(2):
            server.clock.time += 86_401
            assert str(client.made_of("open_interest", "RATS")) == "1000RATS × 1000"
        assert client.book.names.fingerprint() == told
    assert '"RATS"' in told
    assert len([r for r in caplog.records if "left out of RATS" in r.message]) == 1


def test_a_name_that_was_left_out_stays_out_when_the_coin_is_measured_again(tmp_path):
    server = NamedCoinglass(COINS["RATS"])
    with server.client(tmp_path) as client:
        client.made_of("open_interest", "RATS")
    server.names = {
        "1000RATS": COINS["RATS"]["1000RATS"],
        "RATS": Listed(9e6, 0.00005, venues={"Gate": "RATS_USDT", "HTX": "RATS-USDT"}),
        "kRATS": Listed(3e6, 0.05, 1000, venues={"Hyperliquid": "kRATS-USD"}),
    }
    server.clock.time += 86_401
    with server.client(tmp_path) as client:
        made = client.made_of("open_interest", "RATS")
    assert str(made) == "1000RATS × 1000 + kRATS × 1000"


@pytest.mark.parametrize("usd", [0.0, 20e6], ids=["without open interest", "unclear"])
def test_a_name_that_can_not_be_added_yet_is_told_once_and_the_others_go_on(usd, tmp_path, caplog):
    server = NamedCoinglass(pepe())
    with server.client(tmp_path) as client:
        before = client.made_of("open_interest", "PEPE")
    odd = Listed(usd, 7.1 * 37, 10**6, venues={"Zoomex": "1000000PEPEUSDT"})
    server.names = server.names | {"1000000PEPE": odd}
    server.first.insert(0, lambda r: _priced(r, 7.1) if "price" in r.url.path else None)
    for _ in range(2):
        server.clock.time += 86_401
        with caplog.at_level("INFO"), server.client(tmp_path) as client:
            assert client.made_of("open_interest", "PEPE") == before
            assert len(client.fetch("open_interest", "PEPE", HOUR, *span())) > 40
    assert len([r for r in caplog.records if "1000000PEPE is no part of PEPE" in r.message]) == 1


def test_a_new_name_that_can_not_be_measured_does_not_stop_the_coin(tmp_path, caplog):
    server = NamedCoinglass(pepe())
    with server.client(tmp_path) as client:
        before = client.made_of("open_interest", "PEPE")
    new = Listed(20e6, 7.1, 10**6, venues={"Zoomex": "1000000PEPEUSDT"})
    server.names = server.names | {"1000000PEPE": new}
    broken = lambda r: r.url.params.get("symbol") == "1000000PEPE"  # noqa: E731
    server.first.insert(
        0, lambda r: envelope(code="500", msg="Server Error") if broken(r) else None
    )
    server.clock.time += 86_401
    with server.client(tmp_path) as client:
        for _ in range(3):
            assert client.made_of("open_interest", "PEPE", live=True) == before
            assert len(client.fetch("liquidation", "PEPE", HOUR, *span(), live=True)) > 40
        server.first.pop(0)
        server.clock.time += 3601
        assert "1000000PEPE" in str(client.made_of("open_interest", "PEPE"))
    told = [r.message for r in caplog.records if "can't be measured" in r.message]
    assert len(told) == 1


def _priced(request: httpx.Request, price: float) -> httpx.Response:
    days = range(int(request.url.params["start_time"]) // 86_400_000 + 1, 30_000)
    return envelope([{"time": day * 86_400_000, "close": price} for day in days[:12]])


def test_a_venue_whose_name_was_left_out_is_told_with_the_reason(caplog):
    small = Listed(2e5, 0.03, 1000, venues={"Hyperliquid": "kBONK-USD"})
    server = NamedCoinglass(COINS["BONK"] | {"kBONK": small})
    told = pytest.raises(SymbolError, match="kBONK: less than 1 % of its open interest")
    with server.client(exchange_list=("Hyperliquid",)) as client, told:
        client.fetch("liquidation", "BONK", HOUR, *span())
    assert "BONK on Hyperliquid (kBONK: less than 1 %" in caplog.text


def test_a_decision_that_a_clock_ahead_put_off_is_made_now(tmp_path):
    never = Coin("PEPE", undecided="nothing fits", again=NOW.timestamp() * 1000, tries=1)
    CoinBook(tmp_path).update(lambda now: now.with_coin(never))
    with NamedCoinglass(pepe()).client(tmp_path) as client:
        assert len(client.fetch("open_interest", "PEPE", HOUR, *span())) == 47


def test_a_name_in_a_form_that_nobody_knows_is_told_and_the_others_go_on(caplog):
    names = COINS["BONK"] | {"5BONK": Listed(9e6, 0.00015, venues={"Zoomex": "5BONKUSDT"})}
    server = NamedCoinglass(names)
    with server.client() as client:
        assert len(client.fetch("open_interest", "BONK", HOUR, *span())) == 47
    assert ["5BONK" in r.message for r in caplog.records if r.levelname == "WARNING"] == [True]


def test_a_name_that_is_listed_twice_is_one_and_told(caplog):
    names = {
        "LUNC": Listed(2e6, 0.00006, venues={"Gate": "LUNC_USDT", "OKX": "LUNC-USDT-SWAP"}),
        "lunc": Listed(1e6, 0.00006, venues={"LBank": "lunc_usdt"}),
    }
    server = NamedCoinglass(names)
    with server.client() as client:
        for _ in range(2):
            assert len(client.fetch("open_interest", "LUNC", HOUR, *span())) == 47
    assert server.asked() == ["LUNC", "LUNC"]
    assert [r.message for r in caplog.records if r.levelname == "WARNING"] == [
        "CoinGlass lists LUNC as lunc too: it is asked for as LUNC."
    ]


def test_a_coin_that_no_list_has_is_unknown_at_once(caplog):
    server = NamedCoinglass(pepe())
    with server.client() as client:
        for dataset in ("open_interest", "liquidation"):
            with pytest.raises(SymbolError, match="CoinGlass has no NOPE"):
                client.fetch(dataset, "NOPE", HOUR, *span())
        assert server.asked() == []
        with pytest.raises(SymbolError, match="CoinGlass has no KPEPE"):
            client.query("/api/futures/funding-rate/oi-weight-history", symbol="KPEPE")
    assert server.asked() == ["KPEPE"], "it was tried again"
    assert server.clock.sleeps == []


def test_a_server_error_for_a_coin_that_is_listed_may_pass():
    server = NamedCoinglass(pepe())
    down = [True, True]
    server.first.insert(
        0,
        lambda r: (
            envelope(code="500", msg="Server Error")
            if "funding" in r.url.path and down and down.pop()
            else None
        ),
    )
    with server.client() as client:
        assert len(client.fetch("funding_rate", "PEPE", HOUR, *span())) == 47


def test_without_lists_a_server_error_stays_what_it_was():
    server = NamedCoinglass({})
    server.first.insert(0, lambda r: httpx.Response(503) if "pairs" in r.url.path else None)
    with server.client() as client, pytest.raises(TransientError):
        client.fetch("open_interest", "NOPE", HOUR, *span(), live=True)


def test_an_interval_refusal_names_no_plan_though_it_carries_one():
    """cases/coinglass/interval-refusal-details.json: STANDARD for 1h, which Startup has."""
    body = (
        b'{"code":"403","msg":"The requested interval is not available for your current API '
        b'plan.","details":{"upgrade_required":"STANDARD"}}'
    )
    with pytest.raises(PlanError) as caught:
        parse_answer(200, {}, body)
    assert caught.value.needed_plan is None
