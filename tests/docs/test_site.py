"""The docs build into a site, with every page in it and nothing to complain of."""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.docs.pages import DOCS, REPOSITORY


def test_the_site_builds_without_a_warning_and_holds_every_page(tmp_path: Path) -> None:
    shutil.copytree(DOCS, tmp_path / "docs")
    shutil.copy(REPOSITORY / "mkdocs.yml", tmp_path)
    builder = Path(sys.executable).parent / "zensical"
    built = subprocess.run(
        [builder, "build", "--strict"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stdout + built.stderr
    for page in sorted(DOCS.glob("*.md")):
        place = "" if page.stem == "index" else page.stem
        assert (tmp_path / "site" / place / "index.html").is_file(), page.name


def test_every_page_is_in_the_navigation() -> None:
    navigation = (REPOSITORY / "mkdocs.yml").read_text(encoding="utf-8")
    for page in DOCS.glob("*.md"):
        assert f": {page.name}" in navigation, page.name
