"""Reads the deployment's choices from the environment, and refuses unsafe ones.

Every value may come from NAME or, for secrets, from a file named by NAME_FILE. In demo mode
missing secrets are made once and kept in $YICHUANG_HOME/secrets; in production nothing is made.
"""

from __future__ import annotations

import os
import re
import secrets
from datetime import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

MODES = ("demo", "production", "test")
SHORTEST_SECRET = 32


def text(name: str, default: str = "") -> str:
    """The value of NAME, or the content of the file NAME_FILE points to."""
    path = os.environ.get(f"{name}_FILE")
    if path:
        return Path(path).read_text(encoding="utf-8").strip()
    return os.environ.get(name, default)


def names(name: str) -> list[str]:
    """The comma-separated values of NAME, without blanks."""
    return [part.strip() for part in text(name).split(",") if part.strip()]


def mode() -> str:
    chosen = text("YICHUANG_MODE", "demo")
    if chosen not in MODES:
        raise ImproperlyConfigured(f"YICHUANG_MODE is {chosen!r}; it must be one of {MODES}.")
    return chosen


def home(checkout: Path) -> Path:
    """Where data live: $YICHUANG_HOME, else `var` in the checkout, else `var` here."""
    named = text("YICHUANG_HOME")
    if named:
        return Path(named).expanduser().resolve()
    if (checkout / "pyproject.toml").is_file():
        return checkout / "var"
    return Path("var").resolve()


def secret(name: str, *, of: Path, generate: bool) -> str:
    """A secret from the environment; made once and kept under `of`/secrets where allowed."""
    given = text(name)
    if given:
        return given
    if not generate:
        raise ImproperlyConfigured(
            f"{name} is not set. Production needs its own secret of at least 32 random bytes, "
            f"in {name} or in a file named by {name}_FILE."
        )
    path = of / "secrets" / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f".{name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48), encoding="utf-8")
        try:
            os.link(draft, path)  # first writer wins; web and worker may start together
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text(encoding="utf-8").strip()


def database(url: str, *, of: Path) -> dict:
    """Django's DATABASES entry for DATABASE_URL; SQLite under `of` when it is empty.

    SQLite: WAL, synchronous FULL (an acknowledged case survives power loss), IMMEDIATE
    transactions (deferred ones fail busy under 16 writers), foreign keys on.
    """
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(of / "yichuang.sqlite3"),
            # a file and not memory: tests with threads need several connections to one database
            "TEST": {"NAME": str(of / "test.sqlite3")},
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
            },
            "CONN_MAX_AGE": None,
        }
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise ImproperlyConfigured("DATABASE_URL must begin with postgresql:// (or be empty).")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": dict(parse_qsl(parts.query)).get("host", parts.hostname or ""),
        "PORT": str(parts.port or ""),
        # No health check before each request: after a restart of the database the first request on
        # a stale connection is told 503 and the connection replaced, and every other one is spared
        # a statement.
        "CONN_MAX_AGE": 600,
    }


def loopback(name: str) -> str:
    """The address in NAME of a service on the reader's own machine, "" when none is named.

    Pages may be let to ask it, so it can be nothing else than http://127.0.0.1:<port>.
    """
    address = text(name).rstrip("/")
    if address and not re.fullmatch(r"http://127\.0\.0\.1:[0-9]{2,5}", address):
        raise ImproperlyConfigured(f"{name} is {address!r}; it must be http://127.0.0.1:<port>.")
    return address


def endpoint(name: str) -> str:
    """The address in NAME of a service elsewhere, "" when none is named. https:// only, because a
    token and people's numbers go there; http:// to this machine itself."""
    address = text(name).rstrip("/")
    if address and not re.fullmatch(
        r"https://[^\s?#@]+|http://127\.0\.0\.1:[0-9]{2,5}(/[^\s?#]*)?", address
    ):
        raise ImproperlyConfigured(f"{name} must begin with https:// and hold no name or password.")
    return address


def quiet_hours(name: str, default: str) -> tuple[time, time] | None:
    """The hours in NAME, written 22:00-07:00 (local time); None for "" or "none"."""
    given = text(name, default).strip()
    if given in ("", "none"):
        return None
    try:
        since, until = (time.fromisoformat(part.strip()) for part in given.split("-"))
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {given!r}; write it as 22:00-07:00.") from None
    if since == until:
        raise ImproperlyConfigured(f"{name} is {given!r}: no message would ever go out.")
    return since, until


