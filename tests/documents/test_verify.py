"""A stranger holds a file, or a code: what can be said of it."""

import io
import random
import subprocess

import pytest
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pypdf import PdfReader, PdfWriter

from yichuang.documents import rules, signing, verify
from yichuang.documents.models import Paper
from yichuang.verdict import Refusal


def test_the_paper_itself_is_valid_and_its_name_masked(issued):
    paper, data = issued
    found = verify.verify_bytes(data)
    assert found.state == verify.VALID
    assert found.facts.number == paper.number
    assert found.facts.addressee == "田**"
    assert "田试样" not in repr(found.facts)
    assert found.facts.demonstration


def test_a_flipped_byte_is_never_valid(issued):
    paper, data = issued
    dice = random.Random(7)
    states = set()
    for _ in range(12):
        place = dice.randrange(len(data))
        flipped = data[:place] + bytes([data[place] ^ (1 << dice.randrange(8))]) + data[place + 1 :]
        found = verify.verify_bytes(flipped)
        states.add(found.state)
        assert found.state != verify.VALID and found.sentence
    assert verify.ALTERED in states


@pytest.mark.parametrize(
    "junk", [b" ", b"\n", b"junk", b"%%EOF", b"\n1 0 obj\n<<>>\nendobj\n%%EOF\n"]
)
def test_anything_appended_is_an_alteration_of_the_paper_in_front(issued, junk):
    paper, data = issued
    found = verify.verify_bytes(data + junk)
    assert found.state == verify.ALTERED
    assert found.facts.number == paper.number


def test_a_later_revision_is_an_alteration(issued):
    """A well-formed incremental update, which readers may show without complaint."""
    _paper, data = issued
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    writer.root["/PageMode"] = writer.root["/Type"]
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)
    assert out.getvalue() != data
    assert verify.verify_bytes(out.getvalue()).state == verify.ALTERED


def test_a_copy_written_anew_is_an_alteration(issued):
    paper, data = issued
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data)))
    out = io.BytesIO()
    writer.write(out)
    found = verify.verify_bytes(out.getvalue())
    assert found.state == verify.ALTERED and found.facts.number == paper.number


@pytest.mark.parametrize("share", [0.2, 0.5, 0.97])
def test_a_truncated_file_is_not_valid(issued, share):
    _paper, data = issued
    found = verify.verify_bytes(data[: int(len(data) * share)])
    assert found.state in (verify.ALTERED, verify.CANNOT_CONFIRM)


def test_our_seal_without_a_ledger_line_cannot_be_confirmed(issued):
    _paper, data = issued
    Paper.objects.all().update(verify_code="gone", state=rules.FAILED, sha256="", file=None,
                               sealed_at=None)  # fmt: skip
    assert verify.verify_bytes(data).state == verify.CANNOT_CONFIRM
    stripped = data.replace(b"/Title", b"/Titlf", 1)
    assert stripped != data
    assert verify.verify_bytes(stripped).state == verify.ALTERED


def test_somebody_elses_paper_is_unknown(db, settings, tmp_path, at, plain_pdf):
    home, settings.HOME = settings.HOME, tmp_path
    foreign = signing.sign(plain_pdf(), seal_code="x", reason="x", at=at).pdf
    assert set(signing.ours())
    settings.HOME = home
    assert verify.verify_bytes(foreign).state == verify.UNKNOWN
    assert verify.verify_bytes(plain_pdf()).state == verify.UNKNOWN


@pytest.mark.parametrize("data", [b"", b"hello", b"\x00" * 5000, b"%PDF-1.7", b"%PDF-1.7\n%%EOF"])
def test_what_is_no_pdf_cannot_be_confirmed(db, data):
    found = verify.verify_bytes(data)
    assert found.state == verify.CANNOT_CONFIRM and found.sentence and found.facts is None


def test_a_file_too_large_is_not_even_read(db, monkeypatch, plain_pdf):
    monkeypatch.setattr(verify, "MAX_BYTES", 10)
    assert verify.verify_bytes(plain_pdf()).state == verify.CANNOT_CONFIRM


@pytest.mark.fault
def test_a_checker_that_hangs_or_dies_confirms_nothing(db, monkeypatch, plain_pdf):
    def hang(*_args, **_kwargs):
        raise subprocess.TimeoutExpired("check", 1)

    with monkeypatch.context() as patched:
        patched.setattr(verify.subprocess, "run", hang)
        assert verify.verify_bytes(plain_pdf()).state == verify.CANNOT_CONFIRM
    with monkeypatch.context() as patched:
        patched.setattr(verify.sys, "executable", "/bin/false")
        assert verify.verify_bytes(plain_pdf()).state == verify.CANNOT_CONFIRM


def test_a_code_finds_its_paper_however_it_was_typed(issued):
    paper, _data = issued
    for typed in (paper.verify_code, paper.verify_code.lower().replace("-", " ")):
        assert verify.verify_code(typed).number == paper.number


def test_a_wrong_and_a_malformed_code_get_the_same_answer(issued, facts, at):
    answers = set()
    for typed in ("", "nonsense", rules.verify_code(bytes(16)), "U" * 26):
        with pytest.raises(Refusal) as refused:
            verify.verify_code(typed)
        answers.add((refused.value.code, refused.value.status, str(refused.value)))
    assert len(answers) == 1


def test_a_paper_not_yet_sealed_is_not_shown(issued):
    paper, _data = issued
    Paper.objects.all().update(state=rules.INTENDED, sha256="", file=None, sealed_at=None)
    with pytest.raises(Refusal):
        verify.verify_code(paper.verify_code)
