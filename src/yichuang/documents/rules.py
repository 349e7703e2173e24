"""What a paper is, how it is numbered, and which seal may stand on it. Pure: values in, verdict out.

Sources: 行政许可法 §§24, 32, 38, 39, 44; 国发〔1999〕25号 (seals); GB/T 9704-2012 (layout and the
form of a document number, 代字〔年〕序号). What is our own choice says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yichuang.verdict import YES, Fault, Verdict, no

# -- seals -----------------------------------------------------------------------------------

MAIN = "organ_main"
CENTRE = "centre"
NUMBERED = "approval_numbered"
ACCEPTANCE = "permit_acceptance"
SEAL_KINDS = {
    MAIN: gettext_lazy("机关公章"),
    CENTRE: gettext_lazy("便民服务中心印章"),
    NUMBERED: gettext_lazy("行政审批专用章（编号）"),
    ACCEPTANCE: gettext_lazy("行政许可受理专用章"),
}


@dataclass(frozen=True, slots=True)
class SealDraft:
    """One row of a county pack's seals, as read: nothing in it is believed yet.

    file, row: where it stands, for the fault list. code: our own key. kind: a key of SEAL_KINDS.
    organ_code: the organ whose seal it is. number: the number cut into it ("" where it has none;
    an approval_numbered seal must have one). valid_to: last day, None while in use.
    custodian_title: the post that keeps it, never a person's name.
    """

    file: str
    row: int
    code: str
    kind: str
    organ_code: str
    number: str
    name: str
    valid_from: date | None
    valid_to: date | None
    custodian_title: str


def check_seals(drafts: Sequence[SealDraft], organ_codes: Collection[str]) -> tuple[Fault, ...]:
    """Everything wrong in a pack's seals, row by row; empty when they may be published."""
    faults: list[Fault] = []
    codes: dict[str, int] = {}
    numbers: dict[tuple[str, str, str], int] = {}

    def fault(draft: SealDraft, column: str, reason: str) -> None:
        faults.append(Fault(draft.file, draft.row, column, reason))

    for draft in drafts:
        if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", draft.code):
            fault(draft, "code", _("印章编码只能用字母、数字和 . _ -，最长 64 位。"))
        elif draft.code in codes:
            fault(draft, "code", _("印章编码与第 %(row)s 行重复。") % {"row": codes[draft.code]})
        codes.setdefault(draft.code, draft.row)
        if draft.kind not in SEAL_KINDS:
            known = "、".join(SEAL_KINDS)
            fault(draft, "kind", _("不认识的印章种类，只能是：%(known)s。") % {"known": known})
        if draft.organ_code not in organ_codes:
            fault(draft, "organ_code", _("找不到这个机关，请先在机关表中登记。"))
        if not draft.name.strip():
            fault(draft, "name", _("印章名称不能为空。"))
        if draft.kind == NUMBERED and not draft.number.strip():
            fault(draft, "number", _("行政审批专用章必须编号。"))
        same = (draft.organ_code, draft.kind, draft.number)
        if draft.number and same in numbers:
            reason = _("同一机关同类印章的编号与第 %(row)s 行重复。") % {"row": numbers[same]}
            fault(draft, "number", reason)
        numbers.setdefault(same, draft.row)
        if draft.valid_from is None:
            fault(draft, "valid_from", _("启用日期不能为空。"))
        elif draft.valid_to is not None and draft.valid_to < draft.valid_from:
            fault(draft, "valid_to", _("停用日期早于启用日期。"))
        if not draft.custodian_title.strip():
            fault(draft, "custodian_title", _("必须写明由哪个岗位保管。"))
    return tuple(faults)


def gettext_noop(text: str) -> str:
    """Marks a text for the catalogue and leaves it as it is (Django's own reads the settings)."""
    return text


