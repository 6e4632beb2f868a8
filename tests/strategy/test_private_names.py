"""What is private in freqtrade is named in the files of its seams alone."""

import ast
from pathlib import Path
from typing import get_args

import pytest

import vectra_freqtrade
from vectra_freqtrade import freqtrade_seams

#: May be named in the two files of seams alone.
PRIVATE = {
    *get_args(freqtrade_seams.Overridden),
    *("_CustomData", "_exchange", "_ft_stop_uses_after_fill", "strategy_safe_wrapper"),
    *("strategy_wrapper", "analyze_ticker", "advise_indicators", "advise_entry"),
    *("ft_advise_signals", "__qualname__", "__source__"),
}
SEAMS = {"freqtrade_seams.py", "strategy/freqtrade_hooks.py"}
PACKAGE = Path(vectra_freqtrade.__file__).parent


def own(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


def private_uses(code: str) -> list[str]:
    """Names of freqtrade's insides that a file uses, with their lines."""
    found = []
    for node in ast.walk(ast.parse(code)):
        names: list[str] = []
        if isinstance(node, ast.Attribute):
            # `self._exchange` is a name of ours: freqtrade's belongs to its data provider.
            ours = node.attr == "_exchange" and own(node.value)
            names = [] if ours else [node.attr]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("freqtrade"):
            names = [*(node.module or "").split("."), *(each.name for each in node.names)]
            names += ["_CustomData" for name in names if name.startswith("_")]
        elif isinstance(node, ast.FunctionDef):
            names = [node.name]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names = [node.value]
        for name in names:
            if name in PRIVATE or name.startswith("_ft_"):
                found.append(f"{getattr(node, 'lineno', 0)}: {name}")
    return found


def test_no_private_part_of_freqtrade_is_used_outside_the_seams():
    found = {
        str(name): uses
        for path in sorted(PACKAGE.rglob("*.py"))
        if (name := path.relative_to(PACKAGE)).as_posix() not in SEAMS
        and (uses := private_uses(path.read_text()))
    }
    assert not found, f"move it to vectra_freqtrade/freqtrade_seams.py: {found}"


@pytest.mark.parametrize(
    "code",
    [
        "dp._exchange",
        'getattr(dp, "_exchange", None)',
        "from freqtrade.persistence.custom_data import _CustomData",
        "from freqtrade.somewhere import _anything",
        "from freqtrade.strategy.strategy_wrapper import strategy_safe_wrapper",
        "class A:\n    def advise_exit(self): ...",
        "strategy._ft_informative",
    ],
)
def test_a_private_use_is_found(code):
    assert private_uses(code)
