"""How people's words meet the catalogue's, pure: terms, sounds, stop phrases, likeness.

A text is cut into units (a Chinese character, a run of digits, a Latin word) and compared by its
single units and its pairs of neighbours; no dictionary is needed and a typing error costs only the
pairs it touches. Every pair also has its sound, so 宅鸡地, zhaijidi and zjd all find 宅基地.
Likeness of a question and a surface (a name, an alias) is a Tversky index over terms weighed by
rarity: the shared weight over a mix of both weights, so short aliases are not drowned.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import zip_longest
from typing import NamedTuple

import rjieba
from pypinyin import Style, lazy_pinyin

SINGLE = 0.7  # what one unit weighs beside a pair
HOMOPHONE = 0.75  # what a pair that only sounds the same is worth
TURNED = 0.5  # … whose two characters changed places
FUZZY = 0.5  # … that only shares its initials
LIGHT = 0.6  # what a word weighs that only holds a sentence together, or says for whom
ACROSS = 0.4  # what a pair weighs that reaches from one word to the next
UNKNOWN = 0.5  # of the greatest rarity: what is asked for and stands nowhere dilutes a match
ASKED = 0.7  # share of the question's own weight in the denominator; the rest is the surface's
COVERAGE = 0.8  # what it adds that an item's surfaces together cover the question
STRETCH = 1.0  # what a saying weighs, translated, against as many characters as said
SECOND = 0.25  # what the weaker reading of the question (as said, or translated) adds
LONGEST = 60  # units of a question that are looked at
SKIPPED = 6  # letters of pinyin for each one that may be a slip

# Words that only hold a sentence together: pronouns, particles, auxiliaries, question words, of the
# north of Shandong too; and kin, times and places that say for whom and when, rarely what.
# The first line: parts of speech, as rjieba names them.
_LIGHT = """
r u ul uj uz ug uv ud d p c y q t ns nrt o e x zg

想 要 想要 能 会 可以 有 没 没有 是 让 叫 办 弄 搞 待 待要 得 使 办理 去 来 到 在 上 下 里 给 看 说 听 听说 知道 问 问问 找
爹 娘 爸 妈 爸爸 妈妈 父亲 母亲 老父亲 老母亲 爷爷 奶奶 姥姥 姥爷 姥娘 嬷嬷 公公 婆婆 老婆婆 老婆 老公 对象 男人 媳妇 儿媳妇 儿媳
儿子 闺女 女儿 小子 丫头 孙子 孙女 兄弟 哥哥 弟弟 姐姐 妹妹 老人 老头 老太太 孩子 小孩 家里 家 俺家 我家 自己 自家 人家
村里 镇里 镇上 村 镇 县 县里 政府 公家 国家 钱 证 多 几年 好几年
"""
_LIGHT_KINDS, _LIGHT_WORDS = (frozenset(part.split()) for part in _LIGHT.split("\n\n"))

_UNIT = re.compile(r"[0-9]{1,20}|[a-z]{1,30}|[\u4e00-\u9fff]")
_NUMERAL = re.compile(r"[零〇一二两三四五六七八九十百]+")
_DIGIT = {char: number for number, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_SYLLABLE = re.compile(
    r"(?:[bpmfdtnlgkhjqxrzcsyw]|zh|ch|sh)?"
    r"(?:a|o|e|ai|ei|ao|ou|an|en|ang|eng|ong|i|ia|ie|iao|iu|ian|in|iang|ing|iong"
    r"|u|ua|uo|uai|ui|uan|un|uang|ue|v|ve|er)"
)
_ENGLISH_STOP = frozenset(
    [
        "a",
        "an",
        "and",
        "at",
        "by",
        "for",
        "from",
        "in",
        "into",
        "is",
        "it",
        "my",
        "of",
        "on",
        "or",
        "the",
        "to",
        "with",
    ]
)


@dataclass(frozen=True, slots=True)
class Term:
    """A unit or a pair of units. sound, initials: "" where it is not Chinese, or one unit."""

    text: str
    sound: str
    initials: str
    weight: float


@dataclass(frozen=True, slots=True)
class Group:
    """One thing asked for, and the tokens that would answer it, each with its worth."""

    weight: float
    answers: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """All that a reading asks for. answering: token → the groups it answers, each with its worth."""

    groups: tuple[Group, ...]
    mass: float
    answering: Mapping[str, Sequence[tuple[int, float]]]


@dataclass(frozen=True, slots=True)
class Entry:
    """An item as it can be found.

    surfaces: its names and other texts, each with its worth (1 for a name, less for what says
    little) and its norm, the rarity-weighted mass of its terms. where: token → the surfaces it stands
    in, bit by bit (1 << number): numbers cost the garbage collector nothing, lists made it the
    dearest part of a search.
    """

    surfaces: Sequence[tuple[str, float, float]]
    where: Mapping[str, int]


def _number(text: str) -> str:
    """十二 → 12, 八十 → 80, 四零五零 → 4050."""
    if not set(text) & set("十百"):
        return "".join(str(_DIGIT[char]) for char in text)
    total, current = 0, 0
    for char in text:
        if char in _DIGIT:
            current = _DIGIT[char]
        else:
            total += (current or 1) * (10 if char == "十" else 100)
            current = 0
    return str(total + current)


def normalise(text: str) -> str:
    """Full width to half, lower case, Chinese numerals to digits, punctuation to spaces."""
    text = unicodedata.normalize("NFKC", text).lower()
    text = _NUMERAL.sub(lambda found: _number(found[0]), text)
    return " ".join("".join(char if _UNIT.match(char) else " " for char in text).split())


def _stem(word: str) -> str:
    """English plural away; two letters stay as they are."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


