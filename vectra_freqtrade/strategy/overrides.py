"""Finding what in a user's strategy would silently keep our callbacks from working."""

import inspect
from collections.abc import Iterable, Iterator
from types import FunctionType, MethodType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from freqtrade.strategy import IStrategy


def problems(strategy: "IStrategy", mixin: type, callbacks: Iterable[str]) -> Iterator[str]:
    """
    :param strategy: the user's
    :param mixin: the class whose callbacks must run
    :param callbacks: their names
    :return: each thing that must be fixed before it can trade, and how
    """
    for name in shadowed(type(strategy), mixin, callbacks):
        yield (
            f"its own {name} takes the place of {mixin.__name__}'s. Call super().{name}(...) in it "
            "and use what that returns, or drop the mixin."
        )
    if not strategy.use_custom_stoploss:
        yield "use_custom_stoploss is False; the trailing stop needs it. Remove it."
    if not strategy.use_exit_signal:
        yield "use_exit_signal is False; cg_ exits need it. Set it to True."
    if strategy.trailing_stop:
        yield "trailing_stop is True and would fight ours. Set it to False."


def shadowed(strategy: type, mixin: type, names: Iterable[str]) -> list[str]:
    """
    :param strategy: the user's class
    :param mixin: the class whose methods must run
    :param names: of its methods
    :return: names for which a class before the mixin has a method that never calls ours
    """
    mro = inspect.getmro(strategy)
    before = mro[: mro.index(mixin)]
    return [
        name
        for name in names
        if any(name in vars(owner) and not _calls_on(vars(owner)[name], mixin) for owner in before)
    ]


def _calls_on(method: object, mixin: type) -> bool:
    """Whether a method names `super` or the mixin, and the method it then calls."""
    code = getattr(inspect.unwrap(method), "__code__", None)  # type: ignore[arg-type]
    if code is None:
        return False
    return ("super" in code.co_names or mixin.__name__ in code.co_names) and (
        code.co_name in code.co_names
    )


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
