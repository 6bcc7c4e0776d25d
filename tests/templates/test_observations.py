"""What is an observation, and what it inherits: rule by rule, on small trees."""

from typing import Any

import pytest

from sr2graph.dicom.content import ByReference, ContentItem, position_text
from sr2graph.dicom.values import (
    DateTime,
    ImageReference,
    PersonName,
    Text,
    UIDReference,
)
from sr2graph.templates.context import ObserverKind, SubjectKind
from sr2graph.templates.observations import Observation, observations_of
from tests.templates.trees import CONTEXT, FROM, MOD, SELECTED, code, container, image, item, link, num, report, scoord

GROUP = "DCM:125007"
ROOT = "DCM:126000"
MEASUREMENTS = "DCM:126010"
LENGTH = "SCT:410668003"
FINDING = "DCM:121071"
SITE = "SCT:363698007"
SIDE = "SCT:272741003"
PART = "SCT:106233006"
METHOD = "SCT:370129005"
PROPERTIES = "HAS PROPERTIES"
ACQUISITION = "HAS ACQ CONTEXT"
CONTAINS = "CONTAINS"


def text(said: str, value: str, *children: ContentItem | ByReference, relationship: str = CONTEXT) -> ContentItem:
    return item("TEXT", said, *children, relationship=relationship, value=Text(value))


def uid(said: str, value: str, relationship: str = CONTEXT) -> ContentItem:
    return item("UIDREF", said, relationship=relationship, value=UIDReference(value))


def person(said: str, value: str, relationship: str = CONTEXT) -> ContentItem:
    return item("PNAME", said, relationship=relationship, value=PersonName(value))


def observed(root: ContentItem) -> dict[str, Observation]:
    """Position ↔ the observation there, in the order they come in."""
    return {position_text(each.item.position): each for each in observations_of(report(root))}


def codes(value: Any) -> Any:
    """Concepts by their codes, items by their positions."""
    if isinstance(value, tuple):
        return [codes(each) for each in value]
    if isinstance(value, ContentItem):
        return position_text(value.position)
    return value.code if hasattr(value, "code") else value


def proper(root: ContentItem) -> list[str]:
    """Where there are observations in their own right."""
    return [position for position, each in observed(root).items() if each.role is None]


def roles(root: ContentItem) -> dict[str, str]:
    """The observations that say something of others: their position and their role."""
    return {position: each.role for position, each in observed(root).items() if each.role is not None}


# ---------------------------------------------------------------- what is an observation


@pytest.mark.parametrize("value_type", "NUM CODE TEXT DATE TIME DATETIME TABLE IMAGE WAVEFORM SCOORD TCOORD".split())
def test_what_a_section_contains_is_an_observation(value_type: str) -> None:
    assert proper(container(ROOT, container("LN:59776-5", item(value_type, "99X:1")))) == ["1.1.1"]


@pytest.mark.parametrize("value_type", ["UIDREF", "PNAME", "COMPOSITE", "CONTAINER", "NONSENSE", None])
def test_identifiers_persons_and_objects_are_none(value_type: str | None) -> None:
    assert not observed(container(ROOT, item(value_type, "99X:1")))  # type: ignore[arg-type] # what files may have


@pytest.mark.parametrize("relationship", [CONTEXT, MOD, ACQUISITION])
def test_context_and_modifiers_are_none_but_a_number_always_is_one(relationship: str) -> None:
    root = container(
        ROOT, num(LENGTH, item("CODE", "99X:1", relationship=relationship), num("99X:2", relationship=relationship))
    )
    assert proper(root) == ["1.1"]
    assert list(roles(root)) == ["1.1.2"]


def test_a_number_says_what_it_is_of_another_observation() -> None:
    root = container(
        ROOT,
        num(
            LENGTH,
            num("SCT:371933006", relationship=PROPERTIES),
            num("SCT:386136009", relationship=PROPERTIES),
            num("DCM:125106", relationship=PROPERTIES),
            num("99X:1", relationship=FROM),
        ),
        num("LN:11878-6", relationship=CONTEXT),
        num("99X:2", relationship=ACQUISITION),
    )
    assert roles(root) == {"1.1.1": "reference_range", "1.1.2": "statistics", "1.2": "subject", "1.3": "acquisition"}
    assert proper(root) == ["1.1", "1.1.3", "1.1.4"]
    assert codes(observed(root)["1.1"].reference_range) == ["1.1.1"]
    assert codes(observed(root)["1.1"].statistics) == ["1.1.2"]
    assert codes(observed(root)["1.1"].derived_from) == ["1.1.4"]


