"""Client of the province's identity service: OpenID Connect code flow with PKCE.

Two steps: `begin` sends the browser away, `complete` receives it back. State, nonce and verifier
are made for each attempt, kept in the session and taken out of it before anything is checked, so
an answer works once. A person is the pair (issuer, subject); names and numbers a service may send
along never identify anybody.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Mapping, MutableMapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from yichuang.accounts import queries
from yichuang.accounts.models import FederatedIdentity, User
from yichuang.journal import actions as journal
from yichuang.verdict import Refusal

ALGORITHMS = ("RS256", "PS256", "ES256")  # fixed here; what a token's header says never widens it
TIMEOUT = 5  # seconds for each call to the service
LEEWAY = 60  # seconds two clocks may differ
SESSION_KEY = "oidc"
_LOG = logging.getLogger(__name__)


def enabled() -> bool:
    """Whether this deployment has an identity service."""
    return bool(settings.OIDC["issuer"] and settings.OIDC["client_id"])


def begin(session: MutableMapping[str, Any]) -> str:
    """The address to send the browser to. Refuses oidc-off (404), oidc-unreachable (503)."""
    service = _discover()
    attempt = {name: generate_token(48) for name in ("state", "nonce", "verifier")}
    with _client() as client:
        address, _state = client.create_authorization_url(
            service["authorization_endpoint"],
            state=attempt["state"],
            nonce=attempt["nonce"],
            code_verifier=attempt["verifier"],
        )
    session[SESSION_KEY] = attempt
    return address


def complete(session: MutableMapping[str, Any], params: Mapping[str, str], at: datetime) -> User:
    """The resident whom the service vouches for; made at the first visit.

    params: the query of the return address. Refuses oidc-refused (401) with one wording whatever
    failed (the log says which check), oidc-unreachable (503).
    """
    attempt = session.pop(SESSION_KEY, None)
    if not attempt or not _same(params.get("state", ""), attempt["state"]):
        raise _refused("state")
    if "error" in params or "code" not in params:
        raise _refused("answer")
    if params.get("iss", settings.OIDC["issuer"]) != settings.OIDC["issuer"]:  # RFC 9207
        raise _refused("issuer of the answer")
    service = _discover()
    try:
        with _client() as client:
            answer = client.fetch_token(
                service["token_endpoint"],
                grant_type="authorization_code",
                code=params["code"],
                code_verifier=attempt["verifier"],
                timeout=TIMEOUT,
                allow_redirects=False,
            )
    except OAuthError:
        raise _refused("code") from None
    except (requests.RequestException, ValueError):
        raise _unreachable() from None
    claims = _claims(answer.get("id_token"), _get(service["jwks_uri"]), attempt["nonce"], at)
    return _resident(claims["sub"], str(claims.get("name") or ""), at)


def _claims(token: object, keys: Any, nonce: str, at: datetime) -> dict[str, Any]:
    """What a good identity token says (OpenID Connect Core §3.1.3.7)."""
    if not isinstance(token, str):
        raise _refused("no token")
    try:
        claims = jwt.decode(token, KeySet.import_key_set(keys), algorithms=ALGORITHMS).claims
        jwt.JWTClaimsRegistry(
            now=int(at.timestamp()),
            leeway=LEEWAY,
            iss={"essential": True, "value": settings.OIDC["issuer"]},
            sub={"essential": True},
            aud={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        ).validate(claims)
    except (JoseError, ValueError, TypeError, KeyError) as fault:
        raise _refused(f"token: {type(fault).__name__}") from None
    client = settings.OIDC["client_id"]
    audience = [claims["aud"]] if isinstance(claims["aud"], str) else claims["aud"]
    if client not in audience or (len(audience) > 1 and claims.get("azp") != client):
        raise _refused("audience")
    if "azp" in claims and claims["azp"] != client:
        raise _refused("authorised party")
    if not isinstance(claims.get("nonce"), str) or not _same(claims["nonce"], nonce):
        raise _refused("nonce")
    if not 0 < len(claims["sub"]) <= 255:  # OpenID Connect Core §2
        raise _refused("subject")
    return claims


def _resident(subject: str, name: str, at: datetime) -> User:
    issuer = settings.OIDC["issuer"]
    try:
        with transaction.atomic():
            user = _known(issuer, subject) or _new(issuer, subject, name, at)
            if not user.is_active:
                raise _refused("account disabled")
            journal.record(
                kind="resident.signed-in",
                by=queries.resident_actor(user, channel="oidc"),
                at=at,
                payload={"account": user.pk},
            )
    except IntegrityError:  # the same person arrived twice at once, and the other was first
        found = _known(issuer, subject)
        if found is None:
            raise
        return found
    return user


def _known(issuer: str, subject: str) -> User | None:
    found = FederatedIdentity.objects.filter(issuer=issuer, subject=subject)
    identity = found.select_related("user").first()
    return identity.user if identity else None


def _new(issuer: str, subject: str, name: str, at: datetime) -> User:
    user = User(kind=User.Kind.RESIDENT, display_name=name.strip()[:64] or _("居民"), created_at=at)
    user.set_unusable_password()
    user.save(force_insert=True)
    FederatedIdentity.objects.create(user=user, issuer=issuer, subject=subject, created_at=at)
    return user


def _client() -> OAuth2Session:
    return OAuth2Session(
        settings.OIDC["client_id"],
        settings.OIDC["client_secret"],
        scope="openid profile",
        redirect_uri=f"{settings.PUBLIC_URL}/identity/return",
        code_challenge_method="S256",
    )


def _discover() -> dict[str, Any]:
    """The service's own description, which must name itself as we were told to expect."""
    if not enabled():
        raise Refusal(
            "oidc-off",
            _("本平台没有接入统一身份认证。"),
            remedy=_("请用手机号和验证码登录。"),
            status=404,
        )
    issuer = settings.OIDC["issuer"]
    service = _get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    wanted = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    if service.get("issuer") != issuer or not all(_safe(service.get(name)) for name in wanted):
        _LOG.error("identity service describes itself wrongly")
        raise _unreachable()
    return service


def _safe(address: object) -> bool:
    """https everywhere; plain http only to this machine, and never in production."""
    if not isinstance(address, str):
        return False
    parts = urlsplit(address)
    loopback = parts.hostname in ("127.0.0.1", "localhost", "::1")
    return parts.scheme == "https" or (loopback and settings.MODE != "production")


def _get(address: str) -> dict[str, Any]:
    if not _safe(address):
        raise _unreachable()
    try:
        answer = requests.get(address, timeout=TIMEOUT, allow_redirects=False)
        answer.raise_for_status()
        content = answer.json() if answer.status_code == 200 else None
    except (requests.RequestException, ValueError):
        raise _unreachable() from None
    if not isinstance(content, dict):
        raise _unreachable()
    return content


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _unreachable() -> Refusal:
    _LOG.warning("identity service unreachable")
    return Refusal(
        "oidc-unreachable",
        _("统一身份认证现在连接不上。"),
        remedy=_("请用手机号和验证码登录，或稍后再试。"),
        status=503,
    )


def _refused(check: str) -> Refusal:
    _LOG.warning("identity answer refused: %s", check)
    return Refusal(
        "oidc-refused",
        _("统一身份认证没有通过。"),
        remedy=_("请重新登录一次；仍不行，请用手机号和验证码登录。"),
        status=401,
    )
