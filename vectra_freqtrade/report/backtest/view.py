"""What the page shows of a market, and of a backtest on it: gathered first, drawn later."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from vectra_freqtrade.report.backtest.analysed import Analysed, Analyst, analyse_all
from vectra_freqtrade.report.backtest.results import BacktestResult
from vectra_freqtrade.report.backtest.stops import TradeStops, trade_stops
from vectra_freqtrade.report.backtest.trade_table import GROUPS, sums, trade_table
from vectra_freqtrade.report.evidence.evidence import records

#: What the demo leaves in its folder, and what it calls its bot: a report says "simulated".
MARKER = "SIMULATED.txt"
BOT_NAME = "simulated demo"


@dataclass(frozen=True, slots=True)
class View:
    """What a page shows; without a result it is the market and the store's data alone."""

    frames: Mapping[str, Analysed]
    intervals: tuple[str, ...]
    timeframe_ms: int
    estimated: bool
    simulated: bool
    notes: Sequence[str]
    result: BacktestResult | None = None
    table: pd.DataFrame = field(default_factory=pd.DataFrame)
    stops: Mapping[int, TradeStops] = field(default_factory=dict)

    @property
    def stops_told(self) -> str:
        """One sentence on whether the stops that were computed are freqtrade's."""
        if self.table.empty:
            return "There were no trades."
        if not self.stops:
            return (
                "Only the first and the last stop of each trade are shown: this strategy leaves "
                "its stops to freqtrade, or its file could not be loaded."
            )
        agree = sum(stops.agrees for stops in self.stops.values())
        return (
            f"Every trade's stop was recomputed candle by candle from the candles and CoinGlass "
            f"history on disk: {agree} of {len(self.table)} end at the stop freqtrade recorded."
        )

    @property
    def groups(self) -> dict[str, pd.DataFrame]:
        """Heading -> the trades summed up."""
        if self.result is None or self.table.empty:
            return {}
        balance = float(self.result.facts["starting_balance"])
        return {name: sums(self.table, column, balance) for name, column in GROUPS.items()}

    def to_dict(self) -> dict[str, Any]:
        """The numbers of the backtest, as JSON holds them."""
        if self.result is None:
            return {}
        facts = self.result.facts
        names = ("total_trades", "profit_total_abs", "profit_total", "max_drawdown_abs",
                 "max_drawdown_account", "stake_currency", "timerange", "timeframe")  # fmt: skip
        return {
            "backtest": {
                "strategy": self.result.strategy,
                "file": self.result.path.name,
                "simulated": self.simulated,
                **{name: facts.get(name) for name in names},
                "groups": {
                    name: json.loads(group.to_json(orient="records"))
                    for name, group in self.groups.items()
                },
                "stops_computed": len(self.stops),
                "stops_agree": sum(stops.agrees for stops in self.stops.values()),
            }
        }


def store_view(
    analyst: Analyst, pairs: Sequence[str], config: Mapping[str, Any], simulated: bool
) -> View:
    """The market and the store's data, without a backtest."""
    frames = {found.pair: found for found in analyse_all(analyst, pairs, config["datadir"])}
    return _view(analyst, frames, simulated, [])


def backtest_view(
    analyst: Analyst,
    result: BacktestResult,
    pairs: Sequence[str],
    config: Mapping[str, Any],
    simulated: bool,
    notes: Sequence[str] = (),
) -> View:
    """Charts of `pairs`; trades and their sums are always all of the backtest's."""
    traded = dict.fromkeys((*pairs, *result.trades["pair"]))
    frames = {found.pair: found for found in analyse_all(analyst, list(traded), config["datadir"])}
    view = _view(analyst, frames, simulated, notes)
    stops = {}
    for index, trade in zip(result.trades.index, records(result.trades), strict=True):
        found = frames.get(trade["pair"])
        if found is not None and found.trailing is not None:
            computed = trade_stops(trade, *found.trailing, found.step)
            if computed is not None:
                stops[index] = computed
    table = trade_table(result, frames, view.timeframe_ms)
    shown = {pair: found for pair, found in frames.items() if pair in pairs} or frames
    return replace(view, frames=shown, result=result, table=table, stops=stops)


def _view(
    analyst: Analyst, frames: dict[str, Analysed], simulated: bool, notes: Sequence[str]
) -> View:
    coinglass = analyst.coinglass
    estimated = coinglass.settings.levels_source == "estimate"
    return View(frames, coinglass.intervals, coinglass.timeframe_ms, estimated, simulated, notes)


def is_simulated(userdir: Path, *configs: Mapping[str, Any]) -> bool:
    """Whether the market is the demo's: its folder, its bot, or an exchange on this machine."""
    return (userdir / MARKER).exists() or any(
        config.get("bot_name") == BOT_NAME or _on_loopback(config.get("exchange", {}))
        for config in configs
    )


def _on_loopback(exchange: Mapping[str, Any]) -> bool:
    text = json.dumps(exchange.get("ccxt_config", {}), default=str)
    return any(host in text for host in ("//127.0.0.1", "//localhost", "//[::1]"))
