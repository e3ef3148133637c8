"""From settings to a client: by an address and a token, or by the name of an EKS cluster."""

from collections.abc import Callable
from dataclasses import dataclass

from kaizen.runtime.outbound import Outbound
from kaizen.runtime.rotation import ReadSecret
from sandbox_reaper.backend import BackendError
from sandbox_reaper.kubernetes import eks
from sandbox_reaper.kubernetes.client import SECONDS, Client, Credentials
from sandbox_reaper.kubernetes.credentials import StaticToken, secret_text


@dataclass(frozen=True, slots=True)
class Place:
    """Where the cluster is. `eks_cluster` stands above the others; "" where one is not used.

    `token_parameter` and `ca_parameter` name SSM parameters; without a CA the certificate must be of a public one.
    """

    url: str
    token_parameter: str
    ca_parameter: str = ""
    eks_cluster: str = ""


def connect(place: Place, read: ReadSecret, sleep: Callable[[float], None]) -> Client:
    """`read` is kaizen.runtime.secrets.secret, `sleep` waits seconds. Raises BackendError."""
    credentials: Credentials
    if place.eks_cluster:
        found = eks.endpoint(place.eks_cluster)
        address, ca, credentials = found.address, found.ca, eks.EksToken(place.eks_cluster)
    else:
        address, credentials = place.url, StaticToken(place.token_parameter, read)
        ca = secret_text(place.ca_parameter, read) if place.ca_parameter else ""
    try:
        return Client(address, credentials, Outbound(connect=SECONDS, read=SECONDS, ca=ca or None), sleep)
    except ValueError as error:
        raise BackendError(str(error)) from error
