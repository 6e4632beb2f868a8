"""
A marked key through every command under every failure of the server: it is in nothing that is
printed, logged, raised or written.

One process; the commands wait on the server's own clock, which jumps.
"""

import logging
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from click.testing import Result
from pyarrow import feather

from tests.cli.conftest import KEY, NOW, Run
from tests.support import faults, row_faults
from tests.support.coinglass_server import CoinglassServer
from tests.support.fault_hook import Call, Fault
from tests.support.planned_fault import Planned
from tests.support.stepped_clock import SteppedClock
from vectra_freqtrade.cli import context
from vectra_freqtrade.coinglass import http
from vectra_freqtrade.simulator.loopback import Reply
from vectra_freqtrade.simulator.market.market import SimulatedMarket

OI = "/api/futures/open-interest/aggregated-history"
ALWAYS = {"times": None}
LISTED = NOW.timestamp() - 10 * 86_400


class Echo(Planned):
    """An answer that repeats the key it was sent, as some gateways' error pages do."""

    def __init__(self, make: Callable[[str], Reply], **where: object) -> None:
        super().__init__(**where)
        self.make = make

    def after(self, call: Call, reply: Reply) -> Reply:
        return self.make(call.request.headers["cg-api-key"]) if self.meets(call) else reply


def page(key: str) -> Reply:
    text = f"<html><body>502 for CG-API-KEY: {key}</body></html>"
    return Reply(status=502, body=text.encode(), content_type="text/html")


#: Failure → the faults that make it. Point by point those that a download must live with.
FAILURES: dict[str, Callable[[], list[Fault]]] = {
    "none": list,
    "HTTP 429": lambda: [faults.RateRefusal("http429", times=3)],
    "429 in the body": lambda: [faults.RateRefusal("body429", times=3)],
    "400 Too Many Requests": lambda: [faults.RateRefusal("body400", times=3)],
    "429 for hours": lambda: [faults.RateRefusal(retry_after=7200, **ALWAYS)],
    "502": lambda: [faults.ServerError(502, **ALWAYS)],
    "503 now and then": lambda: [faults.ServerError(503, times=3)],
    "500 in the body": lambda: [faults.BodyError(**ALWAYS)],
    "a hang": lambda: [faults.Hang(0.3, path="history", **ALWAYS)],
    "a closed connection": lambda: [faults.Hang(0.0, **ALWAYS)],
    "slow bodies": lambda: [faults.SlowBody(0.001, **ALWAYS)],
    "half a body": lambda: [faults.Truncated(**ALWAYS)],
    "half of what was announced": lambda: [faults.Truncated(announced=True, **ALWAYS)],
    "malformed JSON": lambda: [faults.Malformed(**ALWAYS)],
    "HTML": lambda: [faults.Html(**ALWAYS)],
    "retyped cells": lambda: [row_faults.Retyped(**ALWAYS)],
    "alien cells": lambda: [row_faults.Alien(**ALWAYS)],
    "duplicates": lambda: [row_faults.Duplicates(**ALWAYS)],
    "reversed order": lambda: [row_faults.Reversed(**ALWAYS)],
    "short pages": lambda: [row_faults.ShortPage(**ALWAYS), row_faults.ShortPage(hole=True)],
    "leading zeros": lambda: [row_faults.LeadingZeros(LISTED)],
    "revised rows": lambda: [row_faults.Revised(NOW.timestamp())],
    "clock ahead": lambda: [faults.ClockSkew(7200.0)],
    "clock behind": lambda: [faults.ClockSkew(-7200.0)],
    "empty data": lambda: [faults.Empty(**ALWAYS)],
    "another plan in mid-run": lambda: [faults.PlanChange(KEY, "hobbyist", skip=2)],
    "no plan": lambda: [faults.PlanChange(KEY, "none")],
    "a key that expires in mid-run": lambda: [
        faults.PlanChange(KEY, "professional", expires=1.0, skip=2)
    ],
    "a message that repeats the key": lambda: [
        Echo(lambda key: Reply({"code": "400", "msg": f"Invalid API key provided {key}"}), skip=1)
    ],
    "an unknown code that repeats it": lambda: [
        Echo(lambda key: Reply({"code": f"x {key}", key: key, "msg": key}), **ALWAYS)
    ],
    "rows that repeat it": lambda: [
        Echo(lambda key: Reply({"code": "0", "data": [{"time": key, key: key}]}), path="history")
    ],
    "a page that repeats it": lambda: [Echo(page, **ALWAYS)],
}


class JumpingClock:
    """The server's clock as a command's: whoever waits moves it on."""

    clock: SteppedClock

    def now(self) -> float:
        return self.clock.now()

    def monotonic(self) -> float:
        return self.clock.now()

    def sleep(self, seconds: float) -> None:
        self.clock.advance(seconds)

    def stop(self) -> None:
        pass


