"""Sends nothing: shows messages on the console and keeps them in OUTBOX_ROOT. Demo and tests."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from yichuang.accounts.vault import mask_phone
from yichuang.messages import rules
from yichuang.messages.providers import Parcel, Taken


class Development:
    """Every message is a line of <channel>.jsonl, which serves as the provider's account too."""

    can_ask = True

    def __init__(self, channel: str) -> None:
        self.channel = channel
        self.name = f"development-{channel}"

    @property
    def _path(self) -> Path:
        return settings.OUTBOX_ROOT / f"{self.channel}.jsonl"

    def send(self, parcel: Parcel) -> Taken:
        to = mask_address(self.channel, parcel.address)
        line = {"at": parcel.at.isoformat(), "to": to, "text": parcel.text, "key": parcel.key}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as outbox:
            outbox.write(json.dumps(line, ensure_ascii=False) + "\n")
        label = "SMS" if self.channel == rules.SMS else "MAIL"
        sys.stderr.write(f"[{label}] {to} {parcel.text}\n")
        return Taken(ref=parcel.key, segments=rules.segments(parcel.text))

    def ask(self, key: str) -> Taken | None:
        for line in self._lines():
            if line["key"] == key:
                return Taken(ref=key, segments=rules.segments(line["text"]), state="delivered")
        return None

    def statement(self, day: date) -> Iterator[rules.Line]:
        for line in self._lines():
            if timezone.localdate(datetime.fromisoformat(line["at"])) == day:
                yield rules.Line(line["key"], rules.segments(line["text"]), line["key"])

    def _lines(self) -> Iterator[dict[str, str]]:
        if self._path.exists():
            with self._path.open(encoding="utf-8") as outbox:
                yield from map(json.loads, outbox)


def mask_address(channel: str, address: str) -> str:
    """138****1234, or a***@example.org."""
    if channel == rules.SMS:
        return mask_phone(address)
    name, _at, host = address.rpartition("@")
    return f"{name[:1]}***@{host}"[:80]
