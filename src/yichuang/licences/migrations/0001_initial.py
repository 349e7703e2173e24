import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("documents", "0003_seals"),
        ("places", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="LicenceType",
            fields=[
                (
                    "code",
                    models.CharField(
                        max_length=40, primary_key=True, serialize=False, verbose_name="类型编码"
                    ),
                ),
                ("name", models.CharField(max_length=80, verbose_name="证照名称")),
                ("name_en", models.CharField(max_length=160, verbose_name="英文名称")),
                (
                    "items",
                    models.JSONField(
                        help_text="准予其中一个事项即颁发", verbose_name="颁发依据的事项"
                    ),
                ),
                (
                    "holder_kind",
                    models.CharField(
                        choices=[
                            ("person", "自然人"),
                            ("enterprise", "法人和其他组织"),
                            ("any", "都可以"),
                        ],
                        max_length=12,
                        verbose_name="持证人",
                    ),
                ),
                (
                    "fields",
                    models.JSONField(
                        help_text="[[申请表栏目, 证面名称], …]", verbose_name="证面内容"
                    ),
                ),
                ("validity", models.CharField(blank=True, max_length=60, verbose_name="有效期")),
                ("word", models.CharField(max_length=8, unique=True, verbose_name="编号用字")),
                (
                    "catalogue_code",
                    models.CharField(blank=True, max_length=40, verbose_name="证照类型代码"),
                ),
                ("materials", models.JSONField(default=list, verbose_name="可代替的材料")),
                ("basis", models.CharField(blank=True, max_length=300, verbose_name="依据")),
                ("basis_confirmed", models.BooleanField(default=False, verbose_name="依据已核对")),
                ("draft", models.BooleanField(default=True, verbose_name="示例待县确认")),
            ],
            options={
                "verbose_name": "证照类型",
                "verbose_name_plural": "证照类型",
            },
        ),
        migrations.CreateModel(
            name="Licence",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, primary_key=True, serialize=False, verbose_name="标识"
                    ),
                ),
                ("number", models.CharField(max_length=120, unique=True, verbose_name="证照编号")),
                (
                    "stream_of_case",
                    models.CharField(db_index=True, max_length=80, verbose_name="办件流水"),
                ),
                ("case_number", models.CharField(max_length=50, verbose_name="办件编号")),
                ("item_code", models.CharField(max_length=64, verbose_name="事项编码")),
                ("decider_code", models.CharField(max_length=64, verbose_name="决定机关")),
                ("holder_kind", models.CharField(max_length=12, verbose_name="持证人类型")),
                ("name_sealed", models.BinaryField(verbose_name="持证人（密文）")),
                ("name_mask", models.CharField(max_length=80, verbose_name="持证人（脱敏）")),
                ("identity_sealed", models.BinaryField(verbose_name="证件号码（密文）")),
                (
                    "identity_index",
                    models.BinaryField(db_index=True, max_length=32, verbose_name="证件号码索引"),
                ),
                ("identity_mask", models.CharField(max_length=24, verbose_name="证件号码（脱敏）")),
                (
                    "phone_index",
                    models.BinaryField(
                        blank=True, default=b"", max_length=32, verbose_name="电话索引"
                    ),
                ),
                (
                    "owner_user",
                    models.BigIntegerField(
                        blank=True, db_index=True, null=True, verbose_name="卡包账户"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("active", "有效"),
                            ("suspended", "暂停使用"),
                            ("revoked", "已撤销"),
                            ("replaced", "已换发新证"),
                        ],
                        default="active",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="变更原因")),
                ("seq", models.PositiveIntegerField(default=1, verbose_name="日志序号")),
                ("valid_from", models.DateField(verbose_name="有效期起")),
                ("valid_to", models.DateField(blank=True, null=True, verbose_name="有效期止")),
                ("issued_at", models.DateTimeField(verbose_name="颁发时间")),
                ("changed_at", models.DateTimeField(verbose_name="变更时间")),
                (
                    "organ",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="places.organ",
                        verbose_name="颁发机关",
                    ),
                ),
                (
                    "paper",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="documents.paper",
                        verbose_name="文件",
                    ),
                ),
                (
                    "replaces",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaced_by",
                        to="licences.licence",
                        verbose_name="换发自",
                    ),
                ),
                (
                    "type",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="licences.licencetype",
                        verbose_name="类型",
                    ),
                ),
            ],
            options={
                "verbose_name": "电子证照",
                "verbose_name_plural": "电子证照",
            },
        ),
        migrations.CreateModel(
            name="Reader",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("post_id", models.BigIntegerField(unique=True, verbose_name="岗位")),
                ("name", models.CharField(max_length=80, verbose_name="对接系统")),
                ("types", models.JSONField(verbose_name="可查的证照类型")),
                ("daily_limit", models.PositiveIntegerField(verbose_name="每日次数")),
                ("basis", models.CharField(max_length=300, verbose_name="依据")),
                ("valid_to", models.DateField(verbose_name="有效期止")),
                ("admitted_by", models.JSONField(verbose_name="批准人")),
                ("admitted_at", models.DateTimeField(verbose_name="批准时间")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="终止时间")),
            ],
            options={
                "verbose_name": "证照查询授权",
                "verbose_name_plural": "证照查询授权",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("daily_limit__gte", 1)),
                        name="licences_reader_some_queries",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DailyQueries",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "reader_id",
                        "day",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("day", models.DateField(verbose_name="日期")),
                ("count", models.PositiveIntegerField(verbose_name="次数")),
                (
                    "reader",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="licences.reader",
                        verbose_name="查询授权",
                    ),
                ),
            ],
            options={
                "verbose_name": "证照查询计数",
                "verbose_name_plural": "证照查询计数",
            },
        ),
        migrations.CreateModel(
            name="Showing",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(max_length=64, unique=True, verbose_name="口令摘要")),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("inspection", "现场检查"),
                            ("service", "办理业务"),
                            ("employment", "应聘、从业"),
                            ("trade", "交易、签约"),
                            ("other", "其他"),
                        ],
                        max_length=12,
                        verbose_name="用途",
                    ),
                ),
                ("made_at", models.DateTimeField(verbose_name="出示时间")),
                ("expires_at", models.DateTimeField(verbose_name="失效时间")),
                ("used_at", models.DateTimeField(blank=True, null=True, verbose_name="查看时间")),
                ("viewer", models.CharField(blank=True, max_length=40, verbose_name="查看人自称")),
                (
                    "licence",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="showings",
                        to="licences.licence",
                        verbose_name="证照",
                    ),
                ),
            ],
            options={
                "verbose_name": "证照出示",
                "verbose_name_plural": "证照出示",
            },
        ),
        migrations.CreateModel(
            name="Use",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "stream_of_case",
                    models.CharField(db_index=True, max_length=80, verbose_name="办件流水"),
                ),
                ("case_number", models.CharField(max_length=50, verbose_name="办件编号")),
                ("position", models.PositiveSmallIntegerField(verbose_name="材料序号")),
                ("purpose", models.CharField(max_length=200, verbose_name="用途")),
                ("state", models.CharField(max_length=10, verbose_name="当时状态")),
                ("consent_by", models.CharField(max_length=80, verbose_name="同意人（脱敏）")),
                (
                    "consent_how",
                    models.CharField(
                        choices=[("online", "本人网上同意"), ("counter", "本人在窗口同意")],
                        max_length=8,
                        verbose_name="同意方式",
                    ),
                ),
                ("consent_before", models.JSONField(verbose_name="经办人")),
                ("at", models.DateTimeField(verbose_name="同意时间")),
                (
                    "licence",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="uses",
                        to="licences.licence",
                        verbose_name="证照",
                    ),
                ),
            ],
            options={
                "verbose_name": "证照调用",
                "verbose_name_plural": "证照调用",
            },
        ),
        migrations.AddIndex(
            model_name="licence",
            index=models.Index(fields=["organ", "-issued_at"], name="licences_of_organ"),
        ),
        migrations.AddConstraint(
            model_name="licence",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["active", "suspended", "revoked", "replaced"])),
                name="licences_known_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="licence",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_to", None), ("valid_to__gte", models.F("valid_from")), _connector="OR"
                ),
                name="licences_ends_after_start",
            ),
        ),
        migrations.AddConstraint(
            model_name="licence",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["active", "suspended"])),
                fields=("stream_of_case",),
                name="licences_one_of_a_case",
            ),
        ),
        migrations.AddConstraint(
            model_name="showing",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("used_at", None),
                    models.Q(
                        ("used_at__gte", models.F("made_at")),
                        ("used_at__lt", models.F("expires_at")),
                    ),
                    _connector="OR",
                ),
                name="licences_showing_used_in_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="showing",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("purpose__in", ["inspection", "service", "employment", "trade", "other"])
                ),
                name="licences_showing_known_purpose",
            ),
        ),
        migrations.AddConstraint(
            model_name="use",
            constraint=models.UniqueConstraint(
                fields=("stream_of_case", "position"), name="licences_use_once"
            ),
        ),
    ]