def test_what_describes_a_modifier_is_no_observation() -> None:
    described = code(
        "99X:1", "99X:2", text("99X:3", "x", relationship=PROPERTIES), num("99X:4", relationship=PROPERTIES)
    )
    root = container(ROOT, num(LENGTH, described))
    assert (proper(root), roles(root)) == (["1.1"], {"1.1.1.2": "modifier"})


def test_the_content_of_a_context_container_is_context() -> None:
    root = container(
        ROOT, container("DCM:122127", code("DCM:109054", "SCT:1", relationship=CONTAINS), relationship=ACQUISITION)
    )
    assert not observed(root)


def test_patient_characteristics_are_observed_whatever_they_hang_on() -> None:
    """PS3.16 TID 3500 row 4 relates them by HAS OBS CONTEXT, TID 5200 by CONTAINS."""
    characteristics = (num("LN:8302-2"), code("DCM:121032", "DCM:F", relationship=CONTAINS))
    for relationship in (CONTEXT, CONTAINS):
        assert proper(container(ROOT, container("DCM:121118", *characteristics, relationship=relationship))) == [
            "1.1.1",
            "1.1.2",
        ]


def test_without_a_relationship_the_code_tells() -> None:
    root = container(
        ROOT, num(LENGTH, code(SITE, "SCT:1", relationship=None), code("99X:1", "99X:2", relationship=None))
    )
    assert proper(root) == ["1.1", "1.1.2"]
    assert codes(observed(root)["1.1"].finding_sites) == ["1"]


def test_images_of_a_library_are_what_others_point_at() -> None:
    root = container(
        ROOT, container("DCM:111028", container("DCM:126200", image(), num("99X:1", relationship=ACQUISITION)))
    )
    assert (proper(root), roles(root)) == ([], {"1.1.1.2": "acquisition"})


def test_key_objects_are_observations() -> None:
    root = container("DCM:113000", image(), item("COMPOSITE", None), text("DCM:113012", "x", relationship=CONTAINS))
    assert proper(root) == ["1.1", "1.2", "1.3"]


# ---------------------------------------------------------------- groups


def group(*children: ContentItem | ByReference) -> ContentItem:
    return container(ROOT, container(MEASUREMENTS, container(GROUP, *children)))


def test_a_measurement_group_says_what_its_measurements_are_about() -> None:
    """PS3.16 TID 1410: finding, category, site, tracking and region are of all of them."""
    root = group(
        text("DCM:112039", "Lesion 3"),
        uid("DCM:112040", "2.25.3"),
        code("SCT:276214006", "SCT:49755003", relationship=CONTAINS),
        code(FINDING, "SCT:27925004", relationship=CONTAINS),
        code(SITE, "SCT:39607008", code(SIDE, "SCT:7771000"), code(PART, "SCT:261183002")),
        code(METHOD, "DCM:112022"),
        scoord("DCM:111030", "POLYLINE", image(relationship=SELECTED)),
        image("DCM:121200"),
        num(LENGTH),
        num(LENGTH, code("DCM:121401", "SCT:373098007"), code("99X:mod", "99X:1")),
    )
    found = observed(root)
    assert list(found) == ["1.1.1.9", "1.1.1.10"]
    for each in found.values():
        assert (each.tracking_identifier, each.tracking_uid) == ("Lesion 3", "2.25.3")
        assert codes(each.finding) == "27925004"
        assert codes(each.finding_category) == "49755003"
        assert codes(each.finding_sites) == ["39607008"]
        assert codes(each.laterality) == "7771000"
        assert codes(each.site_modifiers) == ["261183002"]
        assert codes(each.method) == "112022"
        assert (codes(each.regions), codes(each.images)) == (["1.1.1.7"], ["1.1.1.7.1"])
        assert codes(each.illustrations) == ["1.1.1.8"]
        assert (codes(each.group), codes(each.section)) == ("1.1.1", "1.1")
    first, second = found.values()
    assert (first.derivation, first.modifiers) == (None, ())
    assert (codes(second.derivation), codes(second.modifiers)) == ("373098007", ["1.1.1.10.2"])


