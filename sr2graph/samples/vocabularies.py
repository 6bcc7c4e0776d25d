"""Other codes for the same thing, and other words for the same code, as reports from many makers hold them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from sr2graph.dicom.concept import CodedConcept
from sr2graph.resources import resource
from sr2graph.samples.codes import coded, local

Recoding = Mapping[tuple[str | None, str | None], CodedConcept]
"""Scheme and value of a code ↔ what is written in its place."""

RADLEX = (
    ("10200004", "RID58", "liver"),
    ("39607008", "RID1301", "lung"),
    ("64033007", "RID205", "kidney"),
    ("78961009", "RID86", "spleen"),
    ("15776009", "RID170", "pancreas"),
    ("23451007", "RID88", "adrenal gland"),
    ("59441001", "RID13296", "lymph node"),
)
FMA = (
    ("10200004", "7197", "Liver"),
    ("39607008", "7195", "Lung"),
    ("64033007", "7203", "Kidney"),
    ("78961009", "7196", "Spleen"),
    ("15776009", "7198", "Pancreas"),
    ("23451007", "9604", "Adrenal gland"),
    ("59441001", "5034", "Lymph node"),
)
UMLS = (
    ("10200004", "C0023884", "Liver"),
    ("39607008", "C0024109", "Lung"),
    ("64033007", "C0022646", "Kidney"),
    ("78961009", "C0037993", "Spleen"),
    ("15776009", "C0030274", "Pancreas"),
    ("23451007", "C0001625", "Adrenal Glands"),
    ("59441001", "C0024204", "lymph nodes"),
)
LOCAL = (
    ("10200004", "LIV", "Liver"),
    ("39607008", "LUNG", "Lung"),
    ("64033007", "KID", "Kidney"),
    ("78961009", "SPL", "Spleen"),
    ("15776009", "PAN", "Pancreas"),
    ("23451007", "ADR", "Adrenal"),
    ("59441001", "LN", "Lymph node"),
    ("103339001", "LAX", "Long axis"),
    ("103340004", "SAX", "Short axis"),
    ("118565006", "VOL", "Volume"),
    ("42798000", "AREA", "Area"),
)
"""SNOMED CT code, the other code, its meaning."""

RETIRED = (
    ("11329-0", "121060", "History"),
    ("59776-5", "121070", "Findings"),
    ("19005-8", "121072", "Impressions"),
    ("18783-1", "121074", "Recommendations"),
    ("55112-7", "121111", "Summary"),
)
"""LOINC code, the DICOM code before it, its meaning."""

EJECTION_FRACTIONS = (
    coded("LN", "79991-6", "Left ventricular ejection fraction biplane (MOD)"),
    coded("SCT", "70822001", "Cardiac ejection fraction"),
    local("LVEF", "LV ejection fraction"),
)

MEANINGS = (
    ("SCT", "10200004", ("liver", "Liver structure", "Foie")),
    ("SCT", "39607008", ("lung", "Lung structure", "Poumon")),
    ("SCT", "64033007", ("kidney", "Kidney structure", "Rein")),
    ("SCT", "78961009", ("spleen", "Splenic structure", "Rate")),
    ("SCT", "59441001", ("Lymph Node", "Lymph node structure", "Ganglion")),
    ("SCT", "103339001", ("Long axis", "LONG AXIS", "Grand axe")),
    ("SCT", "103340004", ("Short axis", "SHORT AXIS", "Petit axe")),
    ("SCT", "118565006", ("volume", "VOLUME", "Volume (property)")),
    ("SCT", "128462008", ("metastasis", "Secondary malignant neoplastic disease", "Métastase")),
    ("LN", "18043-0", ("LVEF", "LV ejection fraction", "Fraction d'éjection du VG")),
    ("LN", "11984-2", ("HC", "Head circumf.", "Périmètre crânien")),
    ("LN", "11963-6", ("FL", "Femur length", "Longueur fémorale")),
    ("DCM", "113830", ("CTDIvol", "Mean CTDI vol", "CTDIvol moyen")),
    ("DCM", "113838", ("Dose Length Product", "dlp", "PDL")),
    ("DCM", "113738", ("Dose (Reference Point)", "Reference point dose", "Dose au point de référence")),
    ("DCM", "121073", ("IMPRESSION", "Impression:", "Conclusion du radiologue")),
)
"""Scheme, code, and three ways to say what it means."""

MISSPELT_UNITS = (
    ("mm", "MM", "millimeter"),
    ("cm3", "cm^3", "cubic centimeter"),
    ("mm2", "sqmm", "square millimeter"),
    ("[hnsf'U]", "HU", "Hounsfield Unit"),
    ("cm/s", "cm/sec", "centimeter/second"),
    ("mm[Hg]", "mmHg", "mmHg"),
)
"""The unit in UCUM, what is written under that name, what it is said to mean."""


def by_value(scheme: str, other: str, rows: Iterable[tuple[str, str, str]]) -> Recoding:
    """Return the recoding of a table from one scheme to another."""
    return {(scheme, value): coded(other, replaced, meaning) for value, replaced, meaning in rows}


def meanings(way: int) -> Recoding:
    """Return the recoding that only says otherwise what codes mean, in one of three ways."""
    return {(scheme, value): coded(scheme, value, said[way]) for scheme, value, said in MEANINGS}


@cache
def srt_values() -> dict[str, str]:
    """Return SNOMED CT code ↔ the SNOMED-RT style code that DICOM had for it until 2018, of mappings/."""
    lines = resource("mappings/srt_to_sct.sssom.tsv").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("\t")[:3:2] for line in lines if line.startswith("SRT:"))
    return {sct.removeprefix("SCT:"): srt.removeprefix("SRT:") for srt, sct in pairs}
