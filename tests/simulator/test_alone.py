"""The simulator imports nothing of the package that is tested against it."""

import ast
from pathlib import Path

import pytest

from vectra_freqtrade import simulator

FOLDER = Path(simulator.__file__).parent
MODULES = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.py"))


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in names if name.startswith("vectra_freqtrade")}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_of_the_simulator_imports_only_the_simulator(module: str):
    other = {name for name in imported(FOLDER / module) if ".simulator." not in name}
    assert other == set()


def test_there_are_modules_to_look_at():
    assert len(MODULES) > 30
