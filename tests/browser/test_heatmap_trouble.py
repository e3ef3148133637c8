"""What the page does when schemas differ, and when the network is gone."""

import json
import re
from collections.abc import Callable

from playwright.sync_api import Page, Route, expect

from kaizen.phase.door import refusal, version_headers
from kaizen.phase.negotiation import Client, Server, Upgrade, Who, negotiate
from kaizen.phase.page import read_page
from kaizen.phase.schema import Support, Version
from kaizen.runtime.http import Response
from tests.architecture.house import FUNCTIONS
from tests.browser.conftest import Opens
from tests.browser.heatmap import coloured, live, pixels, told, until

BUILD = read_page(FUNCTIONS).build


def another(build: str) -> Server:
    """A server of the next major, which serves the page of some build."""
    return Server(Version(2, 0), (Support(2, 0, 0),), build=build)


def answered(route: Route, answer: Response) -> None:
    shared = {"access-control-allow-origin": "*", "access-control-expose-headers": "*"}
    route.fulfill(status=answer["statusCode"], headers=answer["headers"] | shared, body=answer["body"])


def differs(page: Page, server: Server) -> None:
    """From now on, handshakes and frames are answered by another server."""

    def greet(route: Route) -> None:
        query = dict(part.split("=", 1) for part in route.request.url.partition("?")[2].split("&"))
        met = negotiate(Client(query["client"], build=query["build"]), server)
        headers = {"content-type": "application/json"} | version_headers(met, server)
        answered(route, {"statusCode": 200, "headers": headers, "body": json.dumps(met.as_document(server, None))})

    page.route("**/phase/handshake?*", greet)
    page.route("**/frames?*", lambda route: answered(route, refusal(negotiate(Client("1.0.0"), server), server)))


def differing(server: Server) -> Callable[[Page], None]:
    return lambda page: differs(page, server)


def test_an_older_page_is_told_to_reload_and_that_helps(opened: Opens) -> None:
    page = opened(before=differing(another("a-newer-page")))
    banner = page.locator("schema-version-banner")
    expect(banner).to_have_attribute("role", "alert")
    expect(banner.locator("b")).to_have_text("This page speaks schema 1.0, the server 2.0.")
    expect(banner.locator("span")).to_contain_text("Reloading brings the page that fits.")
    assert told(page)["state"] == "refused"
    page.unroute_all()
    banner.get_by_role("button", name="Reload").click()
    live(page)
    expect(banner).to_be_hidden()


def test_a_reload_that_did_not_help_is_not_offered_again(opened: Opens) -> None:
    page = opened(before=differing(another("a-newer-page")))
    banner = page.locator("schema-version-banner")
    banner.get_by_role("button", name="Reload").click()
    fresh = banner.get_by_role("button", name="Get a fresh copy")
    expect(banner.locator("span")).to_contain_text("Reloading brought the same page again")
    fresh.click()
    page.wait_for_url(re.compile("fresh=a-newer-page"))
    expect(banner.get_by_role("button")).to_have_text("Copy the details")


def test_a_server_that_changes_under_a_living_page_freezes_the_picture(opened: Opens) -> None:
    page = opened()
    live(page)
    coloured(page)
    differs(page, another(BUILD))  # the page is the server's own: a reload brings no other
    until(page, "state", "refused")
    banner = page.locator("schema-version-banner")
    expect(banner.locator("span")).to_contain_text(re.compile(r"The picture is frozen at \d\d:\d\d"))
    expect(page.locator(".heat-map")).to_have_class(re.compile("frozen"))
    frozen = pixels(page)
    assert frozen["colours"] > 200, "the last picture stays"
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    banner.get_by_role("button", name="Copy the details").click()
    expect(banner.get_by_role("button")).to_have_text("Copied")
    copied = json.loads(page.evaluate("() => navigator.clipboard.readText()"))
    assert copied["page"]["build"] == BUILD
    assert copied["handshake"]["verdict"] == "client_too_old"
    assert pixels(page)["hash"] == frozen["hash"]


def test_a_newer_page_is_a_note_while_all_goes_on(opened: Opens) -> None:
    def newer(page: Page) -> None:
        def greet(route: Route) -> None:
            answer = route.fetch()
            document = answer.json()
            upgrade = Upgrade(Who.RELOAD, "A new version of this page is ready", ("Reload the page.",))
            route.fulfill(response=answer, json=document | {"server_build": "b2", "upgrade": upgrade.as_document()})

        page.route("**/phase/handshake?*", greet)

    page = opened(before=newer)
    live(page)
    banner = page.locator("schema-version-banner")
    expect(banner).to_have_attribute("role", "status")
    expect(banner.locator("b")).to_have_text("A new version of this page is ready.")


def test_offline_and_back(opened: Opens) -> None:
    page = opened()
    live(page)
    page.context.set_offline(True)
    until(page, "state", "offline")
    expect(page.locator(".heat-state")).to_have_text("Offline, trying again")
    newest = int(told(page)["newest"])
    page.context.set_offline(False)
    until(page, "newest", newest + 1)
    live(page, after=newest)


def test_a_stream_that_does_not_exist(opened: Opens) -> None:
    page = opened(stream="nothing")
    expect(page.locator(".heat-empty")).to_contain_text("there is no stream 'nothing'")
    expect(page.locator("nav a")).to_have_text("kuramoto")
