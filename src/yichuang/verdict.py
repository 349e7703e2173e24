"""What a rule answers: a Verdict (yes, or no with a reason) and the Refusal raised when it binds.

The stone under the five floors: two plain values, no Django models, no settings. Every text in
them is written for the person who reads it, in Chinese with an English translation.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Verdict:
    """A rule's answer. `reason` and `remedy` are sentences for a person; `basis` cites the rule."""

    yes: bool
    reason: str = ""
    remedy: str = ""
    basis: str = ""
    code: str = ""

    def __bool__(self) -> bool:
        return self.yes

    def enforce(self, *, status: int = 422) -> None:
        """Raise the Refusal this verdict stands for, when it is a no."""
        if not self.yes:
            raise Refusal(
                self.code or "refused",
                self.reason,
                remedy=self.remedy,
                basis=self.basis,
                status=status,
            )


YES = Verdict(True)


def no(code: str, reason: str, *, remedy: str = "", basis: str = "") -> Verdict:
    """A no with its reason, what to do next, and the rule it rests on."""
    return Verdict(False, reason, remedy, basis, code)


class Refusal(Exception):
    """The platform declines to do something, and says so in words.

    code: stable slug ("identity-number-invalid"), the same in every language and face.
    message: what happened, one sentence.   remedy: what to do next, one sentence.
    basis: the article or standard it rests on; empty where it is only our choice.
    status: HTTP status a face answers with.   field: the form field at fault, if one is.
    detail: facts for programs (never personal data).
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        remedy: str = "",
        basis: str = "",
        status: int = 422,
        field: str = "",
        detail: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.remedy = remedy
        self.basis = basis
        self.status = status
        self.field = field
        self.detail = detail or {}

    def __str__(self) -> str:
        return " ".join(str(part) for part in (self.message, self.remedy) if part)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a batch (a pack row, a form field): where, and what, in words."""

    file: str
    row: int
    column: str
    reason: str
    detail: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.file}:{self.row}:{self.column}: {self.reason}"
