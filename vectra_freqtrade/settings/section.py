"""
The `coinglass` section of freqtrade's config, as a model.

Everything has a default; an unknown key is an error. No message ever repeats a value that was
given, because people paste keys into the wrong field.
"""

import difflib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from vectra_freqtrade.catalogue.columns import DATASET_CODES
from vectra_freqtrade.catalogue.datasets import DATASETS, Dataset
from vectra_freqtrade.catalogue.intervals import AUTO_INTERVALS, INTERVALS
from vectra_freqtrade.errors import SettingsError
from vectra_freqtrade.freqtrade_seams import Overridden
from vectra_freqtrade.settings.alert_kinds import AlertKind
from vectra_freqtrade.settings.custom import CustomColumn
from vectra_freqtrade.settings.neutral import Neutral
from vectra_freqtrade.settings.opinions import Bands, Extremes, Levels, Modifiers, Section
from vectra_freqtrade.settings.release import check_settle, unknown_dataset
from vectra_freqtrade.settings.trailing import Callback, TrailingSettings

#: Written into the section by the strategy (see `vectra_freqtrade.strategy`); not a setting.
FINGERPRINT_KEY = "data_fingerprint"

#: Used where the settings name none: those whose history can be had afterwards as rows of an
#: interval. Large orders can be too, but ask the Standard plan; whoever has it names them.
DEFAULT_DATASETS = tuple(name for name in DATASET_CODES if name != "large_orders")

#: Settings that change no result.
_RESULTLESS = {"api_key_file", "base_url", "store_dir", "alerts", "producer", "calls_super"}

#: Sections that columns are judged by, and can be judged by again.
_JUDGED = ("bands", "modifiers", "extremes")

#: Spellings under which people put the key into the config.
_KEY_NAMES = {"api_key", "apikey", "key", "cg_api_key", "coinglass_api_key"}
#: Those that name CoinGlass themselves, and are found beside the section.
_KEY_NAMES_BESIDE = {"cg_api_key", "coinglass_api_key", "coinglass_key"}
_KEY_HERE = (
    "the CoinGlass key must not stand in freqtrade's config (nor in the variable "
    "FREQTRADE__COINGLASS__API_KEY): freqtrade writes its config into every backtest result. Put "
    "it into the environment variable COINGLASS_API_KEY, or into a file of its own and name that "
    "file in coinglass.api_key_file"
)


