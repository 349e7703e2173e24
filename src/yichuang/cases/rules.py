"""What makes a submission fit to be taken in, and what each outcome needs. Pure."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from yichuang.verdict import YES, Refusal, Verdict, no

SUBMITTED, HELD, MISSING = "submitted", "held", "missing"
LICENCE = "licence:"  # begins the reference of a material that a licence stands for
LATER, PROMISED = "later", "promised"  # 容缺后补, 告知承诺
MATERIAL_STATES = (SUBMITTED, HELD, MISSING, LATER, PROMISED)
ACCEPT, RECEIVE, CORRECT = "accept", "receive", "correct"
OUTCOMES = (ACCEPT, RECEIVE, CORRECT)
EVENT_OF_OUTCOME = {ACCEPT: "accept_on_spot", RECEIVE: "take_in", CORRECT: "take_in_incomplete"}
TEXT_LIMIT = 2000
NAME_LIMIT = 60
NOTE_LIMIT = 300  # of one material
SHORT_LIMIT = 40  # a courier, a waybill, an office: what stands in a column of its own
ANSWERS_LIMIT = 20 * TEXT_LIMIT  # all questions and answers together
COPIES_LIMIT = 99
SELF, CHILD, OTHER, ENTERPRISE = "self", "child", "other", "enterprise"
BEHALF = (SELF, CHILD, OTHER, ENTERPRISE)  # for whom an application is made
ON_PAPER, ONLINE = "paper", "online"  # how a promise is signed
ADULT_AGE = 18  # 民法典 §17


# Control signs but tab and line ends, half characters (lone surrogates), zero-width and direction
# signs: nobody sees them, no database keeps all of them, and on a paper they can turn text around.
# The joiners U+200C and U+200D stay: some scripts are written with them.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f"
    "\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


def visible(text: str) -> str:
    """The text without signs that nobody sees and that were never typed on purpose."""
    return _UNSEEN.sub("", text)


def is_blank(text: str) -> bool:
    """Whether nothing of the text can be seen. A character too new for our tables counts as seen."""
    return all(unicodedata.category(s) in ("Zs", "Zl", "Zp", "Cc", "Cf", "Cs") for s in text)


@dataclass(frozen=True, slots=True)
class ApplicantFacts:
    """Who applies, as typed: normalised and checked by the intake, never stored as it is."""

    kind: str  # person | enterprise
    name: str
    identity: str  # resident number, or unified social credit code
    phone: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class MaterialEntry:
    """What the clerk ticked for one row of the item's list (position from 1)."""

    position: int
    state: str = SUBMITTED
    copies: int = 1
    file_id: str = ""
    note: str = ""
    held_ref: str = ""  # where the office has it from (cases.held)
    consent: bool = False  # the holder agreed that their licence is used for this application only