# -- papers ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PaperKind:
    """One kind of paper. title: as printed, in Chinese whatever the reader's language (`name` is for
    screens). word: its part of the 代字. letterhead: carries a 发文机关标志 in red.
    required: facts it may not be printed without (keys of the content, see README).
    """

    code: str
    title: str
    word: str
    letterhead: bool
    required: tuple[str, ...]
    basis: str = ""

    @property
    def name(self) -> str:
        """The title in the reader's language."""
        return _(self.title)


_COMMON = ("addressee", "item_name", "case_number", "date")
PAPER_KINDS: Mapping[str, PaperKind] = {
    kind.code: kind
    for kind in (
        PaperKind("receipt", gettext_noop("收件凭证"), "收", False, (*_COMMON, "materials")),
        PaperKind(
            "correction_notice",
            gettext_noop("一次性补正告知书"),
            "补",
            False,
            (*_COMMON, "corrections"),
            "《中华人民共和国行政许可法》第三十二条",
        ),
        PaperKind(
            "acceptance_notice",
            gettext_noop("受理通知书"),
            "受",
            False,
            (*_COMMON, "accepted_on", "clock"),
            "《中华人民共和国行政许可法》第三十二条",
        ),
        PaperKind(
            "non_acceptance",
            gettext_noop("不予受理决定书"),
            "不受",
            True,
            (*_COMMON, "reasons", "remedies"),
            "《中华人民共和国行政许可法》第三十二条",
        ),
        PaperKind(
            "grant_decision",
            gettext_noop("准予行政许可决定书"),
            "准",
            True,
            (*_COMMON, "decision", "basis"),
            "《中华人民共和国行政许可法》第三十八条第一款",
        ),
        PaperKind(
            "refusal_decision",
            gettext_noop("不予行政许可决定书"),
            "不准",
            True,
            (*_COMMON, "reasons", "basis", "remedies"),
            "《中华人民共和国行政许可法》第三十八条",
        ),
        PaperKind(
            "delivery_receipt", gettext_noop("送达回证"), "送", False, (*_COMMON, "documents")
        ),
        PaperKind(
            "result_notice",
            gettext_noop("办理结果告知书"),
            "办",
            False,
            (*_COMMON, "decision", "basis"),
        ),
        PaperKind(
            "refusal_notice",
            gettext_noop("不予办理告知书"),
            "不办",
            False,
            (*_COMMON, "reasons", "basis", "remedies"),
        ),
        # Ended before a decision, or a result taken back, because a promise proved false
        # (国办发〔2020〕42号); for permits and other matters alike.
        PaperKind(
            "termination_notice",
            gettext_noop("终止办理告知书"),
            "终",
            True,
            (*_COMMON, "reasons", "basis", "remedies"),
            "国办发〔2020〕42号",
        ),
        PaperKind(
            "revocation_decision",
            gettext_noop("撤销决定书"),
            "撤",
            True,
            (*_COMMON, "reasons", "basis", "remedies", "revoked"),
            "《中华人民共和国行政许可法》第六十九条",
        ),
    )
}
# The permit law's own words belong on permits alone: other matters have their own basis.
PERMIT_ONLY = ("grant_decision", "refusal_decision")
NON_PERMIT_ONLY = ("result_notice", "refusal_notice")


INTENDED, SEALED, FAILED = "intended", "sealed", "failed"
STATES = {
    INTENDED: gettext_lazy("正在生成"),
    SEALED: gettext_lazy("已签章"),
    FAILED: gettext_lazy("生成失败"),
}
FACT_NAMES = {
    "addressee": gettext_lazy("受送达人"),
    "item_name": gettext_lazy("事项名称"),
    "case_number": gettext_lazy("办件编号"),
    "date": gettext_lazy("成文日期"),
    "materials": gettext_lazy("材料清单"),
    "corrections": gettext_lazy("需要补正的内容"),
    "accepted_on": gettext_lazy("受理日期"),
    "clock": gettext_lazy("办理期限"),
    "reasons": gettext_lazy("理由"),
    "remedies": gettext_lazy("救济途径"),
    "decision": gettext_lazy("决定内容"),
    "basis": gettext_lazy("依据"),
    "documents": gettext_lazy("送达的文书"),
    "revoked": gettext_lazy("被撤销的文书"),
}


