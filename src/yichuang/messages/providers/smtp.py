"""E-mail through the SMTP server named in Django's EMAIL_* settings.

SMTP keeps no account and answers no questions: receipts and the daily comparison do not exist for
it. The Message-ID is made of the key, so that two copies show that they are one.
"""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from contextlib import suppress
from datetime import date

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from yichuang.messages.providers import Doubt, NotTaken, Parcel, Rejected, Taken
from yichuang.messages.rules import Line


class Smtp:
    """Whatever EMAIL_BACKEND says, SMTP unless a test says otherwise."""

    name, can_ask = "smtp", False

    def send(self, parcel: Parcel) -> Taken:
        ref = f"<{parcel.key}@{settings.DEFAULT_FROM_EMAIL.rpartition('@')[2].rstrip('>')}>"
        connection = get_connection()
        letter = EmailMessage(
            parcel.subject,
            parcel.text,
            to=[parcel.address],
            headers={"Message-ID": ref},
            connection=connection,
        )
        try:
            connection.open()
        except OSError as error:
            raise NotTaken(type(error).__name__) from None
        try:
            letter.send()
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _text in error.recipients.values()]
            raise (Rejected if all(code >= 500 for code in codes) else NotTaken)(
                f"SMTP {codes}"
            ) from None
        except smtplib.SMTPResponseException as error:
            kind = Rejected if error.smtp_code >= 500 else NotTaken
            raise kind(f"SMTP {error.smtp_code}") from None
        except (OSError, ValueError) as error:
            # ValueError: an address or subject that cannot be a header
            kind = Rejected if isinstance(error, ValueError) else Doubt
            raise kind(type(error).__name__) from None
        finally:
            with suppress(OSError):  # what was taken stays taken, however the goodbye goes
                connection.close()
        return Taken(ref=ref)

    def ask(self, key: str) -> Taken | None:
        raise Doubt("SMTP answers no questions")

    def statement(self, day: date) -> Iterator[Line]:
        raise Doubt("SMTP keeps no account")
