from django.db import migrations

from yichuang.journal import guard


class Migration(migrations.Migration):
    """Entries become append-only in the database itself."""

    dependencies = [("journal", "0001_initial")]

    operations = [
        migrations.RunPython(
            lambda apps, editor: guard.raise_guard(editor.connection),
            lambda apps, editor: guard.lower_guard(editor.connection),
        ),
    ]
