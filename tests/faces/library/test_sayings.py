"""Searches that found nothing, and the sayings that answer them. Clause T2.1."""

from tests.faces.library.conftest import ITEM
from tests.faces.library.reading import press, words
from tests.factories import county as made
from yichuang.catalogue import search, upkeep
from yichuang.catalogue.models import Alias, SearchMiss

SAID = "俺娘的活命钱"


def miss(text=SAID, times=3):
    for _time in range(times):
        upkeep.note_miss(text, made.AT.date())


def test_misses_stand_by_count(owner):
    miss("打井", 2)
    miss(times=5)
    said = words(owner.get("/library/misses"))
    assert said.index(SAID) < said.index("打井")


def test_a_miss_is_answered_in_two_presses_and_found_at_once(owner):
    miss()
    page = owner.get("/library/misses", {"text": SAID, "q": "生活困难"})
    assert "指的是哪个事项" in words(page)
    sent = {"text": SAID, "q": "生活困难", "said": SAID, "item": ITEM}
    answer = owner.post("/library/misses/answer", sent, follow=True)
    assert "第一个就是“生活困难补贴给付”" in words(answer)
    assert "没有待处理的问法" in words(answer)
    assert search.search(SAID, on=made.AT.date())[0].code == ITEM
    assert SearchMiss.objects.get().state == "answered"


def test_a_refused_saying_comes_back_with_what_was_typed(owner):
    miss()
    sent = {"text": SAID, "q": "生活困难", "said": "  ", "item": ITEM}
    answer = owner.post("/library/misses/answer", sent)
    assert answer.status_code == 422
    assert "没有写说法" in words(answer)
    assert "生活困难补贴给付" in words(answer)


def test_a_miss_can_be_dismissed(owner):
    miss()
    answer = press(owner, "/library/misses", action="/library/misses/dismiss")
    assert answer.status_code == 302
    assert SearchMiss.objects.get().state == "dismissed"
    assert SAID in words(owner.get("/library/misses?state=dismissed"))


def test_an_item_gains_and_loses_a_saying(owner):
    path = f"/library/items/{ITEM}/sayings"
    assert press(owner, path, said="活命钱").status_code == 302
    assert Alias.objects.get().said == "活命钱"
    again = press(owner, path, said="活命钱")
    assert again.status_code == 409
    assert "已经有" in words(again)
    assert press(owner, path, action=f"{path}/remove").status_code == 302
    assert not Alias.objects.exists()


def test_added_sayings_go_back_into_the_pack(owner):
    for said in ("活命钱", "=1+1;x"):
        upkeep.add_alias(item_code=ITEM, said=said, by=made.Actor(1, "甲", "bureau"), at=made.AT)
    rows = owner.get("/library/sayings.csv").content.decode("utf-8-sig").splitlines()
    assert rows[0] == "code,name,aliases"
    assert rows[1].startswith(f"{ITEM},生活困难补贴给付,")
    assert rows[1].endswith("1+1；x;活命钱")
