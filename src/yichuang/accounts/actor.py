"""Who acts: the one frozen value that replaces `user` below the faces."""

from __future__ import annotations

from dataclasses import dataclass

from yichuang.accounts import roles


@dataclass(frozen=True, slots=True)
class Actor:
    """A person in a post, as every permission and every journal entry sees them.

    person_id: accounts.User id; None for the system.    post_id: None for residents.
    organ_code, outlet_code, place_code: where the post stands; empty where it has none.
    acting_for: whom a helper acts for.    device, channel, request_id: how the call came in.
    """

    person_id: int | None
    name: str
    role: str
    post_id: int | None = None
    organ_code: str = ""
    outlet_code: str = ""
    place_code: str = ""
    acting_for: str = ""
    device: str = ""
    channel: str = ""
    request_id: str = ""

    def journal_record(self) -> dict[str, str]:
        """What the journal keeps of the author: text only, empty parts left out."""
        parts = {
            "person": "" if self.person_id is None else str(self.person_id),
            "name": self.name,
            "role": self.role,
            "post": "" if self.post_id is None else str(self.post_id),
            "organ": self.organ_code,
            "outlet": self.outlet_code,
            "place": self.place_code,
            "acting_for": self.acting_for,
            "device": self.device,
            "channel": self.channel,
            "request": self.request_id,
        }
        return {key: value for key, value in parts.items() if value}


def system(name: str, *, channel: str = "") -> Actor:
    """The platform acting by itself: a timer, a worker, a command typed by the operator."""
    return Actor(None, name, roles.SYSTEM, channel=channel)
