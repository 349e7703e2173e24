"""A storage folder per test, pictures and PDFs made on the spot, and one who stores them."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from yichuang.files import actions

AT = datetime(2026, 9, 9, 1, 30, tzinfo=UTC)


class Clerk:
    def journal_record(self):
        return {"name": "测试窗口人员", "role": "clerk"}


@pytest.fixture
def root(tmp_path, settings) -> Path:
    settings.FILES_ROOT = tmp_path / "files"
    return settings.FILES_ROOT


@pytest.fixture
def store(root):
    def keep(content, name="材料.pdf"):
        stream = io.BytesIO(content) if isinstance(content, bytes) else content
        return actions.store(stream=stream, name=name, kind="material", by=Clerk(), at=AT)

    return keep


@pytest.fixture
def left(root):
    """Every file under the storage folder."""
    return lambda: [path for path in root.rglob("*") if path.is_file()]


@pytest.fixture
def pdf() -> bytes:
    return b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@pytest.fixture
def picture():
    """A picture's bytes: picture("JPEG", size=(w, h), **what Pillow's save takes)."""

    def make(kind, size=(40, 30), mode="RGB", **options):
        image = Image.effect_noise(size, 90).convert(mode)
        out = io.BytesIO()
        image.save(out, kind, **options)
        return out.getvalue()

    return make
