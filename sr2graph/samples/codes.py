"""The coded concepts that several families of samples share, and how a family writes its own."""

from __future__ import annotations

from functools import cache

from sr2graph.dicom.concept import CodedConcept, CodingScheme
from sr2graph.samples.identity import uid


@cache
def coded(scheme: str, value: str, meaning: str) -> CodedConcept:
    """Return the one CodedConcept for these three strings; samples share what they repeat."""
    return CodedConcept(value, scheme, meaning)


def dcm(value: str, meaning: str) -> CodedConcept:
    """Return a concept of the DICOM Controlled Terminology (PS3.16 Annex D)."""
    return coded("DCM", value, meaning)


def sct(value: str, meaning: str) -> CodedConcept:
    """Return a SNOMED CT concept."""
    return coded("SCT", value, meaning)


def ln(value: str, meaning: str) -> CodedConcept:
    """Return a LOINC concept."""
    return coded("LN", value, meaning)


def ucum(value: str, meaning: str | None = None) -> CodedConcept:
    """Return a UCUM unit; its meaning is its own code unless said otherwise."""
    return coded("UCUM", value, meaning or value)


LOCAL_SCHEME = "99WEIRVALLEY"
CODING_SCHEMES = (
    CodingScheme(
        designator=LOCAL_SCHEME,
        uid=uid("coding scheme", LOCAL_SCHEME),
        name="Weir Valley Hospitals catalogue of procedures and staff",
        version="2023",
        responsible_organization="Weir Valley Hospitals",
    ),
)
"""What reports say of the private scheme that samples use (PS3.3 Table C.12-1)."""


def local(value: str, meaning: str) -> CodedConcept:
    """Return a code of the hospitals' own: of a procedure, or of a member of staff."""
    return coded(LOCAL_SCHEME, value, meaning)


# Units

NO_UNITS = ucum("1", "no units")
PERCENT = ucum("%", "Percent")
RATIO = ucum("{ratio}", "ratio")
MM = ucum("mm")
CM = ucum("cm", "centimeter")
MM2 = ucum("mm2", "square millimeter")
CM3 = ucum("cm3", "cubic centimeter")
M2 = ucum("m2")
ML = ucum("ml")
S = ucum("s")
MS = ucum("ms")
H = ucum("h", "hours")
D = ucum("d", "days")
YEAR = ucum("a", "year")
DEGREE = ucum("deg")
KG = ucum("kg")
G = ucum("g", "gram")
KV = ucum("kV")
MA = ucum("mA")
GY = ucum("Gy")
MGY = ucum("mGy")
MSV = ucum("mSv")
MGY_CM = ucum("mGy.cm")
GY_M2 = ucum("Gy.m2")
MBQ = ucum("MBq")
HOUNSFIELD = ucum("[hnsf'U]", "Hounsfield Unit")
BPM = ucum("{H.B.}/min", "BPM")
MMHG = ucum("mm[Hg]", "mmHg")
CM_S = ucum("cm/s", "centimeter/second")

# Modifiers and properties of other items

MEASUREMENT_METHOD = sct("370129005", "Measurement Method")
FINDING_SITE = sct("363698007", "Finding Site")
LATERALITY = sct("272741003", "Laterality")
RIGHT = sct("24028007", "Right")
LEFT = sct("7771000", "Left")
DERIVATION = dcm("121401", "Derivation")
MEAN = sct("373098007", "Mean")
MAXIMUM = sct("56851009", "Maximum")
ESTIMATED = sct("414135002", "Estimated")
CALCULATED = sct("258090004", "Calculated")
STANDARD_DEVIATION = sct("386136009", "Standard Deviation")
EQUATION = dcm("121420", "Equation")
TARGET_REGION = dcm("123014", "Target Region")
COMMENT = dcm("121106", "Comment")
YES = sct("373066001", "Yes")
NO = sct("373067005", "No")

# What a report is about

