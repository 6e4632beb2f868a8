"""
Broken answers by the thousand, from the bytes on the wire to the store.

    python -m tests.measure.fuzz [--answers 10000]

Each answer is a good one with some of its parts replaced, retyped, cut or repeated. Whatever comes:
no exception but ours, and every stored number is one that an independent reading of the bytes finds
at that time.
"""

import argparse
import json
import math
import random
import tempfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from tests.coinglass.clocks import FakeClock
from tests.coinglass.fake import KEY, row
from vectra_freqtrade.catalogue.datasets import DATASETS, Kind
from vectra_freqtrade.coinglass.account.key import ApiKey
from vectra_freqtrade.coinglass.client import CoinglassClient
from vectra_freqtrade.errors import VectraError
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.rows import downloaded
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.settings.section import CoinglassSettings

NOW = datetime(2026, 11, 23, 6, 0, 30, tzinfo=UTC)
START = NOW.replace(minute=0, second=0) - timedelta(hours=48)
HOUR = 3_600_000
JUNK: list[Any] = [
    *(None, True, False, "", "x", "nan", "Infinity", "1e999", "1_0", "0x1", -1, 0, 1e308, 10**400),
    *([], {}, [1], {"a": 1}, "12.5", " 7 ", "-3", 2**63, 1e-300, "\\u0661"),
]


def answer(rng: random.Random) -> bytes:
    first = int(START.timestamp() * 1000) // HOUR * HOUR
    document: Any = {
        "code": rng.choice(["0", 0, "0"]),
        "msg": "success",
        "data": [row(first + n * HOUR) for n in range(24)],
    }
    for _ in range(rng.choice([0, 1, 1, 2, 5, 20])):
        document = mutated(document, rng)
    body = json.dumps(document, allow_nan=True).encode()
    for _ in range(rng.choice([0, 0, 0, 1, 3])):
        place = rng.randrange(len(body) + 1)
        body = rng.choice(
            [
                body[:place],
                body[:place] + bytes([rng.randrange(256)]) + body[place + 1 :],
                body[:place] + body[place : place + 9] + body[place:],
            ]
        )
    return body


def mutated(node: Any, rng: random.Random) -> Any:
    if isinstance(node, dict) and node and rng.random() < 0.9:
        name = rng.choice(list(node))
        if rng.random() < 0.05:
            return {key: value for key, value in node.items() if key != name}
        return node | {name: mutated(node[name], rng)}
    if isinstance(node, list) and node and rng.random() < 0.95:
        place = rng.randrange(len(node))
        kind = rng.random()
        if kind < 0.1:
            return node[:place] + node[place + 1 :]
        if kind < 0.2:
            return [*node, node[place]]
        if kind < 0.3:
            return rng.sample(node, len(node))
        return [*node[:place], mutated(node[place], rng), *node[place + 1 :]]
    if type(node) is int and abs(node) < 2**62 and rng.random() < 0.5:
        return rng.choice([node // 1000, node * 1000, str(node), node + 0.5, node + HOUR, node + 1])
    return rng.choice(JUNK)


def sent(body: bytes, field: str, scale: float) -> set[tuple[int, float]]:
    """Every (hour, number) that a generous reader could find in the bytes."""
    found: set[tuple[int, float]] = set()

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            for time in readings(node.get("time")):
                for value in readings(node.get(field)):
                    for factor in (1000, 1, 1e-3, 1e-6):
                        found.add((round(time * factor), value * scale))
            for inner in node.values():
                walk(inner)
        elif isinstance(node, list):
            for inner in node:
                walk(inner)

    walk(json.loads(body))
    return found


def readings(cell: Any) -> list[float]:
    try:
        value = float(cell) if isinstance(cell, (int, float, str)) else math.nan
    except (ValueError, OverflowError):
        return []
    return [value] if math.isfinite(value) and not isinstance(cell, bool) else []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, default=10_000)
    fuzz(parser.parse_args().answers)


def fuzz(answers: int) -> None:
    """
    :param answers: how many
    :raises AssertionError: at the first number that nobody sent
    """
    rng = random.Random(1)
    names = [name for name, spec in DATASETS.items() if spec.kind is Kind.INTERVAL]
    body = b""
    bodies: list[bytes] = []

    def serve(request: httpx.Request) -> httpx.Response:
        if "interval" not in request.url.params:
            return httpx.Response(200, json={"code": "0", "data": {}})
        bodies.append(body)
        return httpx.Response(rng.choice([200, 200, 200, 200, 500, 404]), content=body)

    outcomes: Counter[str] = Counter()
    stored = 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(answers):
            name = rng.choice(names)
            spec = DATASETS[name]
            symbol = "Binance_BTCUSDT" if spec.scope == "pair" else "BTC"
            body = answer(rng)
            bodies.clear()
            with CoinglassClient(
                CoinglassSettings(),
                key=ApiKey(KEY),
                transport=httpx.MockTransport(serve),
                clock=FakeClock(NOW.timestamp()),
                environ={},
            ) as client:
                try:
                    frame = client.fetch(name, symbol, "1h", START, NOW)
                except VectraError as error:
                    outcomes[type(error).__name__] += 1
                    continue
            outcomes["rows"] += 1
            if number % 20 == 0:
                series = Series(name, symbol, "1h")
                Store(Path(folder, str(number))).add(
                    series, downloaded(series, frame, timedelta(seconds=60))
                )
            for endpoint in spec.endpoints:
                for field in endpoint.fields:
                    known = set().union(*(sent(each, field.reply, field.scale) for each in bodies))
                    for time, value in zip(frame["time"], frame[field.value], strict=True):
                        if not math.isnan(value):
                            stored += 1
                            assert (int(time.timestamp() * 1000), value) in known, (number, value)
    print(f"{answers} answers: {dict(outcomes)}; {stored} numbers kept, each as it was sent")


if __name__ == "__main__":
    main()
