"""Importing a handler does nothing: no client, no connection, no setting read."""

import os
import subprocess
import sys

import pytest

from tests.architecture.house import FUNCTIONS, LAYER, features

PROBE = """
import importlib, socket, sys
import boto3, botocore.session

def refuse(*args, **kwargs):
    raise AssertionError("an import built a client or opened a connection")

boto3.client = boto3.resource = boto3.session.Session.client = refuse
botocore.session.Session.create_client = refuse
socket.socket.connect = refuse
importlib.import_module(sys.argv[1])
"""


@pytest.mark.parametrize("feature", features())
def test_import_does_nothing(feature: str) -> None:
    # None of the function's own variables is set: reading a setting would raise.
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{LAYER}{os.pathsep}{FUNCTIONS}"}
    done = subprocess.run(
        [sys.executable, "-c", PROBE, f"{feature}.handler"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
