import subprocess
import sys

import pytest

from vectra_freqtrade.catalogue.columns import COLUMNS, DATASET_CODES
from vectra_freqtrade.catalogue.datasets import DATASETS, Kind


def test_every_dataset_of_the_settings_is_in_the_catalogue():
    assert set(DATASET_CODES) <= set(DATASETS)


@pytest.mark.parametrize("name", DATASETS)
def test_what_is_stored_is_what_the_answers_give(name):
    dataset = DATASETS[name]
    given = [field.value for endpoint in dataset.endpoints for field in endpoint.fields]
    if dataset.kind in (Kind.INTERVAL, Kind.DAILY) and given:
        assert tuple(given) == dataset.values


@pytest.mark.parametrize("name", [n for n in DATASET_CODES if DATASETS[n].kind is Kind.INTERVAL])
def test_stored_values_are_named_as_their_columns(name):
    columns = {column.name for column in COLUMNS if column.dataset == name}
    assert {f"cg_{value}_{{i}}" for value in DATASETS[name].values} <= columns


def test_the_catalogue_brings_no_http_client():
    code = (
        "import sys, vectra_freqtrade.catalogue.datasets as c, vectra_freqtrade.catalogue.symbols"
    )
    code += "; assert 'httpx' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
