"""What CT scanners are told to do: protocols, their phases, and from which dose on the scanner warns."""

from __future__ import annotations

from dataclasses import dataclass

from sr2graph.dicom.concept import CodedConcept
from sr2graph.samples.codes import ABDOMEN, CHEST, CHEST_ABDOMEN_PELVIS, HEAD, HEART, NECK, dcm, local, sct
from sr2graph.samples.fleet import Station

CONSTANT_ANGLE = dcm("113805", "Constant Angle Acquisition")
STATIONARY = dcm("113806", "Stationary Acquisition")
SEQUENCED = dcm("113804", "Sequenced Acquisition")
SPIRAL = sct("116152004", "Spiral Acquisition")
WITH_CONTRAST = sct("27483000", "Diagnostic radiography with contrast media")
WITHOUT_CONTRAST = sct("399331006", "CT without contrast")
HEAD_PHANTOM = dcm("113690", "IEC Head Dosimetry Phantom")
BODY_PHANTOM = dcm("113691", "IEC Body Dosimetry Phantom")
LUMBAR_SPINE = sct("122496007", "Lumbar spine")


@dataclass(frozen=True, slots=True)
class Phase:
    """One irradiation event of a protocol, as planned for a body mass index of 26."""

    name: str
    region: CodedConcept
    acquisition: CodedConcept
    length: float
    """Scanning length, mm."""
    ctdi: float
    """Median of the mean CTDIvol, mGy; 0 for a localizer."""
    kv: int
    pitch: float = 0
    contrast: CodedConcept = WITHOUT_CONTRAST
    phantom: CodedConcept = BODY_PHANTOM


@dataclass(frozen=True, slots=True)
class Protocol:
    """What is scanned for one kind of study."""

    description: str
    procedure: CodedConcept
    dose_factor: float
    """Effective dose per dose length product, mSv/(mGy.cm)."""
    phases: tuple[Phase, ...]


def _protocol(value: str, description: str, dose_factor: float, *phases: Phase) -> Protocol:
    return Protocol(description, local(value, description), dose_factor, phases)


TOPOGRAM = Phase("Topogram", CHEST_ABDOMEN_PELVIS, CONSTANT_ANGLE, 768, 0, 120)
HEAD_TOPOGRAM = Phase("Topogram", HEAD, CONSTANT_ANGLE, 256, 0, 100, phantom=HEAD_PHANTOM)
HEAD_SEQUENCE = Phase("Head seq", HEAD, SEQUENCED, 140, 48, 120, 1, phantom=HEAD_PHANTOM)
PREMONITORING = Phase("Premonitoring", ABDOMEN, STATIONARY, 10, 1.1, 120)
MONITORING = Phase("Monitoring", ABDOMEN, STATIONARY, 10, 7.5, 120, 0, WITH_CONTRAST)

