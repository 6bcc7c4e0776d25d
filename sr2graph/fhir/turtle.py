"""A bundle as Turtle (W3C RDF 1.1) that people read and diff: resources in the order of the bundle, nodes nested."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from sr2graph.fhir.json_text import Json
from sr2graph.fhir.rdf_rules import ENTRY, FHIR, RESOURCE, Step, Subjects, bundle_iri, listed, step, type_of
from sr2graph.fhir.rdf_terms import canonical_iri, concept_iri, encodable, literal
from sr2graph.graph.vocabulary import PREFIXES

if TYPE_CHECKING:
    from sr2graph.fhir.project import FhirBundle

INDENT: Final = "    "
ITEM: Final = "item"
"""The prefix of the content items of the report, as in Turtle of the report itself."""

_ALWAYS = {"fhir": FHIR, "xsd": PREFIXES["xsd"]}
_PREFIX_OF = {namespace: prefix for prefix, namespace in PREFIXES.items()}
_LOCAL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?", re.ASCII)
"""Less than PN_LOCAL allows, so that every parser reads it."""


def turtle(bundle: FhirBundle, base: str | None = None, *, provenance: bool = True) -> str:
    """Return a bundle as a Turtle document; the same bundle gives the same text.

    Documents can be put one after the other.  Raises NotFhirError for what is no FHIR of the release.
    """
    return _Writer(bundle, base, provenance=provenance).document()


class _Writer:
    """Writes one bundle."""

    def __init__(self, bundle: FhirBundle, base: str | None, *, provenance: bool) -> None:
        self._bundle = bundle
        self._release = bundle.release
        self._is_r5 = bundle.release == "R5"
        self._value = "fhir:v" if self._is_r5 else "fhir:value"
        self._subjects = Subjects(bundle, base, provenance=provenance)
        self._used: set[str] = set()
        self._parts: list[str] = []
        self._put = self._parts.append

    def document(self) -> str:
        """Return the whole document."""
        role = [f"{INDENT}fhir:nodeRole fhir:treeRoot"]
        self._resource(bundle_iri(self._bundle), self._bundle.resource, role, [])
        for iri, resource in self._subjects.resources.items():
            sources = ", ".join(map(self._source, self._subjects.sources(resource)))
            self._resource(iri, resource, [], [f"{INDENT}prov:wasDerivedFrom {sources}"] if sources else [])
        prefixes = _ALWAYS | {prefix: PREFIXES[prefix] for prefix in PREFIXES if prefix in self._used}
        if self._subjects.document:
            prefixes |= {"prov": PREFIXES["prov"], ITEM: f"{self._subjects.document}#"}
        head = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in prefixes.items())
        return encodable(head + "".join(self._parts))

    def _resource(self, iri: str, resource: Json, before: list[str], after: list[str]) -> None:
        type_ = type_of(self._release, resource)
        between = f" ;\n{INDENT}"
        self._put(" ;\n".join([f"\n<{iri}> a fhir:{type_}", *before]))
        self._properties(type_, resource, INDENT, between)
        self._put("".join(f" ;\n{each}" for each in after) + " .\n")

    @staticmethod
    def _source(source: str) -> str:
        return f"<{source}>" if ":" in source else f"{ITEM}:{source}"

    # ------------------------------------------------------------ elements

    def _properties(self, shape: str, value: Json, pad: str, lead: str) -> None:
        """Write the properties of a node, each after what separates it from what is before it."""
        put, release, between = self._put, self._release, f" ;\n{pad}"
        if shape in _DECORATED:
            decoration = self._decoration(shape, value)
            if decoration:
                put(lead + decoration)
                lead = between
        for name, each in value.items():
            if name != "resourceType":
                how = step(release, shape, name)
                put(f"{lead}fhir:{how.predicate} ")
                self._objects(how, each, pad)
                lead = between

    def _decoration(self, shape: str, value: Json) -> str:
        """Return the concept that a Coding means, or the resource that a Reference refers to."""
        if shape == "Coding" and "system" in value and "code" in value:
            iri = concept_iri(str(value["system"]), str(value["code"]))
            return f"a {self._short(iri)}" if iri is not None else ""
        if shape == "Reference" and "reference" in value:
            iri = self._subjects.target(str(value["reference"]))
            return f"fhir:link <{iri}>" if iri is not None else ""
        return ""

    def _objects(self, how: Step, value: Any, pad: str) -> None:  # noqa: ANN401 # of JSON
        values = listed(how, value)
        write = self._primitive if how.is_primitive else self._node
        if not how.repeats:
            write(how, values[0], pad, "")
        elif self._is_r5:
            self._put("(")
            for each in values:
                self._put(" ")
                write(how, each, pad, "")
            self._put(" )")
        else:
            for number, each in enumerate(values):
                self._put(", " if number else "")
                write(how, each, pad, f" fhir:index {number} ;")

    def _node(self, how: Step, value: Json, pad: str, index: str) -> None:
        shape = how.type
        if how.path == ENTRY:
            self._put(f"<{self._subjects.of(value)}>")
            return
        chosen = how.chosen
        if shape == RESOURCE:
            shape = chosen = type_of(self._release, value)
        self._put(f"[{index}{f' a fhir:{chosen} ;' if chosen else ''}")
        inner = pad + INDENT
        self._properties(shape, value, inner, f"\n{inner}")
        self._put(f"\n{pad}]")

    def _primitive(self, how: Step, value: object, _: str, index: str) -> None:
        text, datatype = literal(self._release, how.type, value)
        if how.type == "xhtml":
            self._put(f'"{text}"')
            return
        iri = canonical_iri(str(value)) if how.type == "canonical" else None
        link = f" ; fhir:link <{iri}>" if iri is not None else ""
        chosen = f" a fhir:{how.chosen} ;" if how.chosen else ""
        typed = f"^^xsd:{datatype}" if datatype else ""
        self._put(f'[{index}{chosen} {self._value} "{text}"{typed}{link} ]')

    def _short(self, iri: str) -> str:
        cut = max(iri.rfind("#"), iri.rfind("/")) + 1
        prefix = _PREFIX_OF.get(iri[:cut])
        if prefix is None or not _LOCAL.fullmatch(iri, cut):
            return f"<{iri}>"
        self._used.add(prefix)
        return f"{prefix}:{iri[cut:]}"


_DECORATED = frozenset({"Coding", "Reference"})
