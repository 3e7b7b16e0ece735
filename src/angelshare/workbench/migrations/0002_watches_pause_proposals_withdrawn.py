from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def settle(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Mark what was told at once as told, so that no digest repeats it."""
    notices = apps.get_model("workbench", "Notice").objects.using(editor.connection.alias)
    told = notices.filter(watch__frequency="immediate", digested_at__isnull=True)
    told.update(digested_at=models.F("at"))


class Migration(migrations.Migration):
    dependencies = [
        ("workbench", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="watch",
            name="paused_at",
            field=models.DateTimeField(help_text="since when it hears nothing; null while it listens", null=True),
        ),
        migrations.AlterField(
            model_name="proposal",
            name="state",
            field=models.CharField(
                choices=[
                    ("open", "Open"),
                    ("published", "Published"),
                    ("rejected", "Rejected"),
                    ("withdrawn", "Withdrawn"),
                ],
                db_index=True,
                default="open",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="proposal",
            name="reason",
            field=models.TextField(blank=True, help_text="why it was rejected or withdrawn"),
        ),
        migrations.AlterField(
            model_name="notice",
            name="digested_at",
            field=models.DateTimeField(
                help_text="when its digest was written, or it was told at once; null while it waits", null=True
            ),
        ),
        migrations.RunPython(settle, migrations.RunPython.noop),
    ]
