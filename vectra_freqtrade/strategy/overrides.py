"""Finding what in a user's strategy would silently keep our callbacks from working."""

import inspect
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from vectra_freqtrade.settings.trailing import CALLBACKS

if TYPE_CHECKING:
    from vectra_freqtrade.strategy.trailing_mixin import CoinglassTrailingMixin


def problems(strategy: "CoinglassTrailingMixin", mixin: type) -> Iterator[str]:
    """
    :param strategy: the user's
    :param mixin: the class whose callbacks must run
    :return: each thing that must be fixed before it can trade, and how
    """
    trusted = strategy.coinglass.settings.calls_super
    for name in shadowed(type(strategy), mixin, CALLBACKS, trusted):
        yield (
            f"its own {name} takes the place of {mixin.__name__}'s. Call super().{name}(...) in it "
            f"and use what that returns, or drop the mixin. {trust(name)}"
        )
    if not strategy.use_custom_stoploss:
        yield "use_custom_stoploss is False; the trailing stop needs it. Remove it."
    if not strategy.use_exit_signal:
        yield "use_exit_signal is False; cg_ exits need it. Set it to True."
    if strategy.trailing_stop:
        yield "trailing_stop is True and would fight ours. Set it to False."


def trust(name: str) -> str:
    """What to do about a method that is misjudged."""
    return f'If it does, in code that can\'t be seen in it: "calls_super": ["{name}"] in coinglass.'


def shadowed(
    strategy: type, mixin: type, names: Iterable[str], trusted: Iterable[str] = ()
) -> list[str]:
    """
    :param strategy: the user's class
    :param mixin: the class whose methods must run
    :param names: of its methods
    :param trusted: those that the user says call ours; they are not looked at
    :return: names for which a class before the mixin has a method that never calls ours
    """
    mro = inspect.getmro(strategy)
    before = mro[: mro.index(mixin)]
    return [
        name
        for name in names
        if name not in trusted
        and any(name in vars(owner) and not _calls_on(vars(owner)[name], mixin) for owner in before)
    ]


def _calls_on(method: object, mixin: type) -> bool:
    """Whether a method's own code names `super` or the mixin, and the method it then calls."""
    code = getattr(inspect.unwrap(method), "__code__", None)  # type: ignore[arg-type]
    if code is None:
        return False
    return ("super" in code.co_names or mixin.__name__ in code.co_names) and (
        code.co_name in code.co_names
    )
