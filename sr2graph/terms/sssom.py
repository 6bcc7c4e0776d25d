"""Mapping sets in the SSSOM/TSV format (https://w3id.org/sssom): metadata in # lines, then one mapping per row."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import dropwhile, takewhile
from pathlib import Path

from sr2graph.resources import resource

EXACT = "skos:exactMatch"


@dataclass(frozen=True, slots=True)
class MappingSet:
    """The exact matches of one mapping set."""

    mapping_set_id: str
    curie_map: Mapping[str, str]
    exact: Mapping[str, str]
    """Code of the subject, without its CURIE prefix → IRI of the object."""


@cache
def mapping_set(name: str) -> MappingSet:
    """The set mappings/<name>.sssom.tsv, read once."""
    return read_mapping_set(resource(f"mappings/{name}.sssom.tsv"))


def read_mapping_set(path: Path) -> MappingSet:
    """Read an SSSOM TSV whose subjects are all of one scheme."""
    lines = path.read_text(encoding="utf-8").splitlines()
    identifier, curie_map = _metadata([line[1:] for line in takewhile(_is_metadata, lines)])
    rows = csv.reader(dropwhile(_is_metadata, lines), delimiter="\t")
    columns = next(rows)
    subject, predicate, target = map(columns.index, ("subject_id", "predicate_id", "object_id"))
    return MappingSet(
        identifier,
        curie_map,
        {row[subject].partition(":")[2]: _expand(row[target], curie_map) for row in rows if row[predicate] == EXACT},
    )


def _expand(curie: str, curie_map: Mapping[str, str]) -> str:
    prefix, _, code = curie.partition(":")
    return curie_map[prefix] + code


def _is_metadata(line: str) -> bool:
    return line.startswith("#")


def _metadata(lines: list[str]) -> tuple[str, dict[str, str]]:
    """The two slots we need; the block is YAML, and these two are plain `key: value` lines in every such file."""
    identifier, curie_map, section = "", {}, ""
    for line in lines:
        key, _, value = line.strip().partition(": ")
        if not line.startswith(" "):
            section = key.rstrip(":")
            identifier = value if key == "mapping_set_id" else identifier
        elif section == "curie_map":
            curie_map[key] = value
    return identifier, curie_map
