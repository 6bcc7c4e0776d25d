"""A report as lines that people read in a terminal: the header, then the content tree.

Everything a file says is made printable here, so that no report can drive the terminal.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sr2graph.dicom.content import ByReference, ContentItem, position_text
from sr2graph.dicom.header import Document
from sr2graph.dicom.printable import cells, printable
from sr2graph.dicom.references import StudyReference
from sr2graph.dicom.report import Report
from sr2graph.dicom.value_text import MANY, concept_text, sop_class_text, value_text
from sr2graph.dicom.values import Text

_LABEL = 10
_STEP = 2
_LINES = 10
"""Lines of a long text that are shown."""
_NARROWEST = 20


class Span(NamedTuple):
    """A stretch of text and the part it plays; whoever prints it picks the colour."""

    part: str
    """position, relationship, type, name, value, label, note."""
    text: str


Line = list[Span]


def shown(report: Report, *, width: int = 0, header: bool = True, full: bool = False) -> Iterator[Line]:
    """Yield the lines of a report, folded to `width` columns (0: not folded).

    Long lists and texts are cut, with a count of what is left out, unless `full`.
    """
    if header:
        for label, text in _header(report):
            line = [Span("label", f"{label:{_LABEL}}"), Span("name" if label == "report" else "", printable(text))]
            yield from folded(line, width, _LABEL)
        yield []
    if report.root is None:
        yield [Span("note", "no content tree")]
        return
    column = max(len(position_text(item.position)) for item in report.walk()) + 2
    for item in _all(report.root):
        line = list(_item(item, column, full=full) if isinstance(item, ContentItem) else _by_reference(item, column))
        # The value goes on below the name of its item.
        indent = column + _STEP * len(item.position)
        lines = list(folded(line, width, indent))
        yield from lines if full else _cut(lines, indent)


def _all(root: ContentItem) -> Iterator[ContentItem | ByReference]:
    stack: list[ContentItem | ByReference] = [root]
    while stack:
        item = stack.pop()
        yield item
        if isinstance(item, ContentItem):
            stack.extend(reversed(item.children))


# ---------------------------------------------------------------- items


def _start(item: ContentItem | ByReference, column: int) -> Iterator[Span]:
    yield Span("position", f"{position_text(item.position):{column}}")
    yield Span("", " " * (_STEP * (len(item.position) - 1)))
    if item.relationship:
        yield Span("relationship", printable(item.relationship) + "  ")


def _item(item: ContentItem, column: int, *, full: bool) -> Iterator[Span]:
    yield from _start(item, column)
    yield Span("type", printable(item.value_type or "no value type"))
    if item.concept_name is not None:
        yield Span("name", f"  {printable(concept_text(item.concept_name))}")
    if item.value is not None:
        yield Span("", " = ")
        text = value_text(item.value, None if full else MANY)
        yield Span("value", _paragraphs(text) if isinstance(item.value, Text) else printable(text))
    notes = ", ".join(_notes(item))
    if notes:
        yield Span("note", f" [{printable(notes)}]")


def _notes(item: ContentItem) -> Iterator[str]:
    if item.continuity:
        yield item.continuity
    if item.template is not None:
        yield " ".join(filter(None, ("TID", item.template.identifier, item.template.mapping_resource)))
    if item.observation_datetime:
        yield f"observed {item.observation_datetime}"
    if item.observation_uid:
        yield f"observation {item.observation_uid}"
    if item.other:
        yield f"{len(item.other)} more attributes"


def _by_reference(item: ByReference, column: int) -> Iterator[Span]:
    yield from _start(item, column)
    yield Span("value", f"→ item {position_text(item.target) or '?'}")


def _paragraphs(text: str) -> str:
    return "\n".join(printable(line.replace("\t", " ")) for line in text.splitlines())


# ---------------------------------------------------------------- header


def _header(report: Report) -> Iterator[tuple[str, str]]:
    """Yield (label, text) for what the header says; what it does not say gives no line."""
    d, patient, study, series, device = report.document, report.patient, report.study, report.series, report.equipment
    rows = {
        "report": _joined(sop_class_text(d.sop_class_uid) or "no SOP class", d.sop_instance_uid),
        "patient": _joined(
            patient.name, _labelled("ID", patient.patient_id), patient.sex, _labelled("born", patient.birth_date)
        ),
        "study": _joined(
            study.description,
            _moment(study.date, study.time),
            _labelled("accession", study.accession_number),
            study.study_instance_uid,
        ),
        "series": _joined(
            series.modality, _labelled("number", series.number), series.description, series.series_instance_uid
        ),
        "equipment": _joined(
            device.manufacturer,
            device.model_name,
            _labelled("serial", device.serial_number),
            _labelled("software", " ".join(device.software_versions)),
            device.institution_name,
        ),
        "document": _joined(d.completion_flag, d.verification_flag, _moment(d.content_date, d.content_time)),
        "verified": ", ".join(_joined(o.name, o.organization, o.verified_at) for o in d.verifying_observers),
        "refers to": _referred(d),
        "encoding": _joined(report.source.transfer_syntax, " ".join(report.source.character_sets)),
        "also": _labelled("further attributes:", str(len(report.other))) if report.other else "",
    }
    return ((label, text) for label, text in rows.items() if text)


def _joined(*parts: str | None) -> str:
    return " · ".join(part for part in parts if part)


def _labelled(label: str, text: str | None) -> str:
    return f"{label} {text}" if text else ""


def _moment(date: str | None, time: str | None) -> str:
    return " ".join(filter(None, (date, time)))


def _referred(document: Document) -> str:
    counts = {
        "evidence": document.current_evidence + document.other_evidence,
        "predecessors": document.predecessors,
        "identical documents": document.identical_documents,
    }
    found = [f"{name}: {_instances(references)}" for name, references in counts.items() if references]
    found += [f"requests: {len(document.requests)}"] * bool(document.requests)
    return _joined(*found)


def _instances(studies: tuple[StudyReference, ...]) -> str:
    count = sum(len(series.instances) for study in studies for series in study.series)
    return f"{count} instances of {len(studies)} studies"


# ---------------------------------------------------------------- folding


def folded(line: Line, width: int, indent: int) -> Iterator[Line]:
    """Yield a line as lines of at most `width` columns, the later ones indented; 0 folds only at line ends."""
    indent = min(indent, max(width - _NARROWEST, 0)) if width else indent
    out: Line = []
    used = 0
    for part, text in line:
        for word in _words(text, width - indent if width else 0):
            if word == "\n" or (width and used + cells(word.rstrip(" ")) > width and used > indent):
                yield out
                out, used = [Span("", " " * indent)], indent
                word = word.lstrip(" \n")  # noqa: PLW2901 # a new line does not begin with the blank between words
            if word:
                out.append(Span(part, word))
                used += cells(word)
    yield out


def _words(text: str, width: int) -> Iterator[str]:
    """Yield words with the blanks before them, line ends by themselves; what is wider than `width` in pieces."""
    for number, line in enumerate(text.split("\n")):
        if number:
            yield "\n"
        word = ""
        for character in line:
            if (character == " " and word.strip(" ")) or (width and cells(word) >= width - 1):
                yield word
                word = ""
            word += character
        if word:
            yield word


def _cut(lines: list[Line], indent: int) -> Iterator[Line]:
    yield from lines[:_LINES]
    rest = lines[_LINES:]
    if rest:
        left = sum(len(span.text) for line in rest for span in line[1:])
        yield [Span("", " " * indent), Span("note", f"… {left:,} more characters, see --full")]