PROCEDURE_REPORTED = dcm("121058", "Procedure reported")
HAS_INTENT = sct("363703001", "Has Intent")
DIAGNOSTIC_INTENT = sct("261004008", "Diagnostic Intent")
LANGUAGE = dcm("121049", "Language of Content Item and Descendants")
COUNTRY = dcm("121046", "Country of Language")
LANGUAGES = {
    "en-US": coded("RFC5646", "en-US", "English (U.S.)"),
    "fr-FR": coded("RFC5646", "fr-FR", "French (France)"),
    "ja-JP": coded("RFC5646", "ja-JP", "Japanese (Japan)"),
}
FINDINGS = ln("59776-5", "Findings")
NORMAL = sct("17621005", "Normal")
HISTORY = ln("11329-0", "History")
IMPRESSIONS = ln("19005-8", "Impressions")
RECOMMENDATIONS = ln("18783-1", "Recommendations")
CLINICAL_INFORMATION = ln("55752-0", "Clinical Information")
KEY_IMAGES = ln("55113-5", "Key Images")
FINDING = dcm("121071", "Finding")
SUMMARY = ln("55112-7", "Summary")
PATIENT_CHARACTERISTICS = dcm("121118", "Patient Characteristics")
SUBJECT_AGE = dcm("121033", "Subject Age")
SUBJECT_SEX = dcm("121032", "Subject Sex")
SEXES = {"F": dcm("F", "Female"), "M": dcm("M", "Male")}
PATIENT_HEIGHT = ln("8302-2", "Patient Height")
PATIENT_WEIGHT = ln("29463-7", "Patient Weight")
BODY_SURFACE_AREA = ln("8277-6", "Body Surface Area")
BODY_SURFACE_AREA_FORMULA = ln("8278-4", "Body Surface Area Formula")
DU_BOIS = dcm("122241", "BSA = 0.007184*WT^0.425*HT^0.725")
IMAGE_LIBRARY = dcm("111028", "Image Library")
SOURCE_OF_MEASUREMENT = dcm("121112", "Source of Measurement")
BEST_ILLUSTRATION = dcm("121080", "Best illustration of finding")
IMPRESSION = dcm("121073", "Impression")
RECOMMENDATION = dcm("121075", "Recommendation")
CONCLUSION = dcm("121077", "Conclusion")
ALGORITHM_NAME = dcm("111001", "Algorithm Name")
ALGORITHM_VERSION = dcm("111003", "Algorithm Version")
MEASUREMENT_GROUP = dcm("125007", "Measurement Group")

# Why a number is missing (CID 42)

MEASUREMENT_FAILURE = dcm("114006", "Measurement failure")
MEASUREMENT_NOT_ATTEMPTED = dcm("114007", "Measurement not attempted")

# Radiation dose

XRAY_RADIATION_DOSE_REPORT = dcm("113701", "X-Ray Radiation Dose Report")
SCOPE_OF_ACCUMULATION = dcm("113705", "Scope of Accumulation")
STUDY_SCOPE = dcm("113014", "Study")
STUDY_INSTANCE_UID = dcm("110180", "Study Instance UID")
IRRADIATION_EVENT_UID = dcm("113769", "Irradiation Event UID")
ACQUISITION_PROTOCOL = dcm("125203", "Acquisition Protocol")
SOURCE_OF_DOSE_INFORMATION = dcm("113854", "Source of Dose Information")
AUTOMATED_DATA_COLLECTION = dcm("113856", "Automated Data Collection")
DATETIME_STARTED = dcm("111526", "DateTime Started")
KVP = dcm("113733", "KVP")
XRAY_TUBE_CURRENT = dcm("113734", "X-Ray Tube Current")
EXPOSURE_TIME = dcm("113824", "Exposure Time")
IRRADIATION_AUTHORIZING = dcm("113850", "Irradiation Authorizing")
IRRADIATION_ADMINISTERING = dcm("113851", "Irradiation Administering")
IRRADIATING_DEVICE = dcm("113859", "Irradiating Device")
REFERENCE_AUTHORITY = dcm("121406", "Reference Authority")

# Anatomy

ABDOMEN = sct("818981001", "Abdomen")
CHEST = sct("816094009", "Chest")
CHEST_ABDOMEN_PELVIS = sct("416775004", "Chest, Abdomen and Pelvis")
HEAD = sct("69536005", "Head")
HEART = sct("80891009", "Heart")
NECK = sct("45048000", "Neck")
BREAST = sct("76752008", "Breast")
BRAIN = sct("12738006", "Brain")
LIVER = sct("10200004", "Liver")
LUNG = sct("39607008", "Lung")
LYMPH_NODE = sct("59441001", "Lymph node")
ADRENAL_GLAND = sct("23451007", "Adrenal gland")
KIDNEY = sct("64033007", "Kidney")
SPLEEN = sct("78961009", "Spleen")
PANCREAS = sct("15776009", "Pancreas")
LEFT_ATRIUM = sct("82471001", "Left Atrium")
