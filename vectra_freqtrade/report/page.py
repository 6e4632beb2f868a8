"""The evidence report as one HTML page that needs no network."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader

from vectra_freqtrade.errors import SettingsError
from vectra_freqtrade.report.evidence import Evidence, records
from vectra_freqtrade.report.prepared import DRAWS, OUT
from vectra_freqtrade.report.shuffle import SHUFFLES
from vectra_freqtrade.report.study import ALPHA, POOLED
from vectra_freqtrade.report.summary import basis_points, chance


def write_page(sets: Sequence[Evidence], seed: int, path: Path) -> None:
    """
    :param sets: what was gathered
    :param seed: what it was gathered with
    :param path: written anew
    :raises SettingsError: where plotly is not installed
    """
    try:
        from plotly.offline import get_plotlyjs

        from vectra_freqtrade.report.plots import claims_plot, deciles_plot, runs_plot
    except ImportError as error:
        raise SettingsError(
            "--html needs plotly: pip install 'vectra-freqtrade[plot]'. --json does without."
        ) from error
    shown = []
    for held in sets:
        plots = {"claims": claims_plot(held), "deciles": deciles_plot(held)}
        if held.runs:
            plots["runs"] = runs_plot(held)
        divs = {name: _div(plot) for name, plot in plots.items()}
        pooled = held.table[(held.table["pair"] == POOLED) & (held.table["sample"] == OUT)]
        shown.append({"evidence": held, "facts": held.facts, "plots": divs, "pooled": pooled})
    loader = PackageLoader("vectra_freqtrade", "report")
    environment = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"bp": basis_points, "records": records, "chance": chance}
    environment.filters |= {"share": _share}
    page = environment.get_template("page.html.j2").render(
        sets=shown, seed=seed, draws=DRAWS, shuffles=SHUFFLES, alpha=ALPHA, plotlyjs=get_plotlyjs()
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")


def _div(figure: Any) -> str:
    config = {"displaylogo": False, "responsive": True, "displayModeBar": False}
    html: str = figure.to_html(full_html=False, include_plotlyjs=False, config=config)
    return html


def _share(value: float) -> str:
    return "–" if pd.isna(value) else f"{value:.1%}"
