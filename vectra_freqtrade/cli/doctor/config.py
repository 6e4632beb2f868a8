"""freqtrade's config and our section of it, and the candles that prices come from."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from vectra_freqtrade.catalogue.intervals import INTERVALS
from vectra_freqtrade.cli.doctor.finding import Finding, ok, problem, some, warning
from vectra_freqtrade.data.consumer.consumer import check_consumer
from vectra_freqtrade.errors import SettingsError
from vectra_freqtrade.settings.section import CoinglassSettings

_TRAILING = "a strategy with CoinglassTrailingMixin is refused at start"


def settings(config: Mapping[str, Any]) -> tuple[list[Finding], CoinglassSettings]:
    """What is wrong in the coinglass section; and the settings as far as they are right."""
    try:
        held = CoinglassSettings.from_config(config)
    except SettingsError as error:
        found = [
            problem("settings", line, "fix it: no bot and no backtest will start")
            for line in str(error).splitlines()
        ]
        return found, _what_is_right(config)
    said = "the coinglass section is valid" if config.get("coinglass") else "all defaults"
    return [ok("settings", said)], held


def _what_is_right(config: Mapping[str, Any]) -> CoinglassSettings:
    section = config.get("coinglass")
    held = CoinglassSettings()
    for name, value in section.items() if isinstance(section, Mapping) else ():
        try:
            held = held.override(**{str(name): value})
        except SettingsError:
            continue
    return held


def freqtrade_config(config: Mapping[str, Any]) -> list[Finding]:
    """What the config sets over any strategy's own."""
    found = []
    if config.get("use_exit_signal") is False:
        text = f"use_exit_signal is false: exits by cg_ columns never happen, and {_TRAILING}"
        found.append(warning("config", text, "set it to true, or leave it out"))
    if config.get("trailing_stop") is True:
        text = f"trailing_stop is true: {_TRAILING}"
        found.append(warning("config", text, "set it to false, or leave it out"))
    if config.get("use_custom_stoploss") is False:
        text = f"use_custom_stoploss is false: {_TRAILING}"
        found.append(warning("config", text, "leave it out"))
    return found


def producer(held: CoinglassSettings, config: Mapping[str, Any]) -> list[Finding]:
    """Of a bot whose columns another one sends."""
    if held.producer is None:
        return []
    try:
        # A strategy may set process_only_new_candles itself; only what the config says is known.
        name, _ = check_consumer(held, config, config.get("process_only_new_candles") is True)
    except SettingsError as error:
        return [problem("config", str(error), "fix it: no bot will start")]
    return [ok("config", f"the columns of a running bot come from {name}")]


def candles(
    there: Collection[tuple[str, str]],
    pairs: Sequence[str],
    intervals: Iterable[str],
    timeframe: str | None,
    adaptive: bool,
) -> Finding | None:
    """The price candles that a backtest compares open interest with; a bot fetches its own."""
    wanted = [(pair, interval) for pair in pairs for interval in intervals]
    if not wanted:
        return None
    missing = [each for each in wanted if each not in there]
    if not missing:
        named = ", ".join(dict.fromkeys(interval for _, interval in wanted))
        return ok("candles", f"{named} of every pair are there for backtests")
    frames = " ".join(dict.fromkeys(interval for _, interval in missing))
    named = " ".join(dict.fromkeys(pair for pair, _ in missing))
    fix = f"freqtrade download-data --pairs {named} --timeframes {frames}"
    what = f"none of {some(f'{pair} {interval}' for pair, interval in missing)} on disk"
    made = not adaptive and timeframe is not None
    if made and all(_makes(timeframe, interval, pair, there) for pair, interval in missing):
        text = f"{what}: a backtest makes them of the strategy's {timeframe} candles"
    else:
        text = f"{what}: a backtest of these pairs can't compare open interest with prices"
    return warning("candles", text, fix)


def _makes(
    timeframe: str | None, interval: str, pair: str, there: Collection[tuple[str, str]]
) -> bool:
    divides = timeframe in INTERVALS and INTERVALS[interval] % INTERVALS[str(timeframe)] == 0
    return divides and (pair, timeframe) in there
