"""Alerts through freqtrade's messengers: looks at what was analyzed, once per candle."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from freqtrade.data.dataprovider import DataProvider
from freqtrade.exchange import timeframe_to_msecs
from freqtrade.persistence import Trade
from numpy.typing import NDArray

from vectra_freqtrade.settings.alert_kinds import AlertKind
from vectra_freqtrade.strategy.alerts import NEEDS, freshness_change, trade_alert
from vectra_freqtrade.strategy.positions import first_fill_ms, side_of
from vectra_freqtrade.strategy.trade_data import ALERT_KEY, TradeData

logger = logging.getLogger(__name__)

#: In a message about stale data, at most so many pairs are named.
_NAMED = 8


@dataclass(slots=True)
class Alerting:
    kinds: tuple[AlertKind, ...]
    _data: TradeData = field(default_factory=TradeData)
    #: By the pair, and by the trade's id: close of the last candle that was looked at, ms.
    _pairs: dict[str, int] = field(default_factory=dict)
    _trades: dict[int, int] = field(default_factory=dict)
    _length: int = 0

    def send(self, pairs: Iterable[str], dp: DataProvider, timeframe: str) -> None:
        """What is new in the pairs' analyzed frames goes to freqtrade's messengers and the log."""
        self._length = int(timeframe_to_msecs(timeframe))
        frames = {pair: dp.get_analyzed_dataframe(pair, timeframe)[0] for pair in pairs}
        for message in dict.fromkeys(self._news(frames)):
            logger.info(message)
            dp.send_msg(message)

    def _news(self, frames: dict[str, pd.DataFrame]) -> list[str]:
        fresh: dict[str, tuple[pd.DataFrame, int]] = {}
        for pair, frame in frames.items():
            if frame.empty:
                continue
            closed = int(self._closes(frame.iloc[-1:])[0])
            if self._pairs.get(pair) != closed:
                fresh[pair] = frame, closed
        if not fresh:
            return []
        said = self._stale({pair: frame for pair, (frame, _) in fresh.items()})
        if set(self.kinds) - {AlertKind.STALE}:
            held = Trade.get_open_trades()
            for trade in held:
                if trade.pair in fresh and trade.has_open_position:
                    said += self._about(trade, *fresh[trade.pair])
            known = self._trades
            self._trades = {trade.id: known[trade.id] for trade in held if trade.id in known}
        self._pairs |= {pair: closed for pair, (_, closed) in fresh.items()}
        return said

    def _about(self, trade: Trade, frame: pd.DataFrame, closed: int) -> list[str]:
        """What happened since the trade was opened, or since the last candle looked at."""
        since = self._trades.get(trade.id)
        if since is None:  # new, or the bot was started again
            kept = self._data.read(trade, ALERT_KEY)
            at = kept.get("at") if isinstance(kept, dict) else None
            opened = first_fill_ms(trade)
            since = max(at, opened) if isinstance(at, int) else opened
        first = self._first_after(frame, since)
        side = side_of(trade)
        alerts: list[str] = []
        for kind in self.kinds:
            if kind is AlertKind.STALE or not self._has(frame, kind):
                continue
            columns = {name: frame[name].to_numpy() for name in NEEDS[kind]}
            if alert := trade_alert(kind, columns, side, first):
                alerts.append(
                    f"{trade.pair} {side.name.lower()}: {alert.text}{_when(frame, alert.row)}."
                )
        # Only what was said is kept: the same rows say nothing else after a restart.
        if alerts:
            self._data.write(trade, ALERT_KEY, {"at": closed})
        self._trades[trade.id] = max(closed, since)
        return alerts

    def _stale(self, frames: dict[str, pd.DataFrame]) -> list[str]:
        """One message for all pairs: an outage of the data is one event."""
        if AlertKind.STALE not in self.kinds:
            return []
        fell: dict[str, float] = {}
        back: dict[str, float] = {}
        for pair, frame in frames.items():
            seen = self._pairs.get(pair)
            if seen is None or not self._has(frame, AlertKind.STALE):
                continue  # what was before the start is not news
            fresh = frame["cg_fresh"].to_numpy()
            if change := freshness_change(fresh, self._first_after(frame, seen)):
                before, now = change
                (fell if now < before else back)[pair] = now
        said = []
        if fell:
            said.append(f"CoinGlass data is stale: {_shares(fell)}. Stale columns hold no opinion.")
        if back:
            said.append(f"CoinGlass data is back: {_shares(back)}.")
        return said

    def _first_after(self, frame: pd.DataFrame, since: int) -> int:
        """The first candle that closed after `since`, never the frame's first."""
        return max(1, int(self._closes(frame).searchsorted(since, side="right")))

    def _closes(self, frame: pd.DataFrame) -> NDArray[np.int64]:
        """When each candle closed, milliseconds since 1970 UTC."""
        opened: NDArray[np.int64] = frame["date"].to_numpy(dtype="datetime64[ms]").astype(np.int64)
        return opened + self._length

    def _has(self, frame: pd.DataFrame, kind: AlertKind) -> bool:
        missing = [name for name in NEEDS[kind] if name not in frame]
        if missing:
            told = f"coinglass.alerts names {kind}, which will never come: there is no column "
            self._data.say_once((kind,), f"{told}{', '.join(missing)}.")
        return not missing


def _when(frame: pd.DataFrame, row: int) -> str:
    """The candle, where it is not the newest: the bot was not there to say it then."""
    if row == len(frame) - 1:
        return ""
    return str(frame["date"].dt.strftime(" (candle of %Y-%m-%d %H:%M UTC)").iloc[row])


def _shares(pairs: dict[str, float]) -> str:
    named = [f"{pair} {share:.0%} fresh" for pair, share in list(pairs.items())[:_NAMED]]
    more = len(pairs) - len(named)
    return ", ".join(named) + (f" and {more} more pairs" if more else "")
