"""A user's strategy: what in it would keep our columns or our stops from working."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from vectra_freqtrade.cli.doctor.finding import Finding, ok, problem, warning
from vectra_freqtrade.data.checks import check_adaptive, check_datasets, few_candles_for_levels
from vectra_freqtrade.errors import SettingsError
from vectra_freqtrade.freqtrade_seams import COLUMN_HOOKS, STOP_HOOKS
from vectra_freqtrade.strategy.columns_mixin import CoinglassMixin
from vectra_freqtrade.strategy.overrides import problems, shadowed, trust
from vectra_freqtrade.strategy.trailing_mixin import CoinglassTrailingMixin

if TYPE_CHECKING:
    from freqtrade.strategy import IStrategy


def strategy(loaded: "IStrategy") -> list[Finding]:
    """Of a strategy as freqtrade makes it, the config's values over its own."""
    name = type(loaded).__name__
    if not isinstance(loaded, CoinglassMixin):
        return [
            warning(
                "strategy",
                f"{name} does not derive from CoinglassMixin: it has no CoinGlass columns",
                f"class {name}(CoinglassMixin, IStrategy), and add_columns in populate_indicators",
            )
        ]
    found = [problem("strategy", f"{name}: {text}") for text in _problems(loaded)]
    found += _settings(loaded)
    if not found:
        what = "columns and exits" if isinstance(loaded, CoinglassTrailingMixin) else "columns"
        return [ok("strategy", f"{name} gets our {what}; nothing shadows them")]
    return found


def _settings(loaded: CoinglassMixin) -> list[Finding]:
    """Whether the settings have its datasets, and its startup enough for what looks back."""
    settings, candles = loaded.coinglass.settings, loaded.startup_candle_count
    name = type(loaded).__name__
    found = []
    try:
        check_datasets(settings, loaded.needed_datasets, name)
        check_adaptive(settings, candles, name)
    except SettingsError as error:
        found.append(problem("strategy", str(error)))
    few = few_candles_for_levels(settings, loaded.coinglass.intervals, candles, name)
    if few is not None:
        found.append(warning("strategy", few))
    return found


def _problems(loaded: CoinglassMixin) -> Iterator[str]:
    mixin: type[CoinglassMixin] = CoinglassMixin
    hooks = COLUMN_HOOKS
    if isinstance(loaded, CoinglassTrailingMixin):
        mixin = CoinglassTrailingMixin
        hooks = STOP_HOOKS
        yield from problems(loaded, mixin)
    trusted = loaded.coinglass.settings.calls_super
    for name in shadowed(type(loaded), mixin, (*hooks, "__init__"), trusted):
        yield (
            f"its own {name} takes the place of {mixin.__name__}'s. Call super().{name}(...) in "
            f"it. {trust(name)}"
        )
