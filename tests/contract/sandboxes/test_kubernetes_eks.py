"""Credentials: a token from SSM, and EKS's: signed here and described by moto; TLS with a CA of its own."""

import base64
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from moto import mock_aws

from kaizen.runtime import clients
from kaizen.runtime.outbound import Outbound, UnreachableError
from kaizen.runtime.secrets import SecretError, SecretMissingError
from sandbox_reaper.backend import BackendDeniedError, BackendError, BackendUnavailableError
from sandbox_reaper.kubernetes import eks
from sandbox_reaper.kubernetes.client import base_address
from sandbox_reaper.kubernetes.connect import Place, connect
from sandbox_reaper.kubernetes.credentials import StaticToken
from sandbox_reaper.kubernetes.reader import KubernetesReader


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    with mock_aws():
        clients.built.cache_clear()
        yield
    clients.built.cache_clear()


def decoded(token: str) -> Any:
    assert token.startswith("k8s-aws-v1.")
    text = token.removeprefix("k8s-aws-v1.")
    assert "=" not in text
    return urlsplit(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode())


def test_a_token_is_a_signed_question_who_asks() -> None:
    address = decoded(eks.EksToken("sandboxes").token())
    query = {name: value for name, (value,) in parse_qs(address.query).items()}
    assert (address.scheme, address.hostname, address.path) == ("https", "sts.eu-west-1.amazonaws.com", "/")
    assert (query["Action"], query["Version"]) == ("GetCallerIdentity", "2011-06-15")
    assert query["X-Amz-SignedHeaders"] == "host;x-k8s-aws-id"
    assert int(query["X-Amz-Expires"]) <= 60
    assert query["X-Amz-Credential"].endswith("/eu-west-1/sts/aws4_request")


def test_a_token_is_good_for_one_cluster_and_kept_until_it_is_refused() -> None:
    """The header is in the signature: the same second gives another one for another cluster, and none leaks over."""
    at = datetime(2020, 1, 2, 12, tzinfo=UTC)
    with patch("botocore.auth.get_current_datetime", return_value=at.replace(tzinfo=None)):
        one, other = eks.EksToken("one"), eks.EksToken("other")
        tokens = [one.token(), other.token(), one.token(fresh=True)]
    signatures = [parse_qs(decoded(each).query)["X-Amz-Signature"] for each in tokens]
    assert signatures[0] == signatures[2] != signatures[1]
    assert one.token() == tokens[0]
    assert one.token(fresh=True) != tokens[0]


def test_no_credentials_are_no_token() -> None:
    sts = clients.client("sts", eks.LIMITS)
    with (
        patch.object(sts, "generate_presigned_url", side_effect=NoCredentialsError()),
        pytest.raises(BackendDeniedError, match="NoCredentials"),
    ):
        eks.EksToken("one").token()


def cluster(name: str = "sandboxes") -> None:
    boto3.client("eks").create_cluster(name=name, roleArn="arn:aws:iam::123456789012:role/x", resourcesVpcConfig={})


def test_a_cluster_that_is_not_there_or_may_not_be_asked_for() -> None:
    with pytest.raises(BackendDeniedError, match="ResourceNotFoundException"):
        eks.endpoint("nothing")
    client = clients.client("eks", eks.LIMITS)
    away = EndpointConnectionError(endpoint_url="https://eks")
    with patch.object(client, "describe_cluster", side_effect=away), pytest.raises(BackendUnavailableError):
        eks.endpoint("nothing")


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"status": "CREATING"}, "CREATING"),
        ({"endpoint": "https://x", "certificateAuthority": {"data": "no base64!"}}, "no PEM"),
        ({"endpoint": "https://x", "certificateAuthority": {"data": "AAAA"}}, "no certificate"),
        ({"endpoint": "http://10.0.0.1", "certificateAuthority": {"data": "CA"}}, "https://"),
    ],
)
def test_what_eks_says_that_leads_nowhere(told: dict[str, Any], message: str, ca: "Authority") -> None:
    if told.get("certificateAuthority") == {"data": "CA"}:
        told = told | {"certificateAuthority": {"data": base64.b64encode(ca.pem.encode()).decode()}}
    client = clients.client("eks", eks.LIMITS)
    with (
        patch.object(client, "describe_cluster", return_value={"cluster": told}),
        pytest.raises(BackendError) as raised,
    ):
        connect(Place("", "", eks_cluster="sandboxes"), lambda name, *, fresh=False: "", lambda seconds: None)
    assert message in str(raised.value)