def one_of(name: str, choices: tuple[str, ...]) -> str:
    """The value of NAME, by default the first choice."""
    chosen = text(name) or choices[0]
    if chosen not in choices:
        raise ImproperlyConfigured(f"{name} is {chosen!r}; it must be one of {choices}.")
    return chosen


def seal_keys(name: str) -> str:
    """Where the keys of the seals are: "file", "pkcs11:<module>?token=<label>", "https://…" or "".

    Plain http only for a service on this machine, since what it signs is force of law.
    """
    named = text(name)
    parts = urlsplit(named)
    if (
        named in ("", "file")
        or (parts.scheme == "pkcs11" and parts.path and dict(parse_qsl(parts.query)).get("token"))
        or (parts.scheme == "https" and parts.hostname)
        or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost"))
    ):
        return named
    raise ImproperlyConfigured(
        f"{name} must be file, pkcs11:<module>?token=<label> or https://<signing service>."
    )


def timestamps(address: str, certificates: str) -> tuple[str, str]:
    """The timestamp authority's address ("none": do without) and the PEM file it is known by."""
    url, path = text(address), os.environ.get(certificates, "")
    if url and url != "none" and (urlsplit(url).scheme not in ("http", "https") or not path):
        raise ImproperlyConfigured(
            f"{address} must be an http(s) address, and {certificates} name a PEM file with the "
            "certificate of the authority or of who issued it."
        )
    return url, path


def witnesses(name: str, *, loopback: bool) -> dict[str, str]:
    """The comma-separated addresses in NAME, each by a name made of its host, port and path.

    https, or http://127.0.0.1:<port> where `loopback`: what a witness answers is signed, but what it
    is asked tells how much happens here. ImproperlyConfigured for others, and for two of one name.
    """
    found: dict[str, str] = {}
    for address in names(name):
        parts = urlsplit(address)
        own = loopback and re.fullmatch(r"http://127\.0\.0\.1:[0-9]{2,5}/?", address)
        plain = not (parts.username or parts.password or parts.query or parts.fragment)
        if not own and not (parts.scheme == "https" and parts.hostname and plain):
            raise ImproperlyConfigured(f"{name}: {address!r} must be an https:// address.")
        slug = re.sub(r"[^a-z0-9]+", "-", (parts.netloc + parts.path).lower()).strip("-")
        if slug in found or slug == "journal":
            raise ImproperlyConfigured(f"{name}: {address!r} needs a name of its own.")
        found[slug] = address.rstrip("/")
    return found


def witness_hours(name: str, among: dict[str, str]) -> int:
    """The number of hours in NAME, 0 when it is empty; none can be asked for without a witness."""
    given = text(name) or "0"
    if not re.fullmatch(r"[0-9]{1,4}", given) or (int(given) and not among):
        raise ImproperlyConfigured(
            f"{name} is {given!r}; it must be a number of hours, and needs YICHUANG_WITNESSES."
        )
    return int(given)


def unsafe(*, debug: bool, secrets: dict[str, str], hosts: list[str], public_url: str) -> list[str]:
    """What makes these choices unfit for production: one sentence each, with what to do."""
    faults = []
    if debug:
        faults.append("YICHUANG_DEBUG is on and would show code and data to strangers; unset it.")
    for name, value in secrets.items():
        if len(value) < SHORTEST_SECRET or len(set(value)) < 10:
            faults.append(
                f"{name} is too short or too plain; set at least {SHORTEST_SECRET} random "
                "characters (openssl rand -base64 48)."
            )
    if len(set(secrets.values())) < len(secrets):
        faults.append("Two secrets are the same; each needs a value of its own.")
    if not hosts:
        faults.append("YICHUANG_HOSTS is empty; name the hosts this site answers to.")
    if any("*" in host or host.startswith(".") for host in hosts):
        faults.append("YICHUANG_HOSTS has a wildcard; name each host in full.")
    if not public_url.startswith("https://"):
        faults.append("YICHUANG_PUBLIC_URL must begin with https://.")
    return faults


def refuse_unsafe(**choices: Any) -> None:
    """Raise ImproperlyConfigured naming every fault `unsafe` finds, at once."""
    faults = unsafe(**choices)
    if faults:
        raise ImproperlyConfigured("Not started, because:\n- " + "\n- ".join(faults))
