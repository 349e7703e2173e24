"""Messages to applicants move to the outbox of `messages`, with what was and was not sent."""

from django.db import migrations

from yichuang.accounts import vault

TABLE = "outgoing_message"
STATES = {"pending": "pending", "sent": "handed_over", "failed": "dead"}
PROVIDER = "before-outbox"  # no provider's account is compared with these


def carry(apps, schema_editor):
    """Every notice as a message, its address sealed anew to where it now lies. One whose phone does
    not open keeps its history; if it still had to go out, it waits for a person."""
    Notice = apps.get_model("cases", "Notice")
    Applicant = apps.get_model("cases", "Applicant")
    Message = apps.get_model("outgoing", "Message")
    batch = []
    for notice in Notice.objects.order_by("pk").iterator(chunk_size=500):
        batch.append(message_of(notice, Applicant, Message))
        if len(batch) == 500:
            Message.objects.bulk_create(batch)
            batch = []
    Message.objects.bulk_create(batch)


def message_of(notice, Applicant, Message):
    state = STATES[notice.state]
    message = Message(
        key=f"entry:{notice.entry_index}",
        channel="sms",
        template="case-step",
        stream=f"case:{notice.case_id}",
        address_sealed=b"",
        body=notice.body,
        state=state,
        attempts=0 if state == "pending" else notice.attempts,
        next_try_at=notice.made_at if state == "pending" else None,
        provider=PROVIDER if state == "handed_over" else "",
        made_at=notice.made_at,
        handed_at=(notice.sent_at or notice.made_at) if state == "handed_over" else None,
    )
    who = Applicant.objects.filter(case_id=notice.case_id).first()
    try:
        if who is None:
            raise vault.VaultError("nobody")
        phone = vault.open_(
            who.phone_sealed, table="cases_applicant", row=str(who.pk), column="phone"
        )
    except vault.VaultError:
        if state == "pending":
            message.state, message.next_try_at = "dead", None
            message.error = "address does not open"
        return message
    message.address_sealed = vault.seal(phone, table=TABLE, row=str(message.uid), column="address")
    message.address_mask = vault.mask_phone(phone)
    return message


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_one_window"), ("outgoing", "0001_initial")]

    operations = [
        migrations.RunPython(carry, migrations.RunPython.noop),
        migrations.DeleteModel(name="Notice"),
    ]
