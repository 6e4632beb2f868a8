from datetime import UTC, datetime

import pytest

from vectra_freqtrade.coinglass.answers.paging import paged
from vectra_freqtrade.errors import SettingsError

NOW = datetime(2025, 1, 10, tzinfo=UTC)
START = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp())


def test_blocks_have_their_own_ends_and_a_short_one_is_no_end():
    asked = []

    def get(params):
        asked.append((params["start_time"], params["end_time"]))
        return [] if len(asked) == 2 else [{"time": params["start_time"]}]

    rows = paged(get, {"interval": "1h", "limit": "100", "start_time": str(START)}, NOW)
    assert len(asked) == 3
    assert [end for _, end in asked[:-1]] == [start for start, _ in asked[1:]]
    assert asked[-1][1] == int(NOW.timestamp() * 1000)
    assert len(rows) == 2


def test_a_limit_of_nothing_still_ends():
    asked = []
    params = {"interval": "1h", "limit": "0", "start_time": str(START)}
    paged(lambda block: asked.append(block["limit"]), params, NOW)
    assert asked == [1000]


def test_pages_end_where_one_is_empty_repeats_or_says_it_is_the_last():
    def pages(params):
        return [{"page": params["page"]}] if params["page"] < 4 else []

    assert len(paged(pages, {}, NOW)) == 3
    assert paged(lambda params: [{"same": 1}], {}, NOW) == [{"same": 1}]

    def told(params):
        return {"list": [{"page": params["current_page"]}], "total_pages": 2}

    assert len(paged(told, {"current_page": "1"}, NOW)) == 2
    assert paged(lambda params: None, {}, NOW) == []
    assert paged(lambda params: {"total": 1}, {}, NOW) == {"total": 1}


def test_an_interval_without_a_start_is_refused_with_what_is_missing():
    with pytest.raises(SettingsError, match="start_time"):
        paged(lambda params: [], {"interval": "1h"}, NOW)
