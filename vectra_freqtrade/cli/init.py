"""`vectra-freqtrade init`: from nothing to a folder that freqtrade runs on."""

import json
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vectra_freqtrade.catalogue.intervals import INTERVALS
from vectra_freqtrade.catalogue.plans import Plan, auto_intervals
from vectra_freqtrade.cli.errors import Exit, err, fail, report_errors
from vectra_freqtrade.cli.options import UserdirOption, console, words
from vectra_freqtrade.coinglass.account.key import VARIABLE
from vectra_freqtrade.errors import AuthError, SettingsError, TransientError

if TYPE_CHECKING:
    from vectra_freqtrade.cli.new_userdir import Choices
    from vectra_freqtrade.coinglass.account.plan import PlanStatus

#: What no plan gives.
_FREE = (
    "On futures, open interest and funding come from the exchange's own candles if it has "
    "them; the other columns stay empty and have no opinion."
)
_DEFAULT_PAIRS = "BTC ETH"
_DAYS = 60
_IN_ENVIRONMENT = f"in the environment variable {VARIABLE}"
_IN_FILE = "in a file of its own"
_NOWHERE = "I have none (yet)"


@report_errors
def init(
    exchange: Annotated[
        str | None,
        typer.Option(
            "--exchange",
            metavar="NAME",
            help="Exchange, by freqtrade's name: binance, bybit, okx …",
            show_default="asked for; with --yes binance",
        ),
    ] = None,
    pairs: Annotated[
        list[str] | None,
        typer.Option(
            "--pairs",
            "-p",
            metavar="PAIR …",
            help="Pairs, or just coins: BTC means BTC/USDT:USDT on futures.",
            show_default=f"asked for; with --yes {_DEFAULT_PAIRS}",
        ),
    ] = None,
    trading_mode: Annotated[
        str | None,
        typer.Option(
            "--trading-mode",
            metavar="MODE",
            help="futures or spot.",
            show_default="asked for; with --yes futures where the exchange has them",
        ),
    ] = None,
    api_key_file: Annotated[
        Path | None,
        typer.Option(
            "--api-key-file",
            metavar="FILE",
            help=f"File that holds the CoinGlass key; not needed if {VARIABLE} is set.",
        ),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Ask nothing; use defaults for what is not given.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an existing config and strategies.")
    ] = False,
    userdir: UserdirOption = None,
) -> None:
    """
    Put the strategies and a freqtrade config into a user_data folder, and show the next commands.

    Existing files are kept unless you say otherwise. The key is never written.

    Examples:
      vectra-freqtrade init
          asks for the exchange, the pairs and where the key is
      vectra-freqtrade init --yes --pairs BTC ETH SOL
          asks nothing: Binance futures, 5m
      vectra-freqtrade init --yes --exchange okx --api-key-file ~/.coinglass_key
          names the file in the config; the key itself stays where it is

    Exit status: 0 written, or already there; 2 an option or a folder to fix; 3 written, but
    CoinGlass rejects the key
    """
    from vectra_freqtrade.cli.new_userdir import (
        check_place,
        coinglass_section,
        freqtrade_config,
        write_userdir,
    )

    asks = not yes and _has_terminal()
    if not (yes or asks):
        raise SettingsError(
            "No terminal to ask questions in: add --yes, and options for what you want."
        )
    choices = _choose(exchange, words(pairs), trading_mode, api_key_file, asks)
    folder = userdir or Path("user_data")
    check_place(folder)
    status, problem = _detect(choices, folder)
    # Where it is not known yet, the key is there and its plan will be: as for a small one.
    plan = status.plan if status else Plan.STARTUP
    config = freqtrade_config(choices, plan)

    def may_replace(path: Path) -> bool:
        question = f"{path} exists. Replace it?"
        return overwrite or (asks and bool(_answer("confirm", question, default=False)))

    written, kept = write_userdir(folder, config, may_replace)
    _tell(written, kept, status, coinglass_section(choices, plan))
    _next_commands(folder, plan, choices.trading_mode)
    if isinstance(problem, AuthError):
        raise fail(str(problem), Exit.KEY)
    if problem is not None:
        err.print(f"{problem} To try again: vectra-freqtrade plan", style="yellow", markup=False)


def _has_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _choose(
    exchange: str | None,
    pairs: list[str],
    trading_mode: str | None,
    api_key_file: Path | None,
    asks: bool,
) -> "Choices":
    """What was given, else what is answered, else a default."""
    from vectra_freqtrade.cli.new_userdir import EXCHANGES, Choices, complete_pairs

    if exchange is None:
        exchange = _select("Exchange", list(EXCHANGES), "binance") if asks else "binance"
    if exchange not in EXCHANGES:
        known = ", ".join(EXCHANGES)
        raise SettingsError(f"Freqtrade does not support the exchange {exchange!r}: {known}.")
    modes = EXCHANGES[exchange]
    if trading_mode is None:
        many = asks and len(modes) > 1
        trading_mode = _select("Trading mode", list(modes), modes[0]) if many else modes[0]
    if trading_mode not in modes:
        known = ", ".join(modes)
        raise SettingsError(f"{exchange} has no trading mode {trading_mode!r}: {known}.")
    if not pairs:
        pairs = words([_text("Pairs or coins", _DEFAULT_PAIRS) if asks else _DEFAULT_PAIRS])
    if api_key_file is None and asks and not os.environ.get(VARIABLE, "").strip():
        api_key_file = _ask_for_key()
    complete = complete_pairs(pairs, exchange, trading_mode)
    return Choices(exchange, trading_mode, complete, _as_setting(api_key_file))


