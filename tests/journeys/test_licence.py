"""A licence from the application to its end: granted, in the wallet, shown once, revoked, checked.

国务院令716号 §§10–11; clauses T2.3, T3.4. The desks' own pages are walked in test_matter.
"""

import re

import pytest
from django.conf import settings

from tests.factories import county as made
from tests.journeys.people import Visitor, work_off
from tests.journeys.test_apply import PHONE, Resident, photo
from tests.licences import kit
from yichuang.cases import decision, examination, intake, promises
from yichuang.cases.models import Case
from yichuang.licences.models import Licence

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def county(shared_county, settings, tmp_path):
    settings.OUTBOX_ROOT = tmp_path / "outbox"
    kit.types()


class Holder(Resident):
    """Applies from home, then carries the licence in a telephone."""

    def uploads(self, name):
        page = self.page
        page.get_by_role("link", name=name).click()
        page.locator("input[name=file]").set_input_files(photo(60))
        page.locator(".portal-files__item").wait_for()
        page.goto(re.sub(r"/materials.*", "/materials", page.url))

    def applies(self):
        self.answers_up_to_the_materials()
        self.uploads("居民身份证")
        self.uploads("银行卡")
        self.promises("收入证明")
        return self.files()

    def shows(self, licence):
        """A code for whoever stands opposite; its address."""
        page = self.page
        page.goto(f"/mine/licences/{licence.pk}")
        self.sees(licence.number)
        page.get_by_role("link", name="出示", exact=True).click()
        page.get_by_label("现场检查").check()
        self.goes_on("生成二维码")
        page.locator(".wallet-code img").wait_for()
        return re.search(r"/shown/[\w-]+", page.content())[0]


def decided(case):
    """The staff's part, by their own actions."""
    facts = {"by": made.CLERK, "at": made.AT}
    one = intake.accept(case_id=case.pk, seq=case.seq, **facts)
    two = examination.review(
        case_id=case.pk, seq=one.seq, opinion="符合条件，建议给予", agrees=True,
        by=made.EXAMINER, at=made.AT,
    )  # fmt: skip
    done = decision.grant(
        case_id=case.pk,
        seq=two.seq,
        decision="给予补贴（演示）。",
        by=made.CIVIL_DECIDER,
        at=made.AT,
    )
    work_off()
    return done


def test_a_licence_is_issued_shown_once_and_revoked(browser, live_server, barriers, county):
    settings.PUBLIC_URL = live_server.url
    context = browser.new_context(base_url=live_server.url, locale="zh-CN", viewport=PHONE)
    context.set_default_timeout(10_000)
    holder = Holder(context.new_page(), barriers)
    case = holder.applies()
    done = decided(case)
    licence = Licence.objects.get()
    assert licence.owner_user == Case.objects.get().owner_user

    # the wallet: the card, and the file to keep
    page = holder.page
    page.goto("/mine")
    page.get_by_role("link", name="我的证照").click()
    holder.sees("困难家庭证", licence.number, "长期")
    page.get_by_role("link", name="困难家庭证").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="下载 PDF").click()
    assert download.value.suggested_filename.endswith(".pdf")

    # shown to an inspector, who scans: once, and never again
    address = holder.shows(licence)
    holder.looks_around()
    other = browser.new_context(base_url=live_server.url, locale="zh-CN", viewport=PHONE)
    inspector = Visitor(other.new_page(), barriers)
    inspector.page.goto(address)
    inspector.sees("困难家庭证", "现场检查")
    inspector.page.get_by_label("您是哪个单位的").fill("演示检查组")
    inspector.page.get_by_role("button", name="现在查看").click()
    inspector.sees("𬭩试样", "有效", licence.number)
    assert made.identity() not in inspector.page.content()
    inspector.page.goto(address)
    inspector.sees("不能再看", "看过一次")
    page.goto(f"/mine/licences/{licence.pk}")
    holder.sees("扫码查看", "演示检查组")

    # the promise proves false: the result goes, and the licence with it
    false = promises.check(
        case_id=case.pk, seq=done.seq, position=3, kept=False, finding="收入与承诺不符",
        by=made.EXAMINER, at=made.AT,
    )  # fmt: skip
    promises.revoke(
        case_id=case.pk, seq=false.seq, reason="承诺不实，撤销（演示）", by=made.CIVIL_DECIDER,
        at=made.AT,
    )  # fmt: skip
    work_off()
    page.reload()
    holder.sees("已撤销")
    assert not page.get_by_role("link", name="出示", exact=True).count()
    inspector.page.goto(f"/verify/{licence.paper.verify_code}")
    inspector.sees("已撤销", "不能凭这张证照办事", licence.number)
    assert holder.faults + inspector.faults == []
