"""The `neutral` setting: columns that are there and say nothing, on purpose."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator

from vectra_freqtrade.catalogue.datasets import CUSTOM_PREFIX, DATASETS
from vectra_freqtrade.settings.release import unknown_dataset

if TYPE_CHECKING:
    from vectra_freqtrade.settings.section import CoinglassSettings


def _checked(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if not isinstance(value, list | tuple) or not all(isinstance(name, str) for name in value):
        raise ValueError("must be true, false or a list of datasets")
    for name in value:
        if name not in DATASETS and not name.startswith(CUSTOM_PREFIX):
            raise ValueError(unknown_dataset(name, DATASETS))
    return tuple(value)


#: All columns, none, or those of the datasets that are named.
Neutral = Annotated[bool | tuple[str, ...], BeforeValidator(_checked)]


def is_neutral(settings: "CoinglassSettings", dataset: str) -> bool:
    """
    :param settings: `neutral`
    :param dataset: as the catalogue names it
    :return: whether its columns stand empty whatever the store holds
    """
    held = settings.neutral
    return held if isinstance(held, bool) else dataset in held


def neutral_told(settings: "CoinglassSettings", needed: Sequence[str], strategy: str) -> str:
    """
    :param settings: `neutral`
    :param needed: datasets that the strategy's trigger is made of
    :param strategy: its name
    :return: what a user is told once at the start; "" where nothing is neutral
    """
    if not settings.neutral:
        return ""
    held = settings.neutral
    whose = "The CoinGlass columns" if held is True else f"The columns of {', '.join(held)}"  # type: ignore[arg-type]
    told = f"{whose} are there and empty, because coinglass.neutral says so."
    lacking = [name for name in needed if is_neutral(settings, name)]
    if lacking:
        told += f" {strategy} can't trade without {' and '.join(lacking)}, so it will not trade."
    return told
