"""Series of the catalogue: whatever names CoinGlass lists a coin under, in single coins."""

from datetime import datetime
from typing import Any

import pandas as pd

from vectra_freqtrade.catalogue.datasets import DATASETS, ORDER_STATES, Scope
from vectra_freqtrade.catalogue.made_of import MadeOf
from vectra_freqtrade.coinglass.answers.heatmaps import Snapshot, heatmap, joined, level_map
from vectra_freqtrade.coinglass.answers.orders import orders
from vectra_freqtrade.coinglass.asking import Asker, SeriesRequest
from vectra_freqtrade.coinglass.http import Http
from vectra_freqtrade.coinglass.names.coin_book import CoinBook
from vectra_freqtrade.coinglass.names.named_rows import NamedRows
from vectra_freqtrade.coinglass.names.pair_map import PairMap
from vectra_freqtrade.coinglass.names.resolve import Resolver
from vectra_freqtrade.errors import AuthError, SymbolError, UndecidedError, VectraError
from vectra_freqtrade.settings.section import CoinglassSettings


class Fetcher:
    """
    :param http: the endpoints
    :param pairs: names checked against CoinGlass's lists
    :param book: what was decided of coins with several names
    :param settings: delay and venues
    """

    def __init__(
        self, http: Http, pairs: PairMap, book: CoinBook, settings: CoinglassSettings
    ) -> None:
        self._pairs = pairs
        self._book = book
        self._settings = settings
        self._asker = Asker(http, pairs, settings)
        self.sent_twice = self._asker.sent_twice
        self._resolver = Resolver(self._asker, pairs, book, settings, http.clock)
        venues = settings.exchange_list
        self._named = NamedRows(self._asker, self._resolver, book, http.clock, venues)

    def rows(self, wanted: SeriesRequest, *, strip_leading_zeros: bool) -> pd.DataFrame:
        """
        Closed rows of a span, block by block.

        :param wanted: an interval or a daily dataset
        :param strip_leading_zeros: nothing older is known: they are padding, not quiet hours
        """
        if wanted.spec.scope is not Scope.COIN:
            return self._asker.rows(wanted, strip_leading_zeros=strip_leading_zeros)
        names = self._resolver.names(wanted.spec, wanted.symbol, live=wanted.live)
        return self._named.rows(wanted, names, strip_leading_zeros=strip_leading_zeros)

    def made_of(self, dataset: str, symbol: str, *, live: bool) -> MadeOf | None:
        """
        What a series is made of now; what is not known yet is measured.

        :param dataset: name in the settings' catalogue
        :param symbol: {SYMBOL} of the store
        :param live: gives up sooner
        :return: None where files of the dataset do not tell
        :raises VectraError: as `Resolver.names`
        """
        spec, venues = self._settings.catalogue[dataset], self._settings.exchange_list
        if spec.scope is not Scope.COIN:
            return None
        names = self._resolver.names(spec, symbol, live=live)
        made = self._book.names.made_of(spec, symbol, venues)
        if made is not None and made.names is None:  # no lists, and nothing decided
            made = MadeOf(tuple((each.name, each.counts) for each in names), made.venues)
        return made

    def levels(self, dataset: str, symbol: str, *, live: bool) -> tuple[Snapshot, datetime]:
        """The newest snapshot of a heatmap or a map, and when we had it."""
        spec = DATASETS[dataset]
        endpoint = spec.endpoints[0]
        read = heatmap if dataset == "liquidation_heatmap" else level_map
        snapshots, now = [], None
        for name in self._resolver.names(spec, symbol, live=live):
            params = self._asker.params(spec, endpoint, name.name, live)
            try:
                answer = self._asker.get(endpoint, params, live=live)
            except SymbolError:  # listed, and not known there
                continue
            snapshots.append((read(answer.data), name.multiplier))
            now = answer.now if now is None else min(now, answer.now)
        if now is None:
            raise self._pairs.unknown(symbol)
        return joined(snapshots), now

    def orders(self, symbol: str, start: datetime, end: datetime, *, live: bool) -> pd.DataFrame:
        """Large orders that began in a span, resting, filled and cancelled ones."""
        spec = DATASETS["large_orders"]
        endpoint = spec.endpoints[0]
        answers: list[Any] = []
        for state in ORDER_STATES:
            params = self._asker.params(spec, endpoint, symbol, live) | {"state": state}
            answers += self._asker.full(endpoint, params, start, end, live)
        return orders(answers)

    def knows(self, dataset: str, symbol: str) -> bool:
        """Whether CoinGlass's lists, where they can be had, hold a series' coin or contract."""
        spec = self._settings.catalogue[dataset]
        try:
            if spec.scope is Scope.COIN:
                self._resolver.names(spec, symbol, live=True)
            else:
                self._asker.params(spec, spec.endpoints[0], symbol, live=True)
        except AuthError:
            raise
        except UndecidedError:
            return True
        except SymbolError:
            return False
        except VectraError:  # it is listed, and can't be measured now
            return True
        return True