def result_kind(*, is_permit: bool, granted: bool) -> str:
    """The kind of paper that carries the outcome of a matter."""
    if is_permit:
        return "grant_decision" if granted else "refusal_decision"
    return "result_notice" if granted else "refusal_notice"


_TOWN_BODY = re.compile(
    r"(?:.{1,8}?[县区市])?(?P<town>.{2,6}?)(?:镇|乡|街道)(?P<body>人民政府|办事处|.*?(?:便民|政务)服务中心)"
)
_TOWN_WORDS = {"人民政府": "政", "办事处": "办"}


def short_name(organ_name: str) -> str:
    """The organ's part of a 代字: 青禾县甲镇人民政府 → 甲政, 青禾县行政审批服务局 → 青行政审批服务.

    Our choice, for want of a published list of 机关代字; a caller may pass a better one.
    """
    town = _TOWN_BODY.fullmatch(organ_name)
    if town:
        return town["town"] + _TOWN_WORDS.get(town["body"], "便民")
    county = re.fullmatch(
        r"(?P<county>.{1,8}?)[县区市](?P<body>.+?)(?:局|委员会|办公室)", organ_name
    )
    if county:
        return county["county"][0] + county["body"]
    return organ_name[:12]


def series(prefix: str, kind: str, *, is_permit: bool) -> str:
    """The 代字 a number runs in: organ's short name, 许 or 服, the kind's word (甲政许准)."""
    return f"{prefix}{'许' if is_permit else '服'}{PAPER_KINDS[kind].word}"


def paper_number(series: str, year: int, serial: int) -> str:
    """A document number to GB/T 9704-2012 §7.2.5: 甲政许准〔2026〕3号 (serial without zeros)."""
    return f"{series}〔{year}〕{serial}号"


def seal_use_number(year: int, serial: int) -> str:
    """用印编号 in the seal ledger; its form is our choice, no rule was found."""
    return f"用印〔{year}〕{serial}号"


# A raw resident number has no place on a paper that travels: only its masked form is printed.
_RAW_IDENTITY = re.compile(r"(?<![0-9A-Za-z])[1-9]\d{5}(?:18|19|20)\d{2}\d{7}[\dXx](?![0-9A-Za-z])")


def check_content(kind: str, content: Mapping[str, object], *, is_permit: bool) -> Verdict:
    """Whether the frozen facts suffice to print this kind of paper."""
    if kind not in PAPER_KINDS:
        return no(
            "paper-kind-unknown",
            _("没有“%(kind)s”这种文书。") % {"kind": kind},
            remedy=_("请从文书目录中选择。"),
        )
    paper = PAPER_KINDS[kind]
    if is_permit and kind in NON_PERMIT_ONLY or not is_permit and kind in PERMIT_ONLY:
        return no(
            "paper-kind-wrong",
            _("“%(title)s”不适用于这一事项类型。") % {"title": paper.name},
            remedy=_("许可事项出具许可决定书，其他事项出具办理结果或不予办理告知书。"),
            basis="《中华人民共和国行政许可法》第三条",
        )
    missing = [name for name in paper.required if not content.get(name)]
    if missing:
        return no(
            "paper-incomplete",
            _("“%(title)s”还缺少必须写明的内容：%(missing)s。")
            % {
                "title": paper.name,
                "missing": "、".join(str(FACT_NAMES[name]) for name in missing),
            },
            remedy=_("请补齐后再出具文书。"),
            basis=paper.basis,
        )
    if _RAW_IDENTITY.search(str(content)):
        return no(
            "paper-identity-exposed",
            _("文书内容里出现了完整的身份证件号码。"),
            remedy=_("请改用脱敏后的号码再出具文书。"),
            basis="《中华人民共和国个人信息保护法》第六条",
        )
    return YES


# -- which seal may stand on which paper -----------------------------------------------------

