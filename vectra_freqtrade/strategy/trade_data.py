"""What is kept with a trade in freqtrade's database, where anything may have been written to it."""

import logging
from typing import Any, Final

from freqtrade.persistence import Trade
from sqlalchemy.exc import SQLAlchemyError

from vectra_freqtrade.freqtrade_seams import roll_back_custom_data

logger = logging.getLogger(__name__)

#: Under these names freqtrade keeps plan, checkpoint and the last alert with the trade.
PLAN_KEY, CHECKPOINT_KEY, ALERT_KEY = "cg_plan", "cg_trail", "cg_alert"

#: What `TradeData.read` gives while the database itself fails: there may be something or not.
UNREADABLE: Final = object()


class TradeData:
    """freqtrade's custom data without its exceptions: it swallows those out of a callback."""

    def __init__(self) -> None:
        self._said: set[tuple[Any, ...]] = set()
        #: Trade and key of what is kept there and isn't ours.
        self._foreign: set[tuple[int, str]] = set()

    def read(self, trade: Trade, key: str) -> object:
        """
        :param key: one of the names above
        :return: what is kept with it; None for nothing, and where it is broken; UNREADABLE where
            the database fails
        """
        try:
            value = trade.get_custom_data(key)
        except SQLAlchemyError as error:
            self._failed(trade, key, "read", error)
            return UNREADABLE
        except ValueError as error:
            self.say_once((trade.id, key), f"{trade}: {key} can't be read ({error!r}).")
            self._foreign.add((trade.id, key))
            return None
        if not isinstance(value, dict | None):
            self._foreign.add((trade.id, key))
        return value

    def write(self, trade: Trade, key: str, value: dict[str, Any]) -> bool:
        """
        :param value: plain numbers
        :return: whether it could be written
        """
        try:
            if (trade.id, key) in self._foreign:
                trade.delete_custom_data(key)  # freqtrade would keep the old value's type
                self._foreign.discard((trade.id, key))
            trade.set_custom_data(key, value)
        except SQLAlchemyError as error:
            self._failed(trade, key, "kept", error)
            return False
        except ValueError as error:
            self.say_once((trade.id, key), f"{trade}: {key} can't be kept ({error!r}).")
            return False
        return True

    def _failed(self, trade: Trade, key: str, done: str, error: SQLAlchemyError) -> None:
        roll_back_custom_data()
        self.say_once((trade.id, key, done), f"{trade}: {key} can't be {done} ({error!r}).")

    def say_once(self, key: tuple[Any, ...], message: str) -> None:
        """A warning, once a key."""
        if key not in self._said:
            self._said.add(key)
            logger.warning(message)
