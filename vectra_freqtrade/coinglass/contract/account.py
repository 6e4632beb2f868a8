"""Headers and subscription against the plan's table, and the names of coins. Pure."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from vectra_freqtrade.catalogue.multiples import RENAMED, split
from vectra_freqtrade.catalogue.plans import RATES, Plan
from vectra_freqtrade.coinglass.account.plan import SUBSCRIPTION
from vectra_freqtrade.coinglass.contract.asking import Contract
from vectra_freqtrade.coinglass.contract.finding import Finding, broken, kept, untold
from vectra_freqtrade.coinglass.contract.promises import PAIRS
from vectra_freqtrade.coinglass.names.pair_lists import PairLists

_LIMIT = "API-KEY-MAX-LIMIT"


def subscription(data: Any) -> tuple[Finding, Plan | None]:
    """The plan that the account names; None where it names none that is known."""
    expected = "the plan's name in `level`"
    data = data[0] if isinstance(data, list) and len(data) == 1 else data
    if not isinstance(data, Mapping) or not isinstance(data.get("level"), str):
        return broken("subscription", SUBSCRIPTION, expected, "no `level`"), None
    level = str(data["level"]).lower()
    if level not in set(Plan):
        return broken("subscription", SUBSCRIPTION, expected, "a name that is none"), None
    return kept("subscription", SUBSCRIPTION, Plan(level).label), Plan(level)


def rate(plan: Plan | None, told: int | None) -> Finding:
    """
    :param plan: of the subscription, None where it is not known
    :param told: requests a minute of the limit header, None where no answer had one
    """
    if told is None:
        return untold("rate", "", f"no answer had a header {_LIMIT}")
    if plan is None or plan not in RATES:
        return untold("rate", "", f"{_LIMIT} is {told}, and the plan is not known")
    if plan is Plan.ENTERPRISE or told == RATES[plan]:
        return kept("rate", "", f"{told} requests a minute")
    expected = f"{_LIMIT}: {RATES[plan]}, as the subscription is {plan.label}"
    return broken("rate", "", expected, f"{_LIMIT}: {told}")


def name_of(lists: PairLists, contract: Contract) -> tuple[Finding, str | None]:
    """
    What a contract's coin is called, and whether that reads like the coin.

    :return: the name to ask for, None where the contract is not listed
    """
    coin, venue = contract.coin, contract.venue
    found = lists.instrument(venue, contract.instrument)
    if found is None:
        finding = untold("name", PAIRS, f"{venue} lists no such contract here")
        return _of(finding, coin), lists.spelling(coin)
    name = lists.venues[found[0]][found[1]][0]
    said, holds = split(name)
    renamed = name.upper() in RENAMED and not found[1].upper().startswith(name.upper())
    own, multiple = split(_base(found[1]))
    if said != coin.upper() or renamed or (own == said and multiple != holds):
        finding = broken(
            "name",
            PAIRS,
            f"{coin}, in the multiple of the contract, as base_asset of {found[1]} on {venue}",
            f"another name: {name or 'none'}",
            ("cg_*",),
        )
        return _of(finding, coin), name or None
    text = f"{name}, {holds} a contract" if holds > 1 else name
    return _of(kept("name", PAIRS, text), coin), name


def _base(instrument: str) -> str:
    """What an id begins with, before its quote: 1000PEPE of 1000PEPEUSDT."""
    return re.split(r"[-_:]?US(?:DT|DC|D|T)", instrument, maxsplit=1)[0]


def multipliers(coin: str, names: Mapping[str, int] | None, why: str = "") -> Finding:
    """
    What a coin's names were measured to count.

    :param names: listed name → multiplier; None where it could not be told
    :param why: what was found instead
    """
    if names is None:
        expected = "open interest in coins × close ÷ USD is 1 or the name's multiplier"
        return _of(broken("multiplier", PAIRS, expected, why, ("cg_*",)), coin)
    told = ", ".join(f"{name} × {counts}" if counts > 1 else name for name, counts in names.items())
    return _of(kept("multiplier", PAIRS, told), coin)


def _of(finding: Finding, coin: str) -> Finding:
    return replace(finding, coin=coin)
