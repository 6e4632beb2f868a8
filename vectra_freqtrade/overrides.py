"""Finding callbacks of a user's strategy that would silently take the place of ours."""

import inspect
from collections.abc import Iterable


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
