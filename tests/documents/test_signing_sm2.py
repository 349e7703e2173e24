"""SM2 with SM3 against the published example, against OpenSSL, and as a seal on a paper."""

import os
import subprocess
from datetime import UTC, datetime

import pytest
from asn1crypto import keys, pem
from asn1crypto.algos import DSASignature
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given, settings
from hypothesis import strategies as st

from yichuang.documents import audit, check, signing, sm2, verify
from yichuang.documents.algorithms import P256, SM2
from yichuang.documents.signing import certificates
from yichuang.project import environment

AT = datetime(2026, 3, 26, 1, 30, tzinfo=UTC)

# GB/T 32918.5-2017 annex A.2: the signature on "message digest", identity 1234567812345678.
PRIVATE = "3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8"
X = "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
Y = "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
E = "F0B43E94BA45ACCAACE692ED534382EB17E6AB5A19CE7B31F4486FDFC0D28640"
R = "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
S = "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
MESSAGE = b"message digest"
PUBLIC = keys.PublicKeyInfo(
    {
        "algorithm": {"algorithm": "ec", "parameters": keys.ECDomainParameters("named", sm2.CURVE_OID)},
        "public_key": keys.ECPointBitString(bytes.fromhex("04" + X + Y)),
    }
).dump()  # fmt: skip
SIGNATURE = DSASignature({"r": int(R, 16), "s": int(S, 16)}).dump()


def openssl(*arguments, cwd):
    done = subprocess.run(
        ["openssl", *arguments], cwd=cwd, capture_output=True, text=True, check=False, timeout=60,
        env={"PATH": os.environ["PATH"]},
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("message", "digest"),
    [
        # GB/T 32905-2016 annex A.1 and A.2
        (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
    ],
)
def test_sm3_is_the_published_one(message, digest):
    assert sm2.sm3(message).hex() == digest


def test_the_published_signature_holds_and_no_other():
    assert sm2.to_be_signed(PUBLIC, MESSAGE).hex().upper() == E
    assert sm2.verify(PUBLIC, MESSAGE, SIGNATURE)
    assert not sm2.verify(PUBLIC, b"message digesu", SIGNATURE)
    other = DSASignature({"r": int(R, 16), "s": int(S, 16) ^ 1}).dump()
    assert not sm2.verify(PUBLIC, MESSAGE, other)


@given(st.binary(max_size=300))
@settings(max_examples=40)
def test_what_is_signed_verifies(message):
    assert sm2.verify(_PUBLIC, message, sm2.sign(_PRIVATE, message))
    assert not sm2.verify(_PUBLIC, message + b"\0", sm2.sign(_PRIVATE, message))
    assert not sm2.verify(_PUBLIC, message, sm2.sign(_PRIVATE, message)[:-1])
    assert not sm2.verify(_PUBLIC, message, message)


_PRIVATE = sm2.make_key()
_PUBLIC = sm2.public_key(_PRIVATE)


def test_openssl_verifies_ours_and_we_verify_openssls(tmp_path):
    (tmp_path / "key.pem").write_bytes(_PRIVATE)
    (tmp_path / "public.pem").write_bytes(pem.armor("PUBLIC KEY", _PUBLIC))
    (tmp_path / "message").write_bytes(MESSAGE)
    (tmp_path / "ours").write_bytes(sm2.sign(_PRIVATE, MESSAGE))
    identity = ("-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678")
    code, said = openssl(
        "pkeyutl", "-verify", "-pubin", "-inkey", "public.pem", "-in", "message",
        "-sigfile", "ours", *identity, cwd=tmp_path,
    )  # fmt: skip
    assert code == 0 and "Signature Verified Successfully" in said, said
    code, said = openssl(
        "pkeyutl", "-sign", "-inkey", "key.pem", "-in", "message", "-out", "theirs", *identity,
        cwd=tmp_path,
    )  # fmt: skip
    assert code == 0, said
    assert sm2.verify(_PUBLIC, MESSAGE, (tmp_path / "theirs").read_bytes())


@pytest.fixture
def sealed(settings, tmp_path, plain_pdf):
    settings.HOME, settings.SEAL_ALGORITHM = tmp_path, SM2.code
    return signing.sign(plain_pdf(), seal_code="town-main", reason="x", at=AT)


def test_a_paper_sealed_with_sm2(sealed, tmp_path):
    assert sealed.algorithm == "sm2-sm3" and sealed.timestamp == AT
    assert audit.verify_paper(sealed.pdf) == []
    assert signing.state().kind == "file", "SoftHSM2 knows no SM2"
    changed = sealed.pdf.replace(b"/Count 1", b"/Count 2")
    assert [f.code for f in audit.verify_paper(changed)] == ["not-whole"]
    examined = verify._examine_apart(sealed.pdf)
    assert examined == {"problem": "", "signatures": [{"ours": True, "sound": True}]}


def test_openssl_agrees_with_its_chain_and_its_signature(sealed, tmp_path):
    (found,) = check.signatures_in(sealed.pdf)
    leaf, root = certificates.known()[0].certificates
    (tmp_path / "root.pem").write_bytes(certificates.to_pem((root,)))
    (tmp_path / "leaf.pem").write_bytes(certificates.to_pem((leaf,)))
    (tmp_path / "public.pem").write_bytes(pem.armor("PUBLIC KEY", leaf.public_key.dump()))
    (tmp_path / "attributes").write_bytes(found.cms.attributes)
    (tmp_path / "signature").write_bytes(found.cms.signature)
    code, said = openssl(
        "verify", "-vfyopt", "distid:1234567812345678", "-CAfile", "root.pem", "leaf.pem",
        cwd=tmp_path,
    )  # fmt: skip
    assert code == 0, said
    code, said = openssl(
        "pkeyutl", "-verify", "-pubin", "-inkey", "public.pem", "-in", "attributes", "-sigfile",
        "signature", "-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678",
        cwd=tmp_path,
    )  # fmt: skip
    assert code == 0, said


def test_only_the_two_algorithms_can_be_chosen(monkeypatch):
    choices = (P256.code, SM2.code)
    monkeypatch.delenv("YICHUANG_SEAL_ALGORITHM", raising=False)
    assert environment.one_of("YICHUANG_SEAL_ALGORITHM", choices) == P256.code
    monkeypatch.setenv("YICHUANG_SEAL_ALGORITHM", "sm2-sm3")
    assert environment.one_of("YICHUANG_SEAL_ALGORITHM", choices) == SM2.code
    monkeypatch.setenv("YICHUANG_SEAL_ALGORITHM", "md5")
    with pytest.raises(ImproperlyConfigured):
        environment.one_of("YICHUANG_SEAL_ALGORITHM", choices)
