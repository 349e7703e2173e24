"""Where keys are: SoftHSM2 for real, a signing service over HTTP, files; and each of them gone."""

import base64
import contextlib
import json
import os
import threading
from datetime import UTC, datetime

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from tests.support import authorities
from yichuang.documents import actions, audit, queries, rules, signing
from yichuang.documents.algorithms import P256, SM2
from yichuang.documents.models import Paper
from yichuang.documents.signing import certificates, hsm, keys
from yichuang.project import environment

AT = datetime(2026, 3, 26, 1, 30, tzinfo=UTC)


@pytest.fixture
def home(settings, tmp_path):
    settings.HOME = tmp_path
    return tmp_path


def sign(pdf, seal_code="town-main"):
    return signing.sign(pdf, seal_code=seal_code, reason="x", at=AT)


@pytest.fixture
def pdf(plain_pdf):
    return plain_pdf()


def test_the_key_is_in_the_token_and_cannot_leave_it(home, pdf):
    signed = sign(pdf)
    assert audit.verify_paper(signed.pdf) == []
    assert not list(home.rglob("*.key"))
    key = keys.provider()._session.get_key(
        object_class=hsm.ObjectClass.PRIVATE_KEY, label="town-main"
    )
    assert key[hsm.Attribute.SENSITIVE] and not key[hsm.Attribute.EXTRACTABLE]
    with pytest.raises(hsm.pkcs11.PKCS11Error):
        key[hsm.Attribute.VALUE]


@pytest.mark.fault
def test_a_token_that_is_gone_refuses_and_resumes_by_itself(home, pdf):
    before = sign(pdf)
    tokens = home / "hsm" / "tokens"
    tokens.rename(home / "pulled-out")
    for _attempt in range(2):
        with pytest.raises(signing.Unavailable) as refused:
            sign(pdf)
        assert (refused.value.code, refused.value.status) == ("hsm-unavailable", 503)
    assert not signing.state().ready
    (home / "pulled-out").rename(tokens)
    assert sign(pdf).fingerprint == before.fingerprint
    assert signing.state().ready


@pytest.mark.fault
def test_a_session_that_broke_is_opened_anew_at_once(home, pdf):
    """Seen to fail with one attempt only: the first paper after a restart of the device waits."""
    before = sign(pdf)
    keys.provider()._session.close()
    assert sign(pdf).fingerprint == before.fingerprint


