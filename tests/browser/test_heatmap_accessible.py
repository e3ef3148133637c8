"""The rules of axe-core, all of them, on what the page shows in its states, light and dark."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from local import paths
from tests.browser.conftest import Opens
from tests.browser.heatmap import coloured, live, until
from tests.browser.test_heatmap_trouble import another, differing

AXE = (paths.BUILD / "node" / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
# All rules, and those that are only advised; of rules that need a person's judgement nothing is left over either.
RUN = """async () => {
  const {violations, incomplete} = await axe.run(document, {resultTypes: ['violations', 'incomplete']});
  const said = ({html, any, all, none}) => [html, ...[...any, ...all, ...none].map((each) => each.message)].join(': ');
  return [...violations, ...incomplete].map(({id, help, nodes}) => ({id, help, nodes: nodes.map(said)}));
}"""


def faults(page: Page) -> list[dict[str, Any]]:
    page.evaluate(AXE)
    found: list[dict[str, Any]] = page.evaluate(RUN)
    return found


def living(page: Page) -> None:
    live(page)
    coloured(page)


def paused(page: Page) -> None:
    living(page)
    page.get_by_role("button", name="Pause").click()
    until(page, "mode", "paused")
    page.locator(".heat-map").focus()
    for key in ("ArrowLeft", "ArrowUp"):  # the read-out of a cell
        page.keyboard.press(key)


def past(page: Page) -> None:
    living(page)
    page.get_by_role("button", name="5 min").click()
    until(page, "mode", "last")
    page.get_by_role("button", name="From … to").click()


def mismatched(page: Page) -> None:
    until(page, "state", "refused")
    page.locator("schema-version-banner details").evaluate("details => { details.open = true; }")


def unreachable(page: Page) -> None:
    live(page)
    page.context.set_offline(True)
    until(page, "state", "offline")


STATES: dict[str, tuple[Callable[[Page], None], dict[str, Any]]] = {
    "live": (living, {}),
    "paused": (paused, {}),
    "past": (past, {}),
    "mismatch": (mismatched, {"before": differing(another("a-newer-page"))}),
    "offline": (unreachable, {}),
    "absent": (lambda page: until(page, "state", "absent"), {"stream": "nothing"}),
}


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    scheme: str = request.param
    return scheme


@pytest.mark.parametrize("state", STATES)
def test_no_fault_in_any_state(opened: Opens, scheme: str, state: str) -> None:
    reach, given = STATES[state]
    page = opened(color_scheme=scheme, reduced_motion="reduce", **given)  # no colours on their way to others
    reach(page)
    found = faults(page)
    assert found == [], "\n".join(map(str, found))


def test_the_rules_find_a_fault_that_is_planted(opened: Opens) -> None:
    page = opened()
    live(page)
    page.evaluate("() => { document.body.append(document.createElement('button')); }")
    assert "button-name" in {each["id"] for each in faults(page)}
