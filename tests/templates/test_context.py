"""Every part of a context, and every property: which item says it, and where it is found."""

from typing import Any

import pytest

from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.values import Date, DateTime, ImageReference
from sr2graph.templates.context import ObserverKind, SubjectKind
from sr2graph.templates.observations import Observation, observations_of
from tests.templates.test_observations import (
    ACQUISITION,
    CONTAINS,
    GROUP,
    LENGTH,
    PROPERTIES,
    ROOT,
    codes,
    person,
    text,
    uid,
)
from tests.templates.trees import CONTEXT, FROM, MOD, code, container, image, item, num, report, scoord


def last(*said: ContentItem, root: str = ROOT) -> Observation:
    """The observation behind what a container says."""
    return observations_of(report(container(root, *said, num(LENGTH))))[-1]


def fields(part: Any) -> dict[str, Any]:
    """What a part of the context says, items apart."""
    names = getattr(part, "_fields", None) or part.__slots__
    said = {name: codes(getattr(part, name)) for name in names if name not in ("item", "items")}
    return {name: value for name, value in said.items() if value not in (None, [])}


def context_code(said: str, value: str) -> ContentItem:
    return code(said, value, relationship=CONTEXT)


# ---------------------------------------------------------------- context


def test_a_person() -> None:
    """PS3.16 TID 1003."""
    (observer,) = last(
        context_code("DCM:121005", "DCM:121006"),
        person("DCM:121008", "Doe^J"),
        text("DCM:128774", "jd"),
        text("DCM:121009", "Hospital"),
        context_code("DCM:121010", "DCM:121083"),
        context_code("DCM:121011", "DCM:121094"),
        context_code("DCM:128003", "SCT:1"),
    ).context.observers
    assert fields(observer) == {
        "kind": ObserverKind.PERSON,
        "name": "Doe^J",
        "identifier": "jd",
        "organization": "Hospital",
        "role_in_organization": "121083",
        "role": "121094",
    }
    assert observer.item.position == (1, 1)


def test_a_device() -> None:
    """PS3.16 TID 1004."""
    (observer,) = last(
        uid("DCM:121012", "2.25.1"),
        text("DCM:121013", "name"),
        text("DCM:121014", "maker"),
        text("DCM:121015", "model"),
        text("DCM:121016", "serial"),
        text("DCM:121017", "room"),
        context_code("DCM:113876", "DCM:113859"),
        text("DCM:110119", "AE"),
        uid("DCM:121061", "2.25.2"),
        container("DCM:121000", text("LN:74711-3", "udi", relationship=CONTAINS), relationship=CONTEXT),
    ).context.observers
    assert fields(observer) == {
        "kind": ObserverKind.DEVICE,
        "uid": "2.25.1",
        "name": "name",
        "manufacturer": "maker",
        "model": "model",
        "serial": "serial",
        "location": "room",
        "role": "113859",
        "station": "AE",
    }


def test_an_algorithm() -> None:
    """PS3.16 TID 4019, 3213."""
    (observer,) = last(
        text("DCM:111001", "name"),
        text("DCM:111003", "2"),
        text("DCM:111002", "a"),
        text("DCM:111002", "b"),
        context_code("DCM:111000", "DCM:1"),
        text("DCM:122405", "maker"),
    ).context.observers
    assert fields(observer) == {
        "kind": ObserverKind.ALGORITHM,
        "name": "name",
        "version": "2",
        "parameters": ["a", "b"],
        "family": "1",
        "manufacturer": "maker",
    }


def of(said: str, value: str) -> ContentItem:
    return text(said, value, relationship=PROPERTIES)


def test_participants() -> None:
    """PS3.16 TID 1020, 1021."""
    operator = item(
        "PNAME",
        "DCM:113870",
        code("DCM:113875", "DCM:113851", relationship=PROPERTIES),
        of("DCM:113871", "id"),
        of("DCM:113872", "issuer"),
        of("DCM:113873", "Hospital"),
        code("DCM:113874", "DCM:121083", relationship=PROPERTIES),
        value=person("DCM:113870", "Roe").value,
    )
    device = item(
        "CODE",
        "DCM:113876",
        of("DCM:113877", "name"),
        of("DCM:113878", "maker"),
        of("DCM:113879", "model"),
        of("DCM:113880", "serial"),
        uid("DCM:121012", "2.25.1", PROPERTIES),
        value=code("DCM:113876", "DCM:113859").value,
    )
    first, second = last(container("DCM:113819"), operator, device).context.participants
    assert fields(first) == {
        "kind": ObserverKind.PERSON,
        "name": "Roe",
        "role": "113851",
        "identifier": "id",
        "organization": "Hospital",
        "role_in_organization": "121083",
    }
    assert fields(second) == {
        "kind": ObserverKind.DEVICE,
        "role": "113859",
        "name": "name",
        "manufacturer": "maker",
        "model": "model",
        "serial": "serial",
        "uid": "2.25.1",
    }


