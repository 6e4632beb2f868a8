"""A user's mistake ends a command with a plain message and a code, never with a traceback."""

import functools
from collections.abc import Callable
from enum import IntEnum
from typing import ParamSpec, TypeVar

import typer
from freqtrade.exceptions import FreqtradeException
from rich.console import Console

from vectra_freqtrade.errors import (
    AuthError,
    CandlesError,
    EndpointError,
    PlanError,
    SettingsError,
    StoreError,
    SymbolError,
    VectraError,
)

Args = ParamSpec("Args")
Return = TypeVar("Return")

err = Console(stderr=True, highlight=False, soft_wrap=True)


class Exit(IntEnum):
    """What a command's status says."""

    DONE = 0
    INCOMPLETE = 1  # something could not be fetched or read; the same command continues from there
    MISTAKE = 2  # a setting, an option or a file to fix, or candles to download first
    KEY = 3  # no key, a wrong one, or one without a plan, or without the one that is needed
    INTERRUPTED = 130


#: Another run of the same command would end the same.
_MISTAKES = (
    SettingsError,
    StoreError,
    CandlesError,
    EndpointError,
    SymbolError,
    FreqtradeException,
)


def report_errors(command: Callable[Args, Return]) -> Callable[Args, Return]:
    """Turn our errors and freqtrade's into a message and an exit code."""

    @functools.wraps(command)
    def run(*args: Args.args, **kwargs: Args.kwargs) -> Return:
        try:
            return command(*args, **kwargs)
        except AuthError as error:
            raise fail(str(error), Exit.KEY) from None
        except PlanError as error:
            needed = f" It needs {error.needed_plan.capitalize()}." if error.needed_plan else ""
            raise fail(f"{error}{needed}", Exit.KEY) from None
        except _MISTAKES as error:
            raise fail(str(error), Exit.MISTAKE) from None
        except VectraError as error:
            raise fail(str(error), Exit.INCOMPLETE) from None
        except OSError as error:
            raise fail(*_of_the_system(error)) from None
        except KeyboardInterrupt:
            raise fail("Stopped. What was saved is kept.", Exit.INTERRUPTED) from None

    return run


def _of_the_system(error: OSError) -> tuple[str, Exit]:
    from vectra_freqtrade.files import LockedError

    if isinstance(error, LockedError):
        return (
            f"Nothing more can be written: {error.strerror}. Is a bot or a command suspended that "
            "uses this store? Let it go on or end it, then run the same command again. What was "
            "saved is kept.",
            Exit.INCOMPLETE,
        )
    if error.filename is None:
        return f"The system says: {error.strerror or error}.", Exit.MISTAKE
    return (
        f"{error.filename} can't be used: {error.strerror}. Fix that, or name another place.",
        Exit.MISTAKE,
    )


def fail(message: str, code: Exit) -> typer.Exit:
    """Say it on stderr; raise what comes back."""
    err.print(message, style="red", markup=False)
    return typer.Exit(int(code))