_LAW_32 = "《中华人民共和国行政许可法》第三十二条第二款"
_LAW_24 = "《中华人民共和国行政许可法》第二十四条、第三十八条、第三十九条"
_SEAL_RULE = "《国务院关于国家行政机关和企业事业单位社会团体印章管理的规定》（国发〔1999〕25号）"

# Acts that undo a decision bear the main seal, whoever uses a numbered one for granting it.
# (Practice of approval bureaus.)
MAIN_SEAL_ONLY = ("revocation_decision", "cancellation_decision")
# Mere evidence of handing over, made at the receiving window: no act of the deciding organ.
EVIDENCE = ("receipt", "delivery_receipt")
# Where no permit law reserves it, the window that takes a matter in may say so under its own seal.
_TAKING_IN = ("acceptance_notice", "correction_notice", "non_acceptance")
_PERMIT_SEALS: Mapping[str, tuple[str, ...]] = {
    "correction_notice": (ACCEPTANCE, NUMBERED, MAIN),
    "acceptance_notice": (ACCEPTANCE, NUMBERED),
    "non_acceptance": (ACCEPTANCE, NUMBERED),
    "grant_decision": (MAIN, NUMBERED),
    "refusal_decision": (MAIN, NUMBERED),
    "termination_notice": (MAIN, NUMBERED),
}


def seal_in_use(valid_from: date | None, valid_to: date | None, on: date) -> Verdict:
    """Whether a seal is within its term (both days included) on a day; code "seal-wrong"."""
    if valid_from is not None and on < valid_from:
        return no(
            "seal-wrong",
            _("印章自 %(day)s 起启用，现在还不能使用。") % {"day": valid_from},
            remedy=_("请改用当日有效的印章。"),
            basis=_SEAL_RULE,
        )
    if valid_to is not None and on > valid_to:
        return no(
            "seal-wrong",
            _("印章已于 %(day)s 停用。") % {"day": valid_to},
            remedy=_("请改用当日有效的印章；停用的印章应当交回封存或销毁。"),
            basis=_SEAL_RULE,
        )
    return YES


def may_go_unsealed(paper_kind: str, *, is_permit: bool) -> Verdict:
    """Whether a paper may be given without any seal: code "seal-wrong" where the law wants one."""
    if paper_kind in EVIDENCE or not is_permit:
        return YES
    reserved = paper_kind in ("acceptance_notice", "non_acceptance")
    return no(
        "seal-wrong",
        _("许可文书必须加盖行政许可机关的印章。"),
        remedy=_("请先登记并选择该机关的印章，再出具文书。"),
        basis=_LAW_32 if reserved else _LAW_24,
    )


