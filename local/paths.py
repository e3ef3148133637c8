"""Where things are in the repository."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
TEMPLATE = ROOT / "template.yaml"
FUNCTIONS = ROOT / "functions"
DELIVERIES = ROOT / "events" / "deliveries"
BUILD = ROOT / ".build"
RUNTIME = BUILD / "runtime"  # what Lambda's runtime brings along: boto3 and the runtime client
BYTECODE = BUILD / "bytecode"  # compiled modules, as in the Makefile
LOGS = BUILD / "local" / "logs"
_EMULATORS = "lib/python3.13/site-packages/samcli/local/rapid"


def emulator(machine: str) -> Path:
    """AWS's Runtime Interface Emulator for this processor; it ships inside aws-sam-cli."""
    kind = "arm64" if machine in ("aarch64", "arm64") else "x86_64"
    return BUILD / "sam" / _EMULATORS / f"aws-lambda-rie-{kind}"


def layer_folders(source: str) -> list[Path]:
    """A layer's own source, so that edits are live, and its libraries built for this machine's processor."""
    return [ROOT / source, BUILD / "layers" / Path(source).name]


POLICY = ROOT / "examples" / "policy.toml"  # of `make run`, unless another is named