@pytest.mark.parametrize(
    ("said", "field", "value"),
    [
        (context_code("DCM:121024", "DCM:121025"), "subject_class", "121025"),
        (uid("DCM:121028", "2.25.1"), "uid", "2.25.1"),
        (person("DCM:121029", "Doe"), "name", "Doe"),
        (text("DCM:121030", "7"), "identifier", "7"),
        (item("DATE", "DCM:121031", relationship=CONTEXT, value=Date("20000101")), "birth_date", "20000101"),
        (context_code("DCM:121032", "DCM:F"), "sex", "F"),
        (context_code("DCM:121034", "SCT:337915000"), "species", "337915000"),
        (person("DCM:121036", "Doe"), "mother", "Doe"),
        (text("LN:11951-1", "A"), "fetus", "A"),
        (uid("DCM:121039", "2.25.1"), "uid", "2.25.1"),
        (text("DCM:121041", "S1"), "identifier", "S1"),
        (context_code("SCT:371439000", "SCT:1"), "specimen_type", "1"),
        (text("DCM:111700", "C1"), "container", "C1"),
        (text("DCM:121193", "Phantom"), "name", "Phantom"),
        (uid("DCM:121198", "2.25.1"), "uid", "2.25.1"),
        (text("DCM:121194", "maker"), "manufacturer", "maker"),
        (text("DCM:121195", "model"), "model", "model"),
        (text("DCM:121196", "serial"), "serial", "serial"),
    ],
)
def test_a_subject(said: ContentItem, field: str, value: str) -> None:
    """PS3.16 TID 1006-1010."""
    subject = last(said).context.subject
    assert subject is not None
    assert {name: it for name, it in fields(subject).items() if name != "kind"} == {field: value}


@pytest.mark.parametrize(
    "said",
    [
        num("DCM:121033", relationship=CONTEXT),
        context_code("DCM:121035", "SCT:1"),
        context_code("SCT:415229000", "SCT:1"),
        text("DCM:111724", "x"),
        text("DCM:121197", "x"),
        num("LN:11878-6", relationship=CONTEXT),
    ],
)
def test_what_else_is_said_of_a_subject_stays_with_it(said: ContentItem) -> None:
    context = last(said).context
    assert context.other == ()
    assert context.subject is not None
    assert [each.position for each in context.subject.items] == [(1, 1)]


def test_kinds_of_subjects_follow_from_what_is_said() -> None:
    specimen = last(text("DCM:111724", "x")).context.subject
    fetus = last(num("LN:55281-0", relationship=CONTEXT)).context.subject
    assert (specimen and specimen.kind, fetus and fetus.kind) == (SubjectKind.SPECIMEN, SubjectKind.FETUS)


def test_a_procedure() -> None:
    """PS3.16 TID 1005."""
    procedure = last(
        uid("DCM:121018", "2.25.1"),
        uid("DCM:121019", "2.25.2"),
        uid("DCM:121019", "2.25.3"),
        text("DCM:121020", "P", text("DCM:110190", "issuer", relationship=MOD)),
        text("DCM:121021", "F"),
        text("DCM:121022", "A"),
        context_code("DCM:121023", "99X:1"),
        code("SCT:363589002", "SCT:2"),
    ).context.procedure
    assert fields(procedure) == {
        "study_uid": "2.25.1",
        "component_uids": ["2.25.2", "2.25.3"],
        "placer_number": "P",
        "filler_number": "F",
        "accession_number": "A",
        "codes": ["1"],
        "reported": ["2"],
    }


def moment(said: str, relationship: str = CONTAINS) -> ContentItem:
    return item("DATETIME", said, relationship=relationship, value=DateTime("20240101"))


