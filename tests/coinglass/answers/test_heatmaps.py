import pytest

from tests.coinglass.sample_answers import data
from vectra_freqtrade.coinglass.answers.heatmaps import heatmap, level_map
from vectra_freqtrade.errors import ContractError


def test_a_levels_strength_is_its_value_in_the_newest_slice_never_a_sum():
    snapshot = heatmap(
        {
            "y_axis": [100, "101.5", 103],
            "liquidation_leverage_data": [[0, 0, 5], [0, 1, 7], [1, 1, "8"], [1, 2, 9]],
            "update_time": 1_762_650_000_000,
        }
    )
    assert snapshot.levels.to_numpy().tolist() == [[101.5, 8.0], [103.0, 9.0]]
    assert snapshot.time == 1_762_650_000_000


def test_the_documents_heatmap_points_past_its_axis_and_has_no_levels():
    assert heatmap(data("liquidation-heatmap-model1")).levels.empty


def test_both_shapes_of_the_map_read_alike():
    plain = level_map(data("liquidation-aggregated-map"))
    nested = level_map(
        {
            "data": [
                {"liqMapV2": {"48935": [[48935, 1579370.0, None, None]]}, "instrument": {}},
                {"liqMapV2": {"48935": [[48935, 0.77, None, None]]}},
            ],
            "last_price": 50000,
        }
    )
    assert plain.levels.to_numpy().tolist() == [[48935.0, 1579370.77]]
    assert nested.levels.to_numpy().tolist() == plain.levels.to_numpy().tolist()
    assert level_map(data("liquidation-map")).levels.equals(plain.levels)


@pytest.mark.parametrize("answer", [None, [], {"data": {}}, {"data": []}])
def test_an_empty_map_has_no_levels(answer):
    assert level_map(answer).levels.empty


@pytest.mark.parametrize("answer", [5, [{}, {}], {"data": 5}, {"data": {"1": 5}}, {"data": [[]]}])
def test_a_map_of_unknown_shape_is_refused(answer):
    with pytest.raises(ContractError):
        level_map(answer)


@pytest.mark.parametrize(
    "answer", [5, {}, {"y_axis": [1], "liquidation_leverage_data": [[0.5, 0, 1]]}]
)
def test_a_heatmap_of_unknown_shape_is_refused(answer):
    with pytest.raises(ContractError):
        heatmap(answer)
