"""A user's strategy: what in it would keep our columns or our stops from working."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from vectra_freqtrade.doctor.finding import Finding, Level
from vectra_freqtrade.signals.divergence import SIGMA_ROWS
from vectra_freqtrade.strategy.columns_mixin import CoinglassMixin
from vectra_freqtrade.strategy.overrides import problems, shadowed
from vectra_freqtrade.strategy.trailing_mixin import CoinglassTrailingMixin

if TYPE_CHECKING:
    from freqtrade.strategy import IStrategy

#: Methods that must run, beside the callbacks.
_METHODS: Final[dict[type[CoinglassMixin], tuple[str, ...]]] = {
    CoinglassMixin: ("ft_bot_start", "gather_informative_pairs", "__init__"),
    CoinglassTrailingMixin: (
        "ft_bot_start",
        "gather_informative_pairs",
        "advise_exit",
        "__init__",
    ),
}


def strategy(loaded: "IStrategy") -> list[Finding]:
    """
    :param loaded: as freqtrade makes it, the config's values over its own
    """
    name = type(loaded).__name__
    if not isinstance(loaded, CoinglassMixin):
        return [
            Finding(
                "strategy",
                Level.WARNING,
                f"{name} does not derive from CoinglassMixin: it has no CoinGlass columns",
                f"class {name}(CoinglassMixin, IStrategy), and add_columns in populate_indicators",
            )
        ]
    found = [Finding("strategy", Level.PROBLEM, f"{name}: {text}") for text in _problems(loaded)]
    needed = SIGMA_ROWS + 1
    if loaded.coinglass.settings.bands.adaptive and loaded.startup_candle_count < needed:
        found.append(
            Finding(
                "strategy",
                Level.PROBLEM,
                f"{name}: startup_candle_count is {loaded.startup_candle_count}; adaptive bands "
                f"look at {SIGMA_ROWS} candles of the interval",
                f"set it to at least {needed}",
            )
        )
    what = "columns and exits" if isinstance(loaded, CoinglassTrailingMixin) else "columns"
    return found or [Finding("strategy", Level.OK, f"{name} takes our {what}; nothing is shadowed")]


def _problems(loaded: CoinglassMixin) -> Iterator[str]:
    mixin: type[CoinglassMixin] = CoinglassMixin
    if isinstance(loaded, CoinglassTrailingMixin):
        mixin = CoinglassTrailingMixin
        yield from problems(loaded, mixin, loaded._CALLBACKS)
    for name in shadowed(type(loaded), mixin, _METHODS[mixin]):
        yield (
            f"its own {name} takes the place of {mixin.__name__}'s. Call super().{name}(...) in it."
        )
