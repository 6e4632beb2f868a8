"""What a dry run and its backtest left behind, in the words of `matching`."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from tests.support.dry_run import SETTINGS, DryRun
from tests.support.matching import Deal, Market, Match, match
from vectra_freqtrade.catalogue.intervals import interval_ms
from vectra_freqtrade.report.backtest.stops import trade_stops
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.strategy.trailing_frame import frame_arrays
from vectra_freqtrade.trailing.prepare import PairArrays

INTERVALS = ("1m", "5m")


class Compared:
    """
    :param run: the bot has ended, the candles are there
    :param tested: the backtest's trades
    :ivar bot: the bot's trades of the window
    :ivar tested: the backtest's
    """

    def __init__(self, run: DryRun, tested: pd.DataFrame) -> None:
        self.run = run
        self._disagreeing: list[Deal] = []
        self._settings = CoinglassSettings().override(**SETTINGS, intervals=INTERVALS)
        self._arrays = {pair: self._arrays_of(pair) for pair in run.pairs}
        lived = run.trades()
        self.bot = self._deals(lived)
        self.tested = self._deals(tested)
        trades = lived[["id", "pair", "open_date"]]
        looks = run.looks().merge(trades, left_on="trade", right_on="id")
        self._markets = {pair: self._market(pair, looks) for pair in run.pairs}

    def matches(self) -> list[Match]:
        """Each trade once."""
        return match(self.bot, self.tested, self._markets)

    def astray(self) -> list[Deal]:
        """
        Closed trades whose last stop is not the one that their own entry gives; but a bot that is
        late moves its stop late.
        """
        return [
            deal
            for deal in self._disagreeing
            if deal not in self.bot or not self._markets[deal.pair].late(deal.closed)
        ]

    def differing_cells(self) -> dict[str, int]:
        """
        What the bot decided on beside the same candles of the backtest's frame: prices, columns,
        signals and tags.

        :return: cells that are not the same, by pair and column; the count of all under ""
        """
        found = {"": 0}
        decided = self.run.decided()
        for pair in self.run.pairs:
            lived = decided.loc[pair].drop(columns="at")
            tested = lived[["date"]].merge(self.run.analysed(pair), on="date", how="left")
            names = lived.columns.drop("date")
            mine, theirs = lived[names].reset_index(drop=True), tested[names]
            differs = (mine != theirs) & ~(mine.isna() & theirs.isna())
            counts = differs.sum()
            found |= {f"{pair} {name}": int(count) for name, count in counts.items() if count}
            found[""] += differs.size
        return found

    def prices_apart(self) -> pd.DataFrame:
        """
        Of trades that both entered.

        :return: entry (of the bot's price from the backtest's, a fraction, against the trade), and
            whether the bot's is one of its candle's prices, to a tick
        """
        rows = []
        for each in self.matches():
            if each.bot is None or each.tested is None:
                continue
            deal = each.bot
            candle = self._markets[deal.pair].candles.loc[deal.opened]
            step = self._step(deal.pair) * 1.001
            inside = candle["low"] - step <= deal.entry <= candle["high"] + step
            side = -1 if deal.short else 1
            rows.append({"entry": side * (deal.entry / each.tested.entry - 1), "inside": inside})
        return pd.DataFrame(rows, columns=["entry", "inside"])

    def _arrays_of(self, pair: str) -> PairArrays:
        """What the stops of both are made of: the backtest's frame."""
        candles = self.run.prices(pair, self._settings.trailing.atr_interval)
        frame = self.run.analysed(pair)
        return frame_arrays(frame, interval_ms("1m"), candles, self._settings, INTERVALS)

    def _step(self, pair: str) -> float:
        return float(self.run.world.market.instrument(pair.split("/")[0]).tick)

    def _deals(self, trades: pd.DataFrame) -> list[Deal]:
        """Those opened within the window; what ended after it was open at its end."""
        opened = pd.to_datetime(trades["open_date"], utc=True)
        closed = pd.to_datetime(trades["close_date"], utc=True)
        rows = trades.assign(open_date=opened, close_date=closed)
        return [
            self._deal(row)
            for row in rows.to_dict("records")
            if row["open_date"].floor("1min") <= self.run.last
        ]

    def _deal(self, row: Mapping[str, Any]) -> Deal:
        pair, closed = row["pair"], row["close_date"].floor("1min")
        over = bool(closed <= self.run.last)  # False for NaT
        end = row["close_date"] if over else self.run.last
        trade = {
            **row,
            "orders": [],
            "open_timestamp": row["open_date"].timestamp() * 1000,
            "close_timestamp": end.timestamp() * 1000,
        }
        stops = trade_stops(trade, self._arrays[pair], self._settings.trailing, self._step(pair))
        assert stops is not None, f"no plan for {row}"
        candles = pd.to_datetime(stops.opens_ms, unit="ms", utc=True)
        deal = Deal(
            pair=pair,
            short=bool(row["is_short"]),
            opened=row["open_date"].floor("1min"),
            tag=row["enter_tag"],
            entry=row["open_rate"],
            closed=closed if over else None,
            reason=row["exit_reason"] if over else None,
            exit=row["close_rate"] if over else None,
            at=row["close_date"] if over else None,
            stops=dict(zip(candles, stops.stop.tolist(), strict=True)),
        )
        if over and not stops.agrees:
            self._disagreeing.append(deal)
        return deal

    def _market(self, pair: str, looks: pd.DataFrame) -> Market:
        mine = looks[looks["pair"] == pair]
        opened = pd.to_datetime(mine["open_date"], utc=True).dt.floor("1min")
        seen = mine.groupby([opened, mine["at"].dt.floor("1min")])["rate"].agg(
            low="min", high="max"
        )
        decided = self.run.decided().loc[pair]
        return Market(
            candles=self.run.prices(pair, "1m").set_index("date"),
            seen=seen,
            decided=decided.set_index("date")["at"],
        )