def test_what_an_item_says_itself_prevails() -> None:
    site = code(SITE, "SCT:39607008", code(PART, "SCT:261183002"))
    own = num(LENGTH, code(SITE, "SCT:45653009"), code(METHOD, "DCM:2"), scoord(None, "POINT", relationship=FROM))
    root = group(site, code(METHOD, "DCM:1"), scoord("DCM:111030", "POINT", image(relationship=SELECTED)), own)
    each = observed(root)["1.1.1.4"]
    assert codes(each.finding_sites) == ["45653009"]
    assert each.site_modifiers == ()  # it was said of the other site
    assert codes(each.method) == "2"
    assert (codes(each.regions), each.images) == (["1.1.1.4.3"], ())


def test_a_side_of_a_section_holds_for_sites_in_it() -> None:
    """PS3.16 TID 5103: site and laterality of the section, the vessel by the name of the group."""
    root = container(
        "LN:39445-2",
        container(
            "LN:59776-5",
            code(SITE, "SCT:119568004"),
            code(SIDE, "SCT:7771000"),
            container("SCT:86117002", code(PART, "SCT:40415009"), num("LN:11726-7")),
            num("LN:33868-1"),
        ),
        tid="5100",
    )
    found = observed(root)
    assert codes(found["1.1.3.2"].finding_sites) == ["86117002"]
    assert codes(found["1.1.3.2"].laterality) == "7771000"
    assert codes(found["1.1.3.2"].site_modifiers) == ["40415009"]
    assert codes(found["1.1.3.2"].group) == "1.1.3"
    assert codes(found["1.1.4"].finding_sites) == ["119568004"]


def test_snomed_rt_codes_are_the_same() -> None:
    root = group(code("SRT:G-C0E3", "SRT:T-28000", code("SRT:G-C171", "SRT:G-A101")), num(LENGTH))
    each = observed(root)["1.1.1.2"]
    assert (codes(each.finding_sites), codes(each.laterality)) == (["T-28000"], "G-A101")


def test_a_code_that_only_looks_the_same_is_another() -> None:
    root = group(code("99X:363698007", "99X:1"), num(LENGTH))
    assert observed(root)["1.1.1.2"].finding_sites == ()


def test_modifiers_of_containers_are_kept_nearest_first() -> None:
    root = container(
        ROOT,
        container(
            "LN:59776-5",
            code("DCM:111004", "DCM:1"),
            code("SCT:399264008", "99X:2"),
            container(GROUP, code("SCT:399264008", "99X:3"), num(LENGTH)),
        ),
    )
    assert codes(observed(root)["1.1.3.2"].group_modifiers) == ["1.1.3.1", "1.1.1"]


@pytest.mark.parametrize("title", ["DCM:113011", "DCM:121144", "SCT:363703001"])
def test_modifiers_of_a_title_say_nothing_of_what_is_below(title: str) -> None:
    assert observed(container(ROOT, code(title, "DCM:1"), num(LENGTH)))["1.2"].group_modifiers == ()


def test_a_finding_is_the_group_of_its_properties() -> None:
    """PS3.16 TID 4206, 3110: a coded finding with properties."""
    root = container(
        ROOT,
        code(
            FINDING,
            "SCT:1",
            code(SIDE, "SCT:7771000"),
            num("99X:size", relationship=PROPERTIES),
            code("DCM:111037", "99X:2", code("99X:m", "99X:3"), relationship=PROPERTIES),
            relationship=CONTAINS,
        ),
    )
    found = observed(root)
    assert list(found) == ["1.1", "1.1.2", "1.1.3"]
    assert [codes(each.finding) for each in found.values()] == ["1", "1", "1"]
    assert [codes(each.laterality) for each in found.values()] == ["7771000"] * 3
    assert [codes(each.group) for each in found.values()] == [None, "1.1", "1.1"]