def may_seal(
    paper_kind: str,
    is_permit: bool,
    seal_kind: str,
    seal_organ: str,
    ruling_organ: str,
    on: date,
    *,
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> Verdict:
    """Whether a seal may stand on a paper of this kind on this day.

    ruling_organ: code of the organ in whose name the ruling has the matter decided. Of another
    organ's matter a centre may seal 收件凭证 and 送达回证, and of a non-permit also the 受理, 不予
    受理 and 补正 letters; nothing else.
    Every no has code "seal-wrong", cites its rule, and says which seal would do.
    """

    def wrong(reason: str, remedy: str, basis: str) -> Verdict:
        return no("seal-wrong", reason, remedy=remedy, basis=basis)

    kind_name = SEAL_KINDS.get(seal_kind)
    if kind_name is None:
        return wrong(_("不认识的印章种类。"), _("请核对印章登记。"), _SEAL_RULE)
    in_use = seal_in_use(valid_from, valid_to, on)
    if not in_use:
        return in_use
    if paper_kind in MAIN_SEAL_ONLY and seal_kind != MAIN:
        return wrong(
            _("撤销、注销决定只能加盖机关公章，不能用%(seal)s。") % {"seal": kind_name},
            _("请送作出决定的机关加盖公章。"),
            _SEAL_RULE,
        )
    if paper_kind in EVIDENCE:
        if seal_kind != CENTRE and seal_organ != ruling_organ:
            return _other_organ(wrong)
        return YES
    if is_permit:
        allowed = _PERMIT_SEALS.get(paper_kind, (MAIN,))
        reserved = paper_kind in ("acceptance_notice", "non_acceptance", "correction_notice")
        basis = _LAW_32 if reserved else _LAW_24
        names = " / ".join(str(SEAL_KINDS[kind]) for kind in allowed)
        if seal_kind == CENTRE:
            return wrong(
                _("便民服务中心印章不能代替行政许可机关的印章。"),
                _("请使用作出许可的机关的%(seals)s。") % {"seals": names},
                basis,
            )
        if seal_kind not in allowed:
            return wrong(
                _("%(seal)s不能用于这种许可文书。") % {"seal": kind_name},
                _("请使用作出许可的机关的%(seals)s。") % {"seals": names},
                basis,
            )
    elif seal_kind == ACCEPTANCE:
        return wrong(
            _("行政许可受理专用章不能用于许可以外的事项。"),
            _("请使用机关公章或便民服务中心印章。"),
            _SEAL_RULE,
        )
    elif seal_kind == CENTRE and paper_kind in _TAKING_IN:
        return YES
    if seal_organ != ruling_organ:
        return _other_organ(wrong)
    return YES


def _other_organ(wrong: Callable[[str, str, str], Verdict]) -> Verdict:
    return wrong(
        _("这枚印章不属于有权以其名义办理本事项的机关。"),
        _("请使用裁定所指机关的印章；跨镇收件的，印章仍归决定机关。"),
        _LAW_24,
    )


# -- the code a stranger types to verify a paper -----------------------------------------------

# Crockford's base 32: no I, L, O or U, so nothing on paper can be misread.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_BYTES = 16
_CODE_LETTERS = 26
_GROUPS = (5, 5, 5, 5, 6)


def verify_code(randomness: bytes) -> str:
    """16 random bytes as 26 letters in five groups: XXXXX-XXXXX-XXXXX-XXXXX-XXXXXX."""
    if len(randomness) != CODE_BYTES:
        raise ValueError(f"a verify code takes {CODE_BYTES} bytes, not {len(randomness)}")
    value = int.from_bytes(randomness, "big")
    letters = "".join(_ALPHABET[value >> (5 * i) & 31] for i in reversed(range(_CODE_LETTERS)))
    cuts = [sum(_GROUPS[:i]) for i in range(len(_GROUPS) + 1)]
    return "-".join(letters[a:b] for a, b in zip(cuts, cuts[1:], strict=False))


def normal_code(typed: str) -> str:
    """What somebody typed as a code, in canonical form; "" when it cannot be one."""
    text = typed.translate({code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}).upper()
    text = text.translate(str.maketrans("OIL", "011"))
    text = re.sub(r"[\s\-‐‑–—_]", "", text)
    if len(text) != _CODE_LETTERS or any(letter not in _ALPHABET for letter in text):
        return ""
    value = 0
    for letter in text:
        value = value << 5 | _ALPHABET.index(letter)
    if value >> (8 * CODE_BYTES):
        return ""
    return verify_code(value.to_bytes(CODE_BYTES, "big"))


# -- letters no font of ours has -------------------------------------------------------------


def uncovered(text: str, covered: Collection[int]) -> list[str]:
    """The characters of `text` that no font can draw, each once, in order of appearance.

    covered: code points the fonts have. Line breaks and blanks need no glyph.
    """
    missing = (letter for letter in text if ord(letter) not in covered and not letter.isspace())
    return list(dict.fromkeys(missing))


def spell_out(text: str, covered: Collection[int]) -> str:
    """`text` with each letter no font can draw written 〔U+20BB7〕: a name never loses a letter."""
    missing = set(uncovered(text, covered))
    return "".join(f"〔U+{ord(letter):04X}〕" if letter in missing else letter for letter in text)
