"""What is measured in an adult echocardiography, and what is usually found (PS3.16 CID 12200 and following)."""

from __future__ import annotations

from dataclasses import dataclass

from sr2graph.dicom.concept import CodedConcept
from sr2graph.samples.codes import CM, CM_S, MMHG, MS, PERCENT, G, dcm, ln, sct

IMAGE_MODE = sct("399264008", "Image Mode")
IMAGE_VIEW = dcm("111031", "Image View")
CARDIAC_CYCLE_POINT = sct("272518008", "Cardiac Cycle Point")
FLOW_DIRECTION = sct("260674002", "Flow Direction")
TWO_D = sct("399064001", "2D mode")
M_MODE = sct("399155008", "M mode")
PULSED = sct("261199008", "Doppler Pulsed")
CONTINUOUS = sct("261198000", "Doppler Continuous Wave")
TISSUE = sct("439858009", "Tissue Doppler Imaging")
PARASTERNAL = sct("399139001", "Parasternal long axis")
FOUR_CHAMBER = sct("399214001", "Apical four chamber")
END_DIASTOLE = sct("416190007", "End Diastole")
END_SYSTOLE = sct("416430001", "End Systole")
REGURGITANT = sct("397417004", "Regurgitant Flow")
ANTEGRADE = sct("263677008", "Antegrade Flow")
BIPLANE_DISKS = dcm("125207", "Method of Disks, Biplane")
LV_MASS_BY_M_MODE = dcm("125221", "Left Ventricle Mass by M-mode")
BERNOULLI = dcm("125218", "Simplified Bernoulli")
LATERAL_ANNULUS = sct("399086000", "Lateral Mitral Annulus")
OUTFLOW_TRACT = sct("13418002", "Left Ventricle Outflow Tract")


@dataclass(frozen=True, slots=True)
class Measurement:
    """A measurement of a section, and what is usually found."""

    name: CodedConcept
    unit: CodedConcept
    usual: float
    spread: float
    step: str = "0.1"
    method: CodedConcept | None = None
    site: CodedConcept | None = None
    direction: CodedConcept | None = None
    phase: CodedConcept | None = None
    view: CodedConcept | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """What is measured in one image mode."""

    mode: CodedConcept
    measurements: tuple[Measurement, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the heart of which one group is measured."""

    subject: CodedConcept
    group: Group


END_DIASTOLIC_VOLUME = ln("18026-5", "Left Ventricular End Diastolic Volume")
END_SYSTOLIC_VOLUME = ln("18148-7", "Left Ventricular End Systolic Volume")
EJECTION_FRACTION = ln("18043-0", "Left Ventricular Ejection Fraction by US")
STROKE_VOLUME = sct("90096001", "Stroke Volume")
LEFT_VENTRICLE = sct("87878005", "Left Ventricle")

LEFT_VENTRICLE_GROUPS = (
    Group(
        M_MODE,
        (
            Measurement(
                ln("29436-3", "Left Ventricle Internal End Diastolic Dimension"), CM, 4.9, 0.5, "0.01", view=PARASTERNAL
            ),
            Measurement(
                ln("29438-9", "Left Ventricle Internal Systolic Dimension"), CM, 3.2, 0.45, "0.01", view=PARASTERNAL
            ),
            Measurement(ln("18154-5", "Interventricular Septum Diastolic Thickness"), CM, 1.0, 0.15, "0.01"),
            Measurement(ln("18152-9", "Left Ventricle Posterior Wall Diastolic Thickness"), CM, 0.95, 0.14, "0.01"),
            Measurement(ln("18087-7", "Left Ventricle Mass"), G, 165, 40, method=LV_MASS_BY_M_MODE),
        ),
    ),
    Group(
        TISSUE,
        (
            Measurement(
                sct("399133000", "Left Ventricular Peak Early Diastolic Tissue Velocity"),
                CM_S,
                10.5,
                2.5,
                site=LATERAL_ANNULUS,
                view=FOUR_CHAMBER,
            ),
        ),
    ),
)
"""Beside the volumes."""

SECTIONS = (
    Section(
        sct("91134007", "Mitral Valve"),
        Group(
            PULSED,
            (
                Measurement(ln("18037-2", "Mitral Valve E-Wave Peak Velocity"), CM_S, 78, 16, direction=ANTEGRADE),
                Measurement(ln("17978-8", "Mitral Valve A-Wave Peak Velocity"), CM_S, 70, 17, direction=ANTEGRADE),
                Measurement(sct("399354002", "Mitral Valve E-Wave Deceleration Time"), MS, 195, 35, "1"),
            ),
        ),
    ),
    Section(
        sct("34202007", "Aortic Valve"),
        Group(
            CONTINUOUS,
            (
                Measurement(ln("20355-4", "Peak Blood Velocity"), CM_S, 140, 40, direction=ANTEGRADE),
                Measurement(
                    ln("20256-4", "Mean Gradient"), MMHG, 6, 3, method=BERNOULLI, direction=ANTEGRADE, view=FOUR_CHAMBER
                ),
                Measurement(ln("20354-7", "Velocity Time Integral"), CM, 22, 4, site=OUTFLOW_TRACT),
            ),
        ),
    ),
    Section(
        sct("15825003", "Aorta"),
        Group(
            TWO_D,
            (Measurement(ln("18015-8", "Aortic Root Diameter"), CM, 3.2, 0.35, "0.01", view=PARASTERNAL),),
        ),
    ),
    Section(
        sct("35532006", "Vena Cava"),
        Group(
            M_MODE,
            (
                Measurement(ln("18006-7", "Inferior Vena Cava Diameter"), CM, 1.7, 0.3, "0.01"),
                Measurement(ln("18050-5", "Inferior Vena Cava % Collapse"), PERCENT, 55, 12, "1"),
            ),
        ),
    ),
)

WALL_SEGMENTS = (
    sct("264850008", "left ventricle basal anterior segment"),
    sct("396482007", "left ventricle basal anteroseptal segment"),
    sct("264846001", "left ventricle basal inferior segment"),
    sct("264848000", "left ventricle mid anterior segment"),
    sct("264847005", "left ventricle mid inferior segment"),
    sct("264844003", "left ventricle apical anterior segment"),
    sct("264845002", "left ventricle apical septal segment"),
    sct("264849008", "left ventricle apical inferior segment"),
)
WALL_MOTIONS = (
    (1, sct("373122000", "Normal wall motion")),
    (2, sct("37706002", "Hypokinesis")),
    (3, sct("195675009", "Akinesis")),
)
SCORE_WEIGHTS = (88, 9, 3)
