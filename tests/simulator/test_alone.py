"""The simulator imports nothing of the package that is tested against it."""

import ast
from pathlib import Path

import pytest

from vectra_freqtrade import demo

FOLDER = Path(demo.__file__).parent
#: What runs the real commands over the simulator, and shows what came out.
AROUND = {"command", "run", "processes", "summary", "trades", "workspace"}
MODULES = sorted(path.stem for path in FOLDER.glob("*.py"))


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            base = node.module or ""
            names |= (
                {base}
                if base != "vectra_freqtrade.demo"
                else {f"{base}.{alias.name}" for alias in node.names}
            )
    return {name for name in names if name.startswith("vectra_freqtrade")}


@pytest.mark.parametrize("module", [name for name in MODULES if name not in AROUND])
def test_a_module_of_the_simulator_imports_only_the_simulator(module: str):
    allowed = {f"vectra_freqtrade.demo.{name}" for name in MODULES if name not in AROUND}
    assert imported(FOLDER / f"{module}.py") <= allowed
