"""What stands below the options in a command's help: how to call it, and what its status says."""

from typing import Final, NamedTuple


class Example(NamedTuple):
    """
    :param line: as typed, behind the program's name
    :param what: it does
    """

    line: str
    what: str


class Help(NamedTuple):
    """
    :param examples: the commonest first
    :param status: what the exit status says
    """

    examples: tuple[Example, ...]
    status: str


_MISTAKE: Final = "2 an option, a config or a file to mend"

HELP: Final[dict[str, Help]] = {
    "init": Help(
        (
            Example("init", "asks for exchange, pairs and where the key is"),
            Example("init --yes --pairs BTC ETH SOL", "asks nothing; binance futures, 5m"),
            Example(
                "init --yes --exchange okx --api-key-file ~/.coinglass_key",
                "names the file in the config; the key itself stays where it is",
            ),
        ),
        "0 written, or there already; 2 an option or a folder to mend; "
        "3 written, but CoinGlass does not take the key",
    ),
    "plan": Help(
        (
            Example("plan", "for the config's pairs"),
            Example("plan -p BTC/USDT:USDT ETH/USDT:USDT", "is the rate enough for these?"),
            Example("plan --json", "the same for a script"),
        ),
        f"0 told, also without a key; 1 CoinGlass can't be reached; {_MISTAKE}; "
        "3 CoinGlass does not take the key",
    ),
    "download-data": Help(
        (
            Example("download-data --days 400", "for the config's pairs and datasets"),
            Example("download-data --timerange 20250101- -p BTC/USDT:USDT", "one pair, up to now"),
            Example("download-data --datasets open_interest -i 1h 4h", "all the plan has of it"),
            Example("download-data --timerange 20250301-20250401 --refresh", "that month anew"),
        ),
        f"0 all is there; 1 not complete, the same command goes on; {_MISTAKE}; "
        "3 the key, or it has no plan; 130 stopped, what was saved stays",
    ),
    "list-data": Help(
        (
            Example("list-data", "one line for each file"),
            Example("list-data --dataset open_interest --json", "for a script; ages in hours"),
        ),
        f"0 all files can be read; 1 one can't and is named; {_MISTAKE}",
    ),
    "doctor": Help(
        (
            Example("doctor", "asks CoinGlass about the key as well"),
            Example("doctor --strategy VectraStrategy", "and looks at a strategy's own code"),
            Example("doctor --offline --json", "for a cron job that must not spend requests"),
        ),
        "0 no problem (warnings are none); else what the first problem is: 1 data or network, "
        "2 a setting, a config or a strategy to mend, 3 the key or its plan",
    ),
    "explain": Help(
        (
            Example(
                'explain -p BTC/USDT:USDT --date "2026-01-15 10:35"',
                "why a trade opened at 10:35, or did not",
            ),
            Example(
                'explain -p BTC/USDT:USDT --date "2026-01-15 10:35" --json',
                "the same with every value",
            ),
        ),
        f"0 explained; {_MISTAKE}, or candles to download",
    ),
    "report": Help(
        (
            Example("report", "the newest backtest; without one, market and data"),
            Example("report user_data/backtest_results/NAME.zip", "that backtest"),
            Example("report --store-only -p BTC/USDT:USDT -i 1h", "no backtest"),
            Example("report --evidence --html evidence.html", "only what the data was worth"),
        ),
        f"0 written; {_MISTAKE}, or candles or data to download",
    ),
    "record": Help(
        (
            Example("record", "goes on until Ctrl-C; run it as a service"),
            Example("record --once --datasets liquidation_heatmap", "one picture, from cron"),
        ),
        f"0 recorded; 1 with --once, not all could be had; {_MISTAKE}; "
        "3 the key, or its plan has none of these; 130 stopped",
    ),
    "query": Help(
        (
            Example(
                "query /api/futures/open-interest/aggregated-history -p symbol=BTC -p interval=4h",
                "the newest rows as a table",
            ),
            Example(
                "query /api/futures/funding-rate/oi-weight-history -p symbol=BTC -p interval=8h "
                "-p start_time=1735689600 --paginate -o funding.feather",
                "all of it since 2025 into a file",
            ),
        ),
        f"0 answered; 1 CoinGlass can't be reached; {_MISTAKE}; 3 the key",
    ),
    "demo": Help(
        (
            Example("demo", "about a minute; leaves a report to look at"),
            Example("demo --pairs BTC DOGE --days 30 --plan startup", "another market and plan"),
            Example("demo --live --minutes 10", "a dry-run bot afterwards"),
        ),
        f"0 done; 1 one of its commands failed, its log is named; {_MISTAKE}; 130 stopped",
    ),
}

#: Below the list of commands.
START: Final = (
    "New here? `vectra-freqtrade demo` needs no key; with a key begin with `vectra-freqtrade init`."
    "\n\nvectra-freqtrade COMMAND --help shows options, examples and what the exit status says."
)


def epilog(name: str) -> str:
    """
    :param name: of a command
    :return: in rich's markup
    """
    told = HELP[name]
    lines = []
    for line, what in told.examples:
        lines += [f"[cyan]vectra-freqtrade {line}[/cyan]", f"    {what}"]
    examples = "\n".join(lines)
    return f"[bold]Examples[/bold]\n{examples}\n\n[bold]Exit status[/bold]\n{told.status}"
