"""SQL functions that every connection to a corpus has: what SPARQL means where SQL means something else."""

from __future__ import annotations

from sr2graph.graph.kinds import XSD
from sr2graph.graph.vocabulary import PREFIXES

LANG_STRING = PREFIXES["rdf"] + "langString"
INTEGER_TYPES = tuple(
    XSD + name
    for name in (
        "integer nonPositiveInteger negativeInteger long int short byte nonNegativeInteger unsignedLong unsignedInt "
        "unsignedShort unsignedByte positiveInteger"
    ).split()
)
NUMBER_TYPES = (*INTEGER_TYPES, XSD + "decimal", XSD + "double", XSD + "float")
_NUMBER_LIST = ", ".join(f"'{iri}'" for iri in NUMBER_TYPES)
_ORDERED_LIST = ", ".join(f"'{XSD}{n}'" for n in ("string", "boolean", "date", "time", "gYear", "gYearMonth"))
_KNOWN_LIST = f"{_ORDERED_LIST}, '{XSD}dateTime', '{LANG_STRING}'"
_INTEGER_LIST = ", ".join(f"'{iri}'" for iri in INTEGER_TYPES)

MACROS: dict[str, str] = {
    # Spelling of numbers: a stored number has its own only where it differs from these.
    "sr_canonical(x)": """CASE WHEN x = trunc(x) AND abs(x) < 1e15 THEN CAST(CAST(x AS BIGINT) AS VARCHAR)
        ELSE CAST(x AS VARCHAR) END""",
    "sr_double_text(x)": """CASE WHEN isnan(x) THEN 'NaN' WHEN isinf(x) THEN CASE WHEN x > 0 THEN 'INF' ELSE '-INF' END
        ELSE CAST(x AS VARCHAR) END""",
    "sr_exact_text(d)": """CASE WHEN d = trunc(d) THEN CAST(CAST(d AS DECIMAL(38, 0)) AS VARCHAR)
        ELSE rtrim(CAST(d AS VARCHAR), '0') END""",
    # Exact decimals. A decimal of at most 15 digits that gives back the same double is the one that was written.
    "sr_exact(x, t)": """CASE
        WHEN t IS NULL AND abs(x) < 1000000 AND CAST(CAST(x AS DECIMAL(18, 9)) AS DOUBLE) = x
            THEN CAST(CAST(x AS DECIMAL(18, 9)) AS DECIMAL(38, 18))
        ELSE TRY_CAST(COALESCE(t, sr_canonical(x)) AS DECIMAL(38, 18)) END""",
    "sr_rounded(x)": "TRY_CAST(printf('%.15g', x) AS DECIMAL(38, 18))",
    "sr_multiply(a, b)": """CASE
        WHEN abs(a) < 1000000000 AND abs(b) < 1000000000
            AND a = CAST(a AS DECIMAL(19, 9)) AND b = CAST(b AS DECIMAL(19, 9))
            THEN CAST(CAST(a AS DECIMAL(19, 9)) * CAST(b AS DECIMAL(19, 9)) AS DECIMAL(38, 18))
        ELSE sr_rounded(CAST(a AS DOUBLE) * CAST(b AS DOUBLE)) END""",
    "sr_divide(a, b)": "CASE WHEN b <> 0 THEN sr_rounded(CAST(a AS DOUBLE) / CAST(b AS DOUBLE)) END",
    "sr_divide_double(a, b)": """CASE WHEN b <> 0 OR isnan(b) THEN a / b WHEN a = 0 OR isnan(a) THEN 'NaN'::DOUBLE
        WHEN (a > 0) = (CAST(b AS VARCHAR) <> '-0.0') THEN 'Infinity'::DOUBLE ELSE '-Infinity'::DOUBLE END""",
    # Terms of several kinds in one column, in the spelling of N-Triples with nothing escaped.
    "sr_quote(t)": "length(t) - strpos(reverse(t), '\"') + 1",
    "sr_lexical(t)": """CASE WHEN t[1] = '<' OR t[-1] = '"' THEN t[2:-2]
        WHEN t[1] <> '@' THEN t[2:sr_quote(t) - 1] END""",
    "sr_datatype(t)": f"""CASE WHEN t[1] IN ('<', '@') THEN NULL WHEN t[-1] = '"' THEN '{XSD}string'
        WHEN t[-1] = '>' THEN t[sr_quote(t) + 4:-2] WHEN t IS NOT NULL THEN '{LANG_STRING}' END""",
    "sr_language(t)": """CASE WHEN t[1] IN ('<', '@') THEN NULL WHEN t[-1] = '"' OR t[-1] = '>' THEN ''
        ELSE t[sr_quote(t) + 2:] END""",
    "sr_number(t)": f"""CASE WHEN sr_datatype(t) IN ({_NUMBER_LIST}) THEN TRY_CAST(sr_lexical(t) AS DOUBLE) END""",
    "sr_string(t)": """CASE WHEN t[-1] = '"' THEN t[2:-2] END""",
    "sr_is_iri(t)": "t[1] IN ('<', '@')",
    "sr_is_integer(t)": f"COALESCE(sr_datatype(t) IN ({_INTEGER_LIST}), FALSE)",
    "sr_rank(t)": "CASE WHEN t IS NULL THEN 0 WHEN sr_is_iri(t) THEN 1 ELSE 2 END",
    "sr_node(t)": "CASE WHEN t[1] = '@' THEN CAST(t[2:] AS BIGINT) END",
    "sr_calculate(x, y, d, i, e)": f"""CASE
        WHEN sr_number(x) IS NULL OR sr_number(y) IS NULL THEN NULL
        WHEN sr_is_double(x) OR sr_is_double(y) THEN '"' || sr_double_text(d) || '"^^<{XSD}double>'
        WHEN sr_is_integer(x) AND sr_is_integer(y) AND i IS NOT NULL
            THEN '"' || CAST(i AS VARCHAR) || '"^^<{XSD}integer>'
        ELSE '"' || sr_exact_text(e) || '"^^<{XSD}decimal>' END""",
    "sr_is_double(t)": f"COALESCE(sr_datatype(t) IN ('{XSD}double', '{XSD}float'), FALSE)",
    "sr_integer(t)": "TRY_CAST(sr_lexical(t) AS BIGINT)",
    "sr_decimal(t)": "TRY_CAST(sr_lexical(t) AS DECIMAL(38, 18))",
    # Dates and times: the offset, the instant in UTC, and order where one of two has no offset (XSD 3.2.7.4).
    "sr_zone(t)": "NULLIF(regexp_extract(t, '(Z|[+-][0-9][0-9]:[0-9][0-9])$', 1), '')",
    "sr_minutes(z)": """CASE WHEN z = 'Z' THEN 0
        ELSE (CASE WHEN z[1] = '-' THEN -1 ELSE 1 END)
            * (CAST(z[2:3] AS INTEGER) * 60 + CAST(z[5:6] AS INTEGER)) END""",
    "sr_local(t)": """TRY_CAST(replace(regexp_replace(t, '(Z|[+-][0-9][0-9]:[0-9][0-9])$', ''), 'T', ' ')
        AS TIMESTAMP)""",
    "sr_instant(t)": """CASE WHEN contains(t, 'T') THEN sr_local(t)
        - to_minutes(COALESCE(sr_minutes(sr_zone(t)), 0)) END""",
    "sr_time(t)": f"CASE WHEN sr_datatype(t) = '{XSD}dateTime' THEN sr_instant(sr_lexical(t)) END",
    "sr_before(a, b)": """CASE WHEN (sr_zone(a) IS NULL) = (sr_zone(b) IS NULL)
            OR abs(epoch(sr_instant(a)) - epoch(sr_instant(b))) > 14 * 3600 THEN sr_instant(a) < sr_instant(b) END""",
    "sr_same_time(a, b)": """CASE WHEN (sr_zone(a) IS NULL) = (sr_zone(b) IS NULL)
        THEN sr_instant(a) = sr_instant(b) WHEN a IS NOT NULL AND b IS NOT NULL THEN FALSE END""",
    "sr_precision(t)": """CASE WHEN contains(t, 'T') THEN 'dateTime'
        WHEN length(regexp_replace(t, '(Z|[+-][0-9][0-9]:[0-9][0-9])$', '')) = 4 THEN 'gYear'
        WHEN length(regexp_replace(t, '(Z|[+-][0-9][0-9]:[0-9][0-9])$', '')) = 7 THEN 'gYearMonth'
        WHEN t IS NOT NULL THEN 'date' END""",
    # Comparison of terms of several kinds; NULL is a type error (SPARQL 17.3).
    "sr_known(d)": f"d IN ({_NUMBER_LIST}, {_KNOWN_LIST})",
    "sr_same_number(a, b)": "a = b AND NOT isnan(a) AND NOT isnan(b)",
    "sr_equal(a, b)": f"""CASE WHEN a IS NULL OR b IS NULL THEN NULL
        WHEN sr_number(a) IS NOT NULL AND sr_number(b) IS NOT NULL THEN sr_same_number(sr_number(a), sr_number(b))
        WHEN a = b THEN TRUE
        WHEN sr_is_iri(a) OR sr_is_iri(b) THEN FALSE
        WHEN sr_datatype(a) = '{XSD}dateTime' AND sr_datatype(b) = '{XSD}dateTime'
            THEN sr_same_time(sr_lexical(a), sr_lexical(b))
        WHEN sr_known(sr_datatype(a)) AND sr_known(sr_datatype(b)) THEN FALSE END""",
    "sr_less(a, b)": f"""CASE
        WHEN sr_number(a) IS NOT NULL AND sr_number(b) IS NOT NULL
            THEN sr_number(a) < sr_number(b) AND NOT isnan(sr_number(a)) AND NOT isnan(sr_number(b))
        WHEN sr_datatype(a) <> sr_datatype(b) THEN NULL
        WHEN sr_datatype(a) = '{XSD}dateTime' THEN sr_before(sr_lexical(a), sr_lexical(b))
        WHEN sr_datatype(a) IN ({_ORDERED_LIST}) THEN sr_lexical(a) < sr_lexical(b) END""",
    "sr_true(t)": f"""CASE WHEN t[-1] = '"' THEN length(t) > 2
        WHEN sr_datatype(t) = '{XSD}boolean' THEN sr_lexical(t) IN ('true', '1')
        WHEN sr_number(t) IS NOT NULL THEN sr_number(t) <> 0 AND NOT isnan(sr_number(t)) END""",
    # Dates and times, taken apart.
    "sr_clock(t)": "CASE WHEN contains(t, ':') THEN regexp_extract(t, '([0-9][0-9]:[0-9][0-9]:[0-9.]+)', 1) END",
    "sr_substring(s, f, n)": "CASE WHEN n > 0 THEN substr(s, CAST(f AS BIGINT), CAST(n AS BIGINT)) ELSE '' END",
}
"""Signature → body."""


VIEWS: dict[str, str] = {
    "item_iris": """SELECT i.item AS node, d.iri || '#' || i.position AS iri
        FROM items AS i JOIN documents AS d ON d."document" = i."document\"""",
    "node_iris": """SELECT n.node AS node, d.iri || '#' || n.name AS iri
        FROM nodes AS n JOIN documents AS d ON d."document" = n."document\"""",
    "resource_iris": """SELECT "document" AS node, iri FROM documents
        UNION ALL SELECT node, iri FROM item_iris UNION ALL SELECT node, iri FROM node_iris""",
}
"""The IRI of each node by its key."""


def definitions() -> list[str]:
    """Return the statements that make the functions and views."""
    macros = [f"CREATE OR REPLACE MACRO {signature} AS {body}" for signature, body in MACROS.items()]
    return macros + [f"CREATE OR REPLACE VIEW {view} AS {query}" for view, query in VIEWS.items()]
