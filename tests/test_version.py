"""A checkout that was never installed runs like any other."""

from importlib.metadata import PackageNotFoundError
from pathlib import Path

import httpx
import pytest

from tests.coinglass.clocks import FakeClock
from tests.coinglass.fake import FakeCoinglass
from vectra_freqtrade import version
from vectra_freqtrade.report.evidence.evidence import report_dict
from vectra_freqtrade.version import UNKNOWN, package_version


@pytest.fixture
def not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.version", missing)
    monkeypatch.setattr(version, "version", missing)


def test_a_version_is_a_text_in_any_case(not_installed: None) -> None:
    assert package_version() == UNKNOWN


def test_what_names_the_version_works_without_one(not_installed: None) -> None:
    assert report_dict([], 1)["vectra_freqtrade"] == UNKNOWN
    fake = FakeCoinglass(FakeClock())
    with fake.client() as client:
        client.get("/api/futures/supported-coins")
    request: httpx.Request = fake.seen[0]
    assert request.headers["user-agent"] == f"vectra-freqtrade/{UNKNOWN}"


def test_nothing_else_asks_for_it_unguarded() -> None:
    """Three places did; a strategy and two reports then ended with PackageNotFoundError."""
    sources = version.__file__.removesuffix("version.py")
    named = [
        path.name
        for path in Path(sources).rglob("*.py")
        if "importlib.metadata" in path.read_text(encoding="utf-8")
    ]
    assert named == ["version.py"]
