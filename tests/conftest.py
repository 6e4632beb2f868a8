"""Quick tests first: whoever broke something should not wait for the slow ones to hear of it."""

import pytest
from hypothesis import HealthCheck, settings

# The same examples on every machine, and no failure because a machine was busy.
settings.register_profile(
    "promises", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("promises")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("freqtrade") is not None)