def test_properties_of_any_coded_item_are_a_group() -> None:
    """PS3.16 TID 3106: a drug, its route and its dose."""
    drug = code("DCM:122083", "99X:1", num("99X:dose", relationship=PROPERTIES), relationship=CONTAINS)
    found = observed(container(ROOT, drug))
    assert codes(found["1.1.1"].group) == "1.1"
    assert found["1.1.1"].finding is None


def test_cad_findings_inherit_nothing_of_the_feature_they_are_inferred_for() -> None:
    """PS3.16 TID 4004, 4006."""
    single = code(
        "DCM:111059",
        "SCT:129769006",
        text("DCM:112039", "one"),
        scoord("DCM:111010", "POINT", image(relationship=SELECTED), relationship=PROPERTIES),
        num("DCM:111012", relationship=PROPERTIES),
        relationship=FROM,
    )
    composite = code(
        "DCM:111015",
        "SCT:4147007",
        text("DCM:112039", "both"),
        code("DCM:111056", "DCM:111150"),
        scoord("DCM:111010", "POINT", relationship=PROPERTIES),
        single,
        relationship=CONTAINS,
    )
    found = observed(container("DCM:111036", container("DCM:111034", composite)))
    outer, inner, certainty = found["1.1.1"], found["1.1.1.4"], found["1.1.1.4.3"]
    assert (outer.tracking_identifier, codes(outer.finding), codes(outer.rendering_intent)) == (
        "both",
        "4147007",
        "111150",
    )
    assert (inner.tracking_identifier, codes(inner.finding), inner.rendering_intent) == ("one", "129769006", None)
    assert (codes(certainty.finding), codes(certainty.group)) == ("129769006", "1.1.1.4")
    assert (codes(outer.regions), codes(certainty.regions)) == (["1.1.1.3"], ["1.1.1.4.2"])


def test_detections_performed_are_observations() -> None:
    performed = code("DCM:111022", "99X:1", text("DCM:111001", "A", relationship=PROPERTIES), relationship=CONTAINS)
    summary = code(
        "DCM:111064", "DCM:111222", container("DCM:111063", performed, relationship=FROM), relationship=CONTAINS
    )
    found = observed(container("DCM:111036", summary))
    assert list(found) == ["1.1", "1.1.1.1"]
    (algorithm,) = found["1.1.1.1"].context.observers
    assert (algorithm.kind, algorithm.name) == (ObserverKind.ALGORITHM, "A")


def test_wall_segments_are_the_site_of_their_properties() -> None:
    """PS3.16 TID 5204 row 10."""
    segment = code(
        "LN:18179-2", "SCT:264846007", code("SCT:60797005", "SCT:1", relationship=PROPERTIES), relationship=CONTAINS
    )
    found = observed(container(ROOT, container("LN:59776-5", code(SITE, "SCT:272657006"), segment)))
    assert list(found) == ["1.1.2.1"]
    assert codes(found["1.1.2.1"].finding_sites) == ["264846007"]


def test_a_lesion_identifier_tells_where_the_lesion_is() -> None:
    """PS3.16 TID 3252 rows 2-4, 3215 row 2."""
    place = code(SITE, "SCT:41879009", code(PART, "SCT:40415009"))
    for relationship in (CONTEXT, CONTAINS):
        lesion = container("SCT:300577008", text("DCM:121151", "L1", place, relationship=relationship), num(LENGTH))
        (each,) = observed(container(ROOT, lesion)).values()
        assert (each.tracking_identifier, codes(each.finding_sites)) == ("L1", ["41879009"])
        assert codes(each.site_modifiers) == ["40415009"]


def test_a_lesion_of_a_procedure_log_is_a_group() -> None:
    """PS3.16 TID 3105: site, risk and stenosis are properties of its identifier."""
    entry = text(
        "DCM:121151",
        "L1",
        code(SITE, "SCT:41879009", relationship=PROPERTIES),
        num("SCT:408715008", relationship=PROPERTIES),
        relationship=CONTAINS,
    )
    (each,) = observed(container("DCM:121120", entry)).values()
    assert (each.tracking_identifier, codes(each.finding_sites), codes(each.group)) == ("L1", ["41879009"], "1.1")


# ---------------------------------------------------------------- groups without observations


