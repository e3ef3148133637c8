"""Reports by their names, compressed. The lifecycle removes each 90 days after it was written last.

reviews/<name>      the page of a pull request (`<id>`), or a picture of one of its layouts (`<id>-<number>.svg`)
"""

import gzip
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kaizen.runtime.content import compressed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class NoReportError(LookupError):
    """There is no such report. `gone` says that there was one, which the lifecycle removed."""

    def __init__(self, *, gone: bool) -> None:
        super().__init__("the report is gone" if gone else "there is no such report")
        self.gone = gone


@dataclass(frozen=True, slots=True)
class Stored:
    """`zipped` is the content as gzip; `tag` names exactly these bytes."""

    zipped: bytes
    tag: str

    @property
    def content(self) -> bytes:
        return gzip.decompress(self.zipped)


class ReportStore:
    """Calls raise ClientError and BotoCoreError."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def write(self, name: str, content: bytes, kind: str) -> None:
        body = compressed(content)
        self._client.put_object(
            Bucket=self._bucket, Key=f"reviews/{name}", Body=body, ContentType=kind, ContentEncoding="gzip"
        )

    def read(self, name: str) -> Stored:
        """Raises NoReportError."""
        try:
            found = self._client.get_object(Bucket=self._bucket, Key=f"reviews/{name}")
        except self._client.exceptions.NoSuchKey as error:
            raise NoReportError(gone=self._was(f"reviews/{name}")) from error
        return Stored(found["Body"].read(), found["ETag"].strip('"'))

    def _was(self, key: str) -> bool:
        """Whether the lifecycle, which keeps a mark of what it removes, has removed it."""
        found = self._client.list_object_versions(Bucket=self._bucket, Prefix=key, MaxKeys=1)
        return any(each["Key"] == key for each in found.get("DeleteMarkers", []))