def test_a_forked_worker_opens_a_session_of_its_own(home, pdf):
    before = sign(pdf)
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.write(writing, sign(pdf).fingerprint.encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    assert os.read(reading, 100).decode() == before.fingerprint
    os.close(reading)
    assert sign(pdf).fingerprint == before.fingerprint


def test_threads_that_start_together_make_one_key(home, pdf):
    seen, errors, start = [], [], threading.Barrier(4)

    def begin():
        start.wait()
        try:
            seen.append(sign(pdf).fingerprint)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors and len(seen) == 4 and len(set(seen)) == 1
    assert len(list(certificates.folder().rglob("*.pem"))) == 1


def test_files_made_together_are_one_key(home, settings, pdf):
    settings.SEAL_KEYS = "file"
    test_threads_that_start_together_make_one_key(home, pdf)


def test_a_demonstration_that_lost_its_token_goes_on_under_a_new_certificate(home, pdf):
    """A restored backup has the certificates and not the device."""
    before = sign(pdf)
    for path in sorted((home / "hsm").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    keys.provider()._close()
    with pytest.raises(signing.Unavailable) as refused:
        sign(pdf)
    assert refused.value.code == "seal-key-missing"
    after = sign(pdf)
    assert after.fingerprint != before.fingerprint
    assert audit.verify_paper(before.pdf) == audit.verify_paper(after.pdf) == []


@pytest.mark.fault
@pytest.mark.parametrize("named", ["pkcs11:/nowhere/module.so?token=x", "http://127.0.0.1:9"])
def test_a_holder_that_never_answers_is_unavailable(home, settings, pdf, named):
    sign(pdf)
    settings.SEAL_KEYS = named
    with pytest.raises(signing.Unavailable) as refused:
        sign(pdf)
    assert refused.value.code == "hsm-unavailable"


@pytest.fixture
def service(home, settings):
    with authorities.signing_service() as running:
        settings.SEAL_KEYS, settings.SEAL_TOKEN = running.address, authorities.TOKEN
        keys._named.cache_clear()
        yield running
    keys._named.cache_clear()


def test_a_signing_service_is_given_the_digest_alone(service, pdf):
    signed = sign(pdf, "镇/公章 1")
    assert audit.verify_paper(signed.pdf) == []
    (method, path, body) = service.asked[-1]
    assert (method, path) == ("POST", "/signatures")
    assert len(body) < 300 and b"digest" in body
    assert sign(pdf, "镇/公章 1").fingerprint == signed.fingerprint
    assert sum(method == "GET" for method, _path, _body in service.asked) == 1, "kept"


@pytest.mark.fault
@pytest.mark.parametrize(
    "fault", [500, 401, "drop", "garbage", "redirect", lambda _a: b"x" * 70000]
)
def test_a_service_that_misbehaves_stops_sealing_until_it_behaves(service, pdf, fault):
    before = sign(pdf)
    service.fault = fault
    with pytest.raises(signing.Unavailable) as refused:
        sign(pdf)
    assert refused.value.code == "hsm-unavailable"
    assert all(path != "/elsewhere" for _m, path, _b in service.asked), "no redirect is followed"
    service.fault = None
    assert sign(pdf).fingerprint == before.fingerprint


@pytest.mark.fault
def test_a_signature_by_another_key_does_not_go_out(service, settings, pdf):
    """Seen to fail with the check of the fresh signature left out: a paper nobody can verify."""
    sign(pdf)
    other = P256.make_key()
    service.fault = lambda _a: json.dumps(
        {"signature": base64.b64encode(P256.sign(other, b"x")).decode()}
    ).encode()
    with pytest.raises(signing.Unavailable) as refused:
        sign(pdf)
    assert refused.value.code == "seal-key-missing"


def test_a_key_the_service_does_not_have_is_missing(service, pdf):
    with pytest.raises(signing.Unavailable) as refused:
        sign(pdf, "nobody")
    assert refused.value.code == "seal-key-missing"


@pytest.mark.parametrize(
    "named",
    [
        "ftp://x",
        "http://signing.example",
        "pkcs11:",
        "pkcs11:/x.so",
        "https://",
        "files",
        "http://127.0.0.1.example",
    ],
)
def test_a_setting_that_names_no_safe_holder_stops_the_start(monkeypatch, named):
    monkeypatch.setenv("YICHUANG_SEAL_KEYS", named)
    with pytest.raises(ImproperlyConfigured):
        environment.seal_keys("YICHUANG_SEAL_KEYS")


@pytest.mark.parametrize(
    "named",
    [
        "",
        "file",
        "pkcs11:/usr/lib/x.so?token=a",
        "https://signing.example/v1",
        "http://127.0.0.1:8900",
    ],
)
def test_settings_that_name_a_holder(monkeypatch, named):
    monkeypatch.setenv("YICHUANG_SEAL_KEYS", named)
    assert environment.seal_keys("YICHUANG_SEAL_KEYS") == named


def test_sm2_is_not_asked_of_a_token(home, settings):
    device = keys.provider()
    assert isinstance(device, hsm.HsmKeys)
    with pytest.raises(signing.Unavailable):
        device.sign("town-main", SM2, b"x")


@pytest.mark.fault
def test_a_paper_waits_for_the_device_and_is_sealed_once_it_is_back(
    home, organs, seals, ruling, clerk, at, facts, transactional_db
):
    with transaction.atomic():
        paper = actions.intend(
            kind="grant_decision", stream="case:x", content=facts("grant_decision"), organ=organs,
            seal=seals[rules.MAIN], ruling=ruling, by=clerk, at=at,
        )  # fmt: skip
    signing.state()
    tokens = home / "hsm" / "tokens"
    tokens.rename(home / "pulled-out")
    with contextlib.suppress(signing.Unavailable):
        actions.complete(paper_id=paper.pk, at=at)
    assert Paper.objects.get().state == rules.INTENDED
    assert queries.unfinished(at.replace(year=2027)) == [paper.pk]
    (home / "pulled-out").rename(tokens)
    assert actions.complete(paper_id=paper.pk, at=at) == rules.SEALED
