"""Plays the lifecycle rules of buckets, which moto stores and never applies; a day takes minutes (DAY_SECONDS)."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

# A stream posts some 70 MB a minute, all of it kept in memory: three days of raw frames are five minutes.
DAY_SECONDS = 100
_MOST_KEYS = 1000  # of one DeleteObjects


@dataclass(frozen=True, slots=True)
class Expiry:
    """Objects below a prefix, or with a tag, are gone after so many days."""

    prefix: str
    tag: tuple[str, str] | None
    days: int

    def covers(self, key: str, tags: Callable[[], Mapping[str, str]]) -> bool:
        """`tags` are asked for only where they decide."""
        return key.startswith(self.prefix) and (self.tag is None or tags().get(self.tag[0]) == self.tag[1])


def expiries(rules: list[Mapping[str, Any]], parameters: Mapping[str, str]) -> list[Expiry]:
    """What the rules of a bucket say about current objects; days may be given as a parameter of the template."""
    return [
        Expiry(
            prefix=rule.get("Prefix", ""),
            tag=next(((each["Key"], each["Value"]) for each in rule.get("TagFilters", [])), None),
            days=_days(rule["ExpirationInDays"], parameters),
        )
        for rule in rules
        if rule["Status"] == "Enabled" and "ExpirationInDays" in rule
    ]


def _days(given: Any, parameters: Mapping[str, str]) -> int:
    return int(parameters[given["Ref"]] if isinstance(given, dict) else given)


def expired(s3: Any, bucket: str, rules: list[Expiry], now: datetime) -> Iterator[dict[str, str]]:
    """Every object whose time has come, as DeleteObjects takes them: its newest version where there are versions.

    ListObjectVersions would name all versions at once, but moto copies the whole bucket for each of its pages.
    """
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for each in page.get("Contents", []):
            key = each["Key"]

            def tags(key: str = key) -> dict[str, str]:
                given = s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]
                return {each["Key"]: each["Value"] for each in given}

            age = now - each["LastModified"]
            if any(age >= timedelta(seconds=rule.days * DAY_SECONDS) and rule.covers(key, tags) for rule in rules):
                head = s3.head_object(Bucket=bucket, Key=key)
                yield {"Key": key} | ({"VersionId": head["VersionId"]} if "VersionId" in head else {})


class Buckets:
    """The buckets by their physical names, with their rules."""

    def __init__(self, s3: Any, rules: Mapping[str, list[Expiry]]) -> None:
        self._s3 = s3
        self._rules = rules

    def sweep(self, now: datetime) -> int:
        """How many versions of objects went: below the newest one there may be older ones, of a redelivery."""
        gone = 0
        for bucket, rules in self._rules.items():
            while doomed := list(expired(self._s3, bucket, rules, now)):
                for start in range(0, len(doomed), _MOST_KEYS):
                    batch = doomed[start : start + _MOST_KEYS]
                    self._s3.delete_objects(Bucket=bucket, Delete={"Objects": batch, "Quiet": True})
                gone += len(doomed)
        return gone
