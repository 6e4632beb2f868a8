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


_MISTAKE: Final = "2 an option, a config or a file to fix"

HELP: Final[dict[str, Help]] = {
    "init": Help(
        (
            Example("init", "asks for the exchange, the pairs and where the key is"),
            Example("init --yes --pairs BTC ETH SOL", "asks nothing: Binance futures, 5m"),
            Example(
                "init --yes --exchange okx --api-key-file ~/.coinglass_key",
                "names the file in the config; the key itself stays where it is",
            ),
        ),
        "0 written, or already there; 2 an option or a folder to fix; "
        "3 written, but CoinGlass rejects the key",
    ),
    "plan": Help(
        (
            Example("plan", "for the config's pairs"),
            Example("plan -p BTC/USDT:USDT ETH/USDT:USDT", "is the rate enough for these?"),
            Example("plan --json", "the same for a script"),
        ),
        f"0 shown, also without a key; 1 CoinGlass can't be reached; {_MISTAKE}; "
        "3 CoinGlass rejects the key",
    ),
    "download-data": Help(
        (
            Example("download-data --days 400", "for the config's pairs and datasets"),
            Example("download-data --timerange 20250101- -p BTC/USDT:USDT", "one pair, up to now"),
            Example(
                "download-data --datasets open_interest -i 1h 4h", "everything the plan has of it"
            ),
            Example("download-data --timerange 20250301-20250401 --refresh", "that month again"),
        ),
        f"0 complete; 1 not complete, run it again to continue; {_MISTAKE}; "
        "3 no key, a rejected key, or one without a plan; 130 stopped, what was saved is kept",
    ),
    "list-data": Help(
        (
            Example("list-data", "one line for each file"),
            Example("list-data --dataset open_interest --json", "for a script, ages in hours"),
        ),
        f"0 every file can be read; 1 one can't, and is named; {_MISTAKE}",
    ),
    "doctor": Help(
        (
            Example("doctor", "everything, including the key at CoinGlass"),
            Example("doctor --strategy VectraStrategy", "also checks a strategy's own code"),
            Example("doctor --offline --json", "for a cron job, spends no requests"),
        ),
        "0 no problem (warnings don't count); otherwise by the first problem: 1 data or network, "
        "2 a setting, a config or a strategy to fix, 3 the key or its plan",
    ),
    "explain": Help(
        (
            Example(
                'explain -p BTC/USDT:USDT --date "2026-01-15 10:35"',
                "why a trade opened at 10:35, or did not open",
            ),
            Example(
                'explain -p BTC/USDT:USDT --date "2026-01-15 10:35" --json',
                "the same, with every value",
            ),
        ),
        f"0 explained; {_MISTAKE}, or candles are missing",
    ),
    "report": Help(
        (
            Example("report", "the newest backtest; if there is none, market and data only"),
            Example("report user_data/backtest_results/NAME.zip", "that backtest"),
            Example("report --store-only -p BTC/USDT:USDT -i 1h", "market and data only"),
            Example("report --evidence --html evidence.html", "the evidence study only"),
        ),
        f"0 written; {_MISTAKE}, or candles or data are missing",
    ),
    "compare": Help(
        (
            Example(
                "compare --strategy MyStrategy --capital 10000", "is the data worth its price?"
            ),
            Example(
                "compare -s MyStrategy --timerange 20240101- --datasets -j 2",
                "also each dataset left out in turn, two backtests at a time",
            ),
            Example("compare -s MyStrategy --plans", "also as each plan would have it"),
        ),
        f"0 compared; {_MISTAKE}, a backtest that fails, or no trades; 130 stopped",
    ),
    "record": Help(
        (
            Example("record", "runs until Ctrl-C; run it as a service"),
            Example("record --once --datasets liquidation_heatmap", "one snapshot, for cron"),
        ),
        f"0 recorded; 1 with --once, some could not be fetched; {_MISTAKE}; "
        "3 no key, a rejected key, or a plan without these; 130 stopped",
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
                "everything since 2025, into a file",
            ),
        ),
        f"0 answered; 1 CoinGlass can't be reached; {_MISTAKE}; "
        "3 no key, a rejected one, or a plan without that endpoint or interval",
    ),
    "demo": Help(
        (
            Example("demo", "takes about a minute and leaves a report to look at"),
            Example("demo --pairs BTC DOGE --days 30 --plan startup", "another market and plan"),
            Example("demo --live --minutes 10", "also runs a dry-run bot afterwards"),
        ),
        f"0 done; 1 one of its commands failed, see the log it names; {_MISTAKE}; 130 stopped",
    ),
}

#: Below the list of commands.
START: Final = (
    "New here? `vectra-freqtrade demo` needs no key. With a key, start with "
    "`vectra-freqtrade init`."
    "\n\nvectra-freqtrade COMMAND --help shows options, examples and exit statuses."
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
