"""Installs what the tests need beyond Python packages, or says in one line what to install.

Root on a Debian-like system: by apt, quietly. Everybody else: one line and exit code 1.
Only the standard library: this runs before anything of ours.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

FONTS = ("/usr/share/fonts", "/usr/local/share/fonts", str(Path.home() / ".local/share/fonts"))


def has_postgres() -> bool:
    return bool(shutil.which("initdb")) or any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


def chromium() -> str | None:
    """The browser the journeys drive."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    return None


def has_chinese_font() -> bool:
    return any(
        next(Path(folder).rglob(pattern), None)
        for folder in FONTS
        for pattern in ("NotoSansCJK*", "NotoSerifCJK*", "SourceHan*")
    )


NEEDS: dict[str, Callable[[], object]] = {
    "postgresql": has_postgres,
    "chromium": chromium,
    "fonts-noto-cjk": has_chinese_font,
    "poppler-utils": lambda: shutil.which("pdftoppm"),
    "softhsm2": lambda: shutil.which("softhsm2-util"),
    "openssl": lambda: shutil.which("openssl"),
}


def lacking() -> list[str]:
    return [package for package, present in NEEDS.items() if not present()]


def install(packages: list[str]) -> str:
    """Install by apt; the output of the step that failed, or nothing."""
    # RUNLEVEL=1 keeps the package from starting a server of its own
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for step in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        done = subprocess.run(
            ["apt-get", "-qq", *step],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            return done.stdout + done.stderr
    return ""


def main() -> int:
    missing = lacking()
    if not missing:
        return 0
    wanted = " ".join(missing)
    if os.geteuid() == 0 and shutil.which("apt-get"):
        sys.stdout.write(f"Installing what the tests need: {wanted}\n")
        sys.stdout.flush()
        sys.stderr.write(install(missing))
        missing = lacking()
    if missing:
        wanted = " ".join(missing)
        sys.stderr.write(f"The tests need: {wanted} (Debian: sudo apt-get install {wanted}).\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
