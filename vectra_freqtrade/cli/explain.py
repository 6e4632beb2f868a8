"""`vectra-freqtrade explain`: what CoinGlass data said at a moment, and what came of it."""

import json
import logging
from dataclasses import asdict
from typing import Annotated

import typer

from vectra_freqtrade.cli.errors import report_errors
from vectra_freqtrade.cli.options import ConfigOption, JsonOption, UserdirOption


@report_errors
def explain(
    pair: Annotated[
        str,
        typer.Option(
            "--pair", "--pairs", "-p", metavar="PAIR", help="Pair or coin: BTC/USDT:USDT or BTC."
        ),
    ],
    date: Annotated[
        str,
        typer.Option(
            "--date",
            metavar="MOMENT",
            help='When it was decided, in UTC, such as "2026-01-15 10:35": the open date of a '
            "trade. The last candle closed by then is explained.",
        ),
    ],
    config: ConfigOption = None,
    userdir: UserdirOption = None,
    timeframe: Annotated[
        str | None,
        typer.Option(
            "--timeframe",
            "--strategy-timeframe",
            metavar="TIMEFRAME",
            help="The strategy's timeframe.",
            show_default="the config's, else 5m",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """
    Explain a decision: what each dataset said, how old it was, how the factors combine.

    It reads the store and freqtrade's candles, as a backtest does, and needs no network. Factors
    multiply the confidence of the strategy's own signal; 1.00 is no opinion.

    Examples:
      vectra-freqtrade explain -p BTC/USDT:USDT --date "2026-01-15 10:35"
          why a trade opened at 10:35, or did not open
      vectra-freqtrade explain -p BTC/USDT:USDT --date "2026-01-15 10:35" --json
          the same, with every value

    Exit status: 0 explained; 2 an option, a config or a file to fix, or candles are missing
    """
    from vectra_freqtrade.cli import values
    from vectra_freqtrade.cli.context import load
    from vectra_freqtrade.cli.explanation_text import print_explanation
    from vectra_freqtrade.data.disk import disk_reader, frame_at
    from vectra_freqtrade.data.explanation import explain as explained

    moment = values.moment(date)
    context = load(config, userdir)
    pair = context.pairs([pair])[0]
    logging.getLogger("freqtrade").setLevel(logging.ERROR)  # what is missing is said once, below
    chosen = values.timeframe(timeframe or context.config.get("timeframe") or "5m")
    reader = disk_reader(context.config, [pair], chosen)
    frame = frame_at(reader, pair, moment, datadir=context.config["datadir"])
    told = explained(reader, frame, pair)
    if as_json:
        print(json.dumps(asdict(told), indent=2))
    else:
        print_explanation(told)
