"""Generated patterns: walked along statements of the data, so that at least the walk itself is a solution."""

from dataclasses import dataclass, field
from random import Random

from tests.sparql.generator.expressions import Expressions
from tests.sparql.generator.sample import NOWHERE, RELATIONS, Sample, kind, written
from tests.sparql.terms import Term, Triple

LETTER = {"iri": "i", "number": "n", "text": "t", "moment": "d", "other": "o"}


@dataclass(slots=True)
class Walk:
    """A pattern in the making, and one solution of it."""

    witness: dict[str, Term] = field(default_factory=dict)
    shown: set[str] = field(default_factory=set)
    """Variables that the pattern binds, for certain or perhaps."""
    certain: set[str] = field(default_factory=set)
    """Variables that every solution binds."""

    def within(self) -> "Walk":
        """Return a walk that goes on from here without changing it: for the inside of OPTIONAL and the like."""
        return Walk(dict(self.witness), set(self.shown), set(self.certain))


class Patterns:
    """Makes groups of patterns."""

    def __init__(self, random: Random, sample: Sample) -> None:
        self.random = random
        self.sample = sample
        self.expressions = Expressions(random, sample)
        self.names = 0

    # ------------------------------------------------------------ variables

    def name(self, term: Term) -> str:
        """Return a new variable for a term."""
        self.names += 1
        return f"{LETTER[kind(term)]}{self.names}"

    def place(self, walk: Walk, term: Term, constant: float) -> str:
        """Return a variable that holds the term, a new one, or the term itself."""
        if self.random.random() < constant:
            return written(term) if self.random.random() < 0.96 else written(self.random.choice(NOWHERE))
        names = sorted(name for name, value in walk.witness.items() if value == term)
        if names and self.random.random() < 0.8:
            return f"?{self.random.choice(names)}"
        return self.bound(walk, self.name(term), term)

    def bound(self, walk: Walk, name: str, term: Term) -> str:
        """Note that a pattern binds a variable; return it as written."""
        walk.witness.setdefault(name, term)
        walk.shown.add(name)
        walk.certain.add(name)
        return f"?{name}"

    # ------------------------------------------------------------ triples

    def first(self, walk: Walk) -> str:
        """Return a pattern to begin with."""
        subject, predicate, object_ = self.sample.triple(self.random)
        start = self.place(walk, subject, 0.08)
        if start.startswith("?") and self.random.random() < 0.06:
            return f"{start} {self.bound(walk, self.name(predicate), predicate)} {self.place(walk, object_, 0.5)} ."
        return f"{start} {written(predicate)} {self.place(walk, object_, 0.15)} ."

    def next(self, walk: Walk, start: str | None = None) -> str:
        """Return a pattern that goes on from a variable."""
        origin = start or self.origin(walk)
        if origin is None:
            return self.first(walk)
        term = walk.witness[origin]
        forward = self.sample.about(term)
        back = self.sample.pointing_at(term)
        if back and (not forward or self.random.random() < 0.25):
            subject, predicate, _ = self.random.choice(back)
            return f"{self.place(walk, subject, 0.03)} {self.path(predicate)} ?{origin} ."
        return self.forward(walk, origin, self.random.choice(forward))

    def forward(self, walk: Walk, origin: str, triple: Triple) -> str:
        """Return a pattern from a variable along a statement."""
        _, predicate, object_ = triple
        chance = self.random.random()
        if chance < 0.07:
            return f"?{origin} {self.bound(walk, self.name(predicate), predicate)} {self.place(walk, object_, 0.2)} ."
        if chance < 0.2 and object_.kind == "iri" and self.sample.about(object_):
            return self.longer(walk, origin, predicate, object_)
        if chance < 0.26:
            return self.several(walk, origin)
        walk.certain.add(origin)
        return f"?{origin} {self.path(predicate)} {self.place(walk, object_, 0.15)} ."

    def longer(self, walk: Walk, origin: str, predicate: Term, middle: Term) -> str:
        """Return a pattern over a sequence, sometimes with a closure."""
        _, then, end = self.random.choice(self.sample.about(middle))
        mark = self.random.choice(("", "", "+", "*")) if predicate in RELATIONS else ""
        first = f"({self.alternatives(predicate)}){mark}" if mark else written(predicate)
        return f"?{origin} {first}/{written(then)} {self.place(walk, end, 0.2)} ."

    def several(self, walk: Walk, origin: str) -> str:
        """Return several values of one item."""
        about = self.sample.about(walk.witness[origin])
        chosen = self.random.sample(about, min(len(about), self.random.randint(2, 3)))
        parts = [f"{written(p)} {self.place(walk, o, 0.15)}" for _, p, o in chosen]
        return f"?{origin} " + " ; ".join(parts) + " ."

    def path(self, predicate: Term) -> str:
        """Return a predicate, or a path that it is part of."""
        text = written(predicate)
        if self.random.random() > (0.5 if predicate in RELATIONS else 0.25):
            return text
        choices = [f"({text}|{written(self.random.choice(RELATIONS))})", f"^(^{text})", f"{text}?", "!rdf:type"]
        if predicate in RELATIONS:
            choices += [
                f"{text}+",
                f"{text}*",
                f"({self.alternatives(predicate)})+",
                f"({self.alternatives(predicate)})*",
            ]
            choices += [f"({text}|^{text})", f"^{text}|{text}"]
        return self.random.choice(choices)

    def alternatives(self, predicate: Term) -> str:
        """Return some relationships, one of them given."""
        others = self.random.sample(RELATIONS, self.random.randint(0, 2))
        return "|".join(dict.fromkeys(map(written, (predicate, *others))))

    def triples(self, walk: Walk, count: int, start: str | None = None) -> str:
        """Return some connected patterns."""
        parts = [self.next(walk, start) if walk.witness else self.first(walk)]
        parts += [self.next(walk) for _ in range(count - 1)]
        return " ".join(parts)

    # ------------------------------------------------------------ groups

    def group(self, walk: Walk, depth: int = 0) -> str:
        """Return what stands between braces."""
        text = self.triples(walk, self.random.randint(1, 3 - (depth > 0)))
        for _ in range(self.random.choice((0, 1, 1, 2, 2, 3)) if depth == 0 else self.random.choice((0, 1))):
            maker = self.random.choices(list(ELEMENTS), list(ELEMENTS.values()))[0]
            text = maker(self, text, walk, depth)
        return text

    def filter(self, text: str, walk: Walk, _depth: int) -> str:
        """Add a condition."""
        return f"{text} FILTER{self.expressions.condition(self.seen(walk))}"

    def seen(self, walk: Walk) -> dict[str, Term]:
        """Return the variables that may be bound here, with their values."""
        return {name: term for name, term in walk.witness.items() if name in walk.shown}

    def origin(self, walk: Walk) -> str | None:
        """Return a variable from which statements go on."""
        names = [name for name in sorted(walk.shown) if self.sample.leads_on(walk.witness[name])]
        return self.random.choice(names) if names else None

    def optional(self, text: str, walk: Walk, depth: int) -> str:
        """Add an option, sometimes with a condition, an option of its own, or over a variable of another option."""
        inner = walk.within()
        body = self.triples(inner, self.random.randint(1, 2), self.origin(walk))
        if self.random.random() < 0.35:
            body = self.filter(body, inner, depth)
        if depth == 0 and self.random.random() < 0.25:
            body = self.optional(body, inner, depth + 1)
        walk.witness.update(inner.witness)
        walk.shown |= inner.shown
        return f"{text} OPTIONAL {{ {body} }}"

    def union(self, text: str, walk: Walk, _depth: int) -> str:
        """Add alternatives that go on from the same variable, sometimes into the same variable."""
        origin = self.origin(walk)
        branches = []
        for _ in range(self.random.choice((2, 2, 3))):
            inner = walk.within()
            branches.append(self.triples(inner, self.random.randint(1, 2), origin))
            walk.witness.update(inner.witness)
            walk.shown |= inner.shown
        joined = " UNION ".join(f"{{ {branch} }}" for branch in branches)
        return f"{text} {joined}"

    def minus(self, text: str, walk: Walk, depth: int) -> str:
        """Take something away."""
        inner = walk.within()
        body = self.triples(inner, self.random.randint(1, 2), self.origin(walk))
        if self.random.random() < 0.5:
            body = self.filter(body, inner, depth)
        return f"{text} MINUS {{ {body} }}"

    def exists(self, text: str, walk: Walk, depth: int) -> str:
        """Add a condition with EXISTS, sometimes among others."""
        inner = walk.within()
        body = self.triples(inner, self.random.randint(1, 2), self.origin(walk))
        if self.random.random() < 0.4:
            body = self.filter(body, inner, depth)
        test = f"{self.random.choice(('EXISTS', 'EXISTS', 'NOT EXISTS'))} {{ {body} }}"
        if self.random.random() < 0.3:
            test = f"({self.expressions.condition(self.seen(walk))} {self.random.choice(('&&', '||'))} {test})"
        return f"{text} FILTER {test}"

    def bind(self, text: str, walk: Walk, _depth: int) -> str:
        """Compute a variable; its value in the solution is not known, so nothing is built on it."""
        self.names += 1
        return f"{text} BIND({self.expressions.value(self.seen(walk))} AS ?b{self.names})"

    def values(self, text: str, walk: Walk, _depth: int) -> str:
        """List values of one or two variables."""
        names = self.random.sample(sorted(walk.shown), min(len(walk.shown), self.random.choice((1, 1, 2))))
        if not names:
            return text
        rows = [" ".join(written(walk.witness[name]) for name in names)]
        more = range(self.random.randint(0, 2))
        rows += [" ".join(self.cell(walk.witness[name]) for name in names) for _ in more]
        block = f"VALUES ({' '.join('?' + n for n in names)}) {{ {' '.join(f'({row})' for row in rows)} }}"
        return f"{text} {block}" if self.random.random() < 0.7 else f"{block} {text}"

    def cell(self, term: Term) -> str:
        """Return a value for a list: the same, one like it, or none."""
        other = self.sample.like(self.random, term) if term.kind == "literal" else self.random.choice(NOWHERE)
        return self.random.choice((written(term), written(other), written(other), "UNDEF"))

    def nested(self, text: str, walk: Walk, depth: int) -> str:
        """Add a group within the group."""
        if depth:
            return text
        inner = Walk({name: walk.witness[name] for name in walk.shown}, set(walk.shown), set())
        body = self.group(inner, depth + 1)
        walk.witness.update(inner.witness)
        walk.shown |= inner.shown
        return f"{text} {{ {body} }}"

    def graph(self, text: str, walk: Walk, depth: int) -> str:
        """Put the group into one report, or into each."""
        if depth or " GRAPH " in text or "SELECT" in text:
            return text
        if self.random.random() < 0.25:
            return f"GRAPH {written(self.random.choice(self.sample.reports))} {{ {text} }}"
        report = self.random.choice(self.sample.reports)
        names = sorted(name for name, term in walk.witness.items() if term in self.sample.dataset.named)
        name = self.random.choice(names) if names and self.random.random() < 0.3 else "g"
        walk.witness.setdefault(name, report)
        walk.shown.add(name)
        return f"GRAPH ?{name} {{ {text} }}"

    def subselect(self, text: str, walk: Walk, depth: int) -> str:
        """Join with a subselect over a variable: grouped, distinct, or the first few in an order."""
        origin = self.origin(walk)
        if origin is None or depth:
            return text
        inner = Walk({origin: walk.witness[origin]}, {origin}, set())
        body = self.triples(inner, self.random.randint(1, 2), origin)
        self.names += 1
        count = f"k{self.names}"
        choices = (
            f"SELECT ?{origin} (COUNT(*) AS ?{count}) {{ {body} }} GROUP BY ?{origin}",
            f"SELECT DISTINCT ?{origin} {{ {body} }}",
            f"SELECT DISTINCT ?{origin} {{ {body} }} ORDER BY STR(?{origin}) LIMIT {self.random.randint(3, 60)}",
            f"SELECT ?{origin} {{ {body} }}",
            f"SELECT (COUNT(DISTINCT ?{origin}) AS ?{count}) {{ {body} }}",
        )
        return f"{text} {{ {self.random.choice(choices)} }}"


ELEMENTS = {
    Patterns.filter: 26,
    Patterns.optional: 20,
    Patterns.union: 9,
    Patterns.minus: 8,
    Patterns.exists: 9,
    Patterns.bind: 9,
    Patterns.values: 7,
    Patterns.nested: 4,
    Patterns.graph: 7,
    Patterns.subselect: 5,
}
"""What may be added to a group, and how often."""
