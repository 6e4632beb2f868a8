"""The program itself: its list of commands, its help, its completion, and what it imports."""

import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from vectra_freqtrade.cli.errors import Exit
from vectra_freqtrade.cli.main import app
from vectra_freqtrade.cli.options import spread
from vectra_freqtrade.version import package_version

#: What the console script does; at its end, which of the slow imports it waited for.
PROGRAM = """
import sys
sys.argv = ["vectra-freqtrade", *sys.argv[1:]]
from vectra_freqtrade.cli.main import main
try:
    main()
finally:
    slow = {"freqtrade.configuration", "numpy", "pandas", "plotly", "scipy", "httpx"}
    print(*sorted(slow & set(sys.modules)), "end", file=sys.stderr)
"""

GROUP = typer.main.get_command(app)
COMMANDS = tuple(GROUP.commands)  # type: ignore[attr-defined]


def command(name: str) -> typer.core.TyperCommand:
    return GROUP.commands[name]  # type: ignore[attr-defined, no-any-return]


def program(*words: str, **environment: str) -> tuple[str, list[str]]:
    """:return: what it prints, and what it imported that is slow"""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )
    return done.stdout, done.stderr.splitlines()[-1].split()[:-1]


def completed(line: str) -> tuple[list[str], list[str]]:
    """What bash would offer for the last word of a line."""
    words = line.split(" ")
    said, imported = program(
        _VECTRA_FREQTRADE_COMPLETE="complete_bash",
        COMP_WORDS=line,
        COMP_CWORD=str(len(words) - 1),
    )
    return said.split(), imported


def test_a_commands_name_is_completed_without_importing_any():
    assert completed("vectra-freqtrade dow") == (["download-data"], [])
    names, imported = completed("vectra-freqtrade ")
    assert (set(names), imported) == (set(COMMANDS), [])


def test_a_commands_options_are_completed():
    assert completed("vectra-freqtrade download-data --time") == (["--timerange"], [])
    options, imported = completed("vectra-freqtrade doctor --")
    assert imported == []
    assert {"--offline", "--json", "--strategy", "--config", "--userdir"} <= set(options)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_for_the_shell_can_be_had(shell):
    said, imported = program(_VECTRA_FREQTRADE_COMPLETE=f"source_{shell}")
    assert "_VECTRA_FREQTRADE_COMPLETE" in said
    assert not imported


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_completes_with_that_script(tmp_path):
    script, _ = program(_VECTRA_FREQTRADE_COMPLETE="source_bash")
    executable = tmp_path / "vectra-freqtrade"
    executable.write_text(
        f"#!{sys.executable}\nfrom vectra_freqtrade.cli.main import main\nmain()\n"
    )
    executable.chmod(0o755)
    function = next(line.split("(")[0] for line in script.splitlines() if "()" in line).strip()
    line = (
        f"{script}\nCOMP_WORDS=(vectra-freqtrade dow); COMP_CWORD=1; "
        f'{function} vectra-freqtrade; echo "${{COMPREPLY[@]}}"'
    )
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", line],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": path},
    )
    assert done.stdout.split() == ["download-data"], done.stderr


@pytest.mark.parametrize("words", [("--help",), ("--version",), ("plann",), ("plan", "--pears")])
def test_what_runs_no_command_waits_for_nothing_slow(words: tuple[str, ...]):
    assert program(*words)[1] == []


def test_no_commands_help_waits_for_anything_slow():
    code = PROGRAM.replace("    main()", "    for name in NAMES: main_of(name)")
    helper = """
NAMES = sys.argv[1:]
def main_of(name):
    sys.argv[1:] = [name, "--help"]
    try:
        main()
    except SystemExit as ended:
        assert ended.code == 0, name
"""
    code = code.replace("try:", helper + "try:", 1)
    done = subprocess.run(
        [sys.executable, "-c", code, *COMMANDS], capture_output=True, text=True, check=True
    )
    assert done.stdout.count("Exit status") == len(COMMANDS)
    assert done.stderr.split() == ["end"]


def test_the_version_can_be_had():
    assert program("--version")[0].split() == ["vectra-freqtrade", package_version()]


def test_an_unknown_command_is_a_mistake_and_the_nearest_one_is_named():
    result = CliRunner().invoke(app, ["download"])
    assert result.exit_code == Exit.MISTAKE
    assert "download-data" in result.output


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_for_itself_and_for_each_option(name):
    text = command(name).help
    assert text and len(text) > 20
    for option in command(name).params:
        assert option.help, option.opts  # type: ignore[attr-defined]
    result = CliRunner().invoke(app, [name, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_commands_help_ends_with_examples_that_it_takes_and_what_its_status_says(name):
    below, shown = str(command(name).epilog), CliRunner().invoke(app, [name, "--help"]).stdout
    examples = re.findall(r"\[cyan\](.+)\[/cyan\]\n +(.+)", below)
    assert examples and len(examples) == below.count("[cyan]")
    flat = " ".join(shown.split())
    for line, what in examples:
        words = shlex.split(line)
        assert words[:2] == ["vectra-freqtrade", name]
        command(name).make_context(name, words[2:])
        assert line in flat and what in flat
    status = below.partition("[bold]Exit status[/bold]\n")[2]
    assert f"Exit status {status}" in flat
    told = {int(code) for code in re.findall(r"\b(\d+) ", status)}
    assert 0 in told and told <= set(Exit)


@pytest.mark.parametrize("name", COMMANDS)
def test_what_an_option_takes_is_a_word_of_the_trade_not_of_the_language(name):
    shown = CliRunner().invoke(app, [name, "--help"]).stdout
    assert re.findall(r"<(?!bool|path|str>  /api)[a-z]+(?:\[\w+\])?>", shown) == []


#: Short names that mean something else: freqtrade's -i, one pair, a parameter.
OTHERWISE = {("query", "-p"), ("explain", "-p"), ("report", "-i"), ("compare", "-i")}


def test_an_option_is_called_the_same_in_every_command():
    """
    And its short form means the same thing, but for query's -p, which are parameters; -i is the
    length of rows, or of candles as with freqtrade.
    """
    by_name: dict[str, set[str]] = {}
    for name in COMMANDS:
        for option in command(name).params:
            if option.param_type_name != "option":
                continue
            for short in (each for each in option.opts if not each.startswith("--")):
                if (name, short) not in OTHERWISE:
                    by_name.setdefault(short, set()).add(str(option.name))
    assert {short: names for short, names in by_name.items() if len(names) > 1} == {}


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("-p A B -v", "-p A -p B -v"),
        ("--pairs A B C", "--pairs A --pairs B --pairs C"),
        ("--pairs=A B", "--pairs=A --pairs B"),
        ("-p A -p B", "-p A -p B"),
        ("--days 3 -p A B --days 4", "--days 3 -p A -p B --days 4"),
        ("--days 3 x", "--days 3 x"),
        ("-v x -p", "-v x -p"),
        ("", ""),
    ],
)
def test_values_in_a_row_belong_to_the_option_before_them(given, taken):
    assert spread(given.split(), {"-p", "--pairs"}) == taken.split()
