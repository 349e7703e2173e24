"""How a sign-in code leaves the platform: a callable taking phone, text and the moment."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Sender(Protocol):
    """Delivers one message, or raises OSError when it could not be handed over."""

    def __call__(self, *, phone: str, text: str, at: datetime) -> None: ...
