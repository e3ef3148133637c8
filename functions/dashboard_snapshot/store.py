"""Objects named by their content, and a manifest for each run.

    objects/<sha256>.json.gz        a dashboard: stored once, however many runs hold it
    runs/<run>-<outcome>.json.gz    a manifest: names sort by time, so that the newest are found by a short list

The lifecycle removes what is old. An object that runs still hold is written again now and then, so that it never is.
"""

import gzip
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from dashboard_snapshot.model import RUN, Manifest, ManifestError, Outcome, from_json, to_json
from kaizen.runtime.content import compressed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

RENEWED = timedelta(days=30)  # the lifecycle keeps objects for longer than manifests by more than this
_LOOKED_BACK = (timedelta(days=2), timedelta(days=366))
FAILURES = (BotoCoreError, ClientError)  # of a bucket that does not do what it was asked
_KIND, _CODING = "application/json", "gzip"


class NoRunError(LookupError):
    """There is no such run, or none at all."""


class SnapshotStore:
    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self.bucket = bucket

    def keep(self, sha256: str, content: bytes) -> int:
        """Write an object; how many bytes it takes."""
        body = compressed(content)
        self._put(f"objects/{sha256}.json.gz", body)
        return len(body)

    def content(self, sha256: str) -> bytes:
        return self._get(f"objects/{sha256}.json.gz")

    def write(self, manifest: Manifest) -> int:
        """Bytes that it takes."""
        body = compressed(json.dumps(to_json(manifest), separators=(",", ":")).encode())
        self._put(f"runs/{manifest.run}-{manifest.outcome}.json.gz", body)
        return len(body)

    def run(self, run: str) -> Manifest:
        """Raises NoRunError, ManifestError."""
        names = list(self._names(f"runs/{run}-")) if RUN.fullmatch(run) else []
        if not names:
            raise NoRunError(f"there is no run {run[:60]!r}")
        return self._read(names[0])

    def last(self, now: datetime, outcome: Outcome | None = None, before: str = "") -> Manifest | None:
        """The newest run, of this outcome and older than the run `before` where these are given; None for none."""
        for back in _LOOKED_BACK:
            names = [
                each
                for each in self._names("runs/", f"runs/{now - back:%Y%m%d}")
                if (outcome is None or each.endswith(f"-{outcome}.json.gz"))
                and (not before or each.removeprefix("runs/") < before)
            ]
            if names:
                return self._read(names[-1])
        return None

    def runs(self, now: datetime, days: int) -> list[tuple[str, str]]:
        """(run, outcome) of the last days, newest first."""
        names = self._names("runs/", f"runs/{now - timedelta(days=days):%Y%m%d}")
        parts = [name.removeprefix("runs/").removesuffix(".json.gz").rpartition("-") for name in names]
        return [(run, outcome) for run, _, outcome in reversed(parts)]

    def _read(self, name: str) -> Manifest:
        try:
            given = json.loads(self._get(name))
        except ValueError as error:
            raise ManifestError(f"{name} is no JSON") from error
        return from_json(given)

    def _names(self, prefix: str, after: str = "") -> Iterator[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=prefix, StartAfter=after
        )
        for page in pages:
            yield from (each["Key"] for each in page.get("Contents", []))

    def _put(self, key: str, body: bytes) -> None:
        self._client.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType=_KIND, ContentEncoding=_CODING)

    def _get(self, key: str) -> bytes:
        return gzip.decompress(self._client.get_object(Bucket=self.bucket, Key=key)["Body"].read())
