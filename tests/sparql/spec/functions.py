"""The functions of SPARQL 1.1, 17.4: from terms to a term."""

import hashlib
import re
import uuid
from collections.abc import Callable
from decimal import ROUND_FLOOR, Decimal
from math import ceil, floor, isfinite
from urllib.parse import quote

import pyoxigraph

from tests.sparql.spec.values import ExpressionError, boolean, moment, number, number_term, rank
from tests.sparql.terms import STRING, XSD, Term, iri, literal

Function = Callable[..., Term]


def text_of(term: Term) -> str:
    """Return the text of a string literal, with or without a language."""
    if term.kind == "literal" and (term.language or term.datatype == STRING):
        return term.text
    raise ExpressionError(f"{term} is not a text")


def simple(term: Term) -> str:
    """Return the text of a string literal without a language."""
    if term.language:
        raise ExpressionError(f"{term} has a language")
    return text_of(term)


def like(term: Term, text: str) -> Term:
    """Return a text in the language of a term."""
    return term._replace(text=text)


def integer(value: int) -> Term:
    """Return an xsd:integer."""
    return number_term(value, 0)


def literal_only(term: Term) -> Term:
    """Return a literal; an error for anything else."""
    if term.kind != "literal":
        raise ExpressionError(f"{term} is not a literal")
    return term


# ---------------------------------------------------------------- terms


def str_(term: Term) -> Term:
    if term.kind == "blank":
        raise ExpressionError("a blank node has no text")
    return literal(term.text)


def lang_matches(tag: Term, wanted: Term) -> Term:
    found, range_ = simple(tag).lower(), simple(wanted).lower()
    if range_ == "*":
        return boolean(bool(found))
    return boolean(found == range_ or found.startswith(range_ + "-"))


def datatype(term: Term) -> Term:
    return iri(literal_only(term).datatype)


def made_iri(term: Term) -> Term:
    if term.kind == "iri":
        return term
    try:
        pyoxigraph.NamedNode(simple(term))
    except ValueError as cause:
        raise ExpressionError(f"{term} is not an IRI") from cause
    return iri(term.text)


def strdt(text: Term, kind: Term) -> Term:
    if kind.kind != "iri":
        raise ExpressionError(f"{kind} is not a datatype")
    return literal(simple(text), kind.text)


def strlang(text: Term, tag: Term) -> Term:
    if not simple(tag):
        raise ExpressionError("an empty language")
    return literal(simple(text), language=tag.text)


# ---------------------------------------------------------------- texts


def substr(text: Term, start: Term, length: Term | None = None) -> Term:
    whole = text_of(text)
    first = _whole(start)
    last = len(whole) + 1 if length is None else first + _whole(length)
    return like(text, whole[max(first, 1) - 1 : max(last, 1) - 1])


def _whole(term: Term) -> int:
    place, value = number(term)
    if place:
        raise ExpressionError(f"{term} is not an integer")
    return int(value)


def _compatible(one: Term, other: Term) -> tuple[str, str]:
    """Texts of two arguments whose languages fit (17.4.3.1.2)."""
    first, second = text_of(one), text_of(other)
    if other.language and other.language.lower() != one.language.lower():
        raise ExpressionError(f"{one} and {other} differ in language")
    return first, second


def strbefore(text: Term, part: Term) -> Term:
    whole, found = _compatible(text, part)
    return like(text, whole.partition(found)[0] if found else "") if found in whole else literal("")


def strafter(text: Term, part: Term) -> Term:
    whole, found = _compatible(text, part)
    return like(text, whole.partition(found)[2] if found else whole) if found in whole else literal("")


def concat(*texts: Term) -> Term:
    joined = "".join(map(text_of, texts))
    languages = {term.language for term in texts}
    return literal(joined, language=languages.pop() if len(languages) == 1 else "")


def pattern(text: Term, flags: Term | None) -> re.Pattern[str]:
    """Return an XPath pattern (F&O 5.6.1) as one of Python."""
    letters = simple(flags) if flags else ""
    if set(letters) - set("smixq"):
        raise ExpressionError(f"flags {letters}")
    source = re.escape(simple(text)) if "q" in letters else _translated(simple(text), letters)
    options = [getattr(re, letter.upper()) for letter in set(letters) & set("smi")]
    try:
        return re.compile(source, sum(options))
    except re.error as cause:
        raise ExpressionError(f"pattern {text}") from cause


def _translated(source: str, flags: str) -> str:
    """`$` is the very end, not before a last line end; the x flag drops blanks outside of classes."""
    out, inside, escaped = [], False, False
    for character in source:
        if escaped:
            out.append(character)
            escaped = False
            continue
        escaped = character == "\\"
        inside = character == "[" or (inside and character != "]")
        if "x" in flags and not inside and character in " \t\r\n":
            continue
        out.append(r"\Z" if character == "$" and not inside and "m" not in flags else character)
    return "".join(out)


def regex(text: Term, source: Term, flags: Term | None = None) -> Term:
    return boolean(pattern(source, flags).search(text_of(text)) is not None)


_REFERENCE = re.compile(r"\\(.)|\$(\d+)|([\\$])")