class _Unit(NamedTuple):
    text: str
    sound: str
    word: int  # which word of the run it stands in
    light: float  # what that word weighs


def terms(text: str) -> list[Term]:
    """The terms of a text, each once, in order. Latin words count as single units of full weight."""
    found: dict[str, Term] = {}
    for run in normalise(text).split():
        units = _units(run)
        for unit, following in zip_longest(units, units[1:]):
            latin = unit.text.isascii() and unit.text.isalpha()
            if latin and unit.text in _ENGLISH_STOP:
                continue
            single = _stem(unit.text) if latin else unit.text
            sound = "" if unit.text.isascii() else unit.sound
            weight = unit.light * (1.0 if latin else SINGLE)
            found.setdefault(single, Term(single, sound, "", weight))
            if following:
                found.setdefault(unit.text + following.text, _pair(unit, following))
    return list(found.values())


def _pair(first: _Unit, second: _Unit) -> Term:
    """Neighbours; those of two words stand together by chance more often than not."""
    weight = math.sqrt(first.light * second.light)
    return Term(
        first.text + second.text,
        first.sound + second.sound,
        first.sound[:1] + second.sound[:1],
        weight if first.word == second.word else weight * ACROSS,
    )


def _units(run: str) -> list[_Unit]:
    """The units of a run without blanks, as far as one looks."""
    found: list[_Unit] = []
    for number, (word, kind) in enumerate(rjieba.tag(run, False)):
        light = LIGHT if kind in _LIGHT_KINDS or word in _LIGHT_WORDS else 1.0
        for unit, sound in _sounded(word):
            found.append(_Unit(unit, sound, number, light))
    return found[:LONGEST]


@lru_cache(maxsize=50_000)
def _sounded(word: str) -> tuple[tuple[str, str], ...]:
    """The units of a word, each with its plain syllable; what is not Chinese sounds as it is
    written. The word decides how 重 and 行 are read."""
    found: list[tuple[str, str]] = []
    for part in re.findall(r"[\u4e00-\u9fff]+|[0-9]{1,20}|[a-z]{1,30}", word):
        if part.isascii():
            found.append((part, part))
        else:
            said = lazy_pinyin(part, style=Style.NORMAL)
            found += zip(part, map(plain, said), strict=True)
    return tuple(found)


def plain(syllable: str) -> str:
    """A syllable as many say it: zh, ch, sh like z, c, s, and -ng like -n."""
    if syllable[1:2] == "h":
        syllable = syllable[0] + syllable[2:]
    return syllable[:-1] if syllable.endswith("ng") else syllable


def tokens(listed: Iterable[Term]) -> list[str]:
    """What terms are indexed by: themselves, how they sound (=), and their pairs' initials (~)."""
    found: dict[str, None] = {}
    for term in listed:
        found[term.text] = None
        if term.sound:
            found["=" + term.sound] = None
        if term.initials:
            found["~" + term.initials] = None
    return list(found)


