"""Options that take several values at once, as freqtrade's own do: `--pairs BTC/USDT ETH/USDT`."""

from collections.abc import Collection, Sequence
from typing import Any

from typer.core import TyperArgument, TyperCommand


class ManyValues(TyperCommand):
    """A command each of whose repeatable options may also be given its values in a row."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As the base class, with rows of values taken apart."""
        # What follows an option's value would be the argument where there is one.
        if not any(isinstance(each, TyperArgument) for each in self.params):
            repeatable = [each for each in self.params if getattr(each, "multiple", False)]
            args = spread(args, {name for each in repeatable for name in each.opts})
        return list(super().parse_args(ctx, args))


def spread(arguments: Sequence[str], names: Collection[str]) -> list[str]:
    """
    :param arguments: of the command line
    :param names: of the options that may be given several times
    :return: `-p A B` as `-p A -p B`
    """
    result: list[str] = []
    option, filled = "", False
    for word in arguments:
        if word.startswith("-") and word != "-":
            name, equals, _ = word.partition("=")
            option, filled = (name, bool(equals)) if name in names else ("", False)
            result.append(word)
        elif option and filled:
            result += [option, word]
        else:
            filled = True
            result.append(word)
    return result
