"""A command's help is its docstring, written once: what stands in it, and where it is shown."""

import inspect
from collections.abc import Callable
from typing import Any


def help_and_epilog(command: Callable[..., Any]) -> tuple[str, str]:
    """
    :param command: its docstring ends with a paragraph of "Examples:" (a line as typed, and below
        it, indented, what it does) and one of "Exit status:"
    :return: what is shown above the options, and what below them, in rich's markup
    """
    above, _, below = (inspect.getdoc(command) or "").partition("\n\nExamples:\n")
    examples, _, status = below.partition("\n\nExit status: ")
    lines = [_example(line) for line in inspect.cleandoc(examples).split("\n")]
    shown = "\n".join(["[bold]Examples[/bold]", *lines])
    paragraphs = "\n\n".join(_one_line(each) for each in above.split("\n\n"))
    return paragraphs, f"{shown}\n\n[bold]Exit status[/bold]\n{_one_line(status)}"


def _example(line: str) -> str:
    return line if line.startswith(" ") else f"[cyan]{_one_line(line)}[/cyan]"


def _one_line(text: str) -> str:
    return " ".join(text.split())
