"""Who holds log lines back gives back what was there before, whatever happens meanwhile."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

import vectra_freqtrade
from vectra_freqtrade.cli.context import read_config
from vectra_freqtrade.errors import SettingsError
from vectra_freqtrade.quiet import quiet


@pytest.fixture(params=[logging.NOTSET, logging.INFO, logging.CRITICAL])
def before(request: pytest.FixtureRequest) -> Iterator[int]:
    held = logging.root.manager.disable
    logging.disable(request.param)
    yield request.param
    logging.disable(held)


def test_what_was_held_back_before_is_held_back_after_and_meanwhile(before: int) -> None:
    with pytest.raises(ValueError, match="ours"), quiet(logging.WARNING):
        assert logging.root.manager.disable == max(before, logging.WARNING)
        with quiet(logging.DEBUG):
            assert logging.root.manager.disable == max(before, logging.WARNING)
        raise ValueError("ours")
    assert logging.root.manager.disable == before


def test_a_config_that_is_read_or_refused_leaves_the_log_as_it_was(
    before: int, tmp_path: Path
) -> None:
    config = tmp_path / "config.json"
    config.write_text("[]")
    with pytest.raises(SettingsError):
        read_config([str(config)], None)
    assert logging.root.manager.disable == before


def test_nobody_else_switches_the_log() -> None:
    package = Path(vectra_freqtrade.__file__).parent
    sources = (path for path in package.rglob("*.py") if path.name != "quiet.py")
    assert not [path for path in sources if "logging.disable" in path.read_text(encoding="utf-8")]