class CoinglassSettings(Section):
    """
    The whole section.

    :param base_url: CoinGlass's address; the variable COINGLASS_BASE_URL comes first
    :param api_key_file: a file that holds the key and nothing else; the variable
        COINGLASS_API_KEY comes first
    :param plan: "auto" detects it
    :param datasets: which to use; the columns of these exist, of no others
    :param intervals: one or two, or "auto": the two shortest of 1h, 4h, 12h, 1d to be had
    :param exchange_list: venues of the sums for which CoinGlass demands a list
    :param ratio_exchange: venue of the long/short ratio; "auto" is the bot's, else Binance
    :param delay: seconds after an interval's close before its row counts as published
    :param settle: dataset -> intervals after a row's close until it may be used, 0 where none is
        named: CoinGlass still changes a row that has just closed, and a bot fetches it anew then
    :param max_age_intervals: rows older than so many intervals, counted from when they became
        available, are not used
    :param lookback: rows over which open interest and price are compared
    :param levels_source: liquidation levels from an estimate made of open interest, or from
        recorded snapshots of CoinGlass's heatmap or map, never one in place of the other
    :param levels: how they are summed up
    :param snapshot_every: minutes between two snapshots that a bot or `record` takes
    :param min_confidence: what a signal's own confidence × the combined factor must reach
    :param alerts: what a live bot sends through freqtrade's messengers; see `alerts`
    :param custom: columns out of any other history endpoint
    :param neutral: columns that stand empty: true for all, or the datasets' names
    :param store_dir: the history store; default user_data/data/coinglass
    :param producer: of freqtrade's external_message_consumer: the bot whose columns this one uses
        when it runs, without a key of its own
    :param calls_super: methods of the strategy that call ours, though their code does not show it
    """

    base_url: str | None = None
    api_key_file: Path | None = None
    plan: Literal["auto", "hobbyist", "startup", "standard", "professional", "enterprise"] = "auto"
    datasets: tuple[str, ...] = DEFAULT_DATASETS
    intervals: Literal["auto"] | tuple[str, ...] = "auto"
    exchange_list: tuple[str, ...] = Field(default=("Binance", "OKX", "Bybit"), min_length=1)
    ratio_exchange: str = "auto"
    delay: int = Field(default=60, ge=0, le=86400)
    max_age_intervals: int = Field(default=3, ge=1)
    lookback: int = Field(default=1, ge=1, le=168)
    bands: Bands = Bands()
    modifiers: Modifiers = Modifiers()
    extremes: Extremes = Extremes()
    levels_source: Literal["estimate", "heatmap", "map"] = "estimate"
    levels: Levels = Levels()
    snapshot_every: int = Field(default=15, ge=1, le=1440)
    min_confidence: float = Field(default=0.70, ge=0, le=1)
    trailing: TrailingSettings = TrailingSettings()
    alerts: tuple[AlertKind, ...] = ()
    custom: tuple[CustomColumn, ...] = ()
    settle: dict[str, Annotated[int, Field(ge=0, le=1000)]] = Field(default_factory=dict)
    neutral: Neutral = False
    store_dir: Path | None = None
    producer: str | None = Field(default=None, min_length=1)
    calls_super: tuple[Literal[Callback, Overridden, "__init__"], ...] = ()

    @field_validator("bands", mode="before")
    @classmethod
    def _adaptive_word(cls, value: Any) -> Any:
        """`bands: "adaptive"` is short for {"adaptive": true}."""
        return {"adaptive": True} if value == "adaptive" else value

    @field_validator("datasets")
    @classmethod
    def _known_datasets(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name not in DATASET_CODES:
                raise ValueError(unknown_dataset(name, DATASET_CODES))
        if len(set(value)) != len(value):
            raise ValueError("a dataset is named twice")
        if not value:
            raise ValueError("at least one dataset")
        return value

    @field_validator("intervals", mode="before")
    @classmethod
    def _known_intervals(cls, value: Any) -> Any:
        if value == "auto":
            return value
        held = (
            [name for name in value if isinstance(name, str) and name in INTERVALS]
            if isinstance(value, list | tuple)
            else []
        )
        if not 1 <= len(set(held)) == len(value) <= 2:
            known = ", ".join(INTERVALS)
            raise ValueError(f'must be "auto", or a list of one or two different ones of {known}')
        return tuple(sorted(held, key=INTERVALS.__getitem__))

    @field_validator("custom")
    @classmethod
    def _one_of_a_name(cls, value: tuple[CustomColumn, ...]) -> tuple[CustomColumn, ...]:
        if len({each.name for each in value}) != len(value):
            raise ValueError("a custom column is named twice")
        return value

    @field_validator("settle")
    @classmethod
    def _rows_settle(cls, value: dict[str, int], info: ValidationInfo) -> dict[str, int]:
        if "custom" in info.data:  # else that is what is wrong
            check_settle(value, [each.name for each in info.data["custom"]])
        return value

    @property
    def all_datasets(self) -> tuple[str, ...]:
        """The datasets and those of the custom columns, as the catalogue names them."""
        return (*self.datasets, *(each.dataset for each in self.custom))

    @property
    def snapshots(self) -> tuple[str, ...]:
        """The dataset of snapshots that liquidation levels are read from, if they are."""
        return () if self.levels_source == "estimate" else (f"liquidation_{self.levels_source}",)

    @property
    def catalogue(self) -> Mapping[str, Dataset]:
        """Every dataset by its name, those of the custom columns too."""
        return {**DATASETS, **{each.dataset: each.spec for each in self.custom}}

    def sees_conflict(self, intervals: Sequence[str]) -> bool:
        """
        Whether the open interest trends of two intervals can be in conflict: 1h with 4h, and two
        others that the settings name; a plan without 1h has no conflict to see.
        """
        if self.intervals == "auto":
            return tuple(intervals) == AUTO_INTERVALS[:2]
        return len(intervals) == 2

    @model_validator(mode="before")
    @classmethod
    def _no_key_here(cls, data: Any) -> Any:
        if isinstance(data, Mapping):
            data = {key: value for key, value in data.items() if key != FINGERPRINT_KEY}
            if len(without_key(data)) < len(data):
                raise ValueError(_KEY_HERE)
        return data

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """
        :param config: freqtrade's config; a missing section means all defaults
        :raises SettingsError: naming each setting that is wrong and what it may be
        """
        if any(_plain(name) in _KEY_NAMES_BESIDE for name in config):
            raise SettingsError(f"{_KEY_HERE}.")
        section = config.get("coinglass", {})
        if not isinstance(section, Mapping):
            raise SettingsError('The "coinglass" section of the config must be an object: {...}.')
        return cls().override(**section)

    def override(self, /, **sections: Any) -> Self:
        """
        These settings with some values replaced; strategy parameters come in here.

        :param sections: e.g. bands={"oi": 0.004}; merged into what is there, key by key
        :raises SettingsError: for unknown names and values out of bounds
        """
        if sections.get("bands") == "adaptive":  # merged as well: k stays as it was
            sections["bands"] = {"adaptive": True}
        return self._checked(_merged(self.model_dump(), sections))

    def to_judge(self, /, **sections: Any) -> Self:
        """
        As `override`, of what columns are judged by; all else is in the columns already.

        :param sections: bands, modifiers, extremes
        :raises SettingsError: also for any other section
        """
        for name in sections.keys() - set(_JUDGED):
            raise SettingsError(
                f"judge() can't replace {name}, only {', '.join(_JUDGED)}: set it in "
                f"coinglass.{name} of the config."
            )
        return self.override(**sections)

    @classmethod
    def _checked(cls, data: Mapping[str, Any]) -> Self:
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            told = _explain(error, cls)
        # Out here: pydantic's own error repeats the values, and must not become a context.
        raise SettingsError(told)

    def fingerprint(self) -> str:
        """Canonical text of the settings that change a result; file places and alerts do not."""
        data = self.model_dump(mode="json", exclude=_RESULTLESS)
        return json.dumps(data, sort_keys=True)


def without_key(section: Mapping[str, Any]) -> dict[str, Any]:
    """What of a coinglass section, in which anything may stand, is no key."""
    return {name: value for name, value in section.items() if _plain(name) not in _KEY_NAMES}


def _plain(name: object) -> str:
    return str(name).lower().replace("-", "_")


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in changes.items():
        old = merged.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        merged[key] = _merged(old, value) if both else value  # type: ignore[arg-type]
    return merged


def _explain(error: ValidationError, model: type[BaseModel]) -> str:
    lines = []
    for item in error.errors(include_input=False, include_url=False):
        place = ".".join(["coinglass", *(_shown(part) for part in item["loc"])])
        text = str(item["msg"]).removeprefix("Value error, ").replace("valid tuple", "valid list")
        if item["type"] == "extra_forbidden":
            text = "unknown setting" + _suggestion(item["loc"], model)
        lines.append(f"{place}: {text}" if text.endswith("?") else f"{place}: {text}.")
    return "\n".join(lines)


def _shown(part: int | str) -> str:
    """A place in the section; what can be no setting's name may be a key."""
    return str(part) if re.fullmatch(r"[0-9]{1,4}|[A-Za-z_-]{1,40}", str(part)) else "…"


def _suggestion(place: tuple[int | str, ...], model: type[BaseModel]) -> str:
    """The setting that was probably meant, looked up where the unknown one stands."""
    for part in place[:-1]:
        inner = model.model_fields[str(part)].annotation if part in model.model_fields else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return ""
        model = inner
    near = difflib.get_close_matches(str(place[-1]), model.model_fields, n=1)
    return (
        f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(model.model_fields)}"
    )
