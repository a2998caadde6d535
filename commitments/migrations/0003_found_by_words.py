from typing import Any

from django.db import migrations, models

import commitments.models.findables

# Both are part of the database itself: no extension, no right that an owner of the tables has not.
INDEX = {
    "postgresql": "CREATE INDEX commitments_findable_words ON commitments_findable USING gin (tokens) "
    "WITH (fastupdate = off)",
    "sqlite": "CREATE VIRTUAL TABLE commitments_findable_words USING fts5("
    "tokens, content='commitments_findable', content_rowid='id', tokenize='ascii')",
}
DROP = {
    "postgresql": "DROP INDEX commitments_findable_words",
    "sqlite": "DROP TABLE commitments_findable_words",
}


def index(apps: Any, editor: Any) -> None:
    """What is in the register already is read once the triggers are installed, after this."""
    editor.execute(INDEX[editor.connection.vendor])


def drop(apps: Any, editor: Any) -> None:
    """The triggers first: they write to the tables that are taken away."""
    from commitments import indexing

    indexing.remove(editor.connection.alias)
    editor.execute(DROP[editor.connection.vendor])


class Migration(migrations.Migration):
    dependencies = [
        ("commitments", "0002_calendars_and_horizon"),
    ]

    operations = [
        migrations.CreateModel(
            name="Unread",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=10)),
                ("object_id", models.BigIntegerField()),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Findable",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("commitment", "Commitment"),
                            ("provision", "Provision"),
                            ("meeting", "Meeting"),
                            ("forum", "Forum"),
                            ("document", "Document"),
                        ],
                        max_length=10,
                    ),
                ),
                ("object_id", models.BigIntegerField()),
                ("texts", models.JSONField()),
                ("tokens", commitments.models.findables.TokensField()),
            ],
            options={
                "ordering": ["kind", "object_id"],
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "object_id"), name="commitments_findable_once")
                ],
            },
        ),
        migrations.RunPython(index, drop),
    ]
