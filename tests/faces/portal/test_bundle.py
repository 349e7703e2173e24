"""一件事 from home, page by page, without scripts and without an account until the end."""

import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.faces.portal.reading import Page
from tests.factories import chains as made_chains
from tests.factories import county as factory
from yichuang.cases import drafts, tracking
from yichuang.cases.models import Bundle, Case, Draft, Link
from yichuang.catalogue.models import ItemVersion

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("outbox")]
PHONE = "138 0000 1234"
BUDGET = 16  # SQL statements of one page: four more than an item's, for the chain and its guides


@pytest.fixture
def aid(county):
    """The allowance and the land share a form and the card; the water is guided; two exclude each
    other."""
    return made_chains.chain(
        (factory.ALLOWANCE, ()),
        (factory.HOUSE, (1,)),
        (factory.WATER, (), {"optional": True}),
        (factory.SHOP, (), {"alternative": "shop"}),
        (factory.HYGIENE, (), {"alternative": "shop"}),
    )


class Family:
    def __init__(self, client):
        self.client = client
        self.at = self.root = ""

    def begins(self, **data):
        answer = self.client.post("/chains/test/apply", data)
        assert answer.status_code == 302, answer.content.decode()
        self.at = answer["Location"]
        self.root = "/".join(self.at.split("/")[:3])

    def reads(self, slug):
        return Page(self.client.get(f"{self.root}/{slug}"), [])

    def answers(self, slug, **data):
        address = f"{self.root}/{slug}"
        page = Page(self.client.get(address), [])
        form = page.soup.find("main").find("form")
        hidden = {one["name"]: one.get("value", "") for one in form.select("input[type=hidden]")}
        answer = self.client.post(address, {**hidden, **data})
        if answer.status_code == 302:
            self.at = answer["Location"]
        return Page(answer, [])

    def fills_in(self):
        self.answers("who", answer="self")
        self.answers("town", answer=factory.TOWN)
        self.answers("village", answer=factory.VILLAGE)
        for key, value in factory.ALONE.items():
            self.answers(f"q-qh_05_002_{key}", answer=value)
        self.answers("f-family_size", family_size="3", income_month="600")
        self.answers("f-housing", housing="rent")
        self.answers("f-reason", reason="家里有病人")
        for seq in self.open_materials():
            self.client.post(f"{self.root}/materials/{seq}", {"act": "way", "answer": "bring"})
        self.answers("receive", answer="mail")
        self.answers("address", answer="青溪镇演示路9号（虚构）")
        self.answers("me", name="𬭩试样", identity=factory.identity())
        self.answers("phone", answer=PHONE)

    def open_materials(self):
        found = self.reads("materials").soup.select("main a[href*='/materials/']")
        return [one["href"].rsplit("/", 1)[1] for one in found]

    def files(self, outbox):
        self.client.post(f"{self.root}/confirm", {"act": "send"})
        sent = outbox.read_text(encoding="utf-8").splitlines()[-1]
        code = re.search(r"\d{6}", json.loads(sent)["text"])[0]
        return self.client.post(f"{self.root}/confirm", {"act": "code", "code": code})

    @property
    def opened(self):
        return drafts.opened(secret=self.root.split("/")[2], on=factory.AT.date())


@pytest.fixture
def family(aid, client):
    return Family(client)


def test_the_chain_leads_to_one_application(aid, client):
    page = Page(client.get("/chains/test"), [])
    assert page.soup.find("a", href="/chains/test/apply")
    start = Page(client.get("/chains/test/apply"), [])
    ticked = {box["value"] for box in start.soup.select("input[name=step][checked]")}
    assert ticked == {"1", "2"}
    assert len(start.soup.select("input[name=one-of-shop]")) == 3
    assert "要您自己去办" in start.main


def test_nothing_chosen_and_alternatives_are_told(aid, client):
    assert client.post("/chains/test/apply", {}).status_code == 422
    both = client.post("/chains/test/apply", {"step": ["4", "5"]})
    assert both.status_code == 422 and "只能选一项" in both.content.decode()
    assert not Draft.objects.exists()


