"""Whether a strategy's data comes from CoinGlass at all."""

from collections.abc import Mapping

from vectra_freqtrade.coinglass.key import find_key, names_key
from vectra_freqtrade.coinglass.limits import Plan
from vectra_freqtrade.coinglass.remembered import last_plan
from vectra_freqtrade.errors import VectraError
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.settings import CoinglassSettings


def uses_free_tier(
    settings: CoinglassSettings, store: Store, environ: Mapping[str, str] | None = None
) -> bool:
    """
    No key, or a key that had no plan when CoinGlass was asked last. Nobody is asked here.

    :param settings: where the key is; a plan that they name is believed, and so is a producer, who
        has a key
    :param store: what was told lies beside it
    :param environ: in place of the process's own
    """
    if settings.producer is not None:
        return False
    if not names_key(settings, environ):
        return True
    if settings.plan != "auto":
        return False
    try:
        key = find_key(settings, environ)
    except VectraError:  # a backtest needs no file that only the bot's machine has
        return False
    return key is not None and last_plan(store.state_dir, key) is Plan.FREE
