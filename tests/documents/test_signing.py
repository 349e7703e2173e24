"""The signature on a paper, and what independent readers say of it."""

import io
import os
import stat
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from asn1crypto import core, crl, pem, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.dss import DocumentSecurityStore

from tests.support import pdfsig
from yichuang.documents import audit, check, cms, rendering, rules, signing
from yichuang.documents.signing import certificates, demonstration, keys

AT = datetime(2026, 3, 26, 1, 30, tzinfo=UTC)


@pytest.fixture
def pdf(facts):
    sheet = rendering.Sheet(
        "receipt", "甲〔2026〕1号", facts("receipt"), "桓台县马桥镇人民政府",
        rules.verify_code(bytes(16)), "https://yichuang.example", AT, None, True,
    )  # fmt: skip
    return rendering.render(sheet).pdf


def sign(pdf, *, seal_code="town-main", at=AT):
    return signing.sign(pdf, seal_code=seal_code, reason="收件凭证", at=at)


def flipped(data, place):
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def openssl(*arguments, cwd):
    done = subprocess.run(
        ["openssl", *arguments], cwd=cwd, capture_output=True, text=True, check=False, timeout=60,
        env={"PATH": os.environ["PATH"]},
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_the_signature_covers_the_whole_file_and_certifies_it(pdf):
    signed = sign(pdf)
    assert signed.pdf.startswith(pdf), "what was rendered is signed, not written anew"
    assert b"/ETSI.CAdES.detached" in signed.pdf
    assert b"/DocMDP" in signed.pdf and b"/P 1" in signed.pdf, "certified: no change allowed"
    assert b"20260326" in signed.pdf, "the moment of the act, not of the signing process"
    assert signed.pdf.count(b"%%EOF") == 2, "one revision, long-term material and all"
    assert (signed.algorithm, signed.timestamp) == ("ecdsa-p256-sha256", AT)
    assert audit.verify_paper(signed.pdf) == []


def test_pdfsig_agrees(pdf, tmp_path):
    signed = sign(pdf).pdf
    said = pdfsig.opinion(signed, tmp_path)
    assert "Signature is Valid." in said and "Total document signed" in said
    assert "演示签章证书（不具法律效力）" in said
    assert "Mar 26 2026" in said
    changed = flipped(signed, signed.index(b"stream") + 40)
    assert "Signature is Valid." not in pdfsig.opinion(changed, tmp_path)
    assert [finding.code for finding in audit.verify_paper(changed)] == ["not-whole"]


def test_another_library_finds_it_valid_for_the_long_term(pdf):
    """pyHanko checks chain, timestamp and revocation from what is in the file and our root alone."""
    signed = sign(pdf)
    reader = PdfFileReader(io.BytesIO(signed.pdf))
    (found,) = reader.embedded_signatures
    only_ours = DocumentSecurityStore.read_dss(reader).as_validation_context(
        {"trust_roots": [demonstration.timestamp_root()], "allow_fetching": False,
         "revocation_mode": "require"}
    )  # fmt: skip
    status = validate_pdf_signature(found, only_ours, only_ours)
    assert status.bottom_line and status.valid and status.intact
    assert status.modification_level == ModificationLevel.NONE
    assert status.timestamp_validity.valid and status.timestamp_validity.timestamp == AT


def test_openssl_agrees_with_signature_chain_and_timestamp(pdf, tmp_path):
    signed = sign(pdf).pdf
    (found,) = check.signatures_in(signed)
    der = bytes.fromhex(signed[found.start + 1 : found.end - 1].decode())
    root = demonstration.timestamp_root()
    revoked = pem.armor("X509 CRL", demonstration.revocation_list(cms_algorithm(found)).der)
    (tmp_path / "root.pem").write_bytes(pem.armor("CERTIFICATE", root.dump()) + revoked)
    (tmp_path / "sig.der").write_bytes(der)
    (tmp_path / "content").write_bytes(signed[: found.start] + signed[found.end :])
    (tmp_path / "token.der").write_bytes(found.cms.token)
    (tmp_path / "signature").write_bytes(found.cms.signature)
    code, said = openssl(
        "cms", "-verify", "-binary", "-inform", "DER", "-in", "sig.der", "-content", "content",
        "-CAfile", "root.pem", "-crl_check_all", "-purpose", "any", "-cades", "-out", os.devnull,
        cwd=tmp_path,
    )  # fmt: skip
    assert code == 0, said
    code, said = openssl(
        "ts", "-verify", "-data", "signature", "-in", "token.der", "-token_in",
        "-CAfile", "root.pem", cwd=tmp_path,
    )  # fmt: skip
    assert code == 0, said
    (tmp_path / "content").write_bytes(signed[: found.start] + signed[found.end :] + b" ")
    code, _said = openssl(
        "cms", "-verify", "-binary", "-inform", "DER", "-in", "sig.der", "-content", "content",
        "-CAfile", "root.pem", "-purpose", "any", "-out", os.devnull, cwd=tmp_path,
    )  # fmt: skip
    assert code != 0


def cms_algorithm(found):
    return found.cms.algorithm


def test_each_seal_signs_with_a_key_of_its_own(pdf):
    first, again, other = sign(pdf), sign(pdf), sign(pdf, seal_code="镇/中心 2")
    assert first.fingerprint == again.fingerprint != other.fingerprint
    known = signing.ours()
    assert known[other.fingerprint].leaf.subject.native["organizational_unit_name"] == "镇/中心 2"
    for chain in (known[first.fingerprint], known[other.fingerprint]):
        assert "不具法律效力" in chain.leaf.subject.native["common_name"]
        assert "不具法律效力" in chain.root.subject.native["common_name"]


def test_no_secret_is_open_to_others(pdf, settings, tmp_path):
    settings.HOME = tmp_path
    for kind in ("", "file"):
        settings.SEAL_KEYS = kind
        sign(pdf)
    loose = [
        path
        for path in tmp_path.rglob("*")
        if path.is_file() and stat.S_IMODE(path.stat().st_mode) & 0o077
        and ("KEY" in path.read_text(errors="replace") or path.name == "hsm_pin")
    ]  # fmt: skip
    assert not loose
    assert stat.S_IMODE((tmp_path / "hsm" / "tokens").stat().st_mode) == 0o700
    assert not list(tmp_path.rglob(".*.pem.*")), "no draft left behind"


def test_production_makes_neither_key_nor_certificate(settings, tmp_path, pdf):
    settings.HOME, settings.PRODUCTION = tmp_path, True
    for named in ("", "file"):
        settings.SEAL_KEYS = named
        with pytest.raises(signing.Unavailable) as refused:
            sign(pdf)
        assert (refused.value.code, refused.value.status) == ("seal-key-missing", 503)
    assert not list(tmp_path.rglob("*.pem")) and not list(tmp_path.rglob("*.key"))
    settings.SEAL_KEYS = ""
    assert signing.state().kind == "" and not signing.state().ready


def test_production_signs_with_what_the_operator_put_there(settings, tmp_path, pdf):
    """A certificate of another seal beside the key must not go out: seen to pass unnoticed with
    the check of the fresh signature against the certificate left out."""
    settings.HOME, settings.SEAL_KEYS = tmp_path, "file"
    one, two = sign(pdf, seal_code="one"), sign(pdf, seal_code="two")
    settings.PRODUCTION, settings.TSA_URL = True, "none"
    signed = sign(pdf, seal_code="one")
    assert (signed.fingerprint, signed.timestamp) == (one.fingerprint, None)
    assert "时间戳" in signing.state().warning
    path = certificates.path_of("file", "ecdsa-p256-sha256", "one")
    path.write_bytes(certificates.path_of("file", "ecdsa-p256-sha256", "two").read_bytes())
    with pytest.raises(signing.Unavailable) as refused:
        sign(pdf, seal_code="one")
    assert refused.value.code == "seal-key-missing"
    assert path.exists(), "nothing of the operator's is moved"
    assert two.fingerprint in signing.ours()


def test_the_one_key_of_earlier_versions_still_vouches_for_its_papers(settings, tmp_path, pdf):
    settings.HOME, settings.SEAL_KEYS, settings.TSA_URL = tmp_path, "file", "none"
    old = sign(pdf, seal_code="any")
    path = certificates.path_of("file", "ecdsa-p256-sha256", "any")
    content = path.with_suffix(".key").read_bytes() + path.read_bytes()
    path.unlink()
    path.with_suffix(".key").unlink()
    assert [f.code for f in audit.verify_paper(old.pdf)] == ["certificate-unknown"]
    certificates.legacy_file().write_bytes(content)
    settings.TSA_URL = ""
    assert audit.verify_paper(old.pdf) == []
    assert sign(pdf, seal_code="any").fingerprint != old.fingerprint


def test_an_auditor_is_told_what_is_wrong(settings, tmp_path, pdf):
    settings.HOME, settings.SEAL_KEYS = tmp_path, "file"
    signed = sign(pdf).pdf
    assert [f.code for f in audit.verify_paper(pdf)] == ["signatures"]
    settings.TSA_URL = "none"
    bare = sign(pdf).pdf
    settings.TSA_URL = ""
    assert [f.code for f in audit.verify_paper(bare)] == ["timestamp-missing"]
    (found,) = check.signatures_in(signed)
    # a byte of the signature value itself: the whole file still has the digest the signer stated
    value = found.cms.signature.hex().upper().encode()
    place = signed.index(value) + len(value) - 1
    other = (
        signed[:place] + (b"0" if signed[place : place + 1] != b"0" else b"1") + signed[place + 1 :]
    )
    assert [f.code for f in audit.verify_paper(other)] == ["signature"]
    assert all(f.sentence for f in audit.verify_paper(other))


def test_a_certificate_revoked_before_the_signature_is_found(settings, tmp_path, pdf):
    settings.HOME, settings.SEAL_KEYS = tmp_path, "file"
    signed = sign(pdf)
    chain = signing.ours()[signed.fingerprint]
    for moment, codes in ((AT - timedelta(days=1), ["revoked"]), (AT + timedelta(days=1), [])):
        path = certificates.folder() / "later.crl"
        path.write_bytes(revocation_list(chain, moment))
        os.utime(path, ns=(1, int(moment.timestamp())))
        assert [f.code for f in audit.verify_paper(signed.pdf)] == codes


def revocation_list(chain, moment):
    body = crl.TbsCertList(
        {
            "version": "v2",
            "signature": {"algorithm": "sha256_ecdsa"},
            "issuer": chain.leaf.issuer,
            "this_update": x509.Time("utc_time", moment),
            "revoked_certificates": [
                {"user_certificate": chain.leaf.serial_number,
                 "revocation_date": x509.Time("utc_time", moment)}
            ],
        }
    )  # fmt: skip
    return crl.CertificateList(
        {
            "tbs_cert_list": body,
            "signature_algorithm": {"algorithm": "sha256_ecdsa"},
            "signature": core.OctetBitString(b""),
        }
    ).dump()


def test_what_people_are_told_of_the_keys(settings):
    settings.SEAL_KEYS = "file"
    state = signing.state()
    assert (state.kind, state.ready) == ("file", True) and "文件" in state.warning
    settings.SEAL_KEYS = ""
    assert signing.state().kind == "pkcs11", "SoftHSM2 is installed with what the tests need"
    assert signing.state().warning == "" and signing.state().ready
    assert "不是经认证" in str(signing.NAMES["sm2-sm3"])


def test_without_softhsm_keys_are_files_with_a_warning(settings, monkeypatch):
    monkeypatch.setattr(keys, "_softhsm", lambda _home: None)
    assert signing.state().kind == "file" and signing.state().warning


@pytest.mark.parametrize("length", range(0, 40, 3))
def test_a_cut_or_garbled_signature_is_unreadable_and_nothing_else(pdf, length):
    signed = sign(pdf).pdf
    (found,) = check.signatures_in(signed)
    der, _padding = cms._split(bytes.fromhex(signed[found.start + 1 : found.end - 1].decode()))
    cut = der[: length * len(der) // 40]
    with pytest.raises(cms.Unreadable):
        cms.read(cut)
    with pytest.raises(cms.Unreadable):
        cms.read(der + b"\x01")
