"""Who is calling: tokens, and the signed JWTs of Apps, checked as GitHub checks them."""

import base64
import binascii
import json
import secrets
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from kaizen.times import format_instant
from local.outside.github.refusals import answer, refused
from local.outside.github.world import Identity, World
from local.outside.service import Reply

LIFE = timedelta(hours=1)
_LONGEST_JWT = 600  # seconds from now
_SKEW = 60


def bearer(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() in ("bearer", "token") else ""


def identity(world: World, authorization: str) -> Identity | None:
    """Whose token it is; None for one that is wrong or has expired."""
    known = world.tokens.get(bearer(authorization))
    if known is None or (known[1] is not None and world.clock() >= known[1]):
        return None
    return known[0]


def installation_token(world: World, authorization: str, installation_id: int) -> Reply:
    """POST /app/installations/{id}/access_tokens, for who brings a good JWT."""
    now = world.clock()
    app = _app(world, bearer(authorization), now)
    if isinstance(app, Reply):
        return app
    who, installation, _ = app
    if installation != installation_id:
        return refused(404, "Not Found")
    token = f"ghs_{secrets.token_hex(18)}"
    world.tokens[token] = (who, now + LIFE)
    content = {
        "token": token,
        "expires_at": format_instant(now + LIFE),
        "permissions": {"checks": "write", "contents": "read", "metadata": "read", "pull_requests": "write"},
        "repository_selection": "all",
    }
    return answer(201, content)


def app_itself(world: World, authorization: str) -> Identity | None:
    """The App that signed the JWT; None for anything else."""
    app = _app(world, bearer(authorization), world.clock())
    return None if isinstance(app, Reply) else app[0]


def _app(world: World, token: str, now: datetime) -> tuple[Identity, int, bytes] | Reply:
    parts = token.split(".")
    if len(parts) != 3:
        return refused(401, "A JSON web token could not be decoded")
    try:
        head, claims = (json.loads(_raw(part)) for part in parts[:2])
        signature = _raw(parts[2])
        issued, expires, issuer = claims["iat"], claims["exp"], str(claims["iss"])
        wrong = head["alg"] != "RS256" or type(issued) is not int or type(expires) is not int
    except (ValueError, KeyError, TypeError, binascii.Error):
        return refused(401, "A JSON web token could not be decoded")
    if wrong or issuer not in world.apps:
        return refused(401, "A JSON web token could not be decoded")
    if expires <= now.timestamp():
        return refused(401, "'Expiration time' claim ('exp') must be a numeric value representing the future time")
    if expires > now.timestamp() + _LONGEST_JWT:
        return refused(401, "'Expiration time' claim ('exp') is too far in the future")
    if issued > now.timestamp() + _SKEW:
        return refused(401, "'Issued at' claim ('iat') must be an Integer representing the time")
    key = load_der_public_key(world.apps[issuer][2])
    assert isinstance(key, rsa.RSAPublicKey)
    try:
        key.verify(signature, f"{parts[0]}.{parts[1]}".encode(), padding.PKCS1v15(), SHA256())
    except InvalidSignature:
        return refused(401, "A JSON web token could not be decoded")
    return world.apps[issuer]


def _raw(part: str) -> bytes:
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
