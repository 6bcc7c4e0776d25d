"""Codes out of value sets: what a row allows becomes what an instance says."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cache
from random import Random

from sr2graph.dicom.concept import CodedConcept
from sr2graph.samples.templated.roots import table
from sr2graph.templates.value_sets import Code, ValueSet, context_group, value_set

MOST_CHARACTERS_OF_VALUE = 16
"""VR SH: what is longer goes to Long Code Value (0008,0119)."""
MOST_CHARACTERS_OF_MEANING = 64
"""VR LO."""
VERSIONS = {"BI": "4.0", "NCDR": "2.0b"}
"""Scheme ↔ the version that a code of it cannot be understood without (PS3.3 Table 8.8-1)."""
OLD_SCHEMES = frozenset({"SRT", "SNM3", "99SDM"})


@cache
def options(said: ValueSet) -> tuple[Code, ...]:
    """Return all codes of a value set, in order; members of whole schemes are those of examples.csv."""
    codes = list(said.codes)
    for group in said.groups:
        codes += context_group(group.cid).codes()
        codes += (code for scheme in sorted(context_group(group.cid).schemes()) for code in examples(scheme))
    return tuple(dict.fromkeys(code for code in codes if code.scheme not in OLD_SCHEMES))


def chosen(
    random: Random, said: ValueSet, used: Collection[Code] = (), prefer: Callable[[Code], bool] | None = None
) -> Code | None:
    """Return one of the codes, not one that was used before if there is another; None where there is no choice."""
    codes = options(said)
    fresh = [code for code in codes if code not in used] if used else codes
    preferred = [code for code in fresh or codes if prefer(code)] if prefer else None
    candidates = preferred or fresh or codes
    return candidates[random.randrange(len(candidates))] if candidates else None


@cache
def concept(code: Code) -> CodedConcept:
    """Return the code as reports write it (PS3.3 Table 8.8-1)."""
    scheme, _, version = code.scheme.partition(" [")
    meaning = _shortened(_example_meanings().get((code.scheme, code.value)) or code.meaning or code.value)
    is_long = len(code.value) > MOST_CHARACTERS_OF_VALUE
    return CodedConcept(
        value=None if is_long else code.value,
        long_value=code.value if is_long else None,
        scheme=scheme,
        version=version.rstrip("]") or VERSIONS.get(scheme),
        meaning=meaning,
    )


def _shortened(meaning: str) -> str:
    if len(meaning) <= MOST_CHARACTERS_OF_MEANING:
        return meaning
    return meaning[:MOST_CHARACTERS_OF_MEANING].rsplit(" ", 1)[0]


@cache
def examples(key: str) -> tuple[Code, ...]:
    """Return what stands for a scheme that is a context group as a whole, or for a concept that no row constrains."""
    line = _examples().get(key)
    return options(value_set(line["codes"])) if line else ()


@cache
def example_set(key: str) -> ValueSet | None:
    """Return the value set that stands for what no row constrains."""
    line = _examples().get(key)
    return value_set(line["codes"]) if line else None


@cache
def _examples() -> dict[str, dict[str, str]]:
    return {line["key"]: line for line in table("examples.csv")}


@cache
def _example_meanings() -> dict[tuple[str, str], str]:
    return {(line["scheme"], line["value"]): line["meaning"] for line in table("meanings.csv")}
