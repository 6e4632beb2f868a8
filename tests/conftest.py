"""Quick tests first: whoever broke something should not wait for the slow ones to hear of it."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("freqtrade") is not None)
