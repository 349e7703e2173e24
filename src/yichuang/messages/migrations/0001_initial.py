import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Message",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "uid",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, unique=True, verbose_name="发送标识"
                    ),
                ),
                ("key", models.CharField(max_length=120, unique=True, verbose_name="幂等键")),
                (
                    "channel",
                    models.CharField(
                        choices=[("sms", "短信"), ("email", "电子邮件")],
                        max_length=8,
                        verbose_name="渠道",
                    ),
                ),
                ("template", models.CharField(max_length=40, verbose_name="模板")),
                ("stream", models.CharField(blank=True, max_length=100, verbose_name="所属对象")),
                ("address_sealed", models.BinaryField(verbose_name="地址（加密）")),
                ("address_mask", models.CharField(max_length=80, verbose_name="地址（脱敏）")),
                ("body", models.CharField(blank=True, max_length=500, verbose_name="内容")),
                ("urgent", models.BooleanField(default=False, verbose_name="加急")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "待发"),
                            ("sending", "正在发"),
                            ("handed_over", "已交通道"),
                            ("delivered", "已送达"),
                            ("dead", "发不出去，待人处理"),
                            ("failed", "已停发"),
                        ],
                        default="pending",
                        max_length=12,
                        verbose_name="状态",
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="尝试次数")),
                ("in_doubt", models.BooleanField(default=False, verbose_name="对方可能已收下")),
                (
                    "next_try_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="下一步时间"),
                ),
                ("provider", models.CharField(blank=True, max_length=40, verbose_name="通道")),
                (
                    "provider_ref",
                    models.CharField(blank=True, max_length=100, verbose_name="通道编号"),
                ),
                ("segments", models.PositiveSmallIntegerField(default=0, verbose_name="条数")),
                ("error", models.CharField(blank=True, max_length=200, verbose_name="最近的错误")),
                ("made_at", models.DateTimeField(verbose_name="生成时间")),
                ("handed_at", models.DateTimeField(blank=True, null=True, verbose_name="交出时间")),
                (
                    "delivered_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="送达时间"),
                ),
                (
                    "replaces",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaced_by",
                        to="outgoing.message",
                        verbose_name="代替",
                    ),
                ),
            ],
            options={
                "verbose_name": "消息",
                "verbose_name_plural": "消息",
            },
        ),
        migrations.CreateModel(
            name="Reconciliation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(verbose_name="日期")),
                ("provider", models.CharField(max_length=40, verbose_name="通道")),
                ("ours", models.PositiveIntegerField(verbose_name="我方数")),
                ("theirs", models.PositiveIntegerField(default=0, verbose_name="对方数")),
                ("our_segments", models.PositiveIntegerField(verbose_name="我方条数")),
                ("their_segments", models.PositiveIntegerField(default=0, verbose_name="对方条数")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("balanced", "一致"),
                            ("differs", "有差异"),
                            ("no_statement", "没有对方账单"),
                        ],
                        max_length=12,
                        verbose_name="状态",
                    ),
                ),
                ("error", models.CharField(blank=True, max_length=200, verbose_name="原因")),
                ("made_at", models.DateTimeField(verbose_name="对账时间")),
            ],
            options={
                "verbose_name": "消息对账",
                "verbose_name_plural": "消息对账",
                "constraints": [
                    models.UniqueConstraint(fields=("day", "provider"), name="reconciliation_once"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["balanced", "differs", "no_statement"])),
                        name="reconciliation_state_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Difference",
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
                            ("missing_there", "我方已交，对方没有"),
                            ("missing_here", "对方有，我方没有"),
                            ("twice", "对方发了不止一次"),
                            ("segments", "条数（计费）不一致"),
                        ],
                        max_length=16,
                        verbose_name="差异",
                    ),
                ),
                ("key", models.CharField(max_length=100, verbose_name="发送标识")),
                (
                    "provider_ref",
                    models.CharField(blank=True, max_length=100, verbose_name="通道编号"),
                ),
                ("ours", models.PositiveIntegerField(verbose_name="我方条数")),
                ("theirs", models.PositiveIntegerField(verbose_name="对方条数")),
                (
                    "settled_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="处理时间"),
                ),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="处理说明")),
                (
                    "message",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="outgoing.message",
                        verbose_name="消息",
                    ),
                ),
                (
                    "reconciliation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="differences",
                        to="outgoing.reconciliation",
                        verbose_name="消息对账",
                    ),
                ),
            ],
            options={
                "verbose_name": "对账差异",
                "verbose_name_plural": "对账差异",
            },
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["state", "next_try_at"], name="message_next"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["provider", "handed_at"], name="message_handed"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["stream"], name="message_stream"),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        ["pending", "sending", "handed_over", "delivered", "dead", "failed"],
                    )
                ),
                name="message_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(("channel__in", ["sms", "email"])), name="message_channel_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ("pending", "sending")), _negated=True),
                    ("next_try_at__isnull", False),
                    _connector="OR",
                ),
                name="message_waiting_has_turn",
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["dead", "failed"]), _negated=True),
                    ("next_try_at", None),
                    _connector="OR",
                ),
                name="message_ended_has_no_turn",
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["handed_over", "delivered"]), _negated=True),
                    models.Q(
                        ("handed_at__isnull", False), models.Q(("provider", ""), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="message_handed_says_when",
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("delivered_at__isnull", False), ("state", "delivered")),
                    models.Q(
                        models.Q(("state", "delivered"), _negated=True), ("delivered_at", None)
                    ),
                    _connector="OR",
                ),
                name="message_delivered_says_when",
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("template__in", ("sign-in-code",)), _negated=True),
                    ("body", ""),
                    _connector="OR",
                ),
                name="message_secret_has_no_body",
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("replaces", None),
                    models.Q(("replaces", models.F("pk")), _negated=True),
                    _connector="OR",
                ),
                name="message_replaces_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="difference",
            constraint=models.UniqueConstraint(
                fields=("reconciliation", "kind", "key"), name="difference_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="difference",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["missing_there", "missing_here", "twice", "segments"])
                ),
                name="difference_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="difference",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("settled_at", None), models.Q(("note", ""), _negated=True), _connector="OR"
                ),
                name="difference_settled_says_why",
            ),
        ),
    ]