def test_a_region_alone_is_an_observation() -> None:
    root = group(text("DCM:112039", "x"), scoord("DCM:111030", "POINT", image(relationship=SELECTED)))
    ((position, each),) = observed(root).items()
    assert (position, each.role, each.tracking_identifier) == ("1.1.1.2", None, "x")
    assert (codes(each.regions), codes(each.images)) == (["1.1.1.2"], ["1.1.1.2.1"])


def test_a_finding_alone_is_an_observation() -> None:
    root = group(text("DCM:112039", "x"), code(FINDING, "SCT:1", relationship=CONTAINS))
    assert proper(root) == ["1.1.1.2"]
    assert codes(observed(root)["1.1.1.2"].finding) == "1"


def test_a_region_of_another_group_is_not_its_own() -> None:
    other = container(GROUP, scoord("DCM:111030", "POINT"))
    root = container(ROOT, other, container(GROUP, link(1, 1, 1, relationship=FROM)), container(GROUP, link(1, 1, 1)))
    assert proper(root) == ["1.1.1"]


def test_a_segment_without_properties_is_an_observation() -> None:
    """PS3.16 TID 5204 row 10: that there is such a segment is all that is said."""
    root = container(ROOT, code("LN:18179-2", "SCT:264846007", relationship=CONTAINS))
    assert proper(root) == ["1.1"]


def test_an_empty_group_says_nothing() -> None:
    assert not observed(group(text("DCM:112039", "x")))


def test_each_region_alone_says_its_own() -> None:
    regions = [scoord("DCM:111030", "POINT", text("DCM:112039", name, relationship=PROPERTIES)) for name in "ab"]
    assert [each.tracking_identifier for each in observed(group(*regions)).values()] == ["a", "b"]


# ---------------------------------------------------------------- by reference


def test_regions_and_inputs_by_reference() -> None:
    region = scoord("DCM:111030", "POINT", link(1, 1, 1, relationship=SELECTED), relationship=FROM)
    root = container(
        ROOT,
        container("DCM:111028", image()),
        container(MEASUREMENTS, num(LENGTH, region), num("99X:mean", link(1, 2, 1), link(1, 2, 1, 1), link(1, 1, 1))),
    )
    mean = observed(root)["1.2.2"]
    assert codes(mean.derived_from) == ["1.2.1"]
    assert codes(mean.regions) == ["1.2.1.1"]
    assert codes(mean.images) == ["1.1.1"]


def test_cycles_and_dead_links_are_harmless() -> None:
    root = container(
        ROOT,
        num(LENGTH, link(1, 1), link(1, 2), link(1), link(7, 7), link(1, relationship=CONTEXT)),
        num(LENGTH, link(1, 1)),
    )
    found = observed(root)
    assert codes(found["1.1"].derived_from) == ["1.1", "1.2", "1"]
    assert codes(found["1.2"].derived_from) == ["1.1"]


def test_a_library_tells_side_and_view_of_an_image() -> None:
    """PS3.16 TID 4020; the image may also be repeated instead of referred to."""
    shown = ImageReference(sop_instance_uid="2.25.1")
    side = code("DCM:111027", "SCT:80248007", relationship=ACQUISITION)
    view = code("DCM:111031", "SCT:399162004", relationship=ACQUISITION)
    library = container("DCM:111028", item("IMAGE", None, side, view, value=shown))
    by_reference = item("CODE", "DCM:111059", link(1, 1, 1))
    repeated = item("CODE", "DCM:111059", image(relationship=FROM, value=shown))
    found = observed(container("DCM:111036", library, by_reference, repeated))
    assert list(found) == ["1.2", "1.3"]
    for each in found.values():
        assert (codes(each.image_laterality), codes(each.image_view)) == ("80248007", "399162004")


def test_a_group_of_a_library_tells_it_of_all_its_images() -> None:
    """PS3.16 TID 1600 row 3; what an image says itself comes first."""
    said = [code("DCM:111027", f"SCT:{side}", relationship=ACQUISITION) for side in ("80248007", "73056007")]
    shown = [ImageReference(sop_instance_uid=f"2.25.{number}") for number in range(3)]
    images = [item("IMAGE", None, value=shown[0]), item("IMAGE", None, said[1], value=shown[1])]
    library = container("DCM:111028", container("DCM:126200", said[0], *images))
    numbers = [num(LENGTH, image(relationship=FROM, value=each)) for each in shown]
    found = observed(container(ROOT, library, *numbers, num(LENGTH, link(1, 1, 1, 2))))
    sides = [codes(each.image_laterality) for each in found.values()]
    assert sides == ["80248007", "73056007", None, "80248007"]


