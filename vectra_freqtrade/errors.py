"""
Errors, named after what the bot does about them.

    VectraError
    ├── SettingsError        stops at start: a setting, a strategy or a command line to fix
    ├── AuthError            a command ends; a bot refuses to start; in flight its datasets go off
    ├── PlanError            never retried: the dataset is off, the bot goes on
    ├── TransientError       retried within a budget, then left until the next candle
    │   ├── RateLimitError   as above, and the limiter waits
    │   └── ServerError      as above; of a coin that no list has it means that there is none
    ├── ContractError        an answer of unknown shape: its dataset is off, the bot goes on
    │   └── EndpointError    as above; `query` was given a wrong path
    ├── SymbolError          CoinGlass has no such coin or pair: said once, its columns stay empty
    │   └── UndecidedError   it can't be told what its names count; measured again later
    ├── StoreError           a file of the store is broken or foreign: it is left as it is
    │   └── OutdatedError    ... or of an earlier form: set aside and fetched anew
    └── CandlesError         price candles are missing: a command to download them is named

freqtrade's own exceptions stay out of this module: `vectra_freqtrade.strategy` turns
`SettingsError`, `AuthError`, `StoreError` and `CandlesError` into freqtrade's at the boundary.
Messages say what to do, and never hold a key.
"""


class VectraError(Exception):
    """Base of everything this package raises on purpose."""


class SettingsError(VectraError):
    """A setting, a strategy or a command line is wrong. The bot does not start."""


class AuthError(VectraError):
    """The CoinGlass key is missing, unknown or expired. Retrying can't help."""


class PlanError(VectraError):
    """
    The plan does not include an endpoint or an interval. Not an error in the bot.

    :param message: what was refused
    :param needed_plan: smallest plan that has it, where the answer or the catalogue names one
    """

    def __init__(self, message: str, *, needed_plan: str | None = None) -> None:
        super().__init__(message)
        self.needed_plan = needed_plan


class TransientError(VectraError):
    """
    May pass by itself: timeouts, 5xx, body code 500, broken or truncated JSON.

    :param message: what happened
    :param retry_after: seconds the server asked us to wait, None where it did not say
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RateLimitError(TransientError):
    """The key's budget is spent: HTTP 429, body code 429, or "Too Many Requests" in a 400."""


class ServerError(TransientError):
    """Body code 500: a fault that passes, or a coin that CoinGlass does not have."""


class ContractError(VectraError):
    """The answer's shape is unknown. Carries the shape, never the values."""


class EndpointError(ContractError):
    """CoinGlass has no such endpoint."""


class SymbolError(VectraError):
    """CoinGlass does not know a coin, or not the instrument on that exchange."""


class UndecidedError(SymbolError):
    """
    What CoinGlass counts of a coin can't be told from what it sent.

    :param message: what was found
    :param again: seconds until it is measured again
    """

    def __init__(self, message: str, *, again: float) -> None:
        super().__init__(message)
        self.again = again


class StoreError(VectraError):
    """A file of the history store can't be used. Nothing was written to it."""


class OutdatedError(StoreError):
    """A file of the store was written by an earlier version in a form that says too little."""


class CandlesError(VectraError):
    """freqtrade's candles of an interval are missing and can't be made from the timeframe."""
