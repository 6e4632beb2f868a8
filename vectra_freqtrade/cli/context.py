"""What every command starts from: freqtrade's config, our settings, the store, the client."""

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from freqtrade.configuration import Configuration
from freqtrade.enums import CandleType, RunMode, TradingMode
from freqtrade.exceptions import OperationalException

from vectra_freqtrade.catalogue.offers import Load
from vectra_freqtrade.catalogue.plans import Plan, auto_intervals
from vectra_freqtrade.cli.pair_names import read_pair
from vectra_freqtrade.coinglass.account.key import find_key
from vectra_freqtrade.coinglass.account.plan import request_load
from vectra_freqtrade.coinglass.client import CoinglassClient
from vectra_freqtrade.coinglass.clock import StoppableClock
from vectra_freqtrade.errors import (
    ContractError,
    PlanError,
    SettingsError,
    SymbolError,
    TransientError,
)
from vectra_freqtrade.freqtrade_seams import CANDLE_READER, CREATE_USERDIR
from vectra_freqtrade.history.download.download_plan import symbols_of
from vectra_freqtrade.history.layout import store_dir
from vectra_freqtrade.history.opened import opened, sources_of
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.quiet import quiet
from vectra_freqtrade.settings.section import CoinglassSettings


@dataclass(frozen=True, slots=True)
class Context:
    """freqtrade's config, our section of it, the store, and freqtrade's exchange id."""

    config: dict[str, Any]
    settings: CoinglassSettings
    store: Store
    exchange: str

    def pairs(self, given: Sequence[str]) -> list[str]:
        """Of the command line, else the config's; wildcards are what there are candles of."""
        named = list(given) or self._configured()
        if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
            raise SettingsError(
                'exchange.pair_whitelist of the config must be a list: ["BTC/USDT:USDT"].'
            )
        known = self.known_pairs()
        futures = self.config.get("trading_mode") == "futures"
        stake = str(self.config.get("stake_currency") or "USDT")
        pairs = []
        for name in named:
            pair = read_pair(name, futures=futures, stake=stake, known=known)
            held = sorted({held for held, _ in self.candles_on_disk()}) if pair is None else []
            pairs += [each for each in held if _matches(name, each)] if pair is None else [pair]
        if not pairs and given:
            raise SettingsError(
                f"No such pair: {', '.join(given)}. Write BTC/USDT:USDT (futures) or BTC/USDT "
                "(spot); as a wildcard it matches no pair with downloaded candles."
            )
        if not pairs:
            raise SettingsError(
                "No pairs: name them with --pairs, or in exchange.pair_whitelist of the config "
                "(wildcards stand for pairs with downloaded candles)."
            )
        return list(dict.fromkeys(pairs))

    def _configured(self) -> Any:
        exchange = self.config.get("exchange", {})
        return self.config.get("pairs") or exchange.get("pair_whitelist") or []

    def known_pairs(self) -> list[str]:
        """Of the config and of the candles on disk."""
        configured = self._configured()
        named = configured if isinstance(configured, list) else []
        names = [*map(str, named), *sorted(pair for pair, _ in self.candles_on_disk())]
        return list(dict.fromkeys(names))

    def candles_on_disk(self) -> set[tuple[str, str]]:
        """Pair and timeframe of freqtrade's price candles for the trading mode."""
        from freqtrade.data.history import get_datahandler

        folder = self.config.get("datadir")
        if folder is None or not Path(folder).is_dir():
            return set()
        mode = TradingMode(self.config.get("trading_mode") or "spot")
        handler = get_datahandler(folder, self.config.get("dataformat_ohlcv") or "feather")
        held = handler.ohlcv_get_available_data(folder, mode)
        wanted = CandleType.FUTURES if mode is TradingMode.FUTURES else CandleType.SPOT
        return {(pair, timeframe) for pair, timeframe, kind in held if kind == wanted}

    def intervals(self, given: Sequence[str], plan: Plan) -> tuple[str, ...]:
        """Of the command line, else the settings', else the plan's."""
        settings = self.settings
        if given:
            settings = settings.override(intervals=tuple(given))
        if settings.intervals == "auto":
            return auto_intervals(plan)
        return tuple(settings.intervals)

    def symbols(self, datasets: Sequence[str], pairs: Sequence[str]) -> list[tuple[str, str]]:
        """Dataset and symbol of each series that pairs need."""
        return symbols_of(datasets, pairs, self.exchange, self.settings, self.store.names)

    def measured_symbols(
        self, client: CoinglassClient, datasets: Sequence[str], pairs: Sequence[str]
    ) -> list[tuple[str, str]]:
        """`symbols`, once it is measured whether 1000X is a thousand of X."""
        for dataset, symbol in self.symbols(datasets, pairs):
            with suppress(PlanError, SymbolError, TransientError, ContractError):
                client.made_of(dataset, symbol)  # what is wrong is said with the series
        return self.symbols(datasets, pairs)

    def load_of(self, symbols: Sequence[tuple[str, str]], intervals: int, rate: int) -> Load:
        """What is due when all intervals close at once, against the key's rate."""
        settings = self.settings
        requests = sources_of(self.store, settings).requests
        return request_load(symbols, intervals, rate, settings.delay, settings.catalogue, requests)

    @contextmanager
    def client(self) -> Iterator[CoinglassClient]:
        """The client with the key of the environment or of the settings; its sleepers wake up."""
        clock = StoppableClock()
        client = CoinglassClient(
            self.settings,
            key=find_key(self.settings),
            clock=clock,
            state_dir=self.store.state_dir,
        )
        try:
            with client:
                yield client
        finally:
            clock.stop()


