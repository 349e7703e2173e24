"""Licences of 青禾县: one for a house, one for the allowance; residents with accounts."""

from dataclasses import replace
from datetime import timedelta

from tests.factories import county as made
from yichuang.accounts import vault
from yichuang.accounts.actor import Actor
from yichuang.accounts.models import User
from yichuang.cases.rules import MaterialEntry
from yichuang.licences.models import Licence
from yichuang.licences.rules import TypeDraft
from yichuang.licences.types import publish_types

HOUSE_CARD = TypeDraft(
    code="house", name="建房用地批准书", name_en="Approval of land for a house",
    items=(made.HOUSE,), holder_kind="person", fields=(), validity="36m", word="宅批",
    catalogue_code="", materials=("收入证明",), basis="虚构依据", basis_confirmed=False, draft=True,
)  # fmt: skip
AID_CARD = TypeDraft(
    code="aid", name="困难家庭证", name_en="Hardship card", items=(made.HARDSHIP, made.ALLOWANCE),
    holder_kind="person", fields=(("family_size", "家庭人口"),), validity="", word="困证",
    catalogue_code="", materials=("残疾人证",), basis="", basis_confirmed=False, draft=True,
    row=3,
)  # fmt: skip
NUMBER = made.identity()


def types(*drafts):
    return publish_types(drafts or (HOUSE_CARD, AID_CARD), by=made.SYSTEM, at=made.AT)


def resident(phone=made.PHONE, name="居民试样"):
    """A resident who signed in with this phone."""
    user = User.objects.create(
        kind="resident", display_name=name, created_at=made.AT, phone_mask=vault.mask_phone(phone),
        phone_index=vault.blind_index(phone, kind="phone"), phone_sealed=b"sealed elsewhere",
    )  # fmt: skip
    return Actor(user.pk, name, "resident", channel="portal")


def issued(at=made.AT, **changes):
    """A house card issued and sealed, from an application at the counter."""
    receipt = made.granted_and_sealed(at=at, **changes)
    return Licence.objects.get(stream_of_case=f"case:{receipt.case_id}")


def owned(actor=None, **changes):
    """A house card in somebody's wallet, and that somebody."""
    actor = actor or resident()
    licence = issued(**changes)
    Licence.objects.filter(pk=licence.pk).update(owner_user=actor.person_id)
    licence.refresh_from_db()
    return licence, actor


def borrowing(licence, *, consent=True, position=3, **changes):
    """An application for the allowance in which the licence stands for the proof of income."""
    asked = made.allowance(**changes)
    rows = [row for row in asked.materials if row.position != position]
    rows.append(MaterialEntry(position, "held", held_ref=f"licence:{licence.pk}", consent=consent))
    return replace(asked, materials=tuple(sorted(rows, key=lambda row: row.position)))


def later(**more):
    return made.AT + timedelta(**more)


def at_home(client, actor, at=made.AT):
    """The client's browser, signed in as this resident."""
    user = User.objects.get(pk=actor.person_id)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session["opened_at"] = session["seen_at"] = at.isoformat()
    session.save()
    return client