@pytest.mark.parametrize(
    ("said", "field", "value"),
    [
        (text("UMLS:C2348792", "x"), "time_point", "x"),
        (text("DCM:126070", "x"), "subject_time_point", "x"),
        (text("DCM:126071", "x"), "protocol_time_point", "x"),
        (text("NCIt:C67447", "x"), "session", "x"),
        (uid("DCM:113769", "2.25.1", CONTAINS), "irradiation_event", "2.25.1"),
        (uid("DCM:113503", "2.25.1", CONTAINS), "administration_event", "2.25.1"),
        (moment("DCM:111526"), "started", "20240101"),
        (moment("DCM:113809", CONTEXT), "started", "20240101"),
        (moment("DCM:123003"), "started", "20240101"),
        (moment("DCM:111527"), "ended", "20240101"),
        (moment("SCT:397898000", CONTEXT), "ended", "20240101"),
        (code("DCM:121049", "RFC5646:de"), "language", "de"),
        (code("DCM:113705", "DCM:1", relationship=CONTEXT), "other", ["1.1"]),
        (num("DCM:126073", relationship=ACQUISITION), "acquisition", ["1.1"]),
    ],
)
def test_the_rest_of_the_context(said: ContentItem, field: str, value: Any) -> None:
    assert fields(last(said).context) == {field: value}


@pytest.mark.parametrize("said", ["DCM:126073", "DCM:128740"])
def test_numbers_of_a_time_point_stay_in_the_tree(said: str) -> None:
    assert fields(last(num(said, relationship=CONTEXT)).context) == {}


# ---------------------------------------------------------------- properties


def own(*said: ContentItem) -> dict[str, Any]:
    """What an observation says itself."""
    found = observations_of(report(container(ROOT, num(LENGTH, *said))))
    return fields(found[0].properties)


@pytest.mark.parametrize(
    ("said", "field", "value"),
    [
        (code("DCM:121071", "SCT:1"), "finding", "1"),
        (code("SCT:363698007", "SCT:1"), "finding_sites", ["1"]),
        (code("SCT:363704007", "SCT:1", relationship=PROPERTIES), "finding_sites", ["1"]),
        (code("SCT:272737002", "SCT:1", relationship=PROPERTIES), "finding_sites", ["1"]),
        (code("DCM:112013", "SCT:1", relationship=PROPERTIES), "finding_sites", ["1"]),
        (code("SCT:272741003", "SCT:1"), "laterality", "1"),
        (code("SCT:106233006", "SCT:1"), "site_modifiers", ["1"]),
        (code("DCM:111014", "SCT:1", relationship=PROPERTIES), "site_modifiers", ["1"]),
        (code("SCT:370129005", "SCT:1"), "method", "1"),
        (code("SCT:370129005", "SCT:1", relationship=ACQUISITION), "method", "1"),
        (code("DCM:121401", "SCT:1"), "derivation", "1"),
        (code("DCM:121052", "SCT:1"), "presence", "1"),
        (code("DCM:111056", "DCM:1"), "rendering_intent", "1"),
        (code("DCM:121402", "SCT:1", relationship=PROPERTIES), "normality", "1"),
        (code("DCM:121403", "SCT:1", relationship=PROPERTIES), "significance", "1"),
        (code("DCM:121404", "DCM:1", relationship=PROPERTIES), "selection", "1"),
        (code("DCM:111031", "SCT:1", relationship=ACQUISITION), "image_view", "1"),
        (text("DCM:112039", "x"), "tracking_identifier", "x"),
        (text("DCM:125010", "x"), "tracking_identifier", "x"),
        (text("DCM:121151", "x"), "tracking_identifier", "x"),
        (text("DCM:121124", "x", relationship=PROPERTIES), "tracking_identifier", "x"),
        (uid("DCM:112040", "2.25.1"), "tracking_uid", "2.25.1"),
        (code("DCM:121420", "DCM:1", relationship=FROM), "equations", ["1.1.1"]),
        (text("DCM:112034", "x", relationship=FROM), "equations", ["1.1.1"]),
        (code("LN:8278-4", "99X:1", relationship=FROM), "equations", ["1.1.1"]),
        (text("DCM:121407", "x", relationship=PROPERTIES), "reference_range", ["1.1.1"]),
        (text("DCM:121405", "x", relationship=PROPERTIES), "statistics", ["1.1.1"]),
        (num("SCT:371884006", relationship=PROPERTIES), "statistics", ["1.1.1"]),
        (uid("DCM:113985", "2.25.1", FROM), "source_series", ["2.25.1"]),
        (uid("DCM:112002", "2.25.1", PROPERTIES), "source_series", ["2.25.1"]),
        (item("COMPOSITE", "DCM:126100", relationship=FROM), "value_maps", ["1.1.1"]),
        (item("COMPOSITE", "99X:1", relationship=FROM), "derived_from", ["1.1.1"]),
        (scoord(None, "POINT", relationship=FROM), "regions", ["1.1.1"]),
        (image(relationship=FROM), "images", ["1.1.1"]),
        (image("DCM:121191", relationship=FROM), "regions", ["1.1.1"]),
        (image("DCM:121112", relationship=ACQUISITION), "images", ["1.1.1"]),
        (image("DCM:121080", relationship=PROPERTIES), "illustrations", ["1.1.1"]),
        (text("DCM:121050", "x", relationship=MOD), "translations", ["1.1.1"]),
        (text("DCM:125309", "x", relationship=PROPERTIES), "translations", ["1.1.1"]),
        (code("99X:1", "99X:2"), "modifiers", ["1.1.1"]),
        (scoord("DCM:122438", "POINT", relationship=MOD), "modifiers", ["1.1.1"]),
    ],
)
def test_a_property_of_an_item(said: ContentItem, field: str, value: Any) -> None:
    assert own(said) == {field: value}


