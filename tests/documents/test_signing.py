"""The key, the signature, and what an independent reader says of it."""

import shutil
import stat
import subprocess
import threading
from datetime import UTC, datetime

import pytest

from yichuang.documents import rendering, rules, signing
from yichuang.verdict import Refusal

AT = datetime(2026, 3, 26, 1, 30, tzinfo=UTC)


@pytest.fixture
def pdf(facts):
    sheet = rendering.Sheet(
        "receipt", "甲〔2026〕1号", facts("receipt"), "桓台县马桥镇人民政府",
        rules.verify_code(bytes(16)), "https://yichuang.example", AT, None, True,
    )  # fmt: skip
    return rendering.render(sheet).pdf


def test_the_signature_covers_the_whole_file_and_certifies_it(pdf):
    signed = signing.sign(pdf, reason="收件凭证", at=AT)
    assert signed.startswith(pdf), "what was rendered is signed, not written anew"
    assert b"/ETSI.CAdES.detached" in signed
    assert b"/DocMDP" in signed and b"/P 1" in signed, "certified: no change allowed"
    assert b"20260326" in signed, "the moment of the act, not of the signing process"


def test_pdfsig_agrees(pdf, tmp_path):
    if not shutil.which("pdfsig"):
        pytest.skip("pdfsig (poppler-utils) is the second opinion")
    signed = signing.sign(pdf, reason="收件凭证", at=AT)

    def opinion(data):
        path = tmp_path / "paper.pdf"
        path.write_bytes(data)
        done = subprocess.run(
            ["pdfsig", str(path)], capture_output=True, text=True, check=False,
            env={"LC_ALL": "C.UTF-8", "HOME": str(tmp_path), "PATH": "/usr/bin:/usr/local/bin"},
        )  # fmt: skip
        return done.stdout

    said = opinion(signed)
    assert "Signature is Valid." in said and "Total document signed" in said
    assert "演示签章证书（不具法律效力）" in said
    assert "Mar 26 2026" in said
    place = signed.index(b"stream") + 40
    flipped = signed[:place] + bytes([signed[place] ^ 1]) + signed[place + 1 :]
    assert "Signature is Valid." not in opinion(flipped)


def test_the_key_is_made_once_for_its_owner_alone(settings, tmp_path, pdf):
    settings.HOME = tmp_path
    first = signing.identity()
    path = signing.key_file()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path], "no draft left behind"
    signing._identity.cache_clear()
    assert signing.identity().fingerprint == first.fingerprint


def test_processes_that_start_together_share_one_key(settings, tmp_path):
    settings.HOME = tmp_path
    path, seen = signing.key_file(), []
    start = threading.Barrier(4)

    def begin():
        start.wait()
        signing._make_demonstration_key(path)
        seen.append(path.read_bytes())

    threads = [threading.Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 4 and len(set(seen)) == 1
    assert list(path.parent.iterdir()) == [path]


def test_production_never_makes_a_key(settings, tmp_path):
    settings.HOME, settings.PRODUCTION = tmp_path, True
    with pytest.raises(Refusal) as refused:
        signing.identity()
    assert (refused.value.code, refused.value.status) == ("seal-key-missing", 503)
    assert not signing.key_file().exists()
