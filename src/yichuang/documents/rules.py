"""What a paper is, how it is numbered, and what an approval of it covers. Pure: values in, verdict out.

Sources: 行政许可法 §§24, 32, 38, 39, 44; 国发〔1999〕25号 (seals); GB/T 9704-2012 (layout and the
form of a document number, 代字〔年〕序号). What is our own choice says so.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yichuang.journal.rules import canonical_json
from yichuang.verdict import YES, Verdict, no

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


# Made, with its custodian, out of use for a while, back with whoever had it made, destroyed.
MADE, HANDED_OUT, SUSPENDED, RETURNED, DESTROYED = (
    "made",
    "handed_out",
    "suspended",
    "returned",
    "destroyed",
)
SEAL_STATES = {
    MADE: gettext_lazy("已制发"),
    HANDED_OUT: gettext_lazy("在用"),
    SUSPENDED: gettext_lazy("停用"),
    RETURNED: gettext_lazy("已收回"),
    DESTROYED: gettext_lazy("已销毁"),
}
SEAL_EVENTS = {
    "make": gettext_lazy("制发"),
    "hand_out": gettext_lazy("交付"),
    "suspend": gettext_lazy("停用"),
    "resume": gettext_lazy("恢复"),
    "return": gettext_lazy("收回"),
    "destroy": gettext_lazy("销毁"),
    "adjust": gettext_lazy("调整使用范围"),
}
PROPOSED, CONFIRMED, DECLINED, WITHDRAWN = "proposed", "confirmed", "declined", "withdrawn"
EVENT_STATES = {
    PROPOSED: gettext_lazy("待确认"),
    CONFIRMED: gettext_lazy("已确认"),
    DECLINED: gettext_lazy("不同意"),
    WITHDRAWN: gettext_lazy("已撤回"),
}
# Who approves an impression: the act that gives the paper (the decider deciding, the window taking
# in, under the leader's standing order), or the custodian, paper by paper.
BY_ACT, EACH = "act", "each"
APPROVALS = {BY_ACT: gettext_lazy("随办理环节批准"), EACH: gettext_lazy("逐件批准")}


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


LICENCE = "licence"
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
        # The certificate itself (电子证照), permits and other matters alike; laid out apart.
        PaperKind(
            LICENCE,
            gettext_noop("电子证照"),
            "证",
            False,
            (*_COMMON, LICENCE),
            "国务院令第716号第十条",
        ),
    )
}
# The permit law's own words belong on permits alone: other matters have their own basis.
PERMIT_ONLY = ("grant_decision", "refusal_decision")
NON_PERMIT_ONLY = ("result_notice", "refusal_notice")


INTENDED, AWAITING, SEALED, FAILED = "intended", "awaiting", "sealed", "failed"
STATES = {
    INTENDED: gettext_lazy("正在生成"),
    AWAITING: gettext_lazy("待用印审批"),
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
    LICENCE: gettext_lazy("证照内容"),
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
    """The 代字 a number runs in: organ's short name, 许 or 服, the kind's word (甲政许准); for a
    licence the type's own word is in the prefix (甲政餐登证)."""
    if kind == LICENCE:
        return f"{prefix}{PAPER_KINDS[kind].word}"
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


# Acts that undo a decision bear the main seal, whoever uses a numbered one for granting it.
# (Practice of approval bureaus.)
MAIN_SEAL_ONLY = ("revocation_decision", "cancellation_decision")
# Mere evidence of handing over, made at the receiving window: no act of the deciding organ.
EVIDENCE = ("receipt", "delivery_receipt")
TAKING_IN = ("acceptance_notice", "correction_notice", "non_acceptance")


# -- what an approval covers ------------------------------------------------------------------


def facts_hash(
    *,
    kind: str,
    number: str,
    organ_name: str,
    seal: Mapping[str, str],
    content: Mapping[str, object],
    verify_code: str,
    template_version: str,
) -> str:
    """SHA-256 (hex) of everything a paper prints, and in which version of the templates.

    seal: code, name and number of the seal, {} without one. Canonical JSON as the journal's: one
    letter more or less is another paper. ValueError or TypeError for what JSON cannot hold exactly.
    """
    facts = {
        "kind": kind,
        "number": number,
        "organ": organ_name,
        "seal": dict(seal),
        "content": content,
        "verify_code": verify_code,
        "template": template_version,
    }
    return hashlib.sha256(canonical_json(facts)).hexdigest()


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
