"""The timestamp authority over HTTP: believed only if it is the one we know, on the same clock."""

from datetime import UTC, datetime, timedelta

import pytest
from asn1crypto import pem, tsp
from django.core.exceptions import ImproperlyConfigured

from tests.support import authorities
from yichuang.documents import audit, check, cms, signing
from yichuang.documents.signing import demonstration, timestamps
from yichuang.project import environment

AT = datetime(2026, 3, 26, 1, 30, tzinfo=UTC)


@pytest.fixture
def pdf(plain_pdf):
    return plain_pdf()


@pytest.fixture
def authority(settings, tmp_path):
    """Another authority, known by its root, whose clock stands at AT."""
    with authorities.timestamp_authority(now=lambda: AT) as running:
        root = tmp_path / "tsa.pem"
        root.write_bytes(pem.armor("CERTIFICATE", demonstration.timestamp_root().dump()))
        settings.TSA_URL, settings.TSA_CERTIFICATES = running.address, str(root)
        yield running


def sign(pdf, at=AT):
    return signing.sign(pdf, seal_code="town-main", reason="x", at=at)


def test_the_authority_is_given_a_digest_and_its_time_is_kept(authority, pdf):
    authority.skew = timedelta(seconds=3)
    signed = sign(pdf)
    assert signed.timestamp == AT + timedelta(seconds=3)
    assert audit.verify_paper(signed.pdf) == []
    ((_method, _path, body),) = authority.asked
    assert len(body) < 100 and tsp.TimeStampReq.load(body)["cert_req"].native


@pytest.mark.fault
@pytest.mark.parametrize("skew", [timedelta(minutes=5, seconds=1), -timedelta(days=2)])
def test_another_time_than_ours_is_not_sealed(authority, pdf, skew):
    """Seen to fail with the comparison left out: a paper dated two days before its timestamp."""
    authority.skew = skew
    with pytest.raises(signing.Unavailable) as refused:
        sign(pdf)
    assert (refused.value.code, refused.value.status) == ("clock-skewed", 503)
    authority.skew = timedelta(minutes=4)
    assert sign(pdf).timestamp == AT + timedelta(minutes=4)


@pytest.mark.fault
@pytest.mark.parametrize(
    "fault",
    [500, "drop", "garbage", "redirect", lambda answer: answer[:-40], lambda _a: b"0" * 300000],
)
def test_an_authority_that_misbehaves_stops_sealing_until_it_behaves(authority, pdf, fault):
    authority.fault = fault
    with pytest.raises(signing.Unavailable) as refused:
        sign(pdf)
    assert (refused.value.code, refused.value.status) == ("timestamp-unavailable", 503)
    assert all(path != "/elsewhere" for _m, path, _b in authority.asked)
    authority.fault = None
    assert sign(pdf).timestamp


@pytest.mark.fault
def test_an_answer_to_another_question_is_not_taken(authority, pdf):
    """A replayed answer, and one to a request whose nonce we did not choose."""
    answers = []
    authority.fault = lambda answer: answers.append(answer) or answers[0]
    sign(pdf)
    with pytest.raises(signing.Unavailable) as refused:
        sign(pdf)
    assert refused.value.code == "timestamp-unavailable"


@pytest.mark.fault
def test_a_stranger_in_the_wire_cannot_state_the_time(authority, settings, pdf, tmp_path_factory):
    """The same kind of authority with keys of its own: seen to pass with `trusted` left out."""
    stranger = tmp_path_factory.mktemp("stranger")
    home = settings.HOME

    def answer(_genuine):
        settings.HOME = stranger
        try:
            return demonstration.answer(authority.asked[-1][2], at=AT)
        finally:
            settings.HOME = home

    sign(pdf)  # the seal's certificate is ours before HOME changes under the service's thread
    authority.fault = answer
    with pytest.raises(signing.Unavailable) as refused:
        sign(pdf)
    assert refused.value.code == "timestamp-unavailable"


def test_a_certificate_not_made_for_timestamps_states_no_time(authority, pdf):
    (found,) = check.signatures_in(sign(pdf).pdf)
    _token, stated = cms.read_stamp(found.cms.token)
    assert timestamps.trusted(stated, timestamps.authorities())
    forged = cms.Stamp(**{
        **{name: getattr(stated, name) for name in cms.Stamp.__slots__},
        "signer": found.cms.signer, "certificates": found.cms.certificates,
    })  # fmt: skip
    assert not timestamps.trusted(forged, timestamps.authorities())


def test_production_names_its_authority_or_says_none(settings, pdf):
    before = sign(pdf)
    settings.PRODUCTION, settings.SEAL_KEYS = True, "file"
    assert before.timestamp
    with pytest.raises(signing.Unavailable):
        timestamps.stamp(b"x", at=AT)
    assert not signing.state().ready and "YICHUANG_TSA_URL" in signing.state().warning


@pytest.mark.parametrize(
    ("address", "file"),
    [("ftp://x", "a.pem"), ("https://tsa.example", ""), ("tsa.example", "a.pem")],
)
def test_an_authority_nobody_could_check_stops_the_start(monkeypatch, address, file):
    monkeypatch.setenv("YICHUANG_TSA_URL", address)
    monkeypatch.setenv("YICHUANG_TSA_CERTIFICATES", file)
    with pytest.raises(ImproperlyConfigured):
        environment.timestamps("YICHUANG_TSA_URL", "YICHUANG_TSA_CERTIFICATES")


def test_the_demonstration_states_the_moment_of_the_act(pdf):
    past = datetime(2024, 2, 29, 3, tzinfo=UTC)
    signed = sign(pdf, at=past)
    assert signed.timestamp == past
    (found,) = check.signatures_in(signed.pdf)
    _token, stated = cms.read_stamp(found.cms.token)
    assert "不具法律效力" in stated.signer.subject.native["common_name"]
