"""Dose check of CT: what would make the scanner warn, what did, and why it went on (PS3.16 TID 10015)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from sr2graph.dicom.concept import CodedConcept
from sr2graph.samples.build import Draft, code, container, num, text
from sr2graph.samples.codes import IRRADIATION_AUTHORIZING, MGY, MGY_CM, NO, YES, dcm
from sr2graph.samples.context import person_participant
from sr2graph.samples.ct_protocols import Limits
from sr2graph.samples.identity import rounded
from sr2graph.samples.visit import Visit

REASON_FOR_PROCEEDING = dcm("113907", "Reason for Proceeding")
REASONS = (
    "Large patient",
    "Large patient, diagnostic quality needed",
    "Approved by radiologist",
    "Repeated because of patient motion",
    "Clinical urgency",
    "ok",
)
"""As technologists type them."""
GIVES_REASON = 0.8
"""How often anybody does."""


@dataclass(frozen=True, slots=True)
class Check:
    """One half of the template: the concepts, in order of the rows."""

    title: CodedConcept
    dlp_configured: CodedConcept
    ctdi_configured: CodedConcept
    dlp_value: CodedConcept
    ctdi_value: CodedConcept
    dlp_estimate: CodedConcept
    ctdi_estimate: CodedConcept


ALERT = Check(
    dcm("113900", "Dose Check Alert Details"),
    dcm("113901", "DLP Alert Value Configured"),
    dcm("113902", "CTDIvol Alert Value Configured"),
    dcm("113903", "DLP Alert Value"),
    dcm("113904", "CTDIvol Alert Value"),
    dcm("113905", "Accumulated DLP Forward Estimate"),
    dcm("113906", "Accumulated CTDIvol Forward Estimate"),
)
NOTIFICATION = Check(
    dcm("113908", "Dose Check Notification Details"),
    dcm("113909", "DLP Notification Value Configured"),
    dcm("113910", "CTDIvol Notification Value Configured"),
    dcm("113911", "DLP Notification Value"),
    dcm("113912", "CTDIvol Notification Value"),
    dcm("113913", "DLP Forward Estimate"),
    dcm("113914", "CTDIvol Forward Estimate"),
)


@dataclass(frozen=True, slots=True)
class Planned:
    """What the scanner expected when the event was about to begin; CTDIvol in mGy, DLP in mGy.cm."""

    ctdi: Decimal
    dlp: Decimal
    accumulated_ctdi: Decimal
    """With all events before it."""
    accumulated_dlp: Decimal


def dose_check(random: Random, visit: Visit, limits: Limits, planned: Planned) -> Iterator[Draft]:
    """Draft TID 10015."""
    yield _half(
        random,
        visit,
        ALERT,
        (limits.alert_dlp, planned.accumulated_dlp),
        (limits.alert_ctdi, planned.accumulated_ctdi),
    )
    yield _half(
        random,
        visit,
        NOTIFICATION,
        (limits.notification_dlp, planned.dlp),
        (limits.notification_ctdi, planned.ctdi),
    )


Compared = tuple[float | None, Decimal]
"""A limit, and what is compared with it."""


def _half(random: Random, visit: Visit, check: Check, dlp: Compared, ctdi: Compared) -> Draft:
    """Draft rows 1 to 9, or rows 10 to 18."""
    exceeds = _exceeds(dlp) or _exceeds(ctdi)
    return container(
        check.title,
        code(check.dlp_configured, YES if dlp[0] else NO),
        code(check.ctdi_configured, YES if ctdi[0] else NO),
        num(check.dlp_value, f"{dlp[0]:g}", MGY_CM) if dlp[0] else None,
        num(check.ctdi_value, f"{ctdi[0]:g}", MGY) if ctdi[0] else None,
        num(check.dlp_estimate, str(rounded(dlp[1], "0.01")), MGY_CM) if _exceeds(dlp) else None,
        num(check.ctdi_estimate, str(rounded(ctdi[1], "0.01")), MGY) if _exceeds(ctdi) else None,
        *(_proceeding(random, visit) if exceeds else ()),
    )


def _exceeds(compared: Compared) -> bool:
    limit, value = compared
    return limit is not None and value > Decimal(limit)


def _proceeding(random: Random, visit: Visit) -> Iterator[Draft]:
    """Draft why the scan went on, and who said so."""
    if random.random() < GIVES_REASON:
        yield text(REASON_FOR_PROCEEDING, random.choice(REASONS))
    yield person_participant(visit.technologist, IRRADIATION_AUTHORIZING, visit)