PROTOCOLS = {
    "head": _protocol(
        "CTHEAD",
        "CT head without contrast",
        0.0021,
        HEAD_TOPOGRAM,
        HEAD_SEQUENCE,
        Phase("Skull base", HEAD, SPIRAL, 70, 42, 120, 0.55, phantom=HEAD_PHANTOM),
    ),
    "perfusion": _protocol(
        "CTPERF",
        "CT head perfusion with contrast",
        0.0021,
        HEAD_TOPOGRAM,
        HEAD_SEQUENCE,
        Phase("Neuro VPCT", HEAD, STATIONARY, 90, 310, 80, 0, WITH_CONTRAST, HEAD_PHANTOM),
        Phase("Carotid angio", NECK, SPIRAL, 340, 12.5, 100, 0.9, WITH_CONTRAST),
    ),
    "chest": _protocol(
        "CTCHEST",
        "CT chest without contrast",
        0.014,
        Phase("Topogram pa", CHEST, CONSTANT_ANGLE, 512, 0, 100),
        Phase("Topogram lat", CHEST, CONSTANT_ANGLE, 512, 0, 100),
        Phase("Chest lowdose", CHEST, SPIRAL, 330, 4.6, 100, 1.2),
    ),
    "lung screening": _protocol(
        "CTLUNGSCR",
        "CT lung screening, low dose",
        0.014,
        Phase("Topogram", CHEST, CONSTANT_ANGLE, 512, 0, 100),
        Phase("Lung screening", CHEST, SPIRAL, 320, 0.9, 100, 1.4),
    ),
    "pulmonary": _protocol(
        "CTPA",
        "CT pulmonary angiography",
        0.014,
        Phase("Topogram", CHEST, CONSTANT_ANGLE, 512, 0, 100),
        PREMONITORING,
        MONITORING,
        Phase("PE angio", CHEST, SPIRAL, 290, 7.1, 100, 1.3, WITH_CONTRAST),
    ),
    "heart": _protocol(
        "CTHEART",
        "CT coronary angiography",
        0.014,
        Phase("Topogram", CHEST, CONSTANT_ANGLE, 512, 0, 100),
        Phase("Ca score", HEART, SEQUENCED, 140, 3.2, 120, 1),
        MONITORING,
        Phase("Cor angio", HEART, SPIRAL, 145, 24, 100, 0.2, WITH_CONTRAST),
    ),
    "body": _protocol(
        "CTCAP",
        "CT chest, abdomen and pelvis with contrast",
        0.015,
        TOPOGRAM,
        PREMONITORING,
        MONITORING,
        Phase("Liver art", ABDOMEN, SPIRAL, 240, 8.9, 100, 0.9, WITH_CONTRAST),
        Phase("Body pv", CHEST_ABDOMEN_PELVIS, SPIRAL, 655, 9.8, 120, 0.9, WITH_CONTRAST),
    ),
    "spine": _protocol(
        "CTSPINE",
        "CT lumbar spine without contrast",
        0.015,
        TOPOGRAM,
        Phase("L spine", LUMBAR_SPINE, SPIRAL, 210, 19, 120, 0.8),
    ),
    "head-neck": _protocol(
        "CTHEADNECK",
        "CT head and neck with contrast",
        0.0051,
        Phase("Topogram", HEAD, CONSTANT_ANGLE, 512, 0, 100),
        Phase("Head seq", HEAD, SEQUENCED, 140, 47, 120, 1, phantom=HEAD_PHANTOM),
        Phase("Neck ce", NECK, SPIRAL, 290, 11.5, 120, 0.8, WITH_CONTRAST),
    ),
}


def protocol_name(phase: Phase, station: Station) -> str:
    """Return what a phase is called on a scanner: the same phase has three names in three places."""
    match station.manufacturer:
        case "Kestrel Systems":
            return phase.name.upper().replace(" ", "_")
        case "Asahi Tomo Works":
            return f"{phase.name} (STD)"
        case _:
            return phase.name


@dataclass(frozen=True, slots=True)
class Limits:
    """From which dose on the scanner warns; None where nothing is configured. CTDIvol in mGy, DLP in mGy.cm."""

    notification_ctdi: float | None
    notification_dlp: float | None
    alert_ctdi: float | None
    alert_dlp: float | None


def limits(phase: Phase, station: Station) -> Limits:
    """Return what medical physics configured: twice the usual and more, and the alert values of NEMA XR 25."""
    if station.model in UNCHECKED:
        return Limits(None, None, 1000, None)
    usual_dlp = phase.ctdi * phase.length / 10
    return Limits(
        notification_ctdi=round(phase.ctdi * 2.2, 0) or 1,
        notification_dlp=round(usual_dlp * 2.3, -1) or None,
        alert_ctdi=1000,
        alert_dlp=ALERT_DLP.get(station.hospital.number),
    )


UNCHECKED = {"Helix 64"}
"""Models without dose notification."""
ALERT_DLP = {"H01": 2500.0, "H03": 3000.0}
"""Hospitals that configured a DLP alert too, mGy.cm."""