def syllables(word: str, skips: int = 0) -> list[str]:
    """A run of Latin letters cut into plain pinyin syllables, as few as can be; [] when it is none.

    skips: letters that may be left out as slips.
    """
    # for each place: (letters left out, syllables so far, the syllables)
    best: list[tuple[int, int, list[str]] | None] = [(0, 0, []), *[None] * len(word)]
    for end in range(1, len(word) + 1):
        found = []
        for start in range(max(0, end - 6), end):
            if (head := best[start]) and _SYLLABLE.fullmatch(word, start, end):
                found.append((head[0], head[1] + 1, [*head[2], plain(word[start:end])]))
        if (head := best[end - 1]) and head[0] < skips:
            found.append((head[0] + 1, head[1], head[2]))
        best[end] = min(found, key=lambda way: way[:2]) if found else None
    whole = best[-1]
    return whole[2] if whole else []


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to take a question: its terms, and its Latin runs as pinyin or initials."""

    terms: tuple[Term, ...]
    runs: tuple[str, ...]


def read(parts: Iterable[tuple[str, float]]) -> Reading:
    """Take a question apart; parts: its texts, each with what it weighs beside the others.

    Latin words are kept as English and tried as pinyin besides.
    """
    found: dict[str, Term] = {}
    runs: list[str] = []
    for text, worth in parts:
        for term in terms(text):
            weight = term.weight * worth
            if term.text not in found or weight > found[term.text].weight:
                found[term.text] = replace(term, weight=weight)
        runs += re.findall(r"[a-z]+", normalise(text))
    return Reading(tuple(found.values()), tuple(runs))


def without(text: str, stops: Iterable[str]) -> str:
    """The text with stop phrases cut out, longest first; unchanged where nothing would be left."""
    left = text
    for stop in sorted(stops, key=len, reverse=True):
        left = left.replace(stop, " ")
    return left if left.strip() else text


def translated(
    text: str, stops: Collection[str], means: Mapping[str, Collection[str]]
) -> list[tuple[str, float]]:
    """The parts of a text, what people say replaced by what the catalogue calls it, longest first.

    Stop phrases go, but not those within a saying (丢了). Each part with its weight: a long official
    name for a short word does not outweigh the rest.
    """
    told = sorted({*stops, *means}, key=lambda word: (-len(word), word))
    if not told:
        return [(text, 1.0)]
    parts: list[tuple[str, float]] = []
    for at, part in enumerate(re.split(f"({'|'.join(map(re.escape, told))})", text)):
        if at % 2 and part in means:
            meant = " ".join(means[part]).split()
            usual = len("".join(meant)) / len(meant)
            parts.append((" ".join(meant), min(1.0, STRETCH * len(part) / usual)))
        elif not at % 2 and part.strip():
            parts.append((part, 1.0))
    return parts or [(text, 1.0)]


def rarity(documents: int, total: int) -> float:
    """Inverse document frequency, always positive (the BM25+ form)."""
    return math.log(1 + (total - documents + 0.5) / (documents + 0.5))


def asked(reading: Reading, documents: Callable[[str], int], total: int) -> Asked:
    """What a reading asks for, weighed by rarity, with every token that may answer.

    documents: in how many of the total items a token stands.
    """
    groups: list[Group] = []

    def ask(weight: float, *answers: tuple[str, float]) -> bool:
        """Weighed by the first of the answers that stands anywhere; False when none does."""
        known = [(token, worth) for token, worth in answers if documents(token)]
        if known:
            groups.append(Group(weight * rarity(documents(known[0][0]), total), tuple(known)))
        return bool(known)

    english = set()
    for term in reading.terms:
        answers = [(term.text, 1.0)]
        if len(term.text) > 1 and term.sound:
            answers += [("=" + term.sound, HOMOPHONE), (term.text[1:] + term.text[:1], TURNED)]
        if ask(term.weight, *answers):
            english.add(term.text)
        elif not (term.text.isascii() and term.text.isalpha()):
            # a Latin word that is no English of ours is pinyin, or nothing
            groups.append(Group(term.weight * UNKNOWN * rarity(1, total), ()))
    sounds: list[str] = []
    for run in reading.runs:
        cut = syllables(run)
        if not cut and _stem(run) not in english:
            cut = syllables(run, len(run) // SKIPPED)
        if cut:
            sounds += cut
        elif len(run) <= 8:
            for first, second in pairs(run):
                ask(FUZZY, ("~" + first + second, 1.0))
    for first, second in pairs(sounds):
        ask(1.0, ("=" + first + second, 1.0))
    for sound in sounds:
        ask(SINGLE, ("=" + sound, 1.0))
    answering: dict[str, list[tuple[int, float]]] = {}
    for at, group in enumerate(groups):
        for token, worth in group.answers:
            answering.setdefault(token, []).append((at, worth))
    return Asked(tuple(groups), sum(group.weight for group in groups) or 1.0, answering)


def pairs(sequence: Sequence[str]) -> list[tuple[str, str]]:
    """Neighbours."""
    return list(zip(sequence, sequence[1:], strict=False))


def likeness(asked: Asked, entry: Entry) -> tuple[float, str]:
    """How well an item answers, and the text of its surface that is most alike.

    What the best surface shares with the question, and besides what all of them cover of it.
    """
    shared: dict[int, dict[int, float]] = {}  # surface → group → the worth of its best answer
    covered: dict[int, float] = {}
    for token, answered in asked.answering.items():
        surfaces = entry.where.get(token, 0)
        if surfaces:
            for at, worth in answered:
                if worth > covered.get(at, 0.0):
                    covered[at] = worth
        while surfaces:
            surface = surfaces.bit_length() - 1
            surfaces ^= 1 << surface
            met = shared.setdefault(surface, {})
            for at, worth in answered:
                if worth > met.get(at, 0.0):
                    met[at] = worth
    best, said = 0.0, ""
    for surface, met in shared.items():
        text, value, norm = entry.surfaces[surface]
        common = sum([asked.groups[at].weight * worth for at, worth in met.items()])
        alike = value * common / (ASKED * asked.mass + (1 - ASKED) * norm)
        if alike > best:
            best, said = alike, text
    whole = sum([asked.groups[at].weight * worth for at, worth in covered.items()])
    return best + COVERAGE * whole / asked.mass, said


def merged(first: tuple[float, str], second: tuple[float, str]) -> tuple[float, str]:
    """Two readings of one question: the better, and a little for agreeing."""
    better, other = sorted((first, second), reverse=True)
    return better[0] + SECOND * other[0], better[1]
