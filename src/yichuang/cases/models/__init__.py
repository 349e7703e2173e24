"""The rows of cases, chapter by chapter (Django looks for them here)."""

from yichuang.cases.models.before import Contact, Draft
from yichuang.cases.models.bundle import Bundle, Link
from yichuang.cases.models.case import (
    Applicant,
    Case,
    CaseMaterial,
    Delivery,
    Pause,
    Promise,
    Transfer,
)
from yichuang.cases.models.referral import Referral
from yichuang.cases.models.shipment import DeliveryTask, Shipment, ShipmentEvent

__all__ = [
    "Applicant",
    "Bundle",
    "Case",
    "CaseMaterial",
    "Contact",
    "Delivery",
    "DeliveryTask",
    "Draft",
    "Link",
    "Pause",
    "Promise",
    "Referral",
    "Shipment",
    "ShipmentEvent",
    "Transfer",
]
