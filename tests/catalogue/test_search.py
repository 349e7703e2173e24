"""Search on the pack's real items, with people's words; and what an index must withstand.

questions.csv: questions over all 179 items in people's own words, by kind: plain, dialect, typo,
pinyin, misnomer, keyword, situation ("earlier": of an older set); "|" between items that are all
right. The half marked "held" (by a hash of the question) was not looked at while the search was
made, nor was any of them while the pack's sayings.csv was written, but the newest: of those, what
had come to stand in sayings.csv almost word for word was left out. docs/decisions/0010 has the
figures, those of fresh questions among them: they are lower.
"""

import csv
import shutil
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction

from tests.catalogue.made_up import item, items
from yichuang.catalogue import checks, search, shelf
from yichuang.catalogue.actions import publish_catalogue
from yichuang.catalogue.drafts import SayingDraft, SynonymDraft
from yichuang.catalogue.models import Alias, SearchIndex
from yichuang.faces.operations.pack.reader import read_pack
from yichuang.journal.rules import SystemAuthor
from yichuang.verdict import Refusal

pytestmark = pytest.mark.django_db
BY = SystemAuthor("测试")
AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
ON = date(2026, 1, 5)
QUESTIONS = Path(__file__).with_name("questions.csv")
PACK = Path(__file__).parents[2] / "counties" / "huantai"


def publish(drafts, *, on=ON, **others):
    return publish_catalogue(drafts, effective_on=on, by=BY, at=AT, **others)


def plain():
    return [
        item(
            d.code,
            d.name,
            d.row,
            aliases=d.aliases,
            town=d.town,
            street=d.street,
            village=d.village,
            high_frequency=d.high_frequency,
        )
        for d in items()
    ]


def codes(words, **options):
    return [hit.code for hit in search.search(words, on=ON, **options)]


def test_recall_on_questions_of_people(django_assert_max_num_queries):
    pack = read_pack(PACK)
    publish_catalogue(
        *(pack.items, pack.chains, (), pack.synonyms, pack.sayings), effective_on=ON, by=BY, at=AT
    )
    asked, first, third, missed = Counter(), Counter(), Counter(), []
    with QUESTIONS.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    about = Counter(code for row in rows for code in row["code"].split("|"))
    assert len(rows) >= 400
    assert all(about[item.code] >= 2 for item in pack.items)
    for row in rows:
        found, right = codes(row["question"], limit=3), set(row["code"].split("|"))
        asked[row["half"]] += 1
        first[row["half"]] += bool(right.intersection(found[:1]))
        third[row["half"]] += bool(right.intersection(found))
        if not right.intersection(found):
            missed.append((row["question"], row["code"], found))
    for half in ("held", "tune"):
        assert first[half] / asked[half] >= 0.85, missed
        assert third[half] / asked[half] >= 0.95, missed
    with django_assert_max_num_queries(2):
        search.search("俺娘八十了有啥补助", on=ON)


def test_a_hit_says_why():
    publish(plain())
    hit = search.search("俺想盖新屋", on=ON)[0]
    assert (hit.code, hit.name, hit.why) == ("A-1", "村民建房用地审批", "盖新屋")
    assert hit.score > 0


def test_found_by_pinyin_and_english():
    publish(plain())
    assert codes("zhaijidi")[0] == "A-1"
    assert codes("jie shui")[0] == "A-4"
    assert codes("weishengzheng")[0] == "A-3"


def test_the_packs_own_sayings_count():
    publish(plain())
    assert codes("垒窝") == []
    publish(plain(), synonyms=[SynonymDraft("垒窝", "建房")])
    assert codes("垒窝")[0] == "A-1"


def test_the_common_words_are_sound():
    assert checks.check((), (), (), search.common_words()) == []


def test_nothing_found_and_nothing_asked():
    publish(plain())
    assert codes("qqqq") == []
    for empty in ("", " ？！ "):
        with pytest.raises(Refusal) as refused:
            search.search(empty, on=ON)
        assert refused.value.code == "search-empty"
        assert refused.value.remedy


def test_before_anything_is_published():
    assert codes("身份证") == []


def test_only_what_is_in_use_on_the_day():
    publish([item("A-1", "用水报装", 2, state="suspended"), item("A-2", "用水报停", 3)])
    assert codes("用水") == ["A-2"]
    assert search.search("用水", on=date(2025, 1, 1)) == []


