"""What the peers are compared with."""

from __future__ import annotations

import sr2graph
from sr2graph.graph.quads import nquads


def convert(data: bytes) -> str:
    """Return the N-Quads of a DICOM file by sr2graph."""
    return nquads(sr2graph.read(data))