class Impatient(httpx.HTTPTransport):
    """Gives up after 50 ms without a byte instead of 15 s; no certificate is read for loopback."""

    def __init__(self) -> None:
        super().__init__(verify=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions = {**request.extensions, "timeout": {"read": 0.05, "connect": 5.0}}
        return super().handle_request(request)


@pytest.fixture
def server(market: SimulatedMarket, monkeypatch: pytest.MonkeyPatch) -> Iterator[CoinglassServer]:
    clock = SteppedClock(NOW.timestamp())
    shared = type("Shared", (JumpingClock,), {"clock": clock})
    monkeypatch.setattr(context, "StoppableClock", shared)
    monkeypatch.setattr(http, "_network", lambda base: Impatient())
    monkeypatch.setenv("COINGLASS_API_KEY", KEY)
    with CoinglassServer(market, clock, plans={KEY: "professional"}, keep_rows=False) as running:
        monkeypatch.setenv("COINGLASS_BASE_URL", running.url)
        yield running


class _Heard(logging.Handler):
    """Every record as any formatter or handler could show it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts += [record.getMessage(), repr(vars(record))]
        if record.exc_info and record.exc_info[1]:
            self.texts += raised(record.exc_info[1])


@pytest.fixture
def heard(logging_as_it_was: None) -> Iterator[list[str]]:
    handler, noisy = (
        _Heard(),
        [logging.getLogger(name) for name in ("httpx", "httpcore", "asyncio")],
    )
    levels = [logger.level for logger in noisy]
    for logger in (logging.getLogger(), *noisy):
        logger.setLevel(logging.DEBUG)
    logging.getLogger().addHandler(handler)
    yield handler.texts
    logging.getLogger().removeHandler(handler)
    for logger, level in zip(noisy, levels, strict=True):
        logger.setLevel(level)


def raised(error: BaseException | None, seen: frozenset[int] = frozenset()) -> list[str]:
    """An exception, what it came from, and what a traceback with local variables would show."""
    if error is None or id(error) in seen:
        return []
    texts = [repr(error), str(error), repr(error.args), repr(getattr(error, "__dict__", {}))]
    texts += traceback.format_exception(error)
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if any(
            name in frame.f_code.co_filename for name in ("vectra_freqtrade", "httpx", "httpcore")
        ):
            texts += [f"{name}={value!r}" for name, value in frame.f_locals.items()]
            texts += [repr(getattr(value, "headers", "")) for value in frame.f_locals.values()]
    seen |= {id(error)}
    return texts + raised(error.__cause__, seen) + raised(error.__context__, seen)


def written(folder: Path) -> Iterator[str]:
    """Names and contents of all files; those of compressed ones too."""
    for path in folder.rglob("*"):
        yield str(path)
        if path.is_file():
            yield path.read_bytes().decode("latin-1")
        if path.suffix == ".feather":
            table = feather.read_table(path, memory_map=False)
            yield f"{table.schema.metadata} {table.to_pandas().to_csv()}"


def shown(result: Result) -> list[str]:
    return [result.output, result.stderr, *raised(result.exception)]


QUERY = ("query", OI, "-p", "symbol=BTC", "-p", "interval=1h", "-p", "limit=5")
PAIR = ("-p", "BTC/USDT:USDT")
COMMANDS: list[tuple[str, ...]] = [
    ("plan", "-v"),
    ("download-data", "--days", "2", "-v", *PAIR),
    ("download-data", "--days", "2", "-v", *PAIR, "--datasets", "open_interest", "--refresh"),
    ("download-data", "--days", "2", *PAIR, "--datasets", "large_orders,exchange_netflow"),
    ("list-data",),
    ("record", "--once", "-v", *PAIR, "--datasets", "liquidation_map,large_orders"),
    (*QUERY, "--paginate", "-p", f"start_time={int(LISTED)}000"),
    ("query", "/api/nope", "-v"),
    ("doctor", "-v"),
    ("verify", "--no-exchange", "-v"),
]


@pytest.mark.parametrize("failure", FAILURES)
def test_the_key_shows_nowhere(
    server: CoinglassServer,
    run: Run,
    heard: list[str],
    userdir: Path,
    tmp_path: Path,
    failure: str,
):
    chosen = FAILURES[failure]()
    server.faults[:] = chosen
    texts: list[str] = []
    codes = set()
    for command in COMMANDS:
        result = run(*command)
        assert "Traceback" not in result.output
        assert result.exception is None or isinstance(result.exception, SystemExit)
        texts += shown(result)
        codes.add(result.exit_code)
    server.faults.clear()
    file = tmp_path / "after.csv"
    texts += shown(run("query", "/api/futures/supported-coins", "-o", str(file)))
    texts += [*heard, *written(tmp_path)]
    assert all(fault.met for fault in chosen if isinstance(fault, Planned))
    assert codes <= {0, 1, 2, 3}
    assert len(heard) > 100
    assert not [text[:300] for text in texts if KEY in text]


@pytest.mark.parametrize("place", ["file", "variable"])
@pytest.mark.parametrize("key", [f"{KEY} {KEY}", f"{KEY}\n{KEY}", f"“{KEY}”", f"\xff{KEY}"])
def test_a_key_that_cant_be_one_is_not_repeated(
    server: CoinglassServer,
    run: Run,
    heard: list[str],
    userdir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    key: str,
    place: str,
):
    monkeypatch.setenv("COINGLASS_API_KEY", key if place == "variable" else "")
    if place == "file":
        file = tmp_path / "key"
        file.write_bytes(key.encode("utf-8" if "“" in key else "latin-1"))
        config = (userdir / "config.json").read_text()
        (userdir / "config.json").write_text(
            config.replace('"coinglass": {', f'"coinglass": {{"api_key_file": "{file}", ')
        )
    texts = []
    for command in COMMANDS:
        result = run(*command)
        assert result.exit_code in ((0, 3) if "list-data" in command else (3,))
        texts += shown(result)
    assert not [text for text in [*texts, *heard] if KEY in text]
