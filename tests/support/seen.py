"""A shipped strategy that also leaves the frames it decided on, and what it should have decided."""

from pathlib import Path

import numpy as np
import pandas as pd

_SEEN = """
from {name} import {name}


class Seen{name}({name}):
    def populate_exit_trend(self, dataframe, metadata):
        dataframe = super().populate_exit_trend(dataframe, metadata)
        name = f"seen-{name}-{{metadata['pair'][:3]}}.feather"
        dataframe.to_feather(self.config["user_data_dir"] / name)
        return dataframe
"""


def seen_strategy(name: str) -> tuple[str, str]:
    """
    :param name: of a shipped strategy
    :return: name and code of one that does the same and writes its frames
    """
    return f"Seen{name}", _SEEN.format(name=name)


def seen_frames(userdir: Path, name: str) -> dict[str, pd.DataFrame]:
    """
    :param userdir: freqtrade's user_data
    :param name: of the shipped strategy
    :return: its frames by coin
    """
    paths = sorted(userdir.glob(f"seen-{name}-*.feather"))
    return {path.stem.rsplit("-", 1)[1]: pd.read_feather(path) for path in paths}


def wilder(values: pd.Series, period: int) -> pd.Series:
    """Wilder's smoothing, after which RSI and ATR are named."""
    return values.ewm(alpha=1 / period, adjust=False).mean()


def rsi(close: pd.Series) -> pd.Series:
    """RSI(14) from its definition."""
    moves = close.diff()
    up, down = wilder(moves.clip(lower=0), 14), wilder(-moves.clip(upper=0), 14)
    return 100 * up / (up + down)


def atr(frame: pd.DataFrame) -> pd.Series:
    """ATR(14) from its definition."""
    before = frame["close"].shift(1)
    ranges = np.maximum(frame["high"], before) - np.minimum(frame["low"], before)
    return wilder(ranges, 14)


def adx(frame: pd.DataFrame) -> tuple[pd.Series, pd.Series, pd.Series]:
    """ADX(14) and the two directional indicators, from their definitions."""
    up, down = frame["high"].diff(), -frame["low"].diff()
    plus = 100 * wilder(up.where((up > down) & (up > 0), 0.0), 14) / atr(frame)
    minus = 100 * wilder(down.where((down > up) & (down > 0), 0.0), 14) / atr(frame)
    return wilder(100 * (plus - minus).abs() / (plus + minus), 14), plus, minus


def expected_vectra(frame: pd.DataFrame, side: str) -> pd.Series:
    """
    :param frame: candles and cg_ columns, with their startup
    :param side: long or short
    :return: tag of the entry on each candle, "" where there is none, from VectraStrategy's
        defaults alone
    """
    up = 1 if side == "long" else -1
    close, volume = frame["close"], frame["volume"]
    macd = close.ewm(span=12, adjust=False).mean() - close.ewm(span=26, adjust=False).mean()
    ahead = up * (macd - macd.ewm(span=9, adjust=False).mean())
    mean_50, mean_200 = close.rolling(50).mean(), close.rolling(200).mean()
    strength, (trending, plus, minus) = rsi(close), adx(frame)
    met = [
        up * mean_50 > up * mean_200,
        up * close > up * mean_50,
        strength.between(50, 70, "neither") if up > 0 else strength.between(30, 50, "neither"),
        trending > 20,
        up * plus > up * minus,
        volume > volume.rolling(20).mean(),
    ]
    count = pd.concat(met, axis=1).sum(axis=1)
    bar = 0.70 / (0.52 + 0.05 * count)  # what the factor must be
    enter = (ahead > 0) & (ahead.shift(1) <= 0) & ~frame[f"cg_wait_{side}"] & (volume > 0)
    tags = frame["cg_state"].astype(object) + np.where(count < 4, " lifted", "")
    return tags.where(enter & (frame[f"cg_confidence_{side}"] >= bar), "")


