"""A strategy whose entries, exits and tags are CoinGlass columns. It writes down what it saw."""

#: Code, for `LiveBot`.
READS = '''
import json
import time
from datetime import UTC, datetime
from pathlib import Path

from freqtrade.strategy import IStrategy
from vectra_freqtrade import CoinglassMixin, CoinglassTrailingMixin

LONG = ["CONFIRM_BULL", "SHORT_SQUEEZE"]
SHORT = ["CONFIRM_BEAR", "LONG_LIQUIDATION"]


class Timed(CoinglassTrailingMixin, CoinglassMixin, IStrategy):
    """
    In where the state changes to a side and the factors agree, out where it changes again.

    Tags hold cells to their last digit, so that equal tags mean equal cells. Of a bot it leaves
    behind each decision's row, and each look at an open trade; of a backtest the whole frames.
    """

    timeframe = "1m"
    can_short = True
    startup_candle_count = 120
    stoploss = -0.2
    minimal_roi = {}

    @property
    def trades_live(self):
        return self.config["runmode"].value == "dry_run"

    @property
    def folder(self):
        return Path(self.config["user_data_dir"])

    def note(self, **facts):
        with (self.folder / "notes.jsonl").open("a") as file:
            file.write(json.dumps(facts, default=str) + "\\n")

    def bot_loop_start(self, current_time, **kwargs):
        super().bot_loop_start(current_time, **kwargs)
        if self.trades_live:
            time.sleep(0.15)
            with (self.folder / "loops").open("ab") as file:
                file.write(b".")

    def populate_indicators(self, dataframe, metadata):
        return self.coinglass.add_columns(dataframe, metadata["pair"])

    def populate_entry_trend(self, dataframe, metadata):
        state = dataframe["cg_state"]
        new = state != state.shift()
        cells = ["cg_confidence_long", "cg_confidence_short", "cg_funding_1m", "cg_taker_ratio_1m"]
        dataframe["enter_tag"] = state.str.cat([dataframe[name].map(repr) for name in cells], " ")
        for side, states in (("long", LONG), ("short", SHORT)):
            factor, waits = dataframe[f"cg_confidence_{side}"], dataframe[f"cg_wait_{side}"]
            enters = new & state.isin(states) & (factor >= 1.0) & ~waits
            dataframe[f"enter_{side}"] = enters.astype(int)
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        state = dataframe["cg_state"]
        imbalance = dataframe["cg_book_imbalance_1m"]
        dataframe["exit_long"] = (state.isin(SHORT) & (imbalance < 0.0)).astype(int)
        dataframe["exit_short"] = (state.isin(LONG) & (imbalance > 0.0)).astype(int)
        dataframe["exit_tag"] = "to " + state.str.cat(imbalance.map(repr), " ")
        if self.trades_live:
            last = dataframe.iloc[-1]
            row = {name: getattr(last[name], "item", lambda: last[name])() for name in dataframe}
            self.note(kind="columns", pair=metadata["pair"], at=datetime.now(UTC), row=row)
        else:
            dataframe.to_feather(self.folder / f"{metadata['pair'].split('/')[0]}.feather")
        return dataframe

    def custom_exit(self, pair, trade, current_time, current_rate, current_profit, **kwargs):
        """Asked after freqtrade has moved the stop: what it is held against is known here."""
        if self.trades_live:
            self.note(kind="look", trade=trade.id, at=current_time, rate=current_rate,
                      stop=trade.stop_loss)
        return super().custom_exit(
            pair, trade, current_time, current_rate, current_profit, **kwargs
        )
'''
