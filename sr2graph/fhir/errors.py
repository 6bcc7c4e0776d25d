"""The error of this room."""

from sr2graph.errors import SrError


class FhirError(SrError):
    """A report cannot become the bundle that was asked for."""
