"""How words are cut, sounded, translated and compared."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yichuang.catalogue import wording

NAMES = ["宅基地审批", "身份证补办", "营业执照变更", "养老金领取", "Lost social security cards"]


def find(query, names=NAMES):
    """The names in order of likeness."""
    told = [wording.terms(name) for name in names]
    documents = Counter(token for terms in told for token in wording.tokens(terms))
    total = len(names)
    asked = wording.asked(wording.read([(query, 1.0)]), documents.__getitem__, total)
    alike = {}
    for name, terms in zip(names, told, strict=True):
        norm = sum(wording.rarity(documents[t.text], total) * t.weight for t in terms)
        where = dict.fromkeys(wording.tokens(terms), 1)
        alike[name] = wording.likeness(asked, wording.Entry([(name, 1.0, norm)], where))[0]
    return sorted((name for name in names if alike[name]), key=lambda name: (-alike[name], name))


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
        ("zhaijidi", ["zai", "ji", "di"]),
        ("shenfenzheng", ["sen", "fen", "zen"]),
        ("shenfnezheng", []),
        ("nv", ["nv"]),
        ("zjd", []),
        ("", []),
        ("strength", []),
    ],
)
def test_pinyin_is_cut_into_syllables(word, cut):
    assert wording.syllables(word) == cut


def test_a_slip_in_pinyin_costs_its_letter():
    assert wording.syllables("shenfenzhengg", 1) == ["sen", "fen", "zen"]
    assert wording.syllables("qqqqqq", 1) == []


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
        ("身证份", "身份证补办"),
        ("shengfengzheng", "身份证补办"),
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
    assert [part for part, _worth in wording.translated("开医保码", (), said)] == ["开", "电子凭证"]


def test_a_stop_phrase_within_a_saying_stays():
    assert wording.translated("证丢了吗", ["了", "吗"], {"丢了": ["补办"]}) == [
        ("证", 1.0),
        ("补办", 1.0),
    ]
    assert wording.translated("怎么办", ["怎么办"], {}) == [("怎么办", 1.0)]


def test_a_long_name_for_a_short_word_does_not_outweigh_the_rest():
    said = {"养老": ["城乡居民基本养老保险"], "认证": ["认证 核验"]}
    assert wording.translated("养老认证", (), said) == [
        ("城乡居民基本养老保险", 0.2),
        ("认证 核验", 1.0),
    ]


@given(st.text(max_size=80))
def test_any_text_can_be_read_and_built(text):
    normal = wording.normalise(text)
    assert wording.normalise(normal) == normal
    assert all(len(term.text) <= 60 and len(term.sound) <= 60 for term in wording.terms(text))
    find(text)


@given(st.sampled_from(NAMES))
def test_a_name_finds_itself_first(name):
    assert find(name)[0] == name


@given(st.integers(0, 10_000), st.integers(1, 10_000))
def test_rarer_terms_weigh_more(documents, total):
    documents = min(documents, total - 1)
    assert wording.rarity(documents, total) > wording.rarity(documents + 1, total) > 0
