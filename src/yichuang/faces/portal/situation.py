"""The answers to an item's situational questions in an address: `?s.kind=new&s.land=farm`.

Nothing of the person is in them, so an address with answers may be kept, printed and passed on.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

PREFIX = "s."
LONGEST = 60  # characters of a key or a value; longer ones are no answer of ours
MOST = 40  # answers


def given(query: Mapping[str, str]) -> dict[str, str]:
    """Question key → answer, as an address says it; what it is worth the catalogue knows."""
    said = {
        name.removeprefix(PREFIX): query[name]
        for name in query
        if name.startswith(PREFIX) and len(name) <= LONGEST and len(query[name]) <= LONGEST
    }
    return dict(list(said.items())[:MOST])


def fields(answers: Mapping[str, str]) -> dict[str, str]:
    """The answers under the names they have in an address."""
    return {f"{PREFIX}{key}": value for key, value in answers.items()}


def query(answers: Mapping[str, str], **more: str) -> str:
    """`?…` with the answers and whatever else is not empty; "" for nothing."""
    encoded = urlencode({**{k: v for k, v in more.items() if v}, **fields(answers)})
    return f"?{encoded}" if encoded else ""
