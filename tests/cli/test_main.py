"""The program itself: its list of commands, its help, its completion, and what it imports."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib import import_module

import pytest
import typer
from typer.testing import CliRunner

from vectra_freqtrade.cli.errors import Exit
from vectra_freqtrade.cli.help import HELP
from vectra_freqtrade.cli.main import COMMANDS, SUMMARIES, build, outline
from vectra_freqtrade.cli.options import spread

#: What the console script does, and whether it had to import freqtrade for it.
PROGRAM = """
import sys
sys.argv = ["vectra-freqtrade", *sys.argv[1:]]
from vectra_freqtrade.cli.main import main
try:
    main()
finally:
    print("freqtrade" in sys.modules, file=sys.stderr)
"""


def program(*words: str, **environment: str) -> tuple[str, bool]:
    """:return: what it prints, and whether it imported freqtrade"""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )
    return done.stdout, done.stderr.split()[-1] == "True"


def completed(line: str) -> tuple[list[str], bool]:
    """What bash would offer for the last word of a line."""
    words = line.split(" ")
    said, imported = program(
        _VECTRA_FREQTRADE_COMPLETE="complete_bash",
        COMP_WORDS=line,
        COMP_CWORD=str(len(words) - 1),
    )
    return said.split(), imported


def test_a_commands_name_is_completed_without_importing_any():
    assert completed("vectra-freqtrade dow") == (["download-data"], False)
    names, imported = completed("vectra-freqtrade ")
    assert (set(names), imported) == (set(COMMANDS), False)


def test_a_commands_options_are_completed():
    options, _ = completed("vectra-freqtrade download-data --time")
    assert options == ["--timerange"]
    options, _ = completed("vectra-freqtrade doctor --")
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


def test_the_list_of_commands_is_fast_and_says_what_each_says_of_itself():
    said, imported = program("--help")
    assert not imported
    assert all(name in said for name in COMMANDS)
    for name, place in COMMANDS.items():
        module, _, function = place.partition(":")
        first = getattr(import_module(module), function).__doc__.strip().partition("\n\n")[0]
        assert " ".join(first.split()) == SUMMARIES[name]


def test_the_outline_has_the_same_commands():
    names = [command.name for command in outline().registered_commands]
    assert names == list(COMMANDS) == list(SUMMARIES)


def test_only_the_command_that_is_asked_for_is_imported():
    assert len(build(["plan"]).registered_commands) == 1
    assert len(build([]).registered_commands) == len(COMMANDS)


def test_an_unknown_command_is_a_mistake_and_the_nearest_one_is_named():
    result = CliRunner().invoke(outline(), ["download"])
    assert result.exit_code == Exit.MISTAKE
    assert "download-data" in result.output


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_for_itself_and_for_each_option(name):
    command = typer.main.get_command(build([name])).commands[name]  # type: ignore[attr-defined]
    assert command.help and len(command.help) > 20
    for option in command.params:
        assert option.help, option.opts
    result = CliRunner().invoke(build([name]), [name, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_commands_help_ends_with_examples_that_it_takes_and_what_its_status_says(name):
    command = typer.main.get_command(build([name])).commands[name]  # type: ignore[attr-defined]
    for line, what in HELP[name].examples:
        words = shlex.split(line)
        assert words[0] == name
        command.make_context(name, words[1:])
        assert what
    shown = CliRunner().invoke(build([name]), [name, "--help"]).stdout
    flat = " ".join(shown.split())
    assert all(f"vectra-freqtrade {line}" in flat for line, _ in HELP[name].examples)
    assert f"Exit status {HELP[name].status}" in flat
    told = {int(code) for code in re.findall(r"\b(\d+) ", HELP[name].status)}
    assert 0 in told and told <= set(Exit)


@pytest.mark.parametrize("name", COMMANDS)
def test_what_an_option_takes_is_a_word_of_the_trade_not_of_the_language(name):
    shown = CliRunner().invoke(build([name]), [name, "--help"]).stdout
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
        command = typer.main.get_command(build([name])).commands[name]  # type: ignore[attr-defined]
        for option in command.params:
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
