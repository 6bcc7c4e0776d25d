"""What observations have in common: most elements of an Observation are those of the one before it.

The observations of a group share their properties and their context, so site, method, study, subject, times, performers
and device are made once for all of them.
"""

from __future__ import annotations

from typing import NamedTuple

from sr2graph.dicom.content import Position
from sr2graph.dicom.values import ValueType
from sr2graph.fhir.contexts import Contexts, Makers
from sr2graph.fhir.json_text import Json
from sr2graph.fhir.profiles import claimed
from sr2graph.fhir.reading import Node
from sr2graph.fhir.sites import MOST_SITES
from sr2graph.fhir.tables import category
from sr2graph.fhir.texts import coding_of


class Common(NamedTuple):
    """What the observations of a category have in common that share properties and context."""

    before: Json
    """Elements before the code; the id and the identifiers are not filled in."""
    about: Json
    """... behind the code."""
    site: Json
    """... behind the value."""
    tracking: list[Json]
    """Identifiers beside the own one."""
    said: tuple[list[Position], ...]
    """Where the account notes who says so."""
    category: str


class Commons:
    """Makes what the observations of one report have in common."""

    def __init__(self, makers: Makers, contexts: Contexts) -> None:
        self._makers = makers
        self._contexts = contexts
        # With the node that has them, for identities are used again once their owner is gone.
        self._made: dict[tuple[int, int, str, bool], tuple[Node, Common]] = {}
        self._alike: dict[tuple[int, int, int, tuple[str, ...]], Json] = {}
        """Observations, by what they have in common, what they are derived from, and which elements they have."""
        self._sorts: dict[str, list[Json]] = {}
        """The categories of observations, by that of the node."""

    def of(self, node: Node) -> Common:
        """Return what a node has in common with others."""
        is_container = node.item.value_type == ValueType.CONTAINER
        key = id(node.properties), id(node.context), node.category, is_container
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = node, self._common(node, is_container=is_container)
        return made[1]

    def resource(self, common: Common, own: Json, value: Json) -> Json:
        """Return an Observation of what it has in common with others, and of its own elements, the value among them.

        Which profile it keeps follows from the elements that there are, and from what it is derived from.
        """
        key = id(common), id(own.get("derivedFrom")), len(value), tuple(own)
        alike = self._alike.get(key)
        if alike is None:
            makers = self._makers
            told = {**common.before, "code": own["code"], **common.about, **value, **common.site} | own
            alike = self._alike[key] = claimed(told, common.category, makers.flavour, makers.account, makers.resources)
        return alike | own

    def _common(self, node: Node, *, is_container: bool) -> Common:
        makers = self._makers
        study, about = self._contexts.of(node.context)
        before = {
            "resourceType": "Observation",
            "id": "",
            "extension": makers.sites.focus_code(node.context.subject),
            "identifier": [],
            **study,
            "status": makers.status["observation"],
            "category": self._categories(node),
        }
        site, said = self._site(node, is_container=is_container)
        tracking = [] if node.properties.finding_sites else makers.sites.tracking(node.properties)
        before = {name: value for name, value in before.items() if value or name in {"id", "identifier"}}
        return Common(
            before, {name: value for name, value in about.items() if value}, site, tracking, said, node.category
        )

    def _categories(self, node: Node) -> list[Json]:
        """Return the category of a node, and `imaging` where the guide wants it beside (guide defect 2)."""
        made = self._sorts.get(node.category)
        if made is None:
            own = "imaging" if node.category == "measurement" else node.category
            names = dict.fromkeys(["imaging", own] if self._makers.flavour.imaging_category else [own])
            made = [coding_of(row["system"], row["code"], row["display"]) for row in map(category, names)]
            self._sorts[node.category] = made
        return made

    def _site(self, node: Node, *, is_container: bool) -> tuple[Json, tuple[list[Position], ...]]:
        """Return site and method, and where it is noted what of the properties of a node is said."""
        makers, properties = self._makers, node.properties
        told: list[tuple[str, object]] = []
        # What a group says of its lesion, all in it inherit.
        made = makers.sites.elements(properties, properties.group or node.item)
        if made:
            told += [("site", each) for each in properties.finding_sites[:MOST_SITES]]
            if "bodyStructure" in made or "extension" in made.get("bodySite", {}):
                told.append(("laterality", properties.laterality))
                told += [("site_modifier", each) for each in properties.site_modifiers[:MOST_SITES]]
        if properties.method is not None:
            made = {**made, "method": makers.values.concept(properties.method)}
            told.append(("method", properties.method))
        if is_container:
            told.append(("finding", properties.finding))
            if node.category == "group":
                told.append(("category", properties.finding_category))
        told += [("tracking_identifier", properties.tracking_identifier), ("tracking_uid", properties.tracking_uid)]
        return made, tuple(makers.account.sayers(role, value) for role, value in told if value is not None)
