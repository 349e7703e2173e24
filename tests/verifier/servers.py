"""A witness as another body runs it: its own process, its own folder, a loopback port."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives import serialization

PROGRAMS = Path(__file__).resolve().parents[2] / "verifier"


def pem(key):
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


@contextmanager
def witness(folder, *watched, program=PROGRAMS / "witness.py", port=0):
    """(process, url) of a witness on `folder` that watches the journals with these public keys."""
    (folder / "journals").mkdir(parents=True, exist_ok=True)
    for number, key in enumerate(watched):
        (folder / "journals" / f"{number}.pem").write_bytes(pem(key))
    with subprocess.Popen(
        [sys.executable, str(program), str(folder), "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={"PATH": os.environ["PATH"]},
    ) as process:
        try:
            said = process.stdout.readline()
            assert said.startswith("witness on 127.0.0.1:"), said
            yield process, "http://" + said.split()[-1]
        finally:
            process.send_signal(signal.SIGKILL)
