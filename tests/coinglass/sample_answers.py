"""The sample answers beside this file."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("samples")
ERRORS = sorted((FOLDER / "errors").glob("*.json"))


def body(name: str) -> bytes:
    return (FOLDER / f"{name}.json").read_bytes()


def data(name: str) -> Any:
    return json.loads(body(name))["data"]
