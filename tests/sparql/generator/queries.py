"""Generated queries: a group of patterns, and what is asked of its solutions.

The answer of each is determined by SPARQL, up to what `tests.sparql.compare` allows for: the
order of ties, of GROUP_CONCAT and of a LIMIT without a total order.
"""

from dataclasses import dataclass
from random import Random

from tests.sparql.generator.patterns import Patterns, Walk
from tests.sparql.generator.sample import Sample
from tests.sparql.terms import Term


@dataclass(frozen=True, slots=True)
class Generated:
    """A query, and the number that makes it again."""

    seed: int
    text: str


def generated(seed: int, sample: Sample) -> Generated:
    """Return the query of a seed over some data."""
    return Generated(seed, Queries(Random(seed), sample).query())


class Queries:
    """Makes one query."""

    def __init__(self, random: Random, sample: Sample) -> None:
        self.random = random
        self.patterns = Patterns(random, sample)
        self.walk = Walk()

    @property
    def seen(self) -> dict[str, Term]:
        """The variables that may be bound, with their values in one solution."""
        return self.patterns.seen(self.walk)

    def query(self) -> str:
        """Return the text of a query."""
        group = self.patterns.group(self.walk)
        form = self.random.choices(list(FORMS), list(FORMS.values()))[0]
        return form(self, group)

    # ------------------------------------------------------------ forms

    def star(self, group: str) -> str:
        """Everything."""
        return f"SELECT * {{ {group} }}{self.order([])}"

    def projection(self, group: str) -> str:
        """Some variables, and some computed from them."""
        names = self.some()
        computed = [
            f"({self.patterns.expressions.value(self.seen)} AS ?c{i})" for i in range(self.random.choice((0, 0, 1, 2)))
        ]
        distinct = self.random.choice(("", "", "", "DISTINCT ", "REDUCED "))
        shown = " ".join([*(f"?{name}" for name in names), *computed])
        return f"SELECT {distinct}{shown} {{ {group} }}{self.order(names)}" + (
            "" if distinct == "REDUCED " else self.slice()
        )

    def grouped(self, group: str) -> str:
        """Groups and their aggregates."""
        keys = self.keys()
        shown = [f"?{name}" for name, _ in keys]
        by = [expression for _, expression in keys]
        aggregates = [f"({self.aggregate()} AS ?a{i})" for i in range(self.random.randint(1, 3))]
        having = f" HAVING ({self.aggregate()} {self.random.choice(('>', '<', '!='))} {self.random.randint(0, 5)})"
        return (
            f"SELECT {' '.join([*shown, *aggregates])} {{ {group} }} GROUP BY {' '.join(by)}"
            f"{having if self.random.random() < 0.25 else ''}{self.order([name for name, _ in keys])}{self.slice()}"
        )

    def totals(self, group: str) -> str:
        """Aggregates of everything."""
        aggregates = [f"({self.aggregate()} AS ?a{i})" for i in range(self.random.randint(1, 3))]
        return f"SELECT {' '.join(aggregates)} {{ {group} }}"

    def ask(self, group: str) -> str:
        """Whether there is anything."""
        return f"ASK {{ {group} }}"

    def construct(self, group: str) -> str:
        """A graph of the variables."""
        names = self.some()
        objects = [*(f"?{name}" for name in names), "_:new", "1"]
        template = [
            f"?{self.random.choice(names)} <urn:x:p{i}> {self.random.choice(objects)} ."
            for i in range(self.random.randint(1, 3))
        ]
        return f"CONSTRUCT {{ {' '.join(template)} }} WHERE {{ {group} }}"

    def describe(self, group: str) -> str:
        """What is said of what a variable holds."""
        return f"DESCRIBE ?{self.random.choice(self.some())} WHERE {{ {group} }}"

    # ------------------------------------------------------------ parts

    def some(self) -> list[str]:
        """Some variables, at least one."""
        names = sorted(self.walk.shown) or ["nothing"]
        return self.random.sample(names, self.random.randint(1, min(len(names), 4)))

    def keys(self) -> list[tuple[str, str]]:
        """(variable, GROUP BY condition) of some keys."""
        keys = [(name, f"?{name}") for name in self.some()[:2]]
        if self.random.random() < 0.2:
            keys.append(("key", f"({self.patterns.expressions.value(self.seen)} AS ?key)"))
        return keys

    def aggregate(self) -> str:
        """Return an aggregate over something that it can be taken of."""
        seen = self.seen
        name = self.random.choice(sorted(seen)) if seen else "nothing"
        distinct = self.random.choice(("", "", "DISTINCT "))
        choices = ["COUNT(*)", "COUNT(*)", f"COUNT({distinct}?{name})", f"COUNT(DISTINCT ?{name})", "COUNT(DISTINCT *)"]
        number = self.patterns.expressions.of_kind(seen, "number")
        if number:
            choices += [f"{a}({distinct}?{number})" for a in ("SUM", "AVG", "MIN", "MAX")]
            choices += [f"SUM(COALESCE(?{number}, 0) * 2)", f"MAX(?{number}) - MIN(?{number})"]
        text = self.patterns.expressions.of_kind(seen, "text")
        if text:
            choices += [
                f"MIN(?{text})",
                f"MAX(?{text})",
                f"MAX(STRLEN(?{text}))",
                f'GROUP_CONCAT({distinct}STR(?{text}); SEPARATOR="|")',
            ]
        choices += [
            f"MIN(STR(?{name}))",
            f'GROUP_CONCAT(DISTINCT STR(?{name}); SEPARATOR=" ")',
            f"SUM(IF(BOUND(?{name}), 1, 0))",
        ]
        return self.random.choice(choices)

    def order(self, names: list[str]) -> str:
        """Return an ORDER BY over variables that are shown."""
        candidates = names or sorted(self.walk.shown)
        if not candidates or self.random.random() < 0.6:
            return ""
        chosen = self.random.sample(candidates, self.random.randint(1, min(2, len(candidates))))
        return " ORDER BY " + " ".join(self.random.choice((f"?{n}", f"?{n}", f"DESC(?{n})")) for n in chosen)

    def slice(self) -> str:
        """Return a LIMIT, an OFFSET, both or none."""
        limit, offset = (
            f" LIMIT {self.random.choice((0, 1, 3, 10, 50))}",
            f" OFFSET {self.random.choice((0, 1, 5, 20))}",
        )
        return self.random.choice(("", "", "", "", limit, offset, limit + offset))


FORMS = {
    Queries.star: 26,
    Queries.projection: 30,
    Queries.grouped: 20,
    Queries.totals: 10,
    Queries.ask: 4,
    Queries.construct: 6,
    Queries.describe: 4,
}
"""What is asked, and how often."""
