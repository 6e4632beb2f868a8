"""Quick tests first: whoever broke something should not wait for the slow ones to hear of it."""

import hypothesis
import pytest

# A busy machine is no failing property.
hypothesis.settings.register_profile("calm", deadline=None)
hypothesis.settings.load_profile("calm")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("freqtrade") is not None)