@pytest.mark.parametrize(
    "said", [text("SCT:718499004", "#ff0000", relationship=MOD), image("DCM:113795"), uid("99X:1", "1", PROPERTIES)]
)
def test_what_says_nothing_of_it(said: ContentItem) -> None:
    assert own(said) == {}


@pytest.mark.parametrize(
    ("said", "field", "value"),
    [
        (code("SCT:276214006", "SCT:1", relationship=CONTAINS), "finding_category", "1"),
        (code("DCM:121071", "SCT:1", relationship=CONTAINS), "finding", "1"),
        (code("SCT:370129005", "SCT:1"), "method", "1"),
        (code("SCT:363698007", "SCT:1", relationship=CONTAINS), "finding_sites", ["1"]),
        (code("DCM:130400", "DCM:1", relationship=CONTAINS), "group_modifiers", ["1.1.1"]),
        (code("99X:1", "99X:2"), "group_modifiers", ["1.1.1"]),
        (uid("DCM:121232", "2.25.1", CONTAINS), "source_series", ["2.25.1"]),
        (item("COMPOSITE", "DCM:126100"), "value_maps", ["1.1.1"]),
        (item("COMPOSITE", "DCM:130488"), "regions", ["1.1.1"]),
        (item("SCOORD3D", "DCM:121231"), "regions", ["1.1.1"]),
        (item("TCOORD", "SCT:260753009"), "regions", ["1.1.1"]),
        (image("DCM:121191"), "regions", ["1.1.1"]),
        (image("DCM:121214", value=ImageReference(segments=(1,))), "regions", ["1.1.1"]),
        (image("DCM:121233"), "images", ["1.1.1"]),
        (image("99X:1"), "images", ["1.1.1"]),
        (item("WAVEFORM", "99X:1"), "images", ["1.1.1"]),
        (image("DCM:130401"), "illustrations", ["1.1.1"]),
    ],
)
def test_a_property_of_a_group(said: ContentItem, field: str, value: Any) -> None:
    found = observations_of(report(container(ROOT, container(GROUP, said, num(LENGTH)))))
    (each,) = (it for it in found if it.item.concept_name and it.item.concept_name.code == "410668003")
    told = fields(each.properties)
    assert told.pop("group") == "1.1"
    assert told == {field: value}


@pytest.mark.parametrize(
    ("group", "said", "field", "value"),
    [
        ("DCM:113819", code("DCM:123014", "SCT:1", relationship=CONTAINS), "target_region", "1"),
        ("DCM:113706", code("SRT:T-D0005", "SCT:1", relationship=CONTAINS), "target_region", "1"),
        ("DCM:113517", code("SCT:113343008", "SCT:1", relationship=CONTAINS), "finding_sites", ["1"]),
        ("SCT:300577008", text("DCM:121151", "L", relationship=CONTAINS), "tracking_identifier", "L"),
        ("SCT:300577008", scoord("DCM:122507", "POLYLINE"), "regions", ["1.1.1"]),
    ],
)
def test_a_property_of_a_group_of_its_kind(group: str, said: ContentItem, field: str, value: Any) -> None:
    found = observations_of(report(container(ROOT, container(group, said, num(LENGTH)))))
    told = fields(found[-1].properties)
    assert told.pop("group") == "1.1"
    assert told == {field: value}


@pytest.mark.parametrize("said", ["DCM:122507", "DCM:121112"])
def test_contours_of_a_section_are_regions(said: str) -> None:
    found = observations_of(report(container(ROOT, container("LN:59776-5", scoord(said, "POLYLINE"), num(LENGTH)))))
    assert [fields(each.properties) for each in found] == [{"regions": ["1.1.1"], "section": "1.1"}]


def test_target_region_of_a_document() -> None:
    """PS3.16 TID 2000 row 4."""
    assert fields(last(code("DCM:123014", "SCT:1")).properties) == {"target_region": "1"}
