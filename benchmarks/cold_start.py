"""What does a cold start of each function cost, against the least that any function with an AWS client costs?

    PYTHONPATH=layers/common:functions:. python -m benchmarks.cold_start [feature ...]

Ours: import the handler, then call its cached builders up to and including the first AWS client, as a first call does.
Base: `import boto3` and the same client; for a function with the numeric layer, by the template, also the import of
that layer's libraries, which anybody pays who computes with them. CPU time (user and system) inside a fresh process
each, the interpreter's own start left out on both sides; all of them interleaved in one run, medians. A ratio above
the bar fails. The last column goes on through every builder, which is what a first call may need at most.

To find what is slow: `python -X importtime -c "import <feature>.handler"`.
"""

import importlib
import os
import statistics
import subprocess
import sys
from inspect import signature
from typing import get_type_hints

from kaizen.runtime.settings import Settings
from tests.architecture.house import features, function_of, target

ROUNDS = 9
BAR, WEBHOOK_BAR = 1.5, 1.25
# What nobody can do without who has the layer; the common layer holds our own choices, which the bar is for.
LAYER_IMPORTS = {"NumericLayer": "import numpy, cramjam"}
ADDRESS = "https://example.invalid"
FAKE = {str: "fake", str | None: "", int: "1", float: "1", bool: "false"}

BASE = """
import time
started = time.process_time()
import boto3
{client}
{layers}
print(time.process_time() - started)
"""
# After the first client (mode "first") nothing more is built; "name" prints which client that is, nothing for none.
OURS = """
import time
started = time.process_time()
import importlib
handler = importlib.import_module("{feature}.handler")
import botocore.session
create = botocore.session.Session.create_client
class Built(BaseException): pass
def once(self, service, *args, **kwargs):
    create(self, service, *args, **kwargs)
    raise Built(service)
if "{mode}" != "all":
    botocore.session.Session.create_client = once
try:
    for name in {builders}:
        getattr(handler, name)()
except Built as built:
    if "{mode}" == "name":
        print(built)
        raise SystemExit
if "{mode}" != "name":
    print(time.process_time() - started)
"""


def builders(feature: str) -> list[str]:
    """The cached functions of a handler that take no argument, in the order in which they are written."""
    handler = importlib.import_module(f"{feature}.handler")
    return [
        name
        for name, value in vars(handler).items()
        if hasattr(value, "cache_clear") and value.__module__ == handler.__name__ and not signature(value).parameters
    ]


def environment(feature: str) -> dict[str, str]:
    """What the template would set, with values that lead nowhere."""
    handler = importlib.import_module(f"{feature}.handler")
    kinds = [each for each in vars(handler).values() if isinstance(each, type) and issubclass(each, Settings)]
    hints = {name: kind for each in kinds for name, kind in get_type_hints(each).items()}
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(sys.path),
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "POWERTOOLS_SERVICE_NAME": "kaizen",
        **{name.upper(): ADDRESS if name.endswith("_url") else FAKE[kind] for name, kind in hints.items()},
    }


def base(feature: str, service: str) -> str:
    """The code of the baseline; `service` is empty for a function without a client."""
    layers = [LAYER_IMPORTS.get(target(layer), "") for layer in function_of(feature).get("Layers", [])]
    return BASE.format(client=f'boto3.client("{service}")' if service else "", layers="\n".join(layers))


def run(code: str, variables: dict[str, str]) -> str:
    done = subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout.strip()


def main(wanted: list[str]) -> int:
    chosen = wanted or features()
    codes: dict[str, tuple[str, str, str]] = {}
    variables: dict[str, dict[str, str]] = {}
    for feature in chosen:
        variables[feature] = environment(feature)
        name, first, everything = (
            OURS.format(feature=feature, builders=builders(feature), mode=mode) for mode in ("name", "first", "all")
        )
        codes[feature] = base(feature, run(name, variables[feature])), first, everything
    times: dict[str, list[tuple[float, ...]]] = {feature: [] for feature in chosen}
    for _ in range(ROUNDS + 1):  # the first warms the disk's cache
        for feature in chosen:
            times[feature].append(tuple(float(run(code, variables[feature])) for code in codes[feature]))
    print(f"CPU ms in a fresh process, median of {ROUNDS}")
    print(f"{'':<20} {'base':>6} {'ours':>6} {'ratio':>6} {'bar':>5} {'all builders':>13}")
    worst = 0
    for feature in chosen:
        least, ours, everything = (statistics.median(column) for column in zip(*times[feature][1:], strict=True))
        bar = WEBHOOK_BAR if feature == "github_webhook" else BAR
        over = ours / least > bar
        worst |= over
        print(
            f"{feature:<20} {least * 1000:>6.0f} {ours * 1000:>6.0f} {ours / least:>6.2f} {bar:>5} "
            f"{everything * 1000:>6.0f} {everything / least:>6.2f}" + (" over the bar" if over else "")
        )
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
