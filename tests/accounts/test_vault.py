"""Sealed values open where they belong and nowhere else."""

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from yichuang.accounts import actions, vault
from yichuang.accounts.models import User

from .kit import AT

NUMBER = "11010518991231002X"
PLACE = {"table": "accounts_user", "row": "a", "column": "phone_sealed"}


@given(st.text())
def test_what_was_sealed_opens(text):
    assert vault.open_(vault.seal(text, **PLACE), **PLACE) == text


def test_the_same_text_never_gives_the_same_record():
    assert len({vault.seal(NUMBER, **PLACE) for _ in range(50)}) == 50


@pytest.mark.parametrize(
    "elsewhere",
    [
        {**PLACE, "row": "b"},
        {**PLACE, "column": "identity_sealed"},
        {**PLACE, "table": "cases_case"},
        {"table": "accounts_usera", "row": "", "column": "phone_sealed"},
    ],
)
def test_a_record_moved_elsewhere_does_not_open(elsewhere):
    token = vault.seal(NUMBER, **PLACE)
    with pytest.raises(vault.VaultError):
        vault.open_(token, **elsewhere)


def test_no_bit_may_change_and_no_byte_may_be_missing():
    token = vault.seal(NUMBER, **PLACE)
    for position in range(len(token)):
        flipped = bytearray(token)
        flipped[position] ^= 1
        with pytest.raises(vault.VaultError):
            vault.open_(bytes(flipped), **PLACE)
        with pytest.raises(vault.VaultError):
            vault.open_(token[:position], **PLACE)


def test_plaintext_is_never_taken_for_a_record():
    with pytest.raises(vault.VaultError):
        vault.open_((NUMBER * 3).encode(), **PLACE)


def test_another_key_does_not_open(settings):
    token = vault.seal(NUMBER, **PLACE)
    settings.FIELD_KEY = "another key of a fair length, thirty-two and more"
    with pytest.raises(vault.VaultError):
        vault.open_(token, **PLACE)


def test_rotation_keeps_old_records_readable_until_the_old_key_goes(settings):
    old = vault.seal(NUMBER, **PLACE)
    settings.FIELD_KEYS_PREVIOUS = {1: settings.FIELD_KEY}
    settings.FIELD_KEY = "another key of a fair length, thirty-two and more"
    settings.FIELD_KEY_VERSION = 2
    new = vault.seal(NUMBER, **PLACE)
    assert (vault.sealed_with(old), vault.sealed_with(new)) == (1, 2)
    assert vault.open_(old, **PLACE) == vault.open_(new, **PLACE) == NUMBER
    settings.FIELD_KEYS_PREVIOUS = {}
    assert vault.open_(new, **PLACE) == NUMBER
    with pytest.raises(vault.VaultError):
        vault.open_(old, **PLACE)


def test_the_alarm_names_the_place_and_not_the_value(caplog):
    with pytest.raises(vault.VaultError):
        vault.open_(vault.seal(NUMBER, **PLACE), **{**PLACE, "row": NUMBER})
    assert "accounts_user.phone_sealed" in caplog.text
    assert NUMBER not in caplog.text


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("identity", NUMBER, "11010518991231002x"),
        ("identity", NUMBER, " 110105 18991231 002X "),
        ("identity", NUMBER, "11010518991231002Ｘ"),
        ("identity", "11010519491231002X", "110105491231002"),
        ("phone", "13800001234", "+86 138-0000-1234"),
        ("phone", "13800001234", "8613800001234"),
    ],
)
def test_one_number_has_one_index_however_it_is_typed(kind, one, other):
    assert vault.blind_index(one, kind=kind) == vault.blind_index(other, kind=kind)


def test_indexes_tell_numbers_kinds_and_keys_apart(settings):
    index = vault.blind_index("13800001234", kind="phone")
    assert len(index) == 32
    assert index != vault.blind_index("13800001235", kind="phone")
    assert index != vault.blind_index("13800001234", kind="identity")
    settings.INDEX_KEY = "another key of a fair length, thirty-two and more"
    assert index != vault.blind_index("13800001234", kind="phone")


def test_masks():
    assert vault.mask_identity(NUMBER) == "110105********002X"
    assert vault.mask_identity(NUMBER, public=True) == "1****************X"
    assert vault.mask_identity("12345") == "*****"
    assert vault.mask_phone("13800001234") == "138****1234"
    assert vault.mask_phone("12345") == "***45"
    assert vault.mask_phone("123") == "***"
    assert [vault.mask_name(name) for name in ("张三", "欧阳某", "")] == ["张*", "欧**", ""]


@given(st.text(max_size=30))
def test_masks_keep_length_and_hide_something(text):
    for mask in (vault.mask_identity(text), vault.mask_phone(text)):
        assert len(mask) == len(text)
        assert "*" in mask or not text


@pytest.mark.django_db
def test_no_phone_lies_in_the_database_in_plain():
    phone = "13800005678"
    texts = []
    actions.request_phone_code(phone=phone, sender=lambda **given: texts.append(given), at=AT)
    code = "".join(c for c in texts[0]["text"].split("，")[0] if c.isdigit())
    user = actions.confirm_phone_code(phone=phone, code=code, at=AT)
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            found += [
                bytes(value) if isinstance(value, memoryview) else str(value).encode()
                for row in cursor.fetchall()
                for value in row
            ]
    everything = b"\n".join(found)
    assert user.phone_mask.encode() in everything
    for secret in (phone, phone[2:], f"code {code}"):
        assert secret.encode() not in everything
    assert User.objects.get(phone_index=vault.blind_index(phone, kind="phone")) == user
