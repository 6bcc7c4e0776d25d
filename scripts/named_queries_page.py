"""Write docs/reference/named-queries.md from sr2graph/queries; with --check, only say whether it is current."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph

from sr2graph.corpus.named import NamedQuery, named_queries

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "named-queries.md"

TITLES = {
    "dose": "Radiation dose",
    "lesions": "Lesions, regions and features",
    "cardiac": "Heart",
    "obstetric": "Pregnancy",
    "breast": "Breast",
    "documents": "Documents and collections",
    "terminology": "Codes and units",
    "lookup": "Looking something up",
}
"""Topic ↔ its heading, in the order of the page."""

HEAD = """# Named queries

<!-- Written by scripts/named_queries_page.py from sr2graph/queries: change the files there, not this page. -->

Questions that are asked again and again, each with a name and the SPARQL that answers it.
The texts are plain SPARQL 1.1 on plain RDF: any engine runs them on the N-Quads of the reports,
with the union of all graphs as default graph.

A parameter is a variable written `$name`, bound to a value before the query runs.
One without a default must be given.
An engine that cannot bind variables gives the same answer
with `VALUES $name { value }` as the first line after `WHERE {`.

A column `x` with the IRI of a code mostly has a column `xName` beside it, the meaning as the report wrote it;
where rows are counted over many reports it is the last of these meanings in alphabetical order, or empty.
Codes of the older scheme SRT are found under their SNOMED CT IRI, as everywhere in this graph.
What a hospital codes privately is not found: `private-codes` and `same-meaning-other-code` say what is to be mapped.

"""


def page() -> str:
    """The whole page."""
    by_topic: dict[str, list[NamedQuery]] = {topic: [] for topic in TITLES}
    for query in named_queries():
        by_topic[query.topic].append(query)
    return HEAD + "\n".join(part for topic, queries in by_topic.items() for part in section(topic, queries))


def section(topic: str, queries: list[NamedQuery]) -> Iterator[str]:
    """A topic: its queries, shortly and then in full."""
    yield f"## {TITLES[topic]}\n"
    yield "".join(f"- [{query.name}](#{query.name}): {query.question}\n" for query in queries)
    for query in queries:
        yield f"### {query.name}\n\n{query.question}\n{parameters(query)}"
        yield f"Columns: {', '.join(f'`{name}`' for name in columns(query))}.\n"
        yield f"Need: {query.source}.\n\n```sparql\n{body(query)}```\n"


def parameters(query: NamedQuery) -> str:
    """The table of the parameters; nothing where there are none."""
    if not query.parameters:
        return ""
    rows = (
        f"| `{each.name}` | {each.datatype} | {each.default or 'required'} | {each.meaning} |\n"
        for each in query.parameters
    )
    return "\n| parameter | type | default | meaning |\n| --- | --- | --- | --- |\n" + "".join(rows)


def columns(query: NamedQuery) -> list[str]:
    """The variables of the answer."""
    answer = pyoxigraph.Store().query(query.text)
    if not isinstance(answer, pyoxigraph.QuerySolutions):
        message = f"{query.name} is not a SELECT query"
        raise TypeError(message)
    return [variable.value for variable in answer.variables]


def body(query: NamedQuery) -> str:
    """The query without its header."""
    return re.sub(r"\A(#.*\n)+", "", query.text)


def main() -> None:
    """Write the page, or check it."""
    text = page()
    if sys.argv[1:] == ["--check"]:
        if not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != text:
            sys.exit(f"{PAGE.name} is not what sr2graph/queries says: run scripts/named_queries_page.py")
    else:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