def test_each_fact_is_asked_once_and_each_material_listed_once(family):
    family.begins(step=["1", "2"])
    family.fills_in()
    page = family.reads("materials")
    for name in ("一件事联合申请表", "居民身份证", "收入证明", "银行卡"):
        assert page.main.count(name) == 1, name


def test_filed_with_the_code_it_is_one_matter(family, outbox):
    """The whole way; the draft's content goes; tracked by one code and found in the account."""
    family.begins(step=["1", "2", "3"])
    family.fills_in()
    check = family.reads("check")
    assert "要办的事项" in check.main and "还没有填完" not in check.main
    answer = family.files(outbox)
    assert answer.status_code == 302 and answer["Location"].endswith("/done"), (
        answer.content.decode()
    )
    bundle = Bundle.objects.get()
    states = dict(Link.objects.values_list("seq", "state"))
    assert states == {1: "open", 2: "waiting", 3: "guided"}
    case = Case.objects.get()
    assert (case.state, case.channel, case.outlet_id) == ("received", "portal", factory.CENTRE)
    assert case.owner_user == bundle.owner_user is not None
    done = family.reads("done")
    assert bundle.number in done.main and "整件事已经提交" in done.main
    draft = Draft.objects.get()
    assert (draft.state, bytes(draft.content_sealed), draft.bundle_id) == ("filed", b"", bundle.pk)
    code = done.soup.select("main a[href^='/track/']")[-1]["href"]
    tracked = Page(family.client.get(code), [])
    mine = Page(family.client.get("/mine"), [])
    assert "试一件事" in mine.main and bundle.number in mine.main
    again = family.client.post(f"{family.root}/confirm", {"act": "file"})
    assert again.status_code == 302 and Bundle.objects.count() == 1
    assert "现在轮到您" in tracked.main and "去办“用水报装”" in tracked.main


def test_the_tracking_page_tells_one_story_without_officials_names(family, outbox):
    receipt = made_chains.taken_in("test", (1, 2), factory.ALLOWANCE, factory.HOUSE)
    from_code = tracking.code(receipt.bundle_id)
    page = Page(family.client.get(f"/track/{from_code}"), [])
    assert "收下整件事" in page.main and receipt.number in page.main
    assert factory.CLERK.name not in page.main and factory.identity() not in page.main
    assert "等这些有结果后自动开始" in page.main
    asked = family.client.get("/track", {"code": from_code})
    assert asked["Location"] == f"/track/{from_code}"


def test_steps_are_changed_and_what_was_answered_stays(family):
    family.begins(step=["1", "2"])
    family.fills_in()
    answer = family.client.post(f"{family.root}/steps", {"step": ["2"]})
    assert answer.status_code == 302
    assert "收入证明" not in family.reads("materials").main
    family.client.post(f"{family.root}/steps", {"step": ["1", "2"]})
    content = family.opened.content
    assert content.facts["reason"] == "家里有病人" and content.chosen == (1, 2)
    assert family.client.post(f"{family.root}/steps", {}).status_code == 422


def test_an_item_suspended_in_between_can_be_taken_out(family, outbox):
    family.begins(step=["1", "2"])
    family.fills_in()
    ItemVersion.objects.filter(item=factory.HOUSE).update(state="suspended")
    factory.renew()
    page = family.reads("check")
    assert "暂时不能提交" in page.main and "都对，去提交" not in page.main
    family.client.post(f"{family.root}/steps", {"step": ["1"]})
    assert family.files(outbox).status_code == 302
    assert Case.objects.get().item_id == factory.ALLOWANCE


def test_an_answer_that_ends_one_item_leads_to_the_steps(family):
    family.begins(step=["1", "2"])
    family.answers("who", answer="self")
    family.answers("q-qh_05_002_who", answer="self")
    family.answers("q-qh_05_002_age", answer="child")
    page = family.reads("stop")
    assert "改选要办的事项" in page.main


def test_a_page_costs_little(family):
    family.begins(step=["1", "2"])
    family.fills_in()
    for slug in ("who", "materials", "check"):
        with CaptureQueriesContext(connection) as asked:
            assert family.client.get(f"{family.root}/{slug}").status_code == 200
        assert len(asked) <= BUDGET, [query["sql"][:90] for query in asked]
