"""Sets of codes: what a template row allows as concept name, value or unit (PS3.16 6.1.3, 6.1.9, 6.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import groupby
from operator import itemgetter

from sr2graph.resources import rows
from sr2graph.terms.codes import code_iri

FOLDER = "mappings/templates/"


class Binding(StrEnum):
    """How strongly a row means a code or a group (PS3.16 6.1.3)."""

    ENUMERATED = "EV"
    DEFINED_TERM = "DT"
    DEFINED_GROUP = "DCID"
    BASELINE_GROUP = "BCID"
    GROUP = "CID"
    """Printed without saying which of the two."""

    @property
    def may_be_replaced(self) -> bool:
        """Whether other codes of the same meaning may stand in its place."""
        return self in (Binding.DEFINED_TERM, Binding.BASELINE_GROUP, Binding.GROUP)


@dataclass(frozen=True, slots=True)
class Code:
    """A code of the standard."""

    scheme: str
    value: str
    binding: Binding = Binding.ENUMERATED

    @property
    def iri(self) -> str:
        """The canonical IRI, the same for SRT and SCT."""
        return _iri(self.scheme, self.value)

    @property
    def meaning(self) -> str:
        """What the standard calls it; empty where it does not say."""
        return meanings().get((self.scheme, self.value), "")

    def __str__(self) -> str:
        """Return it in the notation of PS3.16."""
        return f'({self.value}, {self.scheme}, "{self.meaning}")'


@dataclass(frozen=True, slots=True)
class Group:
    """A context group that a row names."""

    cid: str
    binding: Binding


@dataclass(frozen=True, slots=True)
class ValueSet:
    """What a row allows: codes, groups, or what a parameter is bound to."""

    codes: tuple[Code, ...] = ()
    groups: tuple[Group, ...] = ()
    parameter: str | None = None
    """`$Measurement`: what the template is invoked with."""
    value_of_row: str | None = None
    """The value of another row of the template."""

    @property
    def is_constrained(self) -> bool:
        """Whether it says anything at all, parameters aside."""
        return bool(self.codes or self.groups)

    @property
    def is_closed(self) -> bool:
        """Whether no other code may be used: all bindings fixed, no group extensible, no whole scheme."""
        return (
            self.is_constrained
            and not any(code.binding.may_be_replaced for code in self.codes)
            and not any(
                group.binding.may_be_replaced or not context_group(group.cid).is_closed for group in self.groups
            )
        )

    def bound(self, arguments: Mapping[str, ValueSet]) -> ValueSet:
        """Return it with parameters replaced by what they are bound to; an unbound one constrains nothing."""
        if self.parameter is None:
            return self
        return arguments.get(self.parameter, NO_CONSTRAINT)

    def iris(self) -> frozenset[str]:
        """Return the canonical IRIs of all codes in it, included groups too."""
        return _iris_of(self)

    def __str__(self) -> str:
        """Return it in the notation of the tables."""
        parts = [f"{code.binding} {code.scheme}:{code.value}" for code in self.codes]
        parts += [f"{group.binding} {group.cid}" for group in self.groups]
        parts += [self.parameter] if self.parameter is not None else []
        parts += [f"row {self.value_of_row}"] if self.value_of_row is not None else []
        return " | ".join(parts)


NO_CONSTRAINT = ValueSet()


@cache
def value_set(text: str) -> ValueSet:
    """Return the set that the notation of the tables says: `EV DCM:113769 | DCID 7464 | $Units | row 4`."""
    codes, groups = list[Code](), list[Group]()
    parameter = row = None
    for part in text.split(" | ") if text else ():
        word, _, rest = part.partition(" ")
        if word.startswith("$"):
            parameter = word
        elif word == "row":
            row = rest
        elif word.endswith("CID"):
            groups.append(Group(rest, Binding(word)))
        else:
            scheme, _, value = rest.partition(":")
            codes.append(Code(scheme, value, Binding(word)))
    return ValueSet(tuple(codes), tuple(groups), parameter, row)


@cache
def _iri(scheme: str, value: str) -> str:
    return code_iri(value, scheme).iri or ""


@cache
def _iris_of(said: ValueSet) -> frozenset[str]:
    found = {code.iri for code in said.codes}
    for group in said.groups:
        found |= context_group(group.cid).iris()
    return frozenset(found)


# ---------------------------------------------------------------- context groups


@dataclass(frozen=True, slots=True)
class ContextGroup:
    """A context group (PS3.16 6.2, Annex B)."""

    cid: str
    name: str
    keyword: str
    uid: str
    extensible: bool
    """True too where the standard does not say."""
    retired: bool
    whole_scheme: str
    """Designator of the scheme whose codes are its members; empty for most."""
    includes: tuple[str, ...]
    """CIDs whose codes are members too."""
    source: str

    @property
    def is_closed(self) -> bool:
        """Whether no other code may be used."""
        return (
            not self.extensible and not self.whole_scheme and all(context_group(cid).is_closed for cid in self.includes)
        )

    def own_codes(self) -> tuple[Code, ...]:
        """Return its members without those of included groups."""
        return _members().get(self.cid, ())

    def codes(self) -> tuple[Code, ...]:
        """Return its members, those of included groups too."""
        return tuple(dict.fromkeys(code for cid in self._all() for code in _members().get(cid, ())))

    def iris(self) -> frozenset[str]:
        """Return the canonical IRIs of its members."""
        return _group_iris(self.cid)

    def schemes(self) -> frozenset[str]:
        """Return the designators of the schemes that are in it as a whole."""
        return frozenset(filter(None, (context_group(cid).whole_scheme for cid in self._all())))

    def _all(self) -> Iterator[str]:
        """Yield its CID and those of all groups in it, each once."""
        seen, waiting = set[str](), [self.cid]
        while waiting:
            cid = waiting.pop(0)
            if cid not in seen and cid in context_groups():
                seen.add(cid)
                yield cid
                waiting += context_groups()[cid].includes


@cache
def _group_iris(cid: str) -> frozenset[str]:
    return frozenset(code.iri for code in context_group(cid).codes())


def context_group(cid: str) -> ContextGroup:
    """Return the context group of a CID.  Raises KeyError."""
    return context_groups()[cid]


@cache
def context_groups() -> Mapping[str, ContextGroup]:
    """Return CID ↔ context group, of all there are."""
    return {
        line["cid"]: ContextGroup(
            cid=line["cid"],
            name=line["name"],
            keyword=line["keyword"],
            uid=line["uid"],
            extensible=line["extensible"] != "0",
            retired=bool(line["retired"]),
            whole_scheme=line["whole_scheme"],
            includes=tuple(line["includes"].split()),
            source=line["source"],
        )
        for line in rows(FOLDER + "context_groups.csv")
    }


@cache
def _members() -> dict[str, tuple[Code, ...]]:
    lines = groupby(rows(FOLDER + "context_group_codes.csv"), itemgetter("cid"))
    return {cid: tuple(Code(line["scheme"], line["value"]) for line in some) for cid, some in lines}


@cache
def member_units() -> Mapping[tuple[str, str], str]:
    """Return (CID, IRI of a member) ↔ the UCUM unit that the group gives it, where it does."""
    return {
        (line["cid"], _iri(line["scheme"], line["value"])): line["unit"]
        for line in rows(FOLDER + "context_group_codes.csv")
        if line["unit"]
    }


@cache
def meanings() -> Mapping[tuple[str, str], str]:
    """Return (scheme, code) ↔ what the standard calls it."""
    return {(line["scheme"], line["value"]): line["meaning"] for line in rows(FOLDER + "codes.csv")}