# ---------------------------------------------------------------- context


def test_observers_are_replaced_as_a_whole() -> None:
    """PS3.16 TID 1001: what is nearer replaces all that is farther of the same kind."""
    device = (
        code("DCM:121005", "DCM:121007", relationship=CONTEXT),
        uid("DCM:121012", "2.25.1"),
        text("DCM:121013", "Scanner"),
        text("DCM:121015", "Model"),
    )
    reader = (code("DCM:121005", "DCM:121006", relationship=CONTEXT), person("DCM:121008", "Reader"))
    algorithm = (text("DCM:111001", "A", relationship=MOD), text("DCM:111003", "1", relationship=MOD))
    root = container(
        ROOT,
        *device,
        *reader,
        container("LN:59776-5", person("DCM:121008", "Second"), num(LENGTH), container(GROUP, *algorithm, num(LENGTH))),
        num(LENGTH),
    )
    found = observed(root)
    names = {position: [(each.kind, each.name) for each in it.context.observers] for position, it in found.items()}
    second, machine = (ObserverKind.PERSON, "Second"), (ObserverKind.ALGORITHM, "A")
    assert names == {
        "1.7.2": [second],
        "1.7.3.3": [second, machine],
        "1.8": [(ObserverKind.DEVICE, "Scanner"), (ObserverKind.PERSON, "Reader")],
    }
    assert (found["1.8"].context.observers[0].uid, found["1.8"].context.observers[0].model) == ("2.25.1", "Model")
    assert found["1.7.3.3"].context.observers[1].version == "1"


def test_context_by_reference() -> None:
    """PS3.3 A.35.3: HAS OBS CONTEXT may be by reference; it replaces like a context of its own."""
    root = container(
        ROOT,
        container("LN:59776-5", person("DCM:121008", "Own"), num(LENGTH)),
        num(LENGTH, link(1, 1, 1, relationship=CONTEXT)),
        num(LENGTH),
    )
    names = [[it.name for it in each.context.observers] for each in observed(root).values()]
    assert names == [["Own"], ["Own"], []]


def test_observers_without_a_type_begin_with_their_name() -> None:
    root = container(
        ROOT,
        person("DCM:121008", "One"),
        text("DCM:121009", "Hospital"),
        person("DCM:121008", "Two"),
        uid("DCM:121012", "2.25.1"),
        num(LENGTH),
    )
    first, second, third = observed(root)["1.5"].context.observers
    assert (first.name, first.organization, second.name, second.organization) == ("One", "Hospital", "Two", None)
    assert (third.kind, third.uid) == (ObserverKind.DEVICE, "2.25.1")


def test_fetuses_are_never_merged() -> None:
    """PS3.16 TID 1008 in each section of TID 5000; the patient is the subject of the others."""
    sections = [
        container("DCM:125002", text("LN:11951-1", name), container("DCM:125005", num("LN:11820-8"))) for name in "ABA"
    ]
    patient = code("DCM:121024", "DCM:121025", relationship=CONTEXT)
    found = observed(container("LN:11525-3", patient, *sections, num("LN:8302-2"), tid="5000"))
    subjects = [it.context.subject for it in found.values()]
    assert [(each.kind, each.fetus) for each in subjects if each] == [
        (SubjectKind.FETUS, "A"),
        (SubjectKind.FETUS, "B"),
        (SubjectKind.FETUS, "A"),
        (SubjectKind.PATIENT, None),
    ]


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (code("DCM:121024", "DCM:121026", relationship=CONTEXT), SubjectKind.FETUS),
        (code("DCM:121024", "DCM:121192", relationship=CONTEXT), SubjectKind.DEVICE),
        (uid("DCM:121039", "2.25.1"), SubjectKind.SPECIMEN),
        (text("DCM:121193", "Phantom"), SubjectKind.DEVICE),
        (person("DCM:121036", "Mother"), SubjectKind.FETUS),
        (person("DCM:121029", "Somebody"), None),
    ],
)
def test_kinds_of_subjects(said: ContentItem, kind: SubjectKind | None) -> None:
    subject = observed(container(ROOT, said, num(LENGTH)))["1.2"].context.subject
    assert subject is not None
    assert subject.kind is kind