def _ask_for_key() -> Path | None:
    places = [_IN_ENVIRONMENT, _IN_FILE, _NOWHERE]
    place = _select("Where is (or will be) the CoinGlass key?", places, _IN_ENVIRONMENT)
    return Path(_text("The file", "~/.coinglass_key")) if place == _IN_FILE else None


def _as_setting(path: Path | None) -> str | None:
    """As it is written into the config: the same from wherever freqtrade is started."""
    if path is None:
        return None
    return str(path) if str(path).startswith("~") else str(path.absolute())


def _detect(
    choices: "Choices", folder: Path
) -> "tuple[PlanStatus | None, AuthError | TransientError | None]":
    """The key's plan; None and why, where CoinGlass doesn't take the key or can't be reached."""
    from vectra_freqtrade.coinglass.account.key import find_key
    from vectra_freqtrade.coinglass.account.plan import PlanStatus
    from vectra_freqtrade.coinglass.client import CoinglassClient
    from vectra_freqtrade.coinglass.clock import StoppableClock
    from vectra_freqtrade.history.store import STATE
    from vectra_freqtrade.settings.section import CoinglassSettings

    changes = {"api_key_file": choices.api_key_file} if choices.api_key_file else {}
    settings = CoinglassSettings().override(**changes)
    clock = StoppableClock()
    try:
        key = find_key(settings)
        if key is None:
            return PlanStatus(Plan.FREE, "no key", 0), None
        err.print("Asking CoinGlass for the plan of the key …", style="dim")
        state = folder / "data" / "coinglass" / STATE
        with CoinglassClient(settings, key=key, clock=clock, state_dir=state) as client:
            return client.plan(), None
    except (AuthError, TransientError) as error:
        return None, error
    finally:
        clock.stop()


def _tell(
    written: list[Path], kept: list[Path], status: "PlanStatus | None", section: dict[str, Any]
) -> None:
    out = console()
    for path in written:
        out.print(f"wrote {path}", soft_wrap=True)
    for path in kept:
        out.print(f"kept  {path}", soft_wrap=True)
    config = next((path for path in kept if path.name == "config.json"), None)
    if config is not None and '"coinglass"' not in config.read_text(encoding="utf-8"):
        shown = json.dumps({"coinglass": section}, indent=4)
        out.print(
            f"\nYour config has no coinglass section, so defaults apply. You can add:\n{shown}"
        )
    if status is None:
        out.print("\nPlan: not known yet.")
    elif status.plan is Plan.FREE:
        no_key = status.source == "no key"
        why = "no key" if no_key else "this key has no CoinGlass plan"
        way = f" Have a key? Put it into {VARIABLE} and run init again." if no_key else ""
        out.print(f"\nPlan: FREE ({why}). {_FREE}{way}", soft_wrap=True)
    else:
        out.print(
            f"\nPlan: CoinGlass {status.plan.label} (tier {status.tier}), {status.rate} requests "
            "a minute.",
            soft_wrap=True,
        )


def _next_commands(folder: Path, plan: Plan, trading_mode: str) -> None:
    """Without a plan, on futures, some weeks of what the exchange itself publishes stand in."""
    from vectra_freqtrade.cli.new_userdir import TIMEFRAME

    known = plan if plan is not Plan.FREE else Plan.STARTUP
    intervals = sorted({"1h", *auto_intervals(known)}, key=INTERVALS.__getitem__)
    at = "" if folder == Path("user_data") else f" --userdir {shlex.quote(str(folder))}"
    longer = " ".join(intervals)
    second = f"vectra-freqtrade download-data{at} --days {_DAYS}"
    if plan is Plan.FREE:
        second = f"vectra-freqtrade plan{at}"
        if trading_mode == "futures":
            candles = "--candle-types open_interest funding_rate"
            second = f"freqtrade download-data{at} --timeframes {longer} {candles} --days 30"
    console().print(
        "\nNext:\n"
        f"  freqtrade download-data{at} --timeframes {TIMEFRAME} {longer} --days {_DAYS}\n"
        f"  {second}\n"
        f"  freqtrade backtesting{at} --strategy VectraStrategy",
        soft_wrap=True,
    )
    if plan is not Plan.FREE:
        checks = f"vectra-freqtrade verify{at}"
        console().print(f"\nTo check what CoinGlass sends for your key: {checks}", soft_wrap=True)


def _select(question: str, choices: list[str], default: str) -> str:
    return str(_answer("select", question, choices=choices, default=default))


def _text(question: str, default: str) -> str:
    return str(_answer("text", question, default=default))


def _answer(kind: str, question: str, **options: Any) -> Any:
    import questionary

    return getattr(questionary, kind)(question, **options).unsafe_ask()