def test_the_name_of_the_day_is_shown():
    publish([item("A-1", "用水报装", 2)])
    publish([item("A-1", "供水报装", 2)], on=date(2026, 7, 1))
    assert search.search("供水", on=ON)[0].name == "用水报装"
    assert search.search("供水", on=date(2026, 7, 1))[0].name == "供水报装"


def test_only_what_the_outlet_lists():
    publish(plain())
    assert codes("宅基地", outlet_kind="centre", town_kind="town")[:1] == ["A-1"]
    assert "A-1" not in codes("宅基地", outlet_kind="centre", town_kind="subdistrict")
    assert "A-4" not in codes("接水", outlet_kind="station")
    assert codes("接水", outlet_kind="hall")[0] == "A-4"


def test_the_limit_holds():
    publish([item(f"A-{n}", f"补贴申请{n}", n) for n in range(1, 30)])
    assert len(codes("补贴", limit=5)) == 5
    assert len(codes("补贴", limit=0)) == 1


def test_a_very_long_question():
    publish(plain())
    assert codes("我家想盖新屋" * 500)[0] == "A-1"


def test_rebuilding_changes_no_answer():
    publish(plain())
    before = search.search("办执照", on=ON)
    stamp = SearchIndex.objects.get().build
    assert search.rebuild_index() == len(plain())
    assert search.search("办执照", on=ON) == before
    assert SearchIndex.objects.get().build == stamp


def test_a_situation_as_told_brings_its_item_up_and_is_not_shown():
    publish(plain(), sayings=[SayingDraft("A-1", "儿子成家没处住，想另起几间屋")])
    hit = search.search("儿子成家没处住", on=ON)[0]
    assert (hit.code, hit.why) == ("A-1", "")
    told = [SayingDraft("A-4", "办执照的店里没有水"), SayingDraft("A-4", "小店要办执照也要水")]
    assert publish(plain(), sayings=told).sayings == 3
    assert codes("办执照")[0] == "A-2"
    assert "A-1" not in codes("儿子成家没处住")


def test_a_saying_that_staff_added_is_found_and_the_rest_is_not_made_anew(monkeypatch):
    """Seen to fail once with `search.rebuild` in place of `search.renew`, and once without the
    deletion in `shelf._write`."""
    publish(plain(), sayings=[SayingDraft("A-1", "儿子成家没处住")])
    before = search.search("办执照", on=ON)
    assert codes("垒窝") == []
    with monkeypatch.context() as without:
        without.setattr(shelf, "make", None)
        Alias.objects.create(item_id="A-1", said="垒窝", added_by={}, added_at=AT)
        search.renew(search.locked(), "A-1")
    assert codes("垒窝") == ["A-1"]
    assert codes("儿子成家没处住") == ["A-1"]
    assert codes("盖新屋").count("A-1") == 1
    assert search.search("办执照", on=ON) == before
    search.rebuild_index()
    assert codes("垒窝") == ["A-1"]


def test_where_the_index_before_is_not_at_hand_everything_is_indexed():
    publish(plain())
    shutil.rmtree(shelf.place(Path(settings.HOME) / "search", SearchIndex.objects.get().build))
    search.renew(search.locked(), "A-1")
    assert codes("办执照")[0] == "A-2"


def test_a_publication_taken_back_leaves_the_old_answers():
    publish([item("A-1", "用水报装", 2)])
    with pytest.raises(RuntimeError), transaction.atomic():
        publish([item("A-1", "供暖报停", 2)])
        assert codes("供暖") == ["A-1"]
        raise RuntimeError
    assert codes("供暖") == []
    assert codes("用水") == ["A-1"]


@pytest.mark.parametrize("harm", ["gone", "damaged"])
def test_an_index_this_machine_lacks_is_made_at_the_first_question(harm):
    """Seen to fail once with the making taken out of `search._open`."""
    publish(plain())
    folder = shelf.place(Path(settings.HOME) / "search", SearchIndex.objects.get().build)
    search._open.cache_clear()
    if harm == "gone":
        shutil.rmtree(folder)
    else:
        (folder / "meta.json").write_bytes(b"")
    assert codes("办执照")[0] == "A-2"
    assert folder.is_dir()
