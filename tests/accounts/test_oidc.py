"""The client of the identity service, against a service that can lie."""

import base64
import json

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from yichuang.accounts import oidc
from yichuang.accounts.models import FederatedIdentity, User
from yichuang.journal.models import Entry
from yichuang.verdict import Refusal

from .kit import AT
from .provider import CLIENT, Provider

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(settings):
    with Provider(AT) as running:
        settings.OIDC = {"issuer": running.issuer, "client_id": CLIENT, "client_secret": "s" * 40}
        yield running


def walk(provider, session=None, **more):
    session = {} if session is None else session
    answer = provider.authorize(oidc.begin(session), **more)
    return oidc.complete(session, answer, AT)


def refused(act, *given, code="oidc-refused", **more):
    with pytest.raises(Refusal) as caught:
        act(*given, **more)
    assert caught.value.code == code and caught.value.remedy
    assert not User.objects.exists() and not Entry.objects.exists()


def test_a_person_is_known_by_issuer_and_subject(provider):
    first = walk(provider)
    assert (first.kind, first.display_name) == ("resident", "演示居民")
    provider.claims = {"name": "改了名"}
    assert walk(provider) == first
    assert walk(provider, subject="person-2") != first
    assert FederatedIdentity.objects.count() == 2
    assert Entry.objects.filter(kind="resident.signed-in").count() == 3


def test_the_same_subject_at_another_service_is_another_person(provider, settings):
    first = walk(provider)
    with Provider(AT) as other:
        settings.OIDC = {**settings.OIDC, "issuer": other.issuer}
        assert walk(other) != first


def unsigned(claims):
    parts = ({"alg": "none"}, claims)
    texts = [base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=").decode() for p in parts]
    return ".".join([*texts, ""])


def by_the_secret(claims):
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key("s" * 40))


def by_another_key(claims):
    other = RSAKey.generate_key(2048, {"kid": "one"})
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims, other)


@pytest.mark.parametrize("forge", [unsigned, by_the_secret, by_another_key, lambda _: "x.y.z"])
def test_forged_tokens(provider, forge):
    provider.forge = forge
    refused(walk, provider)


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another-client"},
        {"aud": [CLIENT, "another-client"]},
        {"aud": [CLIENT, "another-client"], "azp": "another-client"},
        {"azp": "another-client"},
        {"aud": None},
        {"iss": "https://elsewhere.example"},
        {"iss": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 256},
        {"nonce": "replayed"},
        {"nonce": None},
        {"exp": int(AT.timestamp()) - 61},
        {"exp": None},
        {"iat": int(AT.timestamp()) + 120},
    ],
)
def test_tokens_for_somebody_or_some_time_else(provider, claims):
    provider.claims = claims
    refused(walk, provider)


def test_an_audience_of_several_with_us_authorised_is_good(provider):
    provider.claims = {"aud": [CLIENT, "another"], "azp": CLIENT}
    assert walk(provider).kind == "resident"


def test_a_token_of_an_earlier_attempt_is_refused(provider):
    kept = []
    provider.forge = lambda claims: kept.append(provider.sign(claims)) or "x.y.z"
    refused(walk, provider)
    provider.forge = lambda claims: kept[0]
    refused(walk, provider)


def test_an_answer_works_once_and_only_for_the_session_that_asked(provider):
    session = {}
    answer = provider.authorize(oidc.begin(session))
    refused(oidc.complete, {}, answer, AT)
    refused(oidc.complete, dict(session), {**answer, "state": "other"}, AT)
    refused(oidc.complete, dict(session), {**answer, "iss": "https://elsewhere.example"}, AT)
    refused(oidc.complete, dict(session), {"state": answer["state"], "error": "access_denied"}, AT)
    spent = dict(session)
    refused(oidc.complete, spent, {**answer, "code": "guess"}, AT)
    assert oidc.SESSION_KEY not in spent
    assert oidc.complete(session, answer, AT).kind == "resident"
    with pytest.raises(Refusal):
        oidc.complete(session, answer, AT)


def test_a_code_without_our_verifier_is_worth_nothing(provider):
    victim, thief = {}, {}
    answer = provider.authorize(oidc.begin(victim))
    oidc.begin(thief)
    refused(oidc.complete, thief, {**answer, "state": thief["oidc"]["state"]}, AT)


@pytest.mark.parametrize(
    "discovery",
    [
        {"issuer": "https://elsewhere.example"},
        {"token_endpoint": "http://192.0.2.1/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": None},
    ],
)
def test_a_service_that_describes_itself_wrongly(provider, discovery):
    provider.discovery = discovery
    refused(oidc.begin, {}, code="oidc-unreachable")


def test_plain_http_is_for_tests_on_this_machine_only(provider, settings):
    settings.MODE = "production"
    refused(oidc.begin, {}, code="oidc-unreachable")
    assert provider.asked == []


def test_off_and_unreachable(settings):
    settings.OIDC = {"issuer": "", "client_id": "", "client_secret": ""}
    assert not oidc.enabled()
    refused(oidc.begin, {}, code="oidc-off")
    with Provider(AT) as gone:
        settings.OIDC = {"issuer": gone.issuer, "client_id": CLIENT, "client_secret": "s"}
    refused(oidc.begin, {}, code="oidc-unreachable")


def test_a_disabled_person_stays_out(provider):
    user = walk(provider)
    User.objects.filter(pk=user.pk).update(is_active=False)
    with pytest.raises(Refusal):
        walk(provider)
