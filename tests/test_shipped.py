"""The shipped strategies are found where the package was installed from."""

from vectra_freqtrade.shipped import shipped_strategies


def test_the_shipped_strategies_are_found_and_named_for_their_classes():
    paths = shipped_strategies()
    assert "VectraStrategy" in [path.stem for path in paths]
    for path in paths:
        assert f"class {path.stem}(" in path.read_text(encoding="utf-8")
