"""Quick tests first: whoever broke something should not wait for the slow ones to hear of it."""

import logging
import os
from collections import Counter
from collections.abc import Generator, Iterator

import pytest
from hypothesis import HealthCheck, settings

# Before numpy is imported, here or in a process that is started: the workers share the cores
# already, and threads that wait for each other would spin on them.
for library in ("OPENBLAS", "OMP"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

# The same examples on every machine, and no failure because a machine was busy.
settings.register_profile(
    "promises", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("promises")

FAILED = pytest.StashKey[bool]()


def pytest_xdist_auto_num_workers() -> int | None:
    """One more than there are cores: while a bot trades in real time, others compute."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None  # xdist's own answer
    return (os.cpu_count() or 1) + 1


def pytest_configure(config: pytest.Config) -> None:
    """xdist's own order, most tests first, would start the longest files last."""
    config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """
    Quick files; then, so that nobody is left alone with one at the end, those that wait for a bot
    in real time by turns with those of most freqtrade processes.
    """
    slow = Counter(item.path for item in items if item.get_closest_marker("freqtrade"))
    waiting = {item.path for item in items if item.get_closest_marker("real_time")}
    longest = sorted(slow.keys() - waiting, key=lambda path: (-slow[path], path))
    turns = {path: 2 * place for place, path in enumerate(longest)}
    turns |= {path: 2 * place + 1 for place, path in enumerate(sorted(waiting))}
    items.sort(key=lambda item: turns.get(item.path, -1))
    for item in items:
        if item.get_closest_marker("real_time"):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.hookimpl(tryfirst=True)  # before rerunfailures, which would keep what is not the test's
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """A bot that a module's tests look at would be the same one again: it is made anew as well."""
    if item.get_closest_marker("real_time") and item.stash.get(FAILED, False):
        item.stash[FAILED] = False
        item.session._setupstate.teardown_exact(None)


@pytest.fixture(autouse=True)
def _own_level() -> Iterator[None]:
    """A command quietens our logger for its process, and tests share one."""
    yield
    logging.getLogger("vectra_freqtrade").setLevel(logging.NOTSET)
