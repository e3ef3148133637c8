"""EKS: where a cluster's API server is, and tokens for it from the function's own role.

A token is a presigned GetCallerIdentity request of STS. Its signature covers the cluster's name, so it is good for
no other one. EKS sends it to STS to learn who asks; nothing is sent while it is made.
https://docs.aws.amazon.com/eks/latest/best-practices/identity-and-access-management.html
"""

import base64
import binascii
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from kaizen.runtime.clients import Limits, client
from sandbox_reaper.backend import BackendDeniedError, BackendError, BackendUnavailableError

LIMITS = Limits(connect=2, read=5, attempts=2)
PRESIGN_SECONDS = 60  # EKS takes the signed request for 15 minutes from its date, whatever this says
PREFIX = "k8s-aws-v1."
_HEADER = "x-k8s-aws-id"
_SIGNING = "before-sign.sts.GetCallerIdentity"
_DENIED = ("AccessDeniedException", "ResourceNotFoundException", "UnrecognizedClientException", "ExpiredTokenException")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`ca` is PEM text: what signs the API server's certificate."""

    address: str
    ca: str


def endpoint(cluster: str) -> Endpoint:
    """Raises BackendError where EKS does not say, or the cluster is still being made."""
    try:
        given = client("eks", LIMITS).describe_cluster(name=cluster)["cluster"]
    except ClientError as error:
        code = error.response["Error"]["Code"]
        kind = BackendDeniedError if code in _DENIED else BackendUnavailableError
        raise kind(f"EKS does not describe {cluster}: {code}") from error
    except BotoCoreError as error:
        raise BackendUnavailableError(f"EKS does not describe {cluster}: {type(error).__name__}") from error
    address, data = given.get("endpoint"), given.get("certificateAuthority", {}).get("data")
    if not address or not data:
        raise BackendError(f"the EKS cluster {cluster} has no endpoint: it is {given.get('status')}")
    try:
        return Endpoint(address, base64.b64decode(data, validate=True).decode("ascii"))
    except (binascii.Error, UnicodeDecodeError) as error:
        raise BackendError(f"the CA of the EKS cluster {cluster} is no PEM text") from error


class EksToken:
    """A token for one cluster, made once and again when it was refused: it lives for 15 minutes."""

    def __init__(self, cluster: str) -> None:
        self._cluster = cluster
        self._token = ""

    def token(self, *, fresh: bool = False) -> str:
        if fresh or not self._token:
            self._token = self._made()
        return self._token

    def _made(self) -> str:
        sts = client("sts", LIMITS)

        def name_cluster(request: Any, **_: Any) -> None:
            request.headers[_HEADER] = self._cluster

        # For this one signature only: the process's client may sign for others too.
        sts.meta.events.register(_SIGNING, name_cluster)
        try:
            address = sts.generate_presigned_url("get_caller_identity", ExpiresIn=PRESIGN_SECONDS, HttpMethod="GET")
        except BotoCoreError as error:
            raise BackendDeniedError(f"no token for EKS: {type(error).__name__}") from error
        finally:
            sts.meta.events.unregister(_SIGNING, name_cluster)
        return PREFIX + base64.urlsafe_b64encode(address.encode()).decode().rstrip("=")