def replace(text: Term, source: Term, by: Term, flags: Term | None = None) -> Term:
    compiled = pattern(source, flags)
    if compiled.search(""):
        raise ExpressionError("a pattern that matches the empty text")
    template = simple(by)
    verbatim = flags is not None and "q" in flags.text
    return like(text, compiled.sub(lambda m: template if verbatim else _expanded(template, m), text_of(text)))


def _expanded(template: str, match: re.Match[str]) -> str:
    def part(reference: re.Match[str]) -> str:
        if reference[1] in ("\\", "$"):
            return reference[1]
        if not reference[2]:
            raise ExpressionError(f"replacement {template}")
        digits = reference[2]
        # F&O 5.6.3: as many digits as make the number of a group.
        while len(digits) > 1 and int(digits) > (match.re.groups or 0):
            digits = digits[:-1]
        rest = reference[2][len(digits) :]
        return (match[int(digits)] or "" if int(digits) <= match.re.groups else "") + rest

    return _REFERENCE.sub(part, template)


def digest(name: str) -> Function:
    return lambda text: literal(hashlib.new(name, simple(text).encode()).hexdigest())


# ---------------------------------------------------------------- numbers and times


def rounding(decimal: Callable[[Decimal], Decimal], binary: Callable[[float], float]) -> Function:
    def function(term: Term) -> Term:
        place, value = number(term)
        if isinstance(value, float):
            return number_term(binary(value) if isfinite(value) else value, place)
        return number_term(decimal(Decimal(value)), place)

    return function


def _half_up(value: Decimal) -> Decimal:
    return (value + Decimal("0.5")).to_integral_value(ROUND_FLOOR)


def part_of_time(name: str) -> Function:
    def function(term: Term) -> Term:
        found = moment(term).fields
        if name not in found:
            raise ExpressionError(f"{term} has no {name}")
        return number_term(found[name], 1 if name == "second" else 0)

    return function


def timezone(term: Term) -> Term:
    found = moment(term)
    if not found.zone:
        raise ExpressionError("no zone")
    minutes = abs(found.offset) // 60
    parts = [f"{n}{unit}" for n, unit in ((minutes // 60, "H"), (minutes % 60, "M")) if n]
    text = "PT" + ("".join(parts) or "0S")
    return literal("-" + text if found.offset < 0 else text, XSD + "dayTimeDuration")


def tz(term: Term) -> Term:
    zone = moment(term).zone
    return literal("Z" if zone in ("+00:00", "-00:00") else zone)


FUNCTIONS: dict[str, Function] = {
    "STR": str_,
    "LANG": lambda term: literal(literal_only(term).language),
    "LANGMATCHES": lang_matches,
    "DATATYPE": datatype,
    "IRI": made_iri,
    "URI": made_iri,
    "STRDT": strdt,
    "STRLANG": strlang,
    "UUID": lambda: iri(uuid.uuid4().urn),
    "STRUUID": lambda: literal(str(uuid.uuid4())),
    "isIRI": lambda term: boolean(term.kind == "iri"),
    "isURI": lambda term: boolean(term.kind == "iri"),
    "isBLANK": lambda term: boolean(term.kind == "blank"),
    "isLITERAL": lambda term: boolean(term.kind == "literal"),
    "isNUMERIC": lambda term: boolean(term.kind == "literal" and rank(term) is not None),
    "sameTerm": lambda one, other: boolean(one == other),
    "STRLEN": lambda text: integer(len(text_of(text))),
    "SUBSTR": substr,
    "UCASE": lambda text: like(text, text_of(text).upper()),
    "LCASE": lambda text: like(text, text_of(text).lower()),
    "STRSTARTS": lambda text, part: boolean(str.startswith(*_compatible(text, part))),
    "STRENDS": lambda text, part: boolean(str.endswith(*_compatible(text, part))),
    "CONTAINS": lambda text, part: boolean(str.__contains__(*_compatible(text, part))),
    "STRBEFORE": strbefore,
    "STRAFTER": strafter,
    "ENCODE_FOR_URI": lambda text: literal(quote(text_of(text), safe="-_.~")),
    "CONCAT": concat,
    "REGEX": regex,
    "REPLACE": replace,
    "MD5": digest("md5"),
    "SHA1": digest("sha1"),
    "SHA256": digest("sha256"),
    "SHA384": digest("sha384"),
    "SHA512": digest("sha512"),
    "ABS": rounding(abs, abs),
    "CEIL": rounding(lambda value: Decimal(ceil(value)), ceil),
    "FLOOR": rounding(lambda value: value.to_integral_value(ROUND_FLOOR), floor),
    "ROUND": rounding(_half_up, lambda value: float(floor(value + 0.5))),
    "YEAR": part_of_time("year"),
    "MONTH": part_of_time("month"),
    "DAY": part_of_time("day"),
    "HOURS": part_of_time("hour"),
    "MINUTES": part_of_time("minute"),
    "SECONDS": part_of_time("second"),
    "TIMEZONE": timezone,
    "TZ": tz,
}
"""By the name that rdflib's parser gives them."""
