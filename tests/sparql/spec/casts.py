"""Constructor functions: one literal as another datatype (SPARQL 1.1, 17.5)."""

import math
from collections.abc import Callable
from decimal import Decimal

from tests.sparql.spec.values import (
    BOOLEAN,
    RANKS,
    ExpressionError,
    boolean,
    is_known,
    moment,
    number,
    number_term,
    number_text,
    rank,
    rounded,
    truth,
)
from tests.sparql.terms import STRING, XSD, Term, literal

DATE_TIME, DATE, TIME = XSD + "dateTime", XSD + "date", XSD + "time"


def cast(datatype: str, term: Term) -> Term:
    """Return a term as a literal of a datatype; an error where there is no way."""
    if datatype == STRING:
        return literal(_text(term))
    if term.kind != "literal" or term.language:
        raise ExpressionError(f"{term} cannot be {datatype}")
    return CASTS[datatype](term)


def _text(term: Term) -> str:
    if term.kind == "blank" or term.language:
        raise ExpressionError(f"{term} has no text")
    place = rank(term) if term.kind == "literal" else None
    return term.text if place is None else number_text(number(term)[1], place)


def _to_number(place: int) -> Callable[[Term], Term]:
    def convert(term: Term) -> Term:
        if term.datatype == STRING:
            term = literal(term.text.strip(" \t\r\n"), RANKS[place])
        if term.datatype == BOOLEAN and is_known(term):
            return number_term(int(truth(term)), place)
        value = number(term)[1]
        if place <= 1:
            if isinstance(value, float) and not math.isfinite(value):
                raise ExpressionError("not a finite number")
            return number_term(int(value) if place == 0 else Decimal(value), place)
        return number_term(rounded(float(value), place), place)

    return convert


def _to_boolean(term: Term) -> Term:
    text = term.text.strip(" \t\r\n")
    if term.datatype in (STRING, BOOLEAN):
        if text not in ("true", "false", "1", "0"):
            raise ExpressionError(f"{term} is not a truth value")
        return boolean(text in ("true", "1"))
    number(term)
    return boolean(truth(term))


def _to_moment(datatype: str) -> Callable[[Term], Term]:
    def convert(term: Term) -> Term:
        if term.datatype in (STRING, datatype):
            made = literal(term.text.strip(" \t\r\n"), datatype)
            moment(made)
            return made
        zone = moment(term).zone
        bare = term.text.removesuffix(zone) if zone else term.text
        if (term.datatype, datatype) == (DATE, DATE_TIME):
            return literal(f"{bare}T00:00:00{zone}", datatype)
        if term.datatype == DATE_TIME and datatype in (DATE, TIME):
            return literal(bare.split("T")[datatype == TIME] + zone, datatype)
        raise ExpressionError(f"{term} cannot be {datatype}")

    return convert


CASTS: dict[str, Callable[[Term], Term]] = {
    **{datatype: _to_number(place) for place, datatype in enumerate(RANKS)},
    BOOLEAN: _to_boolean,
    **{datatype: _to_moment(datatype) for datatype in (DATE_TIME, DATE, TIME)},
    STRING: lambda term: term,
}
"""By datatype; xsd:string is told from any term."""