def expected_funding(frame: pd.DataFrame, lower: str, side: str) -> pd.Series:
    """
    :param frame: candles and cg_ columns, with their startup
    :param lower: the lower interval
    :param side: long or short
    :return: tag of the entry on each candle, "" where there is none, from VectraFundingRate's
        defaults alone
    """
    pct, rate = frame[f"cg_funding_pct_{lower}"], frame[f"cg_funding_{lower}"]
    close, volume = frame["close"], frame["volume"]
    mean, spread = close.rolling(20).mean(), close.rolling(20).std(ddof=0)
    strength = rsi(close)
    loud = volume > 1.5 * volume.rolling(20).mean()
    if side == "long":
        crowded = (pct <= 0.05) & (rate <= 0)
        exhausted = (strength <= 30) | (close < mean - 2 * spread)
        turning = loud & (close > frame["open"])
        leaving = frame["cg_state"].isin(["CONFIRM_BULL", "SHORT_SQUEEZE"])
    else:
        crowded = (pct >= 0.95) & (rate > 0.0001)
        exhausted = (strength >= 70) | (close > mean + 2 * spread)
        turning = loud & (close < frame["open"])
        leaving = frame["cg_state"].isin(["CONFIRM_BEAR", "LONG_LIQUIDATION"])
    held = {
        "oi": frame[f"cg_oi_pct_{lower}"] >= 0.75,
        "exhaustion": exhausted,
        "volume": turning,
        "state": leaving,
    }
    count = pd.DataFrame(held).sum(axis=1)
    carried = (0.60 + 0.05 * count) * frame[f"cg_confidence_{side}"]
    ready = crowded & (count >= 2) & (carried >= 0.70) & ~frame[f"cg_wait_{side}"] & (volume > 0)
    trigger = "crowded_shorts" if side == "long" else "crowded_longs"
    return _tags(trigger, held, ready & ~ready.shift(1, fill_value=False))


def expected_cascade(frame: pd.DataFrame, lower: str, side: str) -> pd.Series:
    """
    :param frame: candles and cg_ columns, with their startup
    :param lower: the lower interval, 1h or 1d
    :param side: long or short
    :return: tag of the entry on each candle, "" where there is none, from
        VectraLiquidationCascade's defaults alone
    """
    scale = {"1h": 1, "1d": 24}[lower] ** 0.5
    up = 1 if side == "long" else -1
    close, volume = frame["close"], frame["volume"]
    falling = frame[f"cg_oi_change_{lower}"] < -2 * 0.005 * scale
    moving = up * frame[f"cg_price_change_{lower}"] > 0.003 * scale
    thrust = up * (close - close.shift(3)) / atr(frame)
    imbalance = frame.get(f"cg_liq_imbalance_{lower}", default=pd.Series(np.nan, frame.index))
    level = frame["cg_liq_above_price" if side == "long" else "cg_liq_below_price"]
    held = {
        "volume": volume > 2 * volume.rolling(20).mean(),
        "acceleration": (thrust > 1) & (thrust > thrust.shift(3)),
        "liquidations": up * imbalance > 0.3,
        "level": up * (level / close - 1) <= 0.03,
    }
    carried = (0.60 + 0.05 * pd.DataFrame(held).sum(axis=1)) * frame[f"cg_confidence_{side}"]
    cascade = falling & moving & ~frame[f"cg_oi_jump_{lower}"]
    enter = cascade & held["volume"] & held["acceleration"] & (carried >= 0.70)
    trigger = "short_squeeze" if side == "long" else "long_liquidation"
    return _tags(trigger, held, enter & ~frame[f"cg_wait_{side}"])


def _tags(trigger: str, held: dict[str, pd.Series], enter: pd.Series) -> pd.Series:
    words = [
        " ".join([trigger, *(name for name, met in held.items() if met[row])])
        for row in enter.index[enter]
    ]
    tags = pd.Series("", enter.index)
    tags[enter] = words
    return tags
