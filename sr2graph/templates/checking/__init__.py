"""Checking: what of a report the standard does not allow, and where.

`checked(report)` looks at the relationships of the SOP class (PS3.3 A.35), at the rows of the templates that the report
follows (PS3.16 Annex A), at codes and units, and repeats what reading noticed.  A finding names the place, the rule,
the row and the section; it never holds a value, a text or a name of the report.
"""

from __future__ import annotations

from sr2graph.templates.checking.check import checked
from sr2graph.templates.checking.findings import Finding, Severity

__all__ = ["Finding", "Severity", "checked"]
