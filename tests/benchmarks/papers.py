"""Papers: how fast one process renders, signs, and does the whole (render, sign, ledger, store,
journal), one after the other in bursts, of which the quietest count.

The whole is held against what renderer and signer alone would reach together. The peer, WeasyPrint
with pyHanko's stock signer, joins in where WeasyPrint is installed (pip install weasyprint; Debian's
libpango-1.0-0, libpangoft2-1.0-0, libharfbuzz-subset0); it takes no timestamp and keeps no ledger.
"""

import io
import time
import uuid

from django.utils import timezone
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers

from tests.support import stock_signer
from yichuang.accounts.actor import Actor
from yichuang.authority.rules import Ruling
from yichuang.documents import actions, ledger, rendering, rules, sheets, signing
from yichuang.documents.models import Paper, Seal
from yichuang.documents.rules import SEALED
from yichuang.places.models import Organ

try:
    import weasyprint
except ImportError:
    weasyprint = None

BURSTS, QUIET, PAPERS = 10, 4, 12
SHARE = 70  # percent of what renderer and signer alone reach together
ORGAN = "370321105000-gov"
DECIDER = Actor(3, "审批试样", "decider", 3, ORGAN, "", "370321105000")
PAGE = """<html lang="zh"><style>@page {{ size: A4; margin: 37mm 26mm 35mm 28mm }}
@font-face {{ font-family: paper; src: url("file://{font}") }}
body {{ font: 16pt/29pt paper }} h1 {{ font-size: 22pt; text-align: center }}</style>
<title>{title}</title><h1>{title}</h1>{text}</html>"""


def measure(say):
    """Papers a second of each stage, best bursts; the whole against its limit."""
    print("Papers with force, one page, one process")
    seal = Seal.objects.filter(organ_id=ORGAN, kind=rules.MAIN).get()

    def fresh():
        """Never the same twice: the typesetter remembers what it has set."""
        return [sheets.sheet_of(one) for one in _papers(seal)]

    def unsigned():
        return [rendering.render(one).pdf for one in fresh()]

    pdfs = unsigned()
    assert all(rendering.count_pages(pdf) == 1 for pdf in pdfs)
    rendered, signed, whole = _rates(
        (lambda given: [rendering.render(one) for one in given], fresh),
        (lambda given: [_sign(pdf, seal) for pdf in given], unsigned),
        (lambda given: [_complete(one) for one in given], lambda: _papers(seal)),
    )
    together = 1 / (1 / rendered + 1 / signed)
    say("renderer alone", rendered, unit="/s")
    say(f"signer alone ({signing.state().kind}, timestamped)", signed, unit="/s")
    say("the two together", together, unit="/s", peer="32 with a plain signature")
    say("the whole: ledger, store, journal too", whole, unit="/s")
    # `say` marks what is above a limit; a share is held from below, so its lack is said
    say("lack of the whole against the two", 100 - 100 * whole / together, 100 - SHARE,
        unit="%", of="papers")  # fmt: skip
    _peer(say, pdfs)
    found = ledger.verify()
    assert not found.findings, found


def _papers(seal):
    """Intended papers of one page, each numbered and approved as by a decision."""
    at = timezone.now()
    organ = Organ.objects.get(pk=ORGAN)
    ruling = Ruling(allowed=True, basis="土地管理法第62条", codes={"in_name_of": ORGAN})
    facts = {
        "is_permit": False,
        "addressee": "田试样",
        "item_name": "试测事项",
        "case_number": "37032110500020260302-0001",
        "decision": "已经登记。",
        "basis": ["《试样办法》第一条"],
    }
    made = []
    for _turn in range(PAPERS):
        with actions.transaction.atomic():
            made.append(
                actions.intend(
                    kind="result_notice", stream=f"case:{uuid.uuid4()}", content=facts, organ=organ,
                    seal=seal, ruling=ruling, by=DECIDER, at=at,
                )
            )  # fmt: skip
    return made


def _sign(pdf, seal):
    return signing.sign(pdf, seal_code=seal.pk, reason="试测", at=timezone.now())


def _complete(paper):
    state = actions.complete(paper_id=paper.pk, at=timezone.now())
    assert state == SEALED, Paper.objects.get(pk=paper.pk).reason


def _peer(say, pdfs):
    """The stock signer: no timestamp, no long-term material, B-B with a P-256 key."""
    signer = stock_signer.made()
    meta = signers.PdfSignatureMetadata(
        field_name="Seal", md_algorithm="sha256", subfilter=fields.SigSeedSubFilter.PADES
    )

    def sign(pdf):
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        return signers.sign_pdf(writer, meta, signer=signer)

    stages = [(lambda given: [sign(pdf) for pdf in given], lambda: pdfs)]
    if weasyprint is not None:
        page = PAGE.format(
            font=rendering.FONTS / "NotoSerifSC_400Regular.ttf",
            title="办理结果告知书",
            text="<p>" + "已经登记，特此告知。" * 30 + "</p>",
        )
        draw = weasyprint.HTML
        stages.append((lambda given: [draw(string=page).write_pdf() for _pdf in given], lambda: pdfs))
    stock, *drawn = _rates(*stages)
    say("peer: pyHanko's stock signer, plain", stock, unit="/s")
    if not drawn:
        print("    (WeasyPrint is not installed: the peer's renderer is left out)")
        return
    say("peer: WeasyPrint alone", drawn[0], unit="/s")
    say("peer: the two together", 1 / (1 / stock + 1 / drawn[0]), unit="/s")


def _rates(*stages):
    """Papers a second of each (act, prepare), over the quietest bursts; `prepare` makes what `act` is
    given, untimed. The stages take turns, so that what else the machine does falls on all of them."""
    times = [[] for _stage in stages]
    for _burst in range(BURSTS + 1):
        for taken, (act, prepare) in zip(times, stages, strict=True):
            given = prepare()
            began = time.perf_counter()
            act(given)
            taken.append(time.perf_counter() - began)
    # the first burst only warms up
    return [PAPERS * QUIET / sum(sorted(taken[1:])[:QUIET]) for taken in times]
