"""Which courier this deployment has."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from yichuang.cases.couriers import Courier
from yichuang.cases.couriers_http import HttpCourier
from yichuang.cases.couriers_simulator import Simulator


def courier() -> Courier | None:
    """The one the deployment names (an address, or the dotted path of a Courier class), the
    simulated one in demo; None without one: waybills are then typed by hand."""
    if settings.COURIER_PROVIDER:
        named: Courier = import_string(settings.COURIER_PROVIDER)()
        return named
    if settings.COURIER_URL:
        return HttpCourier(settings.COURIER_URL, settings.COURIER_TOKEN, name=settings.COURIER_NAME)
    return Simulator(timezone.now) if settings.DEMO else None