def test_a_cluster_is_described() -> None:
    """moto's CA is base64 of noise: the call and the path to its parts hold, up to there."""
    cluster()
    with pytest.raises(BackendError, match="the CA of the EKS cluster sandboxes is no PEM text"):
        eks.endpoint("sandboxes")


def test_a_secret_that_cannot_be_read_is_an_error_of_the_backend() -> None:
    def read(parameter: str, *, fresh: bool = False) -> str:
        raise {"missing": SecretMissingError, "away": SecretError}[parameter]("no value in here")

    with pytest.raises(BackendDeniedError):
        StaticToken("missing", read).token()
    with pytest.raises(BackendUnavailableError):
        StaticToken("away", read).token()
    assert StaticToken("any", lambda parameter, *, fresh=False: " abc\n").token() == "abc"


@pytest.mark.parametrize("address", ["http://10.0.0.1", "https://", "https://me@host", "https://host?x=1", "host", ""])
def test_addresses_where_a_token_does_not_go(address: str) -> None:
    with pytest.raises(ValueError, match="address"):
        base_address(address)
    assert base_address("https://abc.gr7.eu-west-1.eks.amazonaws.com/") == "https://abc.gr7.eu-west-1.eks.amazonaws.com"


class Authority:
    """A CA, and a certificate of its for 127.0.0.1."""

    def __init__(self, folder: Path) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"test {folder.name}")])
        start = datetime.now(UTC) - timedelta(days=1)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.KeyUsage(
                    digital_signature=True,
                    key_cert_sign=True,
                    crl_sign=True,
                    content_commitment=False,
                    key_encipherment=False,
                    data_encipherment=False,
                    key_agreement=False,
                    encipher_only=False,
                    decipher_only=False,
                ),
                critical=True,
            )
            .sign(key, hashes.SHA256())
        )
        self.pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
        self.file = folder / "server.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self.file.write_bytes(private + self.pem.encode())


@pytest.fixture(name="ca")
def _ca(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


class Empty(BaseHTTPRequestHandler):
    """An API server with nothing in it."""

    def do_GET(self) -> None:
        body = b'{"kind": "List", "metadata": {"resourceVersion": "1"}, "items": []}'
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Silent."""


@pytest.fixture(name="secure")
def _secure(ca: Authority) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ca.file)
    with HTTPServer(("127.0.0.1", 0), Empty) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield f"https://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_only_the_clusters_own_ca_counts(secure: str, ca: Authority, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = Authority(tmp_path_factory.mktemp("other"))
    assert Outbound(ca=ca.pem)("GET", secure, {}).status == 200
    for outbound in (Outbound(), Outbound(ca=other.pem)):
        with pytest.raises(UnreachableError, match="SSLError"):
            outbound("GET", secure, {})
    for wrong in ("", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        with pytest.raises(ValueError, match="PEM"):
            Outbound(ca=wrong)


def test_connected_by_settings(secure: str, ca: Authority) -> None:
    values = {"/kube/token": "abc", "/kube/ca": ca.pem}

    def read(parameter: str, *, fresh: bool = False) -> str:
        return values[parameter]

    inventory = KubernetesReader(connect(Place(secure, "/kube/token", "/kube/ca"), read, lambda _: None)).inventory()
    assert inventory.sandboxes == ()
    values["/kube/ca"] = "not a certificate"
    with pytest.raises(BackendError, match="PEM"):
        connect(Place(secure, "/kube/token", "/kube/ca"), read, lambda _: None)


def test_connected_by_the_name_of_a_cluster(secure: str, ca: Authority) -> None:
    told = {"endpoint": secure, "certificateAuthority": {"data": base64.b64encode(ca.pem.encode()).decode()}}
    with patch.object(clients.client("eks", eks.LIMITS), "describe_cluster", return_value={"cluster": told}):
        client = connect(Place("", "", eks_cluster="sandboxes"), lambda *_, **__: "", lambda _: None)
    assert KubernetesReader(client).inventory().sandboxes == ()
