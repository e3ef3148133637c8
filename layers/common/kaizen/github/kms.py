"""RS256 signatures by a key that stays in KMS (https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html)."""

from collections.abc import Callable
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from kaizen.github.errors import UnavailableError

ALGORITHM = "RSASSA_PKCS1_V1_5_SHA_256"


class SigningError(UnavailableError):
    """KMS did not sign: it does not answer, or the key's policy or state is in the way. The message says which."""


class Kms(Protocol):
    """The part of boto3's client that is used."""

    def sign(self, **request: Any) -> Any: ...


def kms_signer(client: Kms, key_id: str) -> Callable[[bytes], bytes]:
    """A function that signs up to 4,096 bytes; `key_id` is the key's id, ARN or alias. It raises SigningError."""

    def sign(message: bytes) -> bytes:
        try:
            answer = client.sign(KeyId=key_id, Message=message, MessageType="RAW", SigningAlgorithm=ALGORITHM)
        except ClientError as error:
            raise SigningError(0, f"KMS did not sign: {error.response['Error']['Code']}") from error
        except BotoCoreError as error:
            raise SigningError(0, f"KMS did not sign: {type(error).__name__}") from error
        signature: bytes = answer["Signature"]
        return signature

    return sign
