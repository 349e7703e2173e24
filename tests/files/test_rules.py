"""Types by content, names made safe, limits in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yichuang.files import rules
from yichuang.verdict import Refusal


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (b"%PDF-1.7\n", rules.PDF),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", rules.JPEG),
        (b"\x89PNG\r\n\x1a\n\x00\x00", rules.PNG),
    ],
)
def test_allowed_types(head, found):
    assert rules.content_type(head) == found


@pytest.mark.parametrize(
    ("head", "named"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", "网页或矢量图"),
        (b"\xef\xbb\xbf <?xml version='1.0'?><svg>", "网页或矢量图"),
        (b"<!DOCTYPE html><script>", "网页或矢量图"),
        (b"MZ\x90\x00", "可执行程序"),
        (b"#!/bin/sh\n", "可执行程序"),
        (b"PK\x03\x04\x14\x00", "办公文档或压缩包"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "办公文档或压缩包"),
        (b"\x00\x00\x00\x18ftypheic", "HEIC"),
        (b"GIF89a", "其他格式的图片"),
        (b"hello", "不是PDF"),
        (b" %PDF-1.7", "不是PDF"),
        (b"\xff\xd8", "不是PDF"),
    ],
)
def test_everything_else_is_refused_by_what_it_is(head, named):
    with pytest.raises(Refusal) as refused:
        rules.content_type(head)
    assert (refused.value.code, refused.value.status) == ("file-not-what-it-says", 415)
    assert named in refused.value.message
    assert refused.value.remedy


@given(st.binary(min_size=1, max_size=64))
def test_content_is_either_allowed_or_refused_never_an_error(head):
    try:
        assert rules.content_type(head) in rules.SUFFIXES
    except Refusal as refused:
        assert refused.code == "file-not-what-it-says"


@pytest.mark.parametrize(
    ("name", "content_type", "clean"),
    [
        ("身份证 正面.JPG", rules.JPEG, "身份证 正面.JPG"),
        ("IMG_1.png", rules.JPEG, "IMG_1.jpg"),
        ("申请书.pdf.exe", rules.PDF, "申请书.pdf.exe.pdf"),
        ("C:\\Users\\某人\\承诺书.pdf", rules.PDF, "承诺书.pdf"),
        ("../../etc/passwd", rules.PDF, "passwd.pdf"),
        ("..", rules.PNG, "未命名.png"),
        ("", rules.PNG, "未命名.png"),
        (".pdf", rules.PDF, "未命名.pdf"),
        ("a\u202egpj.exe\x00\r\n<b>", rules.JPEG, "agpj.exeb.jpg"),
    ],
)
def test_names_are_made_safe(name, content_type, clean):
    assert rules.clean_name(name, content_type) == clean


@given(st.text(max_size=300), st.sampled_from(sorted(rules.SUFFIXES)))
def test_a_clean_name_is_short_bare_and_tells_the_truth(name, content_type):
    clean = rules.clean_name(name, content_type)
    assert clean.lower().endswith(rules.SUFFIXES[content_type])
    assert len(clean) <= rules.MAX_NAME
    assert not set(clean) & set('/\\<>:"|?*\r\n\t\0')


def test_limits_in_words():
    assert rules.in_words(20 * 1024 * 1024) == "20 MB"
    assert rules.in_words(1536) == "1.5 KB"
    assert rules.in_words(10) == "10字节"
