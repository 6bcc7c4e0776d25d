"""The SR storage classes."""

from pydicom._uid_dict import UID_dictionary

from sr2graph.dicom.sop_classes import kind_of, other_sop_class_name, sr_sop_classes


def test_names_are_those_of_the_standard() -> None:
    """Every class that pydicom knows has its name there (PS3.6 Table A-1)."""
    for uid, known in sr_sop_classes().items():
        entry = UID_dictionary.get(uid)
        if entry is not None:
            assert entry[0].removesuffix(" (Retired)").removesuffix(" (Trial)") in known.name, uid


def test_kinds_are_short_words() -> None:
    """Every class has a kind of its own for listings."""
    kinds = [known.kind for known in sr_sop_classes().values() if not known.retired]
    assert len(kinds) == len(set(kinds))
    assert all(kind == kind.lower() and " " not in kind for kind in kinds)


def test_every_sr_class_of_pydicom_is_here() -> None:
    """No storage class below 1.2.840.10008.5.1.4.1.1.88 is missing."""
    stem = "1.2.840.10008.5.1.4.1.1.88."
    known = {uid for uid, entry in UID_dictionary.items() if uid.startswith(stem) and entry[1] == "SOP Class"}
    assert known <= sr_sop_classes().keys()


def test_other_classes_are_named() -> None:
    """A standard class that is not SR is named; an SR class or an unknown UID is not."""
    assert other_sop_class_name("1.2.840.10008.5.1.4.1.1.2") == "CT Image Storage"
    assert other_sop_class_name("1.2.840.10008.5.1.4.1.1.88.33") is None
    assert other_sop_class_name("1.2.3") is None
    assert other_sop_class_name("") is None
    assert kind_of("1.2.3") == kind_of(None) == "other"
