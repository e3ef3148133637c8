"""Puts a policy in force: checks the file, shows what changes against the one in force, then writes it.

    make policy FILE=my-policy.toml [CONFIG=prod] [YES=1]

It asks before it writes, unless YES=1. Up to 4 KB go into the SSM parameter itself; what is longer goes into the
stack's policy bucket, and the parameter names the version. Functions take it up within minutes.
Exit status: 0 written, nothing to do, or not wanted; 2 the file is no policy, or AWS does not answer.
"""

import argparse
import difflib
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from kaizen.policy.__main__ import check
from kaizen.policy.document import PolicyError, parse
from kaizen.policy.sections.feed import PLACEHOLDER
from kaizen.policy.store import DEFAULT_FILE, MOST_BYTES, document
from kaizen.runtime.secrets import SecretError

KEY = "policy.toml"
PARAMETER_BYTES = 4096  # of a standard parameter, which costs nothing
SAMCONFIG = Path(__file__).parents[1] / "samconfig.toml"


def stack_of(config: str) -> tuple[str, str | None]:
    """(stack's name, region or None) that `make deploy CONFIG=...` deploys. Raises ValueError when there is none."""
    parts = tomllib.loads(SAMCONFIG.read_text(encoding="utf-8"))
    shared = parts.get(config, {}).get("global", {}).get("parameters", {})
    if "stack_name" not in shared:
        raise ValueError(f"samconfig.toml names no stack for {config!r}")
    return str(shared["stack_name"]), shared.get("region")


def in_force(ssm: Any, parameter: str) -> str:
    """The text that the functions read now. Raises ClientError."""
    try:
        return document(ssm.get_parameter(Name=parameter, WithDecryption=True)["Parameter"]["Value"])
    except ssm.exceptions.ParameterNotFound:
        return DEFAULT_FILE.read_text(encoding="utf-8")


def readable(ssm: Any, parameter: str) -> str:
    """The same for a person: empty, with a word of why, where it cannot be read. Then this is what mends it."""
    try:
        return in_force(ssm, parameter)
    except (PolicyError, SecretError) as error:
        print(f"what is in force cannot be read, so that all lines show as new: {error}", file=sys.stderr)
        return ""


def difference(before: str, after: str) -> str:
    """A unified diff; empty when both say the same."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), "in force", "new", lineterm="")
    return "\n".join(lines)


def put(session: Any, parameter: str, bucket: str, text: str) -> str:
    """Write the policy; what the parameter holds now. Raises ClientError, BotoCoreError or ValueError."""
    content, value = text.encode(), text
    if len(content) > PARAMETER_BYTES:
        written = session.client("s3").put_object(Bucket=bucket, Key=KEY, Body=content, ContentType="application/toml")
        if "VersionId" not in written:
            raise ValueError(f"the bucket {bucket} keeps no versions: nothing was put in force")
        value = f"s3://{bucket}/{KEY}?versionId={written['VersionId']}"
    session.client("ssm").put_parameter(Name=parameter, Value=value, Type="String", Overwrite=True)
    return value


def main(arguments: list[str], agreed: Callable[[], bool]) -> int:
    parser = argparse.ArgumentParser(prog="make policy", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--config", default="default")
    parser.add_argument("--yes", action="store_true")
    given = parser.parse_args(arguments)
    try:
        content = given.file.read_bytes()
        problems = check(content)
        if not problems and parse(content.decode()).feed.domain == PLACEHOLDER:
            problems.append(f"feed.domain: {PLACEHOLDER} is a placeholder; set a domain you own, ids keep it for ever")
        if len(content) > MOST_BYTES:
            problems.append(f"is larger than {MOST_BYTES} bytes")
        if problems:
            print("\n".join(f"{given.file}: {each}" for each in problems), file=sys.stderr)
            return 2
        stack, region = stack_of(given.config)
        session = boto3.Session(region_name=region)
        (found,) = session.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        outputs = {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}
        parameter, bucket = outputs["PolicyParameterName"], outputs["PolicyBucketName"]
        changed = difference(readable(session.client("ssm"), parameter), content.decode())
        if not changed:
            print(f"the stack {stack} has this policy in force already")
            return 0
        print(changed)
        if not given.yes and not agreed():
            print("nothing was written")
            return 0
        put(session, parameter, bucket, content.decode())
    except (OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyError as error:
        print(f"error: the stack {stack} has no output {error}: deploy this version first", file=sys.stderr)
        return 2
    except (BotoCoreError, ClientError) as error:
        print(f"error: AWS says: {error}", file=sys.stderr)
        return 2
    print(f"written; the functions of {stack} take it up within 5 minutes")
    return 0


def asked() -> bool:
    """Whether the person wants it; who cannot be asked did not say so."""
    try:
        return input("put it in force? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        print()
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], asked))
