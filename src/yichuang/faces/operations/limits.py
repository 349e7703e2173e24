"""How much one request may bring."""

from django.conf import settings


def body_limit(path: str) -> int:
    """The largest body, in bytes, that the page at `path` takes."""
    return int(settings.LARGER_BODIES.get(path, settings.MAX_BODY_BYTES))