def test_the_context_of_an_item_is_of_what_is_below_it_too() -> None:
    root = container(
        ROOT,
        code(FINDING, "SCT:1", person("DCM:121008", "Own"), num(LENGTH, relationship=FROM), relationship=CONTAINS),
        num(LENGTH),
    )
    found = observed(root)
    assert [each.name for each in found["1.1"].context.observers] == ["Own"]
    assert [each.name for each in found["1.1.2"].context.observers] == ["Own"]
    assert found["1.2"].context.observers == ()


def test_an_event_and_its_times_belong_to_its_container() -> None:
    """PS3.16 TID 10013: the event UID of another one, below a repeated acquisition, is not its own."""
    repeated = code("DCM:128551", "SCT:373066001", uid("DCM:113769", "2.25.9", CONTAINS), relationship=CONTAINS)
    started = item("DATETIME", "DCM:111526", value=DateTime("20240101"))
    ended = item("DATETIME", "DCM:113810", relationship=CONTEXT, value=DateTime("20241231"))
    device = code(
        "DCM:113876", "DCM:113859", text("DCM:113879", "Model", relationship=PROPERTIES), relationship=CONTAINS
    )
    dose = container("DCM:113829", num("DCM:113830"))
    root = container(
        "DCM:113701",
        ended,
        container("DCM:113819", uid("DCM:113769", "2.25.1", CONTAINS), repeated, started, dose, device),
        container("DCM:113819", uid("DCM:113769", "2.25.2", CONTAINS), dose),
        num("DCM:113813"),
        tid="10011",
    )
    found = observed(root)
    first, second, total = (found[at].context for at in ("1.2.4.1", "1.3.2.1", "1.4"))
    assert (first.irradiation_event, first.started, first.ended) == ("2.25.1", "20240101", None)
    assert (second.irradiation_event, second.participants) == ("2.25.2", ())
    assert (total.irradiation_event, total.ended) == (None, "20241231")
    ((irradiating),) = first.participants
    assert (irradiating.kind, irradiating.model, codes(irradiating.role)) == (ObserverKind.DEVICE, "Model", "113859")
    assert codes(found["1.2.4.1"].group) == "1.2"
    assert proper(root) == ["1.2.2", "1.2.4.1", "1.3.2.1", "1.4"]


def test_procedure_language_time_point_and_the_rest() -> None:
    root = container(
        ROOT,
        code("DCM:121049", "RFC5646:en"),
        code("DCM:121058", "LN:41806-1"),
        uid("DCM:121018", "2.25.5"),
        text("DCM:121022", "ACC"),
        code("DCM:113705", "DCM:113014", relationship=CONTEXT),
        container(
            GROUP,
            text("UMLS:C2348792", "Week 4"),
            text("DCM:126070", "2"),
            text("NCIt:C67447", "1"),
            code("LN:18139-6", "99X:rest", relationship=ACQUISITION),
            num(LENGTH, code("DCM:121047", "RFC5646:de")),
            code("DCM:121058", "LN:2"),
            num(LENGTH),
        ),
    )
    found = observed(root)
    own, other = found["1.6.5"].context, found["1.6.7"].context
    assert (codes(own.language), codes(other.language)) == ("de", "en")
    assert (other.time_point, other.subject_time_point, other.session) == ("Week 4", "2", "1")
    assert (codes(other.acquisition), codes(other.other)) == (["1.6.4"], ["1.5"])
    assert other.procedure is not None
    assert (other.procedure.study_uid, other.procedure.accession_number) == ("2.25.5", "ACC")
    assert codes(other.procedure.reported) == ["2"]


def test_the_nearest_observation_datetime_counts() -> None:
    root = container(
        ROOT,
        container("LN:59776-5", num(LENGTH, observation_datetime="20240102"), num(LENGTH)),
        observation_datetime="20240101",
    )
    assert [each.context.datetime for each in observed(root).values()] == ["20240102", "20240101"]