def load(
    config: Sequence[str] | None,
    userdir: Path | None,
    exchange: str | None = None,
    *,
    verbose: bool = False,
) -> Context:
    """Read the config as freqtrade does; SettingsError for a wrong coinglass section."""
    loaded = read_config(config, userdir, exchange, verbose=verbose)
    return context_of(loaded, CoinglassSettings.from_config(loaded))


def read_config(
    config: Sequence[str] | None,
    userdir: Path | None,
    exchange: str | None = None,
    *,
    verbose: bool = False,
    **arguments: Any,
) -> dict[str, Any]:
    """As `load`, without our section; `arguments` are more of freqtrade's, by its own names."""
    if userdir is not None and not userdir.is_dir():
        raise SettingsError(
            f"There is no folder {userdir}. Make one: vectra-freqtrade init --userdir {userdir}"
        )
    files = list(config or []) or _default_config(userdir)
    arguments |= {"config": files, "verbosity": 0}
    if userdir is not None:
        arguments["user_data_dir"] = str(userdir)
    if exchange is not None:
        arguments["exchange"] = exchange
    # freqtrade narrates how it reads its config; here only what is wrong matters.
    try:
        with quiet(logging.INFO):
            configuration = Configuration(arguments, RunMode.UTIL_NO_EXCHANGE)
            loaded: dict[str, Any] = configuration.get_config()
    except OperationalException as error:
        missing, found, _ = str(error).partition(CREATE_USERDIR)
        if not found:
            raise
        raise SettingsError(
            f"{missing} Make one with `vectra-freqtrade init`, or name yours with --userdir."
        ) from None
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        # It takes the shape for granted.
        raise SettingsError(
            f"freqtrade can't use {' and '.join(files)} ({type(error).__name__}: {error}). A "
            'config is one JSON object with an "exchange", which is another, and its trading_mode '
            "is spot or futures."
        ) from None
    logging.getLogger("vectra_freqtrade").setLevel(logging.INFO if verbose else logging.WARNING)
    if not verbose:
        logging.getLogger(CANDLE_READER).addFilter(_without_traceback)
    if exchange is not None:
        loaded.setdefault("exchange", {})["name"] = exchange
    return loaded


def context_of(loaded: dict[str, Any], settings: CoinglassSettings) -> Context:
    name = loaded.get("exchange", {}).get("name") or "binance"
    return Context(loaded, settings, opened(store_dir(loaded, settings), settings), name)


def _without_traceback(record: logging.LogRecord) -> bool:
    """freqtrade adds one where a file of candles can't be read; its message names the file."""
    record.exc_info = record.exc_text = record.stack_info = None
    return True


def _default_config(userdir: Path | None) -> list[str]:
    places = [(userdir or Path("user_data")) / "config.json", Path("config.json")]
    return [str(path) for path in places if path.is_file()][:1]


def _matches(pattern: str, pair: str) -> bool:
    try:
        return re.fullmatch(pattern, pair, re.IGNORECASE) is not None
    except re.error:
        raise SettingsError(f"{pattern!r} is neither a pair nor a pattern for pairs.") from None
