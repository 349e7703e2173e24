"""How words are cut, sounded, translated and compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yichuang.catalogue import wording
from yichuang.catalogue.wording import Surface

NAMES = ["宅基地审批", "身份证补办", "营业执照变更", "养老金领取", "Lost social security cards"]


def find(query, names=NAMES):
    """The names in order of likeness."""
    index = wording.build([Surface(at, name, 1.0) for at, name in enumerate(names)])
    reading = wording.read(query)
    terms, sounds, initials = wording.wanted(reading)
    vocabulary = {
        text: known
        for text, known in index.vocabulary.items()
        if text in terms or known.pinyin in sounds or known.initials in initials
    }
    asked = wording.groups(reading, vocabulary, index.total)
    postings = {text: index.postings[text] for text in wording.readable(asked, vocabulary)}
    found = wording.likeness(asked, postings)
    return [names[at] for at in sorted(found, key=lambda at: (-found[at][0], at))]


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("八十岁", "80岁"),
        ("二胎", "2胎"),
        ("一百二十", "120"),
        ("四零五零", "4050"),
        ("４０５０，社保？", "4050 社保"),
        ("ＡＢＣ abc", "abc abc"),
        ("……", ""),
    ],
)
def test_normal_form(text, normal):
    assert wording.normalise(text) == normal


@pytest.mark.parametrize(
    ("word", "cut"),
    [
        ("zhaijidi", ["zhai", "ji", "di"]),
        ("shenfenzheng", ["shen", "fen", "zheng"]),
        ("nv", ["nv"]),
        ("zjd", []),
        ("", []),
        ("strength", []),
    ],
)
def test_pinyin_is_cut_into_syllables(word, cut):
    assert wording.syllables(word) == cut


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("宅基地", "宅基地审批"),
        ("zhaijidi", "宅基地审批"),
        ("zhai ji di", "宅基地审批"),
        ("ZhaiJiDi", "宅基地审批"),
        ("zjd", "宅基地审批"),
        ("宅鸡地", "宅基地审批"),
        ("身份正丢了", "身份证补办"),
        ("营业执找", "营业执照变更"),
        ("lost card", "Lost social security cards"),
    ],
)
def test_found_by_words_sounds_and_in_spite_of_errors(query, first):
    assert find(query)[0] == first


def test_nothing_in_common_finds_nothing():
    assert find("火箭") == []
    assert find("the of") == []


def test_stop_phrases_go_longest_first_but_never_everything():
    assert wording.without("身份证怎么办理", ["怎么", "怎么办理"]).split() == ["身份证"]
    assert wording.without("怎么办", ["怎么办"]) == "怎么办"


def test_translation_takes_the_longest_saying_once():
    said = {"医保": ["基本医疗保险"], "医保码": ["电子凭证"], "电子": ["不应再译"]}
    assert wording.translated("医保码", said).split() == ["电子凭证"]


@given(st.text(max_size=80))
def test_any_text_can_be_read_and_built(text):
    normal = wording.normalise(text)
    assert wording.normalise(normal) == normal
    assert all(len(term.text) <= 60 and len(term.pinyin) <= 60 for term in wording.terms(text))
    find(text)


@given(st.sampled_from(NAMES))
def test_a_name_finds_itself_first(name):
    assert find(name)[0] == name


@given(st.integers(0, 10_000), st.integers(1, 10_000))
def test_rarer_terms_weigh_more(documents, total):
    documents = min(documents, total - 1)
    assert wording.rarity(documents, total) > wording.rarity(documents + 1, total) > 0
