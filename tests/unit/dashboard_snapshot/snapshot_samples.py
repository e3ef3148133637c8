"""Entries and runs for tests."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from dashboard_snapshot.model import Entry, Manifest, run_id

AT = datetime(2026, 11, 28, 14, tzinfo=UTC)


def entry(uid: str, sha256: str = "a", folder: str = "Shop", **more: Any) -> Entry:
    made = Entry(uid, uid.capitalize(), folder, folder.lower(), sha256, 10, 1, "ana", "", "ana", "2026-11-28T13:00:00Z",
                 "", f"/d/{uid}", "2026-11-28T13:00:00Z")  # fmt: skip
    return replace(made, **more)


def run(*entries: Entry, hour: int = 0, **more: Any) -> Manifest:
    at = AT + timedelta(hours=hour)
    made = Manifest(run_id(at, "abcd"), at, at, "complete", (), "", "", "", "", len(entries), entries)
    return replace(made, **more)
