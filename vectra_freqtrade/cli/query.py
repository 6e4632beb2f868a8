"""`vectra-freqtrade query`: any endpoint as a table, on the terminal or in a file."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.text import Text

from vectra_freqtrade.cli.errors import err, report_errors
from vectra_freqtrade.cli.options import (
    ConfigOption,
    JsonOption,
    UserdirOption,
    VerboseOption,
    console,
    grid,
)
from vectra_freqtrade.errors import ContractError, SettingsError

if TYPE_CHECKING:
    import pandas as pd

    from vectra_freqtrade.coinglass.answers.paging import Params

_SHOWN: Final = 40
#: Parameters that are moments, and those that we count with.
_TIMES: Final = {"start_time", "end_time"}
_NUMBERS: Final = {"limit", "page", "current_page"}
_WRITERS: "Final[dict[str, Callable[[pd.DataFrame, Path], object]]]" = {
    ".feather": lambda frame, path: frame.to_feather(path),
    ".parquet": lambda frame, path: frame.to_parquet(path),
    ".csv": lambda frame, path: frame.to_csv(path, index=False),
    ".json": lambda frame, path: frame.to_json(path, orient="records", date_format="iso", indent=1),
}


@report_errors
def query(
    path: Annotated[
        str, typer.Argument(metavar="PATH", help="/api/…, as given in CoinGlass's documentation.")
    ],
    param: Annotated[
        list[str] | None,
        typer.Option(
            "--param",
            "-p",
            metavar="NAME=VALUE",
            help="Parameter of the endpoint; may be repeated.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="A .feather, .parquet, .csv or .json file."
        ),
    ] = None,
    as_json: JsonOption = False,
    paginate: Annotated[
        bool,
        typer.Option(
            "--paginate",
            help="Fetch everything: in blocks from start_time (seconds or ms), or page by page.",
        ),
    ] = False,
    config: ConfigOption = None,
    userdir: UserdirOption = None,
    verbose: VerboseOption = False,
) -> None:
    """
    Query any CoinGlass endpoint.

    The terminal shows the newest 40 rows, as CoinGlass sends them; a file or --json gets all. It
    shares the key's request budget with running bots, and stores nothing.

    Examples:
      vectra-freqtrade query /api/futures/open-interest/aggregated-history -p symbol=BTC \
        -p interval=4h
          the newest rows as a table
      vectra-freqtrade query /api/futures/funding-rate/oi-weight-history -p symbol=BTC \
        -p interval=8h -p start_time=1735689600 --paginate -o funding.feather
          everything since 2025, into a file

    Exit status: 0 answered; 1 CoinGlass can't be reached; 2 an option, a config or a file to fix;
    3 no key, a rejected one, or a plan without that endpoint or interval
    """
    from vectra_freqtrade.cli import values
    from vectra_freqtrade.cli.context import load
    from vectra_freqtrade.coinglass.answers.paging import paged
    from vectra_freqtrade.coinglass.answers.tables import table

    write = None
    if output is not None:
        write = _WRITERS.get(output.suffix.lower())
        if write is None:
            raise SettingsError(f"The file must end in one of {', '.join(_WRITERS)}.")
        if not output.parent.is_dir():
            raise SettingsError(f"There is no folder {output.parent}.")
        values.new_file(output)
    params = _params(param or [])
    context = load(config, userdir, verbose=verbose)
    with context.client() as client:

        def get(some: "Params") -> object:
            return client.get(path, some, timeout=40.0, ignore_refusals=True).data

        with err.status(f"Asking {path} …"):
            frame = table(paged(get, params, client.now()) if paginate else get(params))
    if output is not None and write is not None:
        write(_flat(frame), output)
        console().print(f"{len(frame)} rows written to {output}", soft_wrap=True)
    elif as_json:
        print(_flat(frame).to_json(orient="records", date_format="iso", indent=1))
    else:
        _show(frame)


def _params(given: list[str]) -> "Params":
    params: Params = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not name:
            raise SettingsError(f"-p {each!r}: write name=value.")
        if name in _NUMBERS and not value.isdecimal():
            raise SettingsError(f"-p {each!r}: {name} is a whole number.")
        params[name] = _milliseconds(each, name, value) if name in _TIMES else value
    return params


def _milliseconds(given: str, name: str, value: str) -> int:
    """CoinGlass takes nothing else, and answers seconds with other rows than those asked for."""
    from vectra_freqtrade.coinglass.answers.numbers import millis

    try:
        return millis(int(value))
    except (ValueError, ContractError):
        raise SettingsError(
            f"-p {given!r}: {name} is a whole number: seconds or milliseconds since 1970 UTC."
        ) from None


def _flat(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Cells that hold lists or objects, and columns of mixed types, as text."""
    flat = frame.copy()
    for name in flat.columns:
        if flat[name].dtype == object:
            flat[name] = [None if cell is None else str(cell) for cell in flat[name]]
    return flat


def _show(frame: "pd.DataFrame") -> None:
    out = console()
    if frame.empty:
        out.print("No rows.")
        return
    lines = grid(str(name) for name in frame.columns)
    shown = frame if len(frame) <= _SHOWN else frame.iloc[-_SHOWN:]
    for row in shown.itertuples(index=False):
        lines.add_row(*(Text(str(cell)) for cell in row))  # what is in brackets is no markup
    out.print(lines)
    if len(shown) < len(frame):
        out.print(f"The last {len(shown)} of {len(frame)} rows; -o FILE writes all of them.")
