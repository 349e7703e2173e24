"""What a witness signs, and when its silence has lasted too long.

Pure. The statement and its context are docs/journal-format.md's; the idea (a witness co-signs a head
only after a consistency proof from the one before) is the one of the transparency-log community's
tlog-witness and tlog-cosignature drafts, said in the JSON this journal speaks already.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from yichuang.journal import rules

CONTEXT = b"yichuang journal cosignature 1\n"
SKEW = timedelta(minutes=10)  # our choice: beyond it one of the two clocks is wrong, not slow

# Words of a witness's refusal that say our past changed (docs/journal-format.md, "Witness").
CONTRADICTIONS = frozenset({"rollback", "split-view", "bad-proof"})


@dataclass(frozen=True, slots=True)
class Cosignature:
    """That a witness kept the head (size, root, at) of the journal `log` at `witnessed`.

    root, log, key: 32 bytes; signature: 64 bytes; at, witnessed: UTC text.
    """

    size: int
    root: bytes
    at: str
    log: bytes
    witnessed: str
    key: bytes
    signature: bytes

    @property
    def statement(self) -> bytes:
        """The bytes that are signed."""
        return CONTEXT + rules.canonical_json(
            {
                "at": self.at,
                "log": self.log.hex(),
                "root": self.root.hex(),
                "size": self.size,
                "witnessed": self.witnessed,
            }
        )

    def genuine(self, *, log: bytes, key: Ed25519PublicKey) -> bool:
        """Whether the witness with `key`, got by another way, signed exactly this of journal `log`."""
        try:
            key.verify(self.signature, self.statement)
        except InvalidSignature:
            return False
        return self.log == log and self.key == key.public_bytes_raw()

    def content(self) -> dict[str, int | str]:
        """The members of its file."""
        return {
            "size": self.size,
            "root": self.root.hex(),
            "at": self.at,
            "log": self.log.hex(),
            "witnessed": self.witnessed,
            "key": self.key.hex(),
            "signature": self.signature.hex(),
        }

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.witnessed)

    def in_time(self, at: datetime) -> bool:
        """Whether the witness's clock, read while it answered us at `at`, agrees with ours."""
        return abs(self.moment - at) <= SKEW


def too_old(witnessed: datetime | None, at: datetime, hours: int) -> bool:
    """Whether what was last witnessed then is no evidence at `at` any more; never is too old."""
    return witnessed is None or at - witnessed > timedelta(hours=hours)
