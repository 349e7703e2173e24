"""What an independent reader (poppler's pdfsig) says of a signed PDF."""

from __future__ import annotations

import subprocess
from pathlib import Path


def opinion(pdf: bytes, folder: Path) -> str:
    """Its report, certificates left aside: the demonstration's root is in nobody's store."""
    path = folder / "paper.pdf"
    path.write_bytes(pdf)
    done = subprocess.run(
        ["pdfsig", "-nocert", str(path)], capture_output=True, text=True, check=False, timeout=60,
        env={"LC_ALL": "C.UTF-8", "HOME": str(folder), "PATH": "/usr/bin:/usr/local/bin"},
    )  # fmt: skip
    return done.stdout + done.stderr
