"""Asking about licences: for programs whose post has leave to (licences.Reader).

Everything is asked by POST, so that no number stands in an address or a log.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import FileResponse, HttpRequest
from django.utils import timezone
from ninja import Field, Router, Schema

from yichuang.faces.api import schemas as s
from yichuang.faces.api.caller import caller
from yichuang.files import queries as stored
from yichuang.licences import answering

PROBLEMS = dict.fromkeys((401, 403, 404, 422, 429), s.Problem)
router = Router(tags=["licences"])


class LicenceIn(Schema):
    number: s.Text = Field(max_length=120, description="The licence's number, exactly")
    identity: s.Text = Field(
        max_length=40, description="The holder's own number, exactly: no other search is possible"
    )
    purpose: s.Text = Field(
        max_length=100, description="What for; the holder reads it. Never a person's number"
    )


class MetadataOut(Schema):
    """Elements of GB/T 36903 as we read it; no conformity is claimed."""

    identifier: str = Field(description="电子证照标识: our own, not one of GB/T 36904")
    type_name: str = Field(description="证照名称")
    type_code: str = Field(description="证照类型代码; empty while the county has not confirmed one")
    number: str = Field(description="证照编号")
    issuer: str = Field(description="证照颁发机构")
    issuer_code: str = Field(description="证照颁发机构代码: the county pack's own code")
    issued_on: date = Field(description="证照颁发日期")
    holder: str = Field(description="持证主体")
    holder_kind: str = Field(description="持证主体类型")
    holder_number: str = Field(description="持证主体代码, masked: whoever asks has it")
    holder_number_kind: str = Field(description="持证主体代码类型")
    valid_from: date = Field(description="证照有效期起始日期")
    valid_to: date | None = Field(description="证照有效期截止日期; null: no end")
    state: str = Field(description="证照状态 as stored: active | suspended | revoked | replaced")
    file_digest: str = Field(description="电子证照文件摘要, SHA-256")


class LicenceFactOut(Schema):
    label: str
    value: str


class LicenceOut(Schema):
    metadata: MetadataOut
    state: str = Field(
        description="On this day: active | suspended | revoked | replaced | expired | future"
    )
    state_name: str
    facts: list[LicenceFactOut]


@router.post("/query", response={200: LicenceOut, **PROBLEMS})
def query(request: HttpRequest, body: LicenceIn) -> Any:
    """One licence of one holder, with its state now. Counted, and told to its holder."""
    answer = _ask(request, body, with_file=False)
    return {
        "metadata": answer.metadata,
        "state": answer.state,
        "state_name": answer.state_name,
        "facts": [{"label": label, "value": value} for label, value in answer.facts],
    }


@router.post("/file")
def file(request: HttpRequest, body: LicenceIn) -> Any:
    """Its sealed PDF. Counted, and told to its holder."""
    answer = _ask(request, body, with_file=True)
    assert answer.file_id is not None  # only a sealed licence answers
    _sheet, handle = stored.open_file(answer.file_id)
    name = f"{answer.metadata['number']}.pdf"
    return FileResponse(handle, as_attachment=True, filename=name, content_type="application/pdf")


def _ask(request: HttpRequest, body: LicenceIn, *, with_file: bool) -> answering.Answer:
    return answering.ask(
        number=body.number,
        identity=body.identity,
        purpose=body.purpose,
        with_file=with_file,
        by=caller(request),
        at=timezone.now(),
    )
