"""Parcels with a courier, what it says of them, what a person sees to, and the day to hand over by."""

import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0003_messages"), ("files", "0002_uploads")]

    operations = [
        migrations.CreateModel(
            name="DeliveryTask",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4,
                        primary_key=True,
                        serialize=False,
                        verbose_name="内部编号",
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("waiting", "好几个工作日没有送到"),
                            ("not_opened", "电子文书一直没有打开"),
                            ("returned", "快递退回"),
                            ("lost", "快递丢失"),
                            ("cancelled", "承运人取消了寄递"),
                            ("other_signed", "别人代收，要核实"),
                            ("contradictory", "承运人前后说法不一"),
                            ("unknown", "下单结果不明"),
                            ("rejected", "承运人不接这一单"),
                            ("waybill_taken", "运单号已用于另一办件"),
                            ("label", "面单打不出来"),
                            ("not_cancelled", "取消不了，可能寄出两件"),
                            ("storm", "承运人消息多得不正常"),
                            ("address", "收件地址打不开"),
                        ],
                        max_length=16,
                        verbose_name="原因",
                    ),
                ),
                ("opened_at", models.DateTimeField(verbose_name="提出时间")),
                ("taken_by", models.JSONField(blank=True, default=dict, verbose_name="接手人")),
                ("taken_at", models.DateTimeField(blank=True, null=True, verbose_name="接手时间")),
                ("settled_by", models.JSONField(blank=True, default=dict, verbose_name="处理人")),
                (
                    "settled_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="处理时间"),
                ),
                ("way", models.CharField(blank=True, max_length=12, verbose_name="处理方式")),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="处理说明")),
            ],
            options={
                "verbose_name": "送达异常",
                "verbose_name_plural": "送达异常",
            },
        ),
        migrations.CreateModel(
            name="Shipment",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4,
                        primary_key=True,
                        serialize=False,
                        verbose_name="内部编号",
                    ),
                ),
                ("courier", models.CharField(max_length=40, verbose_name="寄递企业")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("ordering", "正在下单"),
                            ("ordered", "已下单"),
                            ("labelled", "面单已出"),
                            ("picked_up", "已揽收"),
                            ("in_transit", "运送中"),
                            ("signed", "已签收"),
                            ("returned", "已退回"),
                            ("lost", "已丢失"),
                            ("cancelled", "已取消"),
                            ("unknown", "下单结果不明"),
                        ],
                        max_length=12,
                        verbose_name="状态",
                    ),
                ),
                ("seq", models.PositiveIntegerField(default=1, verbose_name="日志序号")),
                ("to_sealed", models.BinaryField(verbose_name="收件人（密文）")),
                ("address_mask", models.CharField(max_length=40, verbose_name="地址（脱敏）")),
                ("waybill", models.CharField(blank=True, max_length=40, verbose_name="运单号")),
                ("ordered_at", models.DateTimeField(verbose_name="下单时间")),
                ("ordered_by", models.JSONField(default=dict, verbose_name="下单人")),
                (
                    "signer_mask",
                    models.CharField(blank=True, max_length=80, verbose_name="签收人（脱敏）"),
                ),
                ("relation", models.CharField(blank=True, max_length=8, verbose_name="签收关系")),
                (
                    "ended_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="承运人记录的结束时间"
                    ),
                ),
                (
                    "signed_self",
                    models.BooleanField(blank=True, null=True, verbose_name="本人签收"),
                ),
                ("cancel_wanted", models.BooleanField(default=False, verbose_name="要取消")),
                ("set_aside", models.BooleanField(default=False, verbose_name="已另行处理")),
                ("in_doubt", models.BooleanField(default=False, verbose_name="对方可能已收下")),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="尝试次数")),
                (
                    "next_try_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="下次处理时间"),
                ),
                ("to_follow", models.BooleanField(default=False, verbose_name="办件待跟进")),
                ("error", models.CharField(blank=True, max_length=200, verbose_name="原因")),
            ],
            options={
                "verbose_name": "寄件",
                "verbose_name_plural": "寄件",
            },
        ),
        migrations.CreateModel(
            name="ShipmentEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("event_id", models.CharField(max_length=80, verbose_name="承运人消息编号")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("picked_up", "快递员已取件"),
                            ("in_transit", "在路上"),
                            ("delivering", "正在派送"),
                            ("problem", "派送遇到问题"),
                            ("signed", "已签收"),
                            ("returned", "已退回寄件人"),
                            ("lost", "承运人报告丢失"),
                            ("cancelled", "寄递已取消"),
                        ],
                        max_length=12,
                        verbose_name="内容",
                    ),
                ),
                ("told_at", models.DateTimeField(verbose_name="承运人时间")),
                ("received_at", models.DateTimeField(verbose_name="收到时间")),
                ("place", models.CharField(blank=True, max_length=60, verbose_name="地点")),
                (
                    "signer_mask",
                    models.CharField(blank=True, max_length=80, verbose_name="签收人（脱敏）"),
                ),
                ("relation", models.CharField(blank=True, max_length=8, verbose_name="签收关系")),
                (
                    "signed_self",
                    models.BooleanField(blank=True, null=True, verbose_name="本人签收"),
                ),
            ],
            options={
                "verbose_name": "寄件消息",
                "verbose_name_plural": "寄件消息",
            },
        ),
        migrations.AddField(
            model_name="case",
            name="deliver_by",
            field=models.DateField(blank=True, null=True, verbose_name="送达期限"),
        ),
        migrations.AddField(
            model_name="delivery",
            name="consent_how",
            field=models.CharField(
                blank=True,
                choices=[("link", "凭查询码同意"), ("window", "在窗口签字同意")],
                max_length=8,
                verbose_name="同意方式",
            ),
        ),
        migrations.AddField(
            model_name="delivery",
            name="consented_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="同意电子送达时间"),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="method",
            field=models.CharField(
                choices=[("collect", "窗口领取"), ("mail", "邮寄"), ("online", "电子送达")],
                max_length=8,
                verbose_name="方式",
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(
                    ("state__in", ("granted", "refused", "not_accepted", "terminated", "revoked"))
                ),
                fields=["deliver_by"],
                name="case_to_deliver",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("method", "online"), _negated=True),
                    ("consented_at__isnull", False),
                    _connector="OR",
                ),
                name="delivery_online_has_consent",
            ),
        ),
        migrations.AddField(
            model_name="deliverytask",
            name="case",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="delivery_tasks",
                to="cases.case",
                verbose_name="办件",
            ),
        ),
        migrations.AddField(
            model_name="shipment",
            name="case",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="shipments",
                to="cases.case",
                verbose_name="办件",
            ),
        ),
        migrations.AddField(
            model_name="shipment",
            name="label",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="files.storedfile",
                verbose_name="面单",
            ),
        ),
        migrations.AddField(
            model_name="deliverytask",
            name="shipment",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="cases.shipment",
                verbose_name="寄件",
            ),
        ),
        migrations.AddField(
            model_name="shipmentevent",
            name="shipment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="events",
                to="cases.shipment",
                verbose_name="寄件",
            ),
        ),
        migrations.AddIndex(
            model_name="shipment",
            index=models.Index(
                condition=models.Q(("next_try_at__isnull", False)),
                fields=["next_try_at"],
                name="shipment_to_work_on",
            ),
        ),
        migrations.AddIndex(
            model_name="shipment",
            index=models.Index(
                condition=models.Q(("to_follow", True)), fields=["case"], name="shipment_to_follow"
            ),
        ),
        migrations.AddConstraint(
            model_name="shipment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "ordering",
                            "ordered",
                            "labelled",
                            "picked_up",
                            "in_transit",
                            "signed",
                            "returned",
                            "lost",
                            "cancelled",
                            "unknown",
                        ],
                    )
                ),
                name="shipment_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="shipment",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("set_aside", False),
                    models.Q(("state__in", ("returned", "lost", "cancelled")), _negated=True),
                ),
                fields=("case",),
                name="shipment_one_under_way",
            ),
        ),
        migrations.AddConstraint(
            model_name="shipment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("waybill", ""), _negated=True),
                fields=("courier", "waybill"),
                name="shipment_waybill_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="shipment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("state__in", ("ordered", "labelled", "picked_up", "in_transit")),
                        _negated=True,
                    ),
                    models.Q(("waybill", ""), _negated=True),
                    _connector="OR",
                ),
                name="shipment_moves_with_waybill",
            ),
        ),
        migrations.AddConstraint(
            model_name="shipment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "ordering"), _negated=True),
                    ("next_try_at__isnull", False),
                    _connector="OR",
                ),
                name="shipment_ordering_is_due",
            ),
        ),
        migrations.AddIndex(
            model_name="deliverytask",
            index=models.Index(
                condition=models.Q(("settled_at__isnull", True)),
                fields=["opened_at"],
                name="delivery_task_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="deliverytask",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "reason__in",
                        [
                            "waiting",
                            "not_opened",
                            "returned",
                            "lost",
                            "cancelled",
                            "other_signed",
                            "contradictory",
                            "unknown",
                            "rejected",
                            "waybill_taken",
                            "label",
                            "not_cancelled",
                            "storm",
                            "address",
                        ],
                    )
                ),
                name="delivery_task_reason_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="deliverytask",
            constraint=models.UniqueConstraint(
                condition=models.Q(("settled_at__isnull", True)),
                fields=("case", "reason"),
                name="delivery_task_open_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="deliverytask",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("settled_at__isnull", True),
                    models.Q(("note", ""), _negated=True),
                    _connector="OR",
                ),
                name="delivery_task_settled_says_how",
            ),
        ),
        migrations.AddConstraint(
            model_name="shipmentevent",
            constraint=models.UniqueConstraint(
                fields=("shipment", "event_id"), name="shipment_event_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="shipmentevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "picked_up",
                            "in_transit",
                            "delivering",
                            "problem",
                            "signed",
                            "returned",
                            "lost",
                            "cancelled",
                        ],
                    )
                ),
                name="shipment_event_known",
            ),
        ),
    ]
