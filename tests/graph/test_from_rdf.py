"""A graph gives back the report it was made from, or a GraphError that says why not."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import rdflib
from hypothesis import given
from hypothesis import strategies as st

from sr2graph.dicom.content import ByReference, ContentItem
from sr2graph.dicom.header import Document
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import Text
from sr2graph.errors import GraphError
from sr2graph.graph.from_rdf import from_rdf, reports_from_rdf
from sr2graph.graph.iris import uid_iri
from sr2graph.graph.quads import nquads, nquads_of, statements
from sr2graph.graph.turtle import trig
from sr2graph.graph.vocabulary import NAMESPACE, PREFIXES, predicates
from tests.graph.reports import IRI, full_reports, item, link, report
from tests.strategies import placed, reports

RDF_TYPE = f"<{PREFIXES['rdf']}type>"


def text(words: str = "x", *children: Any, **fields: Any) -> ContentItem:
    return item(Text(words), *children, **fields)


# ---------------------------------------------------------------- relationships

BY_REFERENCE: dict[str, tuple[Any, ...]] = {
    "to an ancestor": (item(None, text("a", link(1, 1))),),
    "to the root": (text("a", link(1)),),
    "to itself": (text("a", link(1, 1)),),
    "to a sibling": (text("a"), text("b", link(1, 1))),
    "to the future": (text("a", link(1, 2)), text("b")),
    "to its own child, same relationship": (text("a"), link(1, 1, relationship="CONTAINS")),
    "to its own child, another relationship": (text("a"), link(1, 1, relationship="INFERRED FROM")),
    "to its own child before it": (link(1, 2, relationship="HAS PROPERTIES"), text("a")),
    "to its own child, both": (text("a"), link(1, 1, relationship="CONTAINS"), link(1, 1)),
    "to its own child, twice the same": (text("a"), link(1, 1), link(1, 1)),
    "to its own child without a relationship": (
        text("a", relationship=None),
        link(1, 1, relationship=None),
        link(1, 1),
    ),
    "to its own child of an odd relationship": (
        text("a", relationship="ODD"),
        link(1, 1, relationship="ODD"),
        link(1, 1),
    ),
    "two odd relationships": (text("a", relationship="ODD"), link(1, 1, relationship="EVEN")),
    "to a by-reference relationship": (text("a"), link(1, 1), link(1, 2)),
    "dangling": (link(1, 7), link(9, 9), link(1, 0)),
    "to nowhere": (link(0),),
    "with a huge ordinal": (link(1, 4294967295),),
    "without a relationship": (text("a"), link(1, 1, relationship=None)),
    "unknown relationships": (text("a", relationship="MADE UP"), link(1, 1, relationship="MADE UP")),
}


@pytest.mark.parametrize("children", BY_REFERENCE.values(), ids=BY_REFERENCE.keys())
def test_by_reference_relationships_come_back(children: tuple[Any, ...]) -> None:
    found = report(*children)
    assert from_rdf(nquads(found).encode()) == found


@given(
    st.lists(
        st.one_of(
            st.sampled_from(["CONTAINS", "INFERRED FROM", "ODD", "", None]).map(
                lambda r: text("a", relationship=r or None)
            ),
            st.builds(
                lambda n, relationship: link(1, n, relationship=relationship),
                st.integers(1, 4),
                st.sampled_from(["CONTAINS", "INFERRED FROM", "ODD", None]),
            ),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_any_mixture_of_relationships_comes_back(children: list[ContentItem | ByReference]) -> None:
    found = report(*children)
    assert from_rdf(nquads(found).encode()) == found


@pytest.mark.parametrize("value_type", ["TEXT", "CONTAINER", "TEXTO", "NUM", None])
@pytest.mark.parametrize("value", [Text("x"), Text(), None])
def test_odd_value_types_come_back(value_type: str | None, value: Text | None) -> None:
    found = report(item(value, value_type=value_type))
    assert from_rdf(nquads(found).encode()) == found


@given(reports())
def test_any_report_comes_back_through_a_folder_of_formats(found: Report) -> None:
    assert list(reports_from_rdf(nquads(found).encode())) == [found]
    assert list(reports_from_rdf(trig(found).encode(), "trig")) == [found]


def test_a_report_without_a_tree_comes_back() -> None:
    found = Report(document=Document(sop_instance_uid="1.2.3"))
    assert from_rdf(nquads(found).encode()) == found


# ---------------------------------------------------------------- sources


@pytest.fixture
def two() -> list[Report]:
    return [full_reports()["exact"], report(text())]


@pytest.mark.parametrize("suffix", [".nq", ".trig"])
def test_files_of_several_reports(two: list[Report], tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"reports{suffix}"
    path.write_text("".join(map(nquads if suffix == ".nq" else trig, two)), encoding="utf-8")
    assert list(reports_from_rdf(path)) == two
    assert list(reports_from_rdf(str(path))) == two
    with pytest.raises(GraphError, match="2 reports"):
        from_rdf(path)


def test_nquads_in_any_order_and_with_repeats(two: list[Report], tmp_path: Path) -> None:
    lines = "".join(map(nquads, two)).splitlines(keepends=True)
    path = tmp_path / "sorted.nq"
    path.write_text("".join(sorted(lines + lines, key=lambda line: line[::-1])), encoding="utf-8")
    assert sorted(r.sop_instance_uid for r in reports_from_rdf(path)) == sorted(r.sop_instance_uid for r in two)
    assert all(found in two for found in reports_from_rdf(path))
    path.write_text(nquads(two[0]) + nquads(two[0]), encoding="utf-8")
    assert from_rdf(path) == two[0]


def test_an_rdflib_graph_without_names(two: list[Report]) -> None:
    graph = rdflib.Graph()
    graph.parse(data="\n".join(f"{line} ." for line in statements(two[1])), format="nt")
    assert from_rdf(graph) == two[1]


def test_what_other_graphs_say_plays_no_part(two: list[Report]) -> None:
    dataset = two[1].to_rdflib()
    dataset.graph(rdflib.URIRef("urn:notes")).add((rdflib.URIRef(IRI), rdflib.RDFS.comment, rdflib.Literal("seen")))
    assert from_rdf(dataset) == two[1]


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda _: b"", "0 reports"),
        (lambda _: b"<urn:s> <urn:p> <urn:o> .", "0 reports"),
        (lambda _: b"\xff\xfe", "the document"),
        (lambda _: b"<urn:s> <urn:p> ", "the document"),
        (lambda folder: folder / "missing.nq", "no such file"),
        (lambda folder: folder / "report.txt", "suffix"),
    ],
)
def test_sources_that_hold_no_report(make: Callable[[Path], Any], problem: str, tmp_path: Path) -> None:
    with pytest.raises(GraphError, match=problem):
        from_rdf(make(tmp_path))


def test_formats_not_known_here() -> None:
    with pytest.raises(GraphError, match="rdfxml"):
        from_rdf(b"", "rdfxml")


# ---------------------------------------------------------------- graphs that are not what they should be

Change = Callable[[list[str]], list[str]]
TREE = report(item(None, text("a"), text("b")), text("c"), link(1, 1))


def without(*parts: str) -> Change:
    return lambda lines: [line for line in lines if not any(part in line for part in parts)]


def adding(*more: str) -> Change:
    return lambda lines: [*lines, *more]


def told(subject: str, predicate: str, target: str) -> str:
    """A statement about a part of the report: `told("1.1", "text", '"x"')`."""
    return f"<{IRI}{'#' if subject else ''}{subject}> <{NAMESPACE}{predicate}> {target}"


BROKEN: dict[str, tuple[Change, str]] = {
    "an item is missing": (without(f"<{IRI}#1.1.1>"), "missing"),
    "the statements of an item are missing": (without(f"<{IRI}#1.1.1> "), "missing"),
    "the root is missing": (without(f"<{IRI}#1> "), "missing"),
    "two roots": (adding(told("", "root", f"<{IRI}#1.1>")), "root"),
    "two patients": (adding(told("", "patient", "<urn:p>")), "patient"),
    "no patient": (without("/patient>"), "sr:patient"),
    "two value types": (adding(f"<{IRI}#1.2> {RDF_TYPE} <{NAMESPACE}Num>"), "value types"),
    "two texts": (adding(told("1.2", "text", '"other"')), "text"),
    "a reference without a target": (without("referencedItem"), "referencedItem"),
    "a reference from elsewhere": (adding(told("1.1", "byReference", f"<{IRI}#1.3>")), "not below"),
    "a reference in another report": (
        adding(told("1.1", "byReference", "<urn:oid:9#1.1.3>")),
        "not the IRI of a content item",
    ),
    "a target that is no item": (
        lambda lines: [line.replace(f"Item> <{IRI}#1.1>", "Item> <urn:x>") for line in lines],
        "not of its kind",
    ),
    "a huge ordinal": (adding(told("1", "contains", f"<{IRI}#1.{'9' * 5000}>")), "not of its kind"),
    "an ordinal that leaves a gap": (adding(told("1", "contains", f"<{IRI}#1.99>")), "missing"),
    "attributes that are no JSON": (adding(told("1", "otherAttribute", '"{"')), "not of its kind"),
    "a code that is its own equivalent": (
        adding(
            told("1.2", "conceptNameAsWritten", f"<{IRI}#code.1>"),
            told("code.1", "equivalentCodeAsWritten", f"<{IRI}#code.1>"),
        ),
        "part of itself",
    ),
    "a position that is no number": (
        adding(told("", "verifyingObserver", "<urn:o>"), f'<urn:o> <{NAMESPACE}position> "one"'),
        "not of its kind",
    ),
}


@pytest.mark.parametrize(("change", "problem"), BROKEN.values(), ids=BROKEN.keys())
def test_broken_graphs_say_what_is_wrong(change: Change, problem: str) -> None:
    with pytest.raises(GraphError, match=problem):
        from_rdf(nquads_of(change(statements(TREE)), IRI).encode())


def test_a_tree_deeper_than_any_report() -> None:
    found = text()
    for _ in range(200):
        found = item(None, found)
    deep = Report(document=Document(sop_instance_uid="1.2.3"), root=placed(found))
    with pytest.raises(GraphError, match="deeper"):
        from_rdf(nquads(deep).encode())


def test_an_iri_that_no_uid_makes() -> None:
    lines = [line.replace(IRI, "http://example.org/report") for line in statements(TREE)]
    with pytest.raises(GraphError, match="not the IRI of a report"):
        from_rdf(nquads_of(lines, "http://example.org/report").encode())


def test_a_wide_tree_takes_no_longer_than_it_should() -> None:
    """Time grows with the statements, not with their square."""
    found = report(*(text(str(i)) for i in range(20_000)))
    assert from_rdf(nquads(found).encode()) == found


# ---------------------------------------------------------------- hostile graphs

TERMS = [
    f"<{IRI}>",
    *(
        f"<{IRI}#{part}>"
        for part in ("1", "1.1", "1.2", "1.1.1", "1.0", "01", "1.-1", "code.1", "patient", "x", "", "1.1e5")
    ),
    f"<{uid_iri('1.2')}>",
    f"<{IRI}#1.²>",
    f"<{IRI}#1.\u0661>",
    "<urn:x>",
    "_:b",
    '""',
    '"1"',
    '"x\\\\y"',
    '"{}"',
    '"[[[["',
    '"{\\"00091001\\":{\\"vr\\":\\"SQ\\",\\"Value\\":[1]}}"',
    '"{\\"00091001\\":{\\"vr\\":\\"AT\\",\\"Value\\":[{}]}}"',
    f'"1"^^<{PREFIXES["xsd"]}integer>',
    '"9999999999999999999999999"',
    '"1e400 nan"',
    *(f"<{NAMESPACE}{name}>" for name in ("Num", "Container", "Image", "Table", "Report", "Code")),
]
PREDICATES = sorted({f"<{row.iri}>" for row in predicates()})


@st.composite
def hostile(draw: st.DrawFn) -> str:
    """A graph of a full report with statements dropped, repeated, altered and added."""
    lines = list(statements(draw(st.sampled_from([TREE, *full_reports().values()]))))
    for _ in range(draw(st.integers(1, 12))):
        at = draw(st.integers(0, len(lines) - 1))
        subject, predicate, target = lines[at].split(" ", 2)
        change = draw(st.sampled_from(["drop", "repeat", "object", "predicate", "subject", "swap"]))
        if change == "drop" and len(lines) > 1:
            del lines[at]
        elif change == "repeat":
            lines.append(lines[at])
        elif change == "object":
            lines[at] = f"{subject} {predicate} {draw(st.sampled_from(TERMS))}"
        elif change == "predicate":
            lines.append(f"{subject} {draw(st.sampled_from(PREDICATES))} {target}")
        elif change == "subject":
            name = draw(st.sampled_from([t for t in TERMS if t[0] != '"']))
            lines.append(f"{name} {predicate} {draw(st.sampled_from(TERMS))}")
        else:
            other = lines[draw(st.integers(0, len(lines) - 1))].split(" ", 2)
            lines[at] = f"{subject} {other[1]} {other[2]}"
    return "".join(f"{line} <urn:g> .\n" for line in lines)


@given(hostile())
def test_fuzz_hostile_graphs_give_a_report_or_a_graph_error(graph: str) -> None:
    with contextlib.suppress(GraphError):
        for found in reports_from_rdf(graph.encode(), "nquads"):
            assert isinstance(found, Report)
            nquads(found)


@given(st.binary(max_size=200))
def test_fuzz_bytes_give_no_other_error(data: bytes) -> None:
    for form in ("nquads", "trig", "turtle", "jsonld", "ntriples"):
        with contextlib.suppress(GraphError):
            list(reports_from_rdf(data, form))