def test_what_is_shared_is_one_object() -> None:
    root = group(text("DCM:112039", "x"), code(SITE, "SCT:1"), *[num(LENGTH) for _ in range(5)])
    found = list(observed(root).values())
    assert len({id(each.properties) for each in found}) == 1
    assert len({id(each.context) for each in found}) == 1


# ---------------------------------------------------------------- templates of their own kind


def test_measurements_derived_from_groups() -> None:
    """PS3.16 TID 1420: inferred from measurement groups, by reference."""
    root = container(
        ROOT,
        container(MEASUREMENTS, container(GROUP, num(LENGTH)), container(GROUP, num(LENGTH))),
        container("DCM:126011", num("99X:sum", link(1, 1, 1), link(1, 1, 2))),
    )
    found = observed(root)
    assert codes(found["1.2.1"].derived_from) == ["1.1.1", "1.1.2"]
    assert (found["1.2.1"].group, codes(found["1.2.1"].section)) == (None, "1.2")


def test_an_algorithm_of_one_measurement() -> None:
    """PS3.16 TID 1419 row 20."""
    algorithm = (text("DCM:111001", "A", relationship=MOD), text("DCM:111002", "p", relationship=MOD))
    found = observed(group(num(LENGTH, *algorithm, text("DCM:111002", "q", relationship=MOD)), num(LENGTH)))
    first, second = (each.context.observers for each in found.values())
    assert [(each.name, each.parameters) for each in first] == [("A", ("p", "q"))]
    assert second == ()


def test_a_log_tells_who_came() -> None:
    """PS3.16 TID 3001 row 10: a person is an entry; as an observer, or a participant, it is none."""
    log = container(
        "DCM:121120",
        person("DCM:121008", "Nurse"),
        person("DCM:122041", "Doctor", CONTAINS),
        tid="3001",
    )
    ((position, each),) = observed(log).items()
    assert (position, [it.name for it in each.context.observers]) == ("1.2", ["Nurse"])


def test_where_in_the_breast() -> None:
    """PS3.16 TID 4206: quadrant and clock face place all that is said of the finding, and are said themselves."""
    finding = code(
        FINDING,
        "SCT:1",
        code("DCM:111048", "SCT:76365002", relationship=PROPERTIES),
        num(LENGTH, relationship=PROPERTIES),
        relationship=CONTAINS,
    )
    found = observed(container(ROOT, finding))
    assert list(found) == ["1.1", "1.1.1", "1.1.2"]
    assert codes(found["1.1.2"].site_modifiers) == ["76365002"]


def test_a_finding_that_is_not_there() -> None:
    """PS3.16 TID 1350."""
    absent = code(FINDING, "SCT:1", code("DCM:121052", "SCT:2667000"), relationship=CONTAINS)
    assert codes(observed(container(ROOT, absent))["1.1"].presence) == "2667000"


def test_what_a_finding_was_inferred_from_is_about_it() -> None:
    inferred = code(FINDING, "SCT:1", num(LENGTH, relationship=FROM), relationship=CONTAINS)
    conclusion = code("DCM:121077", "SCT:2", num(LENGTH, relationship=FROM), relationship=CONTAINS)
    found = observed(container(ROOT, inferred, conclusion))
    assert (codes(found["1.1.1"].finding), codes(found["1.1.1"].group)) == ("1", "1.1")
    assert (found["1.2.1"].finding, found["1.2.1"].group) == (None, None)


def test_what_is_measured_on_a_region_is_below_it() -> None:
    """Some writers put measurements into the region instead of beside it."""
    region = scoord("DCM:111030", "CIRCLE", image(relationship=SELECTED), num(LENGTH), num("99X:1"))
    found = observed(group(text("DCM:112039", "x"), region))
    assert list(found) == ["1.1.1.2.2", "1.1.1.2.3"]
    for each in found.values():
        assert (codes(each.regions), codes(each.images)) == (["1.1.1.2"], ["1.1.1.2.1"])
        assert (each.tracking_identifier, codes(each.group)) == ("x", "1.1.1.2")
