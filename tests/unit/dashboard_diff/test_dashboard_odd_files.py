"""Whatever is in one file: it is compared, or the reason is said, and the other files stand."""

import json
import logging
from typing import Any
from unittest.mock import patch

import pytest

from kaizen.dashboards import files
from kaizen.dashboards.files import file_diff, file_diffs
from tests.unit.dashboard_diff.dashboard_samples import Json, dashboard, diff, panel, told

NAMES = [["v"], {"v": 1}, 7, True, None]


@pytest.mark.parametrize("name", NAMES, ids=str)
@pytest.mark.parametrize("given", [
    lambda name, say: {"templating": {"list": [{"name": name, "type": "textbox", "query": say}]}},
    lambda name, say: {"annotations": {"list": [{"name": name, "enable": True, "expr": say}]}},
    lambda name, say: {"links": [{"title": name, "url": name, "tooltip": say}]},
    lambda name, say: {"panels": [panel("Orders", targets=[{"refId": name, "expr": f"{say} (("}])]},
    lambda name, say: {"panels": [panel("Orders", targets=[{"refId": name, "expr": say}], repeat=name)]},
], ids=["variable", "annotation", "link", "no PromQL", "query"])  # fmt: skip
def test_a_name_that_is_no_text(name: Any, given: Any) -> None:
    plain, one, other = (dashboard(**given(*each)) for each in (("v", "a"), (name, "a"), (name, "b")))
    assert diff(one, one).empty
    assert diff(plain, one).state in ("changed", "same")  # the name of a query may mean nothing
    assert diff(one, plain).state in ("changed", "same")
    assert [line.split()[0] for line in told(diff(one, other))] == ["changed"]


def test_annotations_without_a_name_that_change_places() -> None:
    def of(*texts: str) -> Json:
        return dashboard(annotations={"list": [{"expr": each, "enable": True} for each in texts]})

    assert diff(of("a", "b"), of("b", "a")).empty
    assert told(diff(of("a", "b"), of("b", "c"))) == ["changed annotation : expr a → c"]


def test_a_fault_of_ours_in_one_file(caplog: pytest.LogCaptureFixture) -> None:
    one, other = (json.dumps(dashboard(panel("Orders", each))).encode() for each in ("a", "b"))
    with patch.object(files, "compare", side_effect=TypeError("unhashable")):
        found = file_diff("new.json", one, other, "old.json")
        assert file_diffs("new.json", one, other, "old.json") == [found]
    assert (found.path, found.old_path, found.diff) == ("new.json", "old.json", None)
    assert found.problems == ("Not compared: the comparison failed with TypeError, by a fault of this program.",)
    record = caplog.records[0]
    assert (record.levelno, record.getMessage()) == (logging.ERROR, "a comparison failed: 'new.json'")
    assert record.exc_info is not None
