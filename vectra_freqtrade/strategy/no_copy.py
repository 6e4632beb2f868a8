"""
Callbacks for which freqtrade makes no copy of the trade.

freqtrade deep-copies the trade for every callback that isn't IStrategy's own, and the copy costs
more than the callback. It tells them apart by their qualified name. Callbacks that only read the
trade need no copy (a test proves that ours do), so they may carry a name of IStrategy's.
`coinglass.trailing.skip_trade_copy: false` gives them their copies back.
"""

from collections.abc import Iterable
from types import FunctionType, MethodType


def skip_copies(owner: type, names: Iterable[str]) -> None:
    """
    :param owner: class that defines the callbacks
    :param names: of callbacks that only read the trade
    """
    for name in names:
        getattr(owner, name).__qualname__ = f"IStrategy.{name}"


def restore_copies(strategy: object, owner: type, names: Iterable[str]) -> None:
    """
    Give one strategy callbacks of their own names, so that freqtrade copies the trade for them.

    :param strategy: an instance
    :param owner: class that defines the callbacks
    :param names: of them
    """
    for name in names:
        function = getattr(type(strategy), name)
        if function is not getattr(owner, name):
            continue  # the user's own, which has its own name
        copied = FunctionType(function.__code__, function.__globals__, name, function.__defaults__)
        copied.__kwdefaults__ = function.__kwdefaults__
        copied.__qualname__ = f"{owner.__name__}.{name}"
        setattr(strategy, name, MethodType(copied, strategy))
