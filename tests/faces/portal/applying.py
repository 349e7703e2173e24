"""Somebody applying from home without scripts and without an account: what they do, page by page."""

import io
import json
import re

from PIL import Image

from tests.faces.portal.reading import Page
from tests.factories import county as factory
from yichuang.cases import drafts
from yichuang.catalogue.models import ItemVersion

AID = "QH-05-002"  # four questions, four facts; promises, 容缺, held materials
PHONE = "138 0000 1234"


def picture(colour="white"):
    out = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(out, "JPEG")
    out.seek(0)
    out.name = "照片.jpg"
    return out


class Applicant:
    """Somebody filling in, one page after another."""

    def __init__(self, client, item=AID):
        self.client, self.item, self.at = client, item, ""

    def begins(self, **more):
        answer = self.client.post(f"/items/{self.item}/apply", more)
        assert answer.status_code == 302, answer.content.decode()
        self.at = answer["Location"]
        self.root = "/".join(self.at.split("/")[:3])
        return self

    def reads(self, slug=None):
        return Page(self.client.get(f"{self.root}/{slug}" if slug else self.at), [])

    def answers(self, slug=None, **data):
        """Send what the page's own form holds, with `data` filled in; on to where it leads."""
        address = f"{self.root}/{slug}" if slug else self.at
        page = Page(self.client.get(address), [])
        hidden = {
            one["name"]: one.get("value", "")
            for one in page.soup.find("main").find("form").select("input[type=hidden]")
        }
        answer = self.client.post(address, {**hidden, **data})
        if answer.status_code == 302:
            self.at = answer["Location"]
        return Page(answer, [])

    @property
    def opened(self):
        return drafts.opened(secret=self.root.split("/")[2], on=factory.AT.date())


def up_to_materials(who, *, disabled="no"):
    who.answers("who", answer="self")
    who.answers("town", answer=factory.TOWN)
    who.answers("village", answer=factory.VILLAGE)
    for key, value in (
        ("who", "self"),
        ("age", "adult"),
        ("income", "low"),
        ("disabled", disabled),
    ):
        who.answers(f"q-{key}", answer=value)
    who.answers("f-family_size", family_size="３", income_month="1,200元")
    who.answers("f-housing", housing="rent")
    who.answers("f-reason", reason="家里有病人")
    return who


def through(who, *, name="𬭩试样", identity=None):
    """From the materials to the last look."""
    who.answers("receive", answer="collect")
    who.answers("collect", answer=factory.CENTRE)
    who.answers("me", name=name, identity=identity or factory.identity())
    who.answers("phone", answer=PHONE)
    return who


def brings_everything(who):
    page = who.reads("materials")
    for link in page.soup.select(".zw-task-list__link"):
        who.client.post(link["href"], {"act": "way", "answer": "bring"})


def sends(client, root, outbox):
    """The code to the phone, and the code back; where it leads."""
    client.post(f"{root}/confirm", {"act": "send"})
    text = json.loads(outbox.read_text(encoding="utf-8").splitlines()[-1])["text"]
    return Page(
        client.post(f"{root}/confirm", {"act": "code", "code": re.search(r"\d{6}", text)[0]}), []
    )


def uploads(who, seq, file=None):
    return Page(
        who.client.post(
            f"{who.root}/materials/{seq}", {"act": "upload", "file": file or picture()}
        ),
        [],
    )


def seq_of(name):
    return ItemVersion.objects.get(item=AID).materials.get(name=name).seq


def filed(client, outbox, **more):
    who = up_to_materials(Applicant(client).begins())
    uploads(who, seq_of("居民身份证"))
    client.post(f"{who.root}/materials/{seq_of('银行卡')}", {"act": "way", "answer": "later"})
    client.post(f"{who.root}/materials/{seq_of('收入证明')}/promise", {"agreed": "on"})
    through(who, **more)
    return who, sends(client, who.root, outbox)
