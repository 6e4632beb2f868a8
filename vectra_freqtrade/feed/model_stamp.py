"""Keeping FreqAI from answering a backtest with predictions made of other data."""

import hashlib
from typing import Any

from freqtrade.enums import RunMode

_OPTIMIZING = (RunMode.BACKTEST, RunMode.HYPEROPT)


def stamp_models(config: dict[str, Any], fingerprint: str) -> None:
    """
    FreqAI keeps trained models and predictions by `freqai.identifier` alone. So in a backtest the
    identifier ends with what else decides them; a bot's stays, because it goes on learning.

    :param config: freqtrade's, changed in place where FreqAI is on
    :param fingerprint: of package, settings and history
    """
    section = config.get("freqai")
    if not isinstance(section, dict) or not section.get("enabled"):
        return
    if config.get("runmode") not in _OPTIMIZING or config.get("freqai_backtest_live_models"):
        return
    stamp = "-cg" + hashlib.sha256(fingerprint.encode()).hexdigest()[:10]
    identifier = str(section.get("identifier", "vectra"))
    if not identifier.endswith(stamp):  # a strategy is built more than once
        config["freqai"] = section | {"identifier": identifier + stamp}
