"""DICOM Structured Reports as lossless linked data.

report = sr2graph.read("report.dcm")
for item in report.walk():
    print(item.position, item.value_type, item.concept_name, item.value)
graph = report.to_rdflib()
assert sr2graph.from_rdf(graph) == report
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from sr2graph.corpus.corpus import Corpus as Corpus
    from sr2graph.dicom.concept import CodedConcept as CodedConcept
    from sr2graph.dicom.content import ByReference as ByReference
    from sr2graph.dicom.content import ContentItem as ContentItem
    from sr2graph.dicom.content import RelationshipType as RelationshipType
    from sr2graph.dicom.read import read as read
    from sr2graph.dicom.report import Report as Report
    from sr2graph.dicom.values import MeasuredValue as MeasuredValue
    from sr2graph.dicom.values import ValueType as ValueType
    from sr2graph.errors import SrError as SrError
    from sr2graph.fhir import to_fhir as to_fhir
    from sr2graph.graph.from_rdf import from_rdf as from_rdf
    from sr2graph.graph.from_rdf import reports_from_rdf as reports_from_rdf
    from sr2graph.templates.checking import Finding as Finding
    from sr2graph.templates.checking import checked as checked
    from sr2graph.templates.observations import Observation as Observation
    from sr2graph.templates.observations import observations_of as observations_of

_HOMES = {
    "ByReference": "dicom.content",
    "CodedConcept": "dicom.concept",
    "ContentItem": "dicom.content",
    "Corpus": "corpus.corpus",
    "Finding": "templates.checking",
    "MeasuredValue": "dicom.values",
    "Observation": "templates.observations",
    "RelationshipType": "dicom.content",
    "Report": "dicom.report",
    "SrError": "errors",
    "ValueType": "dicom.values",
    "checked": "templates.checking",
    "from_rdf": "graph.from_rdf",
    "observations_of": "templates.observations",
    "read": "dicom.read",
    "reports_from_rdf": "graph.from_rdf",
    "to_fhir": "fhir",
}
__all__ = [
    "ByReference",
    "CodedConcept",
    "ContentItem",
    "Corpus",
    "Finding",
    "MeasuredValue",
    "Observation",
    "RelationshipType",
    "Report",
    "SrError",
    "ValueType",
    "checked",
    "from_rdf",
    "observations_of",
    "read",
    "reports_from_rdf",
    "to_fhir",
]


def __getattr__(name: str) -> object:
    """Import public names when first used: `import sr2graph` itself stays instant."""
    if name not in _HOMES:
        raise AttributeError(f"module 'sr2graph' has no attribute {name!r}")
    from importlib import import_module

    found: object = getattr(import_module(f"sr2graph.{_HOMES[name]}"), name)
    return found
