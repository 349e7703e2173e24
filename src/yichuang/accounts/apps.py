from django.apps import AppConfig
from django.core.checks import Tags, register

from yichuang.accounts.checks import demo_people_in_production


class AccountsConfig(AppConfig):
    name = "yichuang.accounts"
    label = "accounts"
    verbose_name = "账户与岗位"

    def ready(self) -> None:
        register(demo_people_in_production, Tags.database)
