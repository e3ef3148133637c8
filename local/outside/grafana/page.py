"""The page on which a person edits dashboards, much as in Grafana's own UI. Pure; all text is escaped."""

import html
from collections.abc import Sequence
from typing import Any

from local.html import page
from local.outside.grafana.world import Dashboard, World, panels


def overview(world: World) -> str:
    """Every dashboard in its folder."""
    rows = "".join(_row(world, each) for each in sorted(world.dashboards.values(), key=lambda each: each.title))
    about = '<p class="soft">Stands for Grafana on this machine. What is saved here counts as edited in the UI.</p>'
    body = f"<article><h2>Dashboards</h2><table><tbody>{rows}</tbody></table></article>"
    return page("Grafana", f"<h1>Grafana</h1>{about}{body}")


def editor(world: World, dashboard: Dashboard) -> str:
    """One dashboard with a form for each panel."""
    about = f'<p class="soft">{html.escape(_path(world, dashboard))} · version {dashboard.versions[-1].number}</p>'
    forms = "".join(_form(world.users, dashboard, place, each) for place, each in enumerate(panels(dashboard.model)))
    log = "".join(
        f"<li>version {each.number} by {html.escape(each.author)}, {each.at:%H:%M:%S} UTC "
        f"{html.escape(each.message)}</li>"
        for each in reversed(dashboard.versions)
    )
    title = html.escape(dashboard.title)
    back = '<nav><a href="/grafana/">All dashboards</a></nav>'
    return page("Grafana", f"<h1>{title}</h1>{back}{about}{forms}<article><h2>Versions</h2><ul>{log}</ul></article>")


def _row(world: World, dashboard: Dashboard) -> str:
    last = dashboard.versions[-1]
    return (
        f'<tr><td class="first"><a href="/grafana/d/{html.escape(dashboard.uid)}">{html.escape(dashboard.title)}</a>'
        f"</td><td>{html.escape(_path(world, dashboard))}</td>"
        f"<td>version {last.number} by {html.escape(last.author)}</td></tr>"
    )


def _path(world: World, dashboard: Dashboard) -> str:
    names: list[str] = []
    uid = dashboard.folder
    while uid:
        names.insert(0, world.folders[uid].title)
        uid = world.folders[uid].parent
    return " / ".join(names) or "General"


def _form(users: Sequence[str], dashboard: Dashboard, place: int, panel: dict[str, Any]) -> str:
    targets = panel.get("targets") or [{}]
    expression = html.escape(str(targets[0].get("expr", "")))
    title = html.escape(str(panel.get("title", "")))
    people = "".join(f"<option>{html.escape(each)}</option>" for each in users)
    return f"""<article><h2>{title}</h2><form class="command" method="post" action="/grafana/edit">
<input type="hidden" name="uid" value="{html.escape(dashboard.uid)}">
<input type="hidden" name="panel" value="{place}">
<label>Title <input name="title" value="{title}"></label>
<label>Expression <input name="expression" value="{expression}"></label>
<label>As <select name="user">{people}</select></label>
<button class="button main">Save</button></form></article>"""