@dataclass(frozen=True, slots=True)
class Submission:
    """One whole application. `answers`: free question → text; `outcome`: what the clerk decided.

    situation: question key → option value. facts: fact key → text, kept sealed. on_behalf: the
    applicant is always the one whose matter it is, so for a child the child; who acts for them is
    the fact "agent". collect_at: an outlet, "" for the one that takes the matter in. item_version:
    the version (its number) that the form was drawn from, 0 where the caller does not say.
    """

    item_code: str
    place_code: str
    outlet_code: str
    applicant: ApplicantFacts
    idempotency_key: str
    materials: tuple[MaterialEntry, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    outcome: str = ACCEPT
    delivery: str = "collect"
    channel: str = "window"
    situation: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    on_behalf: str = SELF
    collect_at: str = ""
    promised_how: str = ON_PAPER
    item_version: int = 0

    def visible(self) -> Submission:
        """The same without unseen signs in what is free text."""
        who = self.applicant
        return replace(
            self,
            applicant=replace(who, name=visible(who.name), address=visible(who.address)),
            materials=tuple(replace(row, note=visible(row.note)) for row in self.materials),
            answers={visible(k): visible(str(v)) for k, v in self.answers.items()},
            facts={visible(k): visible(str(v)) for k, v in self.facts.items()},
        )

    def digest(self) -> str:
        """Equal exactly for equal submissions: tells a replay from a key used twice."""
        content = asdict(self)
        content.pop("idempotency_key")
        text = json.dumps(content, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ListedMaterial:
    """One row of an item version's list. `held`: the office can look it up, so it is not asked.

    later_days: working days within which it may follow, None where it may not. promise: "allowed"
    where the applicant's own promise may replace it. form: the application itself is this material.
    """

    position: int
    name: str
    held: bool
    note: str = ""
    later_days: int | None = None
    promise: str = ""
    form: bool = False


@dataclass(frozen=True, slots=True)
class CheckedMaterial:
    """A listed material with what became of it. follow_by: the last day on which it may follow."""

    position: int
    name: str
    state: str
    copies: int
    note: str
    file_id: str
    held_ref: str = ""
    follow_by: date | None = None


def check_shape(submission: Submission) -> Verdict:
    """Whether the texts are of a size that a form can have; identity and phone are checked apart."""
    if is_blank(submission.applicant.name):
        return no("name-missing", _("没有填写申请人姓名或名称。"), remedy=_("请填写后再提交。"))
    if len(submission.applicant.name) > NAME_LIMIT:
        return no(
            "name-too-long",
            _("姓名或名称超过%(limit)s个字。") % {"limit": NAME_LIMIT},
            remedy=_("请核对后填写证件上的姓名或名称。"),
        )
    if submission.applicant.kind not in ("person", "enterprise"):
        return no("applicant-kind", _("申请人类型不对。"), remedy=_("请选择个人或单位。"))
    if submission.delivery not in ("collect", "mail"):
        return no("delivery-unknown", _("领取方式不对。"), remedy=_("请选择窗口领取或邮寄。"))
    if submission.delivery == "mail" and not submission.applicant.address.strip():
        return no(
            "address-missing",
            _("选择了邮寄，但没有填写地址。"),
            remedy=_("请填写收件地址，或改为窗口领取。"),
        )
    if submission.outcome not in OUTCOMES:
        return no("outcome-unknown", _("收件结果不对。"), remedy=_("请选择受理、收下待查或补正。"))
    if submission.on_behalf not in BEHALF:
        return no("behalf-unknown", _("没有说明为谁办理。"), remedy=_("请选择为谁办理。"))
    if submission.on_behalf == ENTERPRISE and submission.applicant.kind != "enterprise":
        return no(
            "behalf-kind",
            _("为单位办理的，申请人应当是单位。"),
            remedy=_("请填写单位名称和统一社会信用代码，或改选为本人办理。"),
        )
    if submission.on_behalf == CHILD and submission.applicant.kind != "person":
        return no(
            "behalf-kind",
            _("为未成年子女办理的，申请人应当是孩子本人。"),
            remedy=_("请填写孩子的姓名和身份证号，监护人另填。"),
        )
    texts = {_("地址"): submission.applicant.address, **submission.answers}
    for label, text in texts.items():
        fits = check_length(f"{label}{text}", what=label[:SHORT_LIMIT], limit=TEXT_LIMIT)
        if not fits:
            return fits
    whole = "".join(f"{label}{text}" for label, text in texts.items())
    fits = check_length(whole, what="、".join(texts)[:SHORT_LIMIT], limit=ANSWERS_LIMIT)
    if not fits:
        return fits
    notes = (row.note for row in submission.materials)
    clean = check_private(*submission.answers, *submission.answers.values(), *notes)
    if not clean:
        return clean
    if not 8 <= len(submission.idempotency_key) <= 120:
        return no(
            "idempotency-key",
            _("缺少防重复提交的标识。"),
            remedy=_("请重新打开表单再提交。"),
        )
    return YES


def check_materials(
    listed: Sequence[ListedMaterial], entries: Sequence[MaterialEntry]
) -> tuple[CheckedMaterial, ...]:
    """Every listed material with its state; one that nobody mentions is missing (or held).

    Raises Refusal "material-unknown" for an entry that is not on the item's list: nothing may be
    asked for, or taken, that the published list does not name (山东省优化营商环境条例 §28).
    """
    by_position = {}
    known = {row.position for row in listed}
    for entry in entries:
        if entry.position not in known or entry.state not in MATERIAL_STATES:
            raise Refusal(
                "material-unknown",
                _("第%(position)s项材料不在本次要交的材料清单里。") % {"position": entry.position},
                remedy=_("请核对情形和最新清单，按清单重新勾选；已填的内容都还在。"),
                field="materials",
            )
        if not 1 <= entry.copies <= COPIES_LIMIT:
            raise Refusal(
                "material-copies",
                _("第%(position)s项材料的份数不对。") % {"position": entry.position},
                remedy=_("请填写1到%(limit)s之间的数。") % {"limit": COPIES_LIMIT},
                field="materials",
            )
        by_position[entry.position] = entry
    checked = []
    for row in listed:
        unsaid = MaterialEntry(row.position, HELD if row.held else MISSING)
        entry = by_position.get(row.position, unsaid)
        if entry.state == HELD and not row.held and not entry.held_ref:
            raise Refusal(
                "material-not-held",
                _("“%(name)s”不能共享取得，需要申请人提交。") % {"name": row.name},
                remedy=_("请改为已交或待补。"),
                field="materials",
            )
        if entry.state == HELD and entry.held_ref.startswith(LICENCE) and not entry.consent:
            raise Refusal(
                "licence-consent-missing",
                _("没有持证人的同意，不能调用其电子证照作为“%(name)s”。") % {"name": row.name},
                remedy=_("请征得本人同意后勾选；不同意的，请改为已交或待补。"),
                basis="个人信息保护法第13条、第23条",
                field="materials",
            )
        _check_instead(row, entry.state)
        check_length(entry.note, what=row.name, limit=NOTE_LIMIT).enforce()
        checked.append(
            CheckedMaterial(
                row.position,
                row.name,
                entry.state,
                entry.copies,
                entry.note or row.note,
                entry.file_id,
                entry.held_ref if entry.state == HELD else "",
            )
        )
    return tuple(checked)


def _check_instead(row: ListedMaterial, state: str) -> None:
    """That it may follow later, or a promise may stand for it, where the item's list says so."""
    if state == LATER and row.later_days is None:
        raise Refusal(
            "material-not-later",
            _("“%(name)s”不能容缺后补。") % {"name": row.name},
            remedy=_("请改为已交或待补；只有清单写明可以后补的才能后补。"),
            field="materials",
        )
    if state == PROMISED and row.promise != "allowed":
        raise Refusal(
            "promise-not-allowed",
            _("“%(name)s”不能用承诺代替。") % {"name": row.name},
            remedy=_("请改为已交或待补。"),
            basis="国办发〔2020〕42号",
            field="materials",
        )


def check_outcome(outcome: str, materials: Sequence[CheckedMaterial]) -> Verdict:
    """Acceptance needs everything; a correction notice needs something to name."""
    missing = [row.name for row in materials if row.state == MISSING]
    if outcome == RECEIVE and missing and len(missing) == len(materials):
        return no(
            "nothing-handed-in",
            _("一份材料也没有收到，没有东西可以收下待查。"),
            remedy=_("请先收下申请人带来的材料；都没有带的，请选“补正”，一次告知要交什么。"),
            basis="行政许可法第32条第1款第4项",
        )
    if outcome == ACCEPT and missing:
        return no(
            "materials-missing",
            _("还缺：%(names)s。") % {"names": "、".join(missing)},
            remedy=_("请补齐后受理；现场补不齐的，请选“补正”，一次告知全部内容。"),
            basis="行政许可法第32条第1款第4项",
        )
    if outcome == CORRECT and not missing:
        return no(
            "nothing-to-correct",
            _("材料已经齐全，没有要补正的内容。"),
            remedy=_("请直接受理。"),
            basis="行政许可法第32条第1款第5项",
        )
    return YES


# A resident number as it is typed: blanks or hyphens between the digits make no difference.
_BETWEEN = re.compile(r"(?<=[0-9])[\s\-]+(?=[0-9Xx])")
_IDENTITY = re.compile(
    r"(?<![0-9A-Za-z])[1-9][0-9]{5}(18|19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])"
    r"[0-9]{3}[0-9Xx](?![0-9A-Za-z])"
)


def check_private(*texts: str) -> Verdict:
    """Whether free texts are without identity numbers. What is kept in the clear, printed or
    entered in the journal for good must hold none; refused rather than masked, because a text that
    decides about somebody is not to be altered behind its author's back (our choice)."""
    for text in texts:
        if _IDENTITY.search(_BETWEEN.sub("", unicodedata.normalize("NFKC", text))):
            return no(
                "identity-in-text",
                _("这段文字里写了身份证号码，没有保存。"),
                remedy=_("请删去号码，或只写前6位和后4位；申请表里有专门的栏目填写号码。"),
                basis="个人信息保护法第6条",
            )
    return YES


def texts_in(value: Any) -> list[str]:
    """Every text in a JSON value, keys included."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for pair in value.items() for part in pair for text in texts_in(part)]
    if isinstance(value, list | tuple):
        return [text for part in value for text in texts_in(part)]
    return []


def check_minor(birth: date, today: date) -> Verdict:
    """Whether somebody born on that day still needs a guardian to apply (民法典 §§17, 23)."""
    age = today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))
    if age < ADULT_AGE:
        return YES
    return no(
        "not-a-child",
        _("这个身份证号的主人已满18周岁，不能由监护人按未成年子女代办。"),
        remedy=_("请本人办理，或凭授权委托书代办。"),
        basis="民法典第17条、第23条",
    )


def check_reason(text: str, *, what: str) -> Verdict:
    """A decision that burdens states its reasons (行政许可法 §38)."""
    if len(text.strip()) < 4:
        return no(
            "reason-missing",
            _("%(what)s须写明理由。") % {"what": what},
            remedy=_("请用申请人看得懂的话写明理由和依据。"),
            basis="行政许可法第38条第2款",
        )
    if len(text) > TEXT_LIMIT:
        return no(
            "text-too-long",
            _("理由超过%(limit)s个字。") % {"limit": TEXT_LIMIT},
            remedy=_("请缩短。"),
        )
    return YES


def check_length(text: str, *, what: str, limit: int) -> Verdict:
    """Whether a text has at most `limit` characters; `what` it is, for the person who wrote it."""
    if len(text) <= limit:
        return YES
    return no(
        "text-too-long",
        _("“%(label)s”超过%(limit)s个字。") % {"label": what, "limit": limit},
        remedy=_("请缩短，或把长文作为材料附上。"),
    )


def check_two_people(reviewer: int | None, decider: int | None) -> Verdict:
    """Whoever reviewed a case does not decide it. Our choice: no article demands it for every item."""
    if reviewer is not None and reviewer == decider:
        return no(
            "same-person",
            _("审核和决定不能由同一个人作出。"),
            remedy=_("请由另一位有审批权限的人员决定。"),
        )
    return YES


OUTLET_LETTERS = {
    "hall": "H",
    "centre": "C",
    "station": "S",
    "bureau": "B",
    "partner": "P",
    "self_service": "Z",
}


def case_series(division_code: str, outlet_kind: str) -> str:
    """The series a case number is counted in: the outlet's division and kind."""
    return f"case:{division_code}{OUTLET_LETTERS[outlet_kind]}"


def case_number(division_code: str, outlet_kind: str, year: int, serial: int) -> str:
    """办件编号: division (12), kind letter, year, serial of six. ≤ 50 characters (GB/T 39046-2020);
    its form is our choice, no provincial rule was found."""
    return f"{division_code}{OUTLET_LETTERS[outlet_kind]}{year}{serial:06d}"


def canonical_answers(answers: Mapping[str, Any]) -> dict[str, str]:
    """Answers as stored: trimmed text, empty ones left out."""
    return {str(key): str(value).strip() for key, value in answers.items() if str(value).strip()}
