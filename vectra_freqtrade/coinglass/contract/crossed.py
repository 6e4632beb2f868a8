"""Series against each other and against the exchange: the requests and the checks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vectra_freqtrade.catalogue.datasets import DATASETS, Endpoint
from vectra_freqtrade.catalogue.intervals import interval_ms
from vectra_freqtrade.coinglass.contract import amounts, promises
from vectra_freqtrade.coinglass.contract.asking import ROWS, Asking, Params
from vectra_freqtrade.coinglass.contract.finding import untold
from vectra_freqtrade.coinglass.contract.rows import Rows


@dataclass(frozen=True, slots=True)
class ExchangeRows:
    """
    What the exchange itself says of the contract that is looked at.

    :param candles: close and volume_usd of an interval, None where they can't be had
    :param funding: its rates of the last weeks, fractions; None where they can't be had
    :param why: they can't be
    """

    candles: Rows | None = None
    funding: Sequence[float] | None = None
    why: str = ""


#: Of an interval.
Exchange = Callable[[str], ExchangeRows]


def cross_check(asking: Asking, interval: str, exchange: Exchange) -> None:
    """Two or three requests more; what is found is kept in `asking`."""
    asking.say("amounts and units")
    price = _price(asking, interval)
    theirs = exchange(interval)
    if theirs.why:
        asking.found.append(untold("exchange", "", theirs.why))
    if price is not None and theirs.candles is not None:
        length = interval_ms(interval)
        asking.found += amounts.prices(price, theirs.candles, length, interval)
    market = theirs.candles if theirs.candles is not None else price
    _open_interest(asking, interval, market)
    _takers(asking, interval, market)
    funding = asking.settled(promises.FUNDING, interval)
    if funding is not None:
        asking.found.append(amounts.funding(funding, theirs.funding, interval))
    book = asking.settled(promises.BOOK, interval)
    if book is not None:
        asking.found.append(amounts.book(book, market, interval))
    for path, prefix in (
        (promises.GLOBAL_RATIO, "global_account"),
        (promises.TOP_RATIO, "top_account"),
    ):
        rows = asking.settled(path, interval)
        if rows is not None:
            asking.found.append(amounts.ratios(rows, f"{path} {interval}", interval, prefix))
    look = asking.looks.get((promises.DOMINANCE, "", ""))
    if look is not None and look.rows is not None:
        asking.found.append(amounts.dominance(look.rows))


def _price(asking: Asking, interval: str) -> Rows | None:
    contract = asking.contract
    params: Params = {"exchange": contract.venue, "symbol": contract.instrument}
    params |= {"interval": interval, "limit": ROWS}
    asking.look("price", Endpoint(path=promises.PRICE), interval, params)
    return asking.settled(promises.PRICE, interval)


def _open_interest(asking: Asking, interval: str, market: Rows | None) -> None:
    coins = asking.settled(promises.OPEN_INTEREST, interval)
    if coins is None:
        return
    spec = DATASETS["open_interest"]
    asking.rows(spec.name, spec.endpoints[0], interval, unit="usd")
    usd = asking.settled(promises.OPEN_INTEREST, interval, "usd")
    if usd is None:
        return
    asking.found.append(amounts.open_interest(coins, usd, market, interval))
    if market is not None:
        length = interval_ms(interval)
        asking.found.append(amounts.whose_close(coins, usd, market, length, interval))


def _takers(asking: Asking, interval: str, market: Rows | None) -> None:
    """The venue's own, so that its candles are the measure."""
    if market is None or (promises.TAKER, interval, "") not in asking.looks:
        return
    spec, venue = DATASETS["taker_volume"], asking.contract.venue
    asking.rows(spec.name, spec.endpoints[0], interval, exchange_list=venue)
    flows = asking.settled(promises.TAKER, interval, venue)
    if flows is not None:
        asking.found += amounts.takers(flows, market, interval_ms(interval), interval)
