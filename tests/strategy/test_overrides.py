"""Methods of a user's strategy that take the place of ours, and the setting that overrules it."""

from types import SimpleNamespace

import pytest
from freqtrade.data.dataprovider import DataProvider
from freqtrade.exceptions import ConfigurationError

from tests.support.live_trades import PAIR, Bot, start
from vectra_freqtrade import CoinglassTrailingMixin, freqtrade_seams
from vectra_freqtrade.errors import SettingsError
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.strategy.overrides import shadowed


class Silent(Bot):
    def custom_exit(self, *args, **kwargs):
        return None


class Calls(Bot):
    def custom_exit(self, *args, **kwargs):
        return super().custom_exit(*args, **kwargs)


class ByName(Bot):
    def custom_exit(self, *args, **kwargs):
        return CoinglassTrailingMixin.custom_exit(self, *args, **kwargs)


class Hidden(Bot):
    """Calls ours from another function: the callback's own code does not show it."""

    def custom_exit(self, *args, **kwargs):
        return self._exit(*args, **kwargs)

    def _exit(self, *args, **kwargs):
        return super().custom_exit(*args, **kwargs)


def begin(cls: type[Bot], folder, trusted=()) -> Bot:
    """A started bot of a class, as freqtrade starts it."""
    config = start(folder).config
    config["coinglass"] = config["coinglass"] | {"calls_super": trusted}
    bot = cls(config)
    bot.dp = DataProvider(config, None, pairlists=SimpleNamespace(whitelist=[PAIR]))
    vars(bot).update(use_exit_signal=True, trailing_stop=False)
    freqtrade_seams.start(bot)
    return bot


@pytest.mark.parametrize("cls", [Calls, ByName])
def test_a_callback_that_calls_ours_is_let_through(cls, tmp_path):
    begin(cls, tmp_path)


@pytest.mark.parametrize("cls", [Silent, Hidden])
def test_one_whose_code_shows_no_call_is_refused_with_the_way_out(cls, tmp_path):
    with pytest.raises(ConfigurationError, match=r"custom_exit.*calls_super"):
        begin(cls, tmp_path)


def test_the_user_may_say_that_it_calls_ours(tmp_path):
    begin(Hidden, tmp_path, ["custom_exit"])


def test_what_is_said_of_one_method_holds_for_no_other(tmp_path):
    with pytest.raises(ConfigurationError, match="custom_exit"):
        begin(Hidden, tmp_path, ["custom_stoploss"])


def test_it_holds_for_every_method_that_is_judged():
    names = ("custom_exit", "ft_bot_start")
    assert shadowed(Silent, CoinglassTrailingMixin, names) == ["custom_exit"]
    assert shadowed(Silent, CoinglassTrailingMixin, names, ["custom_exit"]) == []


def test_a_name_that_is_no_such_method_is_refused():
    with pytest.raises(SettingsError, match=r"calls_super.*custom_stoploss"):
        CoinglassSettings.from_config({"coinglass": {"calls_super": ["costum_exit"]}})
