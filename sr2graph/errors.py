"""The errors of sr2graph.

    SrError                      every error this package raises on purpose
    ├── ReadError                the bytes cannot be read as a DICOM data set
    │   └── LimitError           ... because a bound on size, depth or count was passed
    ├── NotStructuredReportError readable, but not a Structured Report: to be skipped
    ├── NotDicomError            not DICOM at all: to be skipped
    ├── DeviationError           strict mode: the report deviates from the standard
    ├── GraphError               an RDF graph does not hold a report that can be rebuilt
    ├── WriteError               a report or graph cannot be written where it was asked for
    ├── QueryError               a query, its name or its parameters are not as they must be
    ├── CorpusError              a corpus cannot be opened, read or changed as asked
    └── FhirError                a report cannot become the bundle that was asked for
        └── NotFhirError         ... a bundle is no FHIR of its release, and has no RDF

A message names the file, the place in it, what was found and what to do next.  It never
quotes a value of the report: a log is no place for patient data.
"""

from __future__ import annotations


class SrError(Exception):
    """Base of all errors raised on purpose by this package."""


class ReadError(SrError):
    """The bytes cannot be read as a DICOM data set (PS3.5, PS3.10)."""


class LimitError(ReadError):
    """The input passes a bound on size, depth or count; see `sr2graph.dicom.limits`."""


class NotStructuredReportError(SrError):
    """The object is DICOM but carries no SR content tree; batches skip it."""


class NotDicomError(SrError):
    """The input is not DICOM; batches skip it."""


class DeviationError(SrError):
    """Strict mode: the report deviates from the standard, the message says where."""


class GraphError(SrError):
    """An RDF graph does not hold what is needed to rebuild a report."""


class WriteError(SrError):
    """A report or graph cannot be written as asked."""


class QueryError(SrError):
    """A query, its name or its parameters are not as they must be."""


class CorpusError(SrError):
    """A corpus cannot be opened, read or changed as asked."""


class FhirError(SrError):
    """A report cannot become the bundle that was asked for."""


class NotFhirError(FhirError):
    """A bundle is not what its release of FHIR allows, so that it has no RDF."""
