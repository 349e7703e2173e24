"""The code by which an applicant follows a case without an account.

Derived from the case's id under the index key: it can be printed again at any time, and the
database alone never gives it away. 128 bits, 26 letters; looked up by digest, so that a wrong code
costs the same as a right one.
"""

from __future__ import annotations

import hashlib
import uuid

from django.utils.translation import gettext as _
from django.utils.translation import override

from yichuang.accounts import roles
from yichuang.accounts.actor import Actor
from yichuang.accounts.vault import blind_index
from yichuang.documents.rules import normal_code, verify_code
from yichuang.verdict import Refusal

LINK = "link"  # the channel of whoever comes with the code


def code(case_id: uuid.UUID) -> str:
    """The case's code: five groups of letters and digits that cannot be misread."""
    return verify_code(blind_index(str(case_id), kind="tracking")[:16])


def index(text: str) -> bytes:
    """What the database keeps of a code. Refusal "tracking-unknown" (404) for what is none."""
    canonical = normal_code(text)
    if not canonical:
        raise unknown()
    return hashlib.sha256(canonical.encode()).digest()


def bearer(case_id: uuid.UUID) -> Actor:
    """Whoever holds the case's code: the applicant, as far as an electronic result is concerned."""
    with override("zh-hans"):  # what is kept is Chinese
        name = str(_("申请人（凭查询码）"))
    return Actor(None, name, roles.RESIDENT, acting_for=f"case:{case_id}", channel=LINK)


def unknown() -> Refusal:
    """The one answer for every code that leads nowhere."""
    return Refusal(
        "tracking-unknown",
        _("没有找到这个查询码对应的办件。"),
        remedy=_("请核对凭证上的查询码，或带身份证到就近的便民服务中心查询。"),
        status=404,
    )
