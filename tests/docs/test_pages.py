"""The pages: links resolve, made ones are up to date, messages are the code's own."""

import ast
import re
from pathlib import Path

import pytest
import yaml

from tests.docs.columns_page import columns_page
from tests.docs.pages import DOCS, PAGES, REPOSITORY, prose
from tests.docs.plans_page import plans_page

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    plain = (re.sub(r"[^\w\s-]", "", heading.lower()).strip() for heading in headings)
    return {re.sub(r"[\s]+", "-", heading) for heading in plain}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_inside_the_project_resolve(page):
    for target in _LINK.findall(prose(page)):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        aimed = (page.parent / path).resolve() if path else page
        assert aimed.is_file(), target
        assert not anchor or anchor in _anchors(aimed), target


def _nav(entries: list) -> list[str]:
    found: list[str] = []
    for entry in entries:
        for value in entry.values():
            found += _nav(value) if isinstance(value, list) else [value]
    return found


def test_the_navigation_names_pages_that_are_there_and_each_once():
    named = _nav(yaml.safe_load((REPOSITORY / "mkdocs.yml").read_text())["nav"])
    assert len(set(named)) == len(named)
    assert set(named) <= {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")}


@pytest.mark.parametrize(("name", "made"), [("columns", columns_page), ("plans", plans_page)])
def test_made_pages_are_up_to_date(name, made):
    assert (DOCS / f"{name}.md").read_text(encoding="utf-8") == made()


def _said() -> str:
    """All texts in the code, with … where a value stands."""
    texts = []
    for path in (REPOSITORY / "vectra_freqtrade").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = (p.value if isinstance(p, ast.Constant) else "…" for p in node.values)
                texts.append("".join(str(part) for part in parts))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.append(re.sub(r"%(\.\d)?[sdf]", "…", node.value))
    return "\n".join(texts)


def test_every_message_of_troubleshooting_is_one_of_the_code():
    page = (DOCS / "troubleshooting.md").read_text(encoding="utf-8")
    messages = re.findall(r"^### `(.+)`$", page, re.MULTILINE)
    said = _said()
    assert len(messages) > 15
    assert [message for message in messages if message not in said] == []
