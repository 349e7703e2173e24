"""A resident applies from home on a telephone: with scripts (an upload cut and taken up again), and
without any. Clauses T2.1, T2.4, V1.2.
"""

import io
import json
import re

import pytest
from django.conf import settings
from PIL import Image

from tests.factories import county as made
from tests.journeys.people import Visitor, work_off
from yichuang.cases.models import Case

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
AID = "QH-05-002"
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def county(shared_county, settings, tmp_path):
    settings.OUTBOX_ROOT = tmp_path / "outbox"


def photo(size):
    out = io.BytesIO()
    Image.effect_noise((size, size), 90).save(out, "PNG")
    return {"name": "身份证.png", "mimeType": "image/png", "buffer": out.getvalue()}


class Resident(Visitor):
    """Somebody at home with a telephone in hand."""

    def goes_on(self, button="保存并继续"):
        self.page.locator("main").get_by_role("button", name=button, exact=True).click()
        self.page.wait_for_load_state()
        self.looks_around()

    def chooses(self, label):
        self.page.get_by_label(label, exact=True).check()
        self.goes_on()

    def answers_up_to_the_materials(self):
        page = self.page
        page.goto(f"/items/{AID}/apply")
        self.looks_around()
        self.goes_on("开始填写")
        self.chooses("我自己")
        self.chooses("青溪镇")
        page.locator("main input[type=radio], main select").first.wait_for()
        if page.locator("main select").count():
            page.locator("main select").select_option(index=1)
        else:
            page.locator("main input[type=radio]").first.check()
        self.goes_on()
        for label in ("本人来办", "满了", "在标准以下", "没有"):
            self.chooses(label)
        page.get_by_label("家庭人口").fill("３")
        page.get_by_label("家庭每月收入").fill("1200")
        self.goes_on()
        self.chooses("租住")
        page.get_by_label("困难情况").fill("家里有病人（演示）")
        self.goes_on()

    def brings(self, name):
        self.page.get_by_role("link", name=name).click()
        self.looks_around()
        self.page.get_by_label("带到窗口交").check()
        self.goes_on("就这样办")
        self.page.goto(re.sub(r"/materials.*", "/materials", self.page.url))

    def promises(self, name):
        self.page.get_by_role("link", name=name).click()
        self.page.get_by_label("告知承诺").check()
        self.goes_on("就这样办")
        self.page.get_by_label("我是申请人本人").check()
        self.goes_on("我承诺")
        self.page.goto(re.sub(r"/materials.*", "/materials", self.page.url))

    def files(self):
        page = self.page
        page.get_by_role("button", name="继续", exact=True).or_(
            page.get_by_role("link", name="继续", exact=True)
        ).click()
        self.chooses("到网点领取")
        page.locator("main select").select_option(index=1)
        self.goes_on()
        page.get_by_label("您的姓名").fill("𬭩试样")
        page.get_by_label("您的身份证号").fill(made.identity())
        self.goes_on()
        page.get_by_label("您的手机号").fill("13800001234")
        self.goes_on()
        self.sees("提交前再看一遍", made.identity(), "租住")
        page.get_by_role("link", name="都对，去提交").click()
        self.goes_on("发送验证码")
        sent = (settings.OUTBOX_ROOT / "sms.jsonl").read_text(encoding="utf-8").splitlines()[-1]
        page.get_by_label("验证码").fill(re.search(r"\d{6}", json.loads(sent)["text"])[0])
        self.goes_on("提交申请")
        case = Case.objects.get()
        self.sees("已经提交", case.number)
        work_off()
        page.reload()
        with page.expect_download() as download:
            page.get_by_role("link", name="保存 PDF").click()
        assert download.value.suggested_filename.endswith(".pdf")
        return case


def test_with_scripts_an_upload_is_cut_and_goes_on(browser, live_server, barriers, county):
    context = browser.new_context(base_url=live_server.url, locale="zh-CN", viewport=PHONE)
    context.set_default_timeout(10_000)
    page = context.new_page()
    who = Resident(page, barriers)
    who.answers_up_to_the_materials()
    who.brings("银行卡")
    who.promises("收入证明")

    # 90 % of the way the line breaks, and stays broken while the page is loaded again
    page.get_by_role("link", name="居民身份证").click()
    card, sent = photo(1100), []

    def line(route):
        sent.append(route.request.url)
        route.abort() if len(sent) > 2 else route.continue_()

    page.route("**/uploads/*offset=*", line)
    page.locator("input[name=file]").set_input_files(card)
    page.get_by_text("网络断了").first.wait_for()
    who.looks_around()
    page.unroute("**/uploads/*offset=*")
    page.goto(page.url)
    page.get_by_text("上次没有传完").first.wait_for()
    resumed = []
    page.on("request", lambda one: resumed.append(one.url) if "offset=" in one.url else None)
    page.locator("input[name=file]").set_input_files(card)
    page.locator(".portal-files__item").wait_for()
    who.looks_around()
    assert resumed and "offset=0" not in resumed[0].split("?")[1]
    page.goto(re.sub(r"/materials.*", "/materials", page.url))
    who.looks_around()
    case = who.files()
    assert case.materials.get(name="居民身份证").file.content_type == "image/png"
    assert who.faults == []
    context.close()


def test_without_scripts_everything_works(browser, live_server, county):
    context = browser.new_context(
        base_url=live_server.url, locale="zh-CN", viewport=PHONE, java_script_enabled=False
    )
    context.set_default_timeout(10_000)
    page = context.new_page()
    who = Resident(page, lambda page: [])
    who.looks_around = lambda: None  # axe is a script
    who.answers_up_to_the_materials()
    who.brings("银行卡")
    who.promises("收入证明")
    page.get_by_role("link", name="居民身份证").click()
    page.locator("input[name=file]").set_input_files(photo(300))
    who.goes_on("上传")
    page.locator(".portal-files__item").wait_for()
    page.goto(re.sub(r"/materials.*", "/materials", page.url))
    case = who.files()
    assert case.on_behalf == "self" and case.channel == "portal"

    # taken back, after being asked once more
    page.get_by_role("link", name="查进度").last.click()
    page.get_by_role("link", name="撤回这个申请").click()
    who.goes_on("撤回申请")
    assert Case.objects.get().state == "withdrawn"
    context.close()
