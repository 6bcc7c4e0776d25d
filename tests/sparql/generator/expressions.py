"""Generated expressions: over variables whose values are known from one solution, and sometimes wrong on purpose."""

from collections.abc import Callable, Mapping
from random import Random

from tests.sparql.generator.sample import NOWHERE, Sample, kind, written
from tests.sparql.spec.functions import text_of
from tests.sparql.terms import Term, literal

Witness = Mapping[str, Term]
"""A value of each variable, all of one solution."""

COMPARISONS = ("<", ">", "<=", ">=", "=", "!=")
PATTERNS = ("[aeiou]", "[0-9]+", "e(.)", "^.")
DEPTH = 2
"""Expressions within expressions."""


class Expressions:
    """Makes expressions from what a solution binds."""

    def __init__(self, random: Random, sample: Sample) -> None:
        self.random = random
        self.sample = sample

    def of_kind(self, witness: Witness, wanted: str) -> str | None:
        """Return a variable of a kind, None when there is none."""
        names = sorted(name for name, term in witness.items() if kind(term) == wanted)
        return self.random.choice(names) if names else None

    def any_variable(self, witness: Witness) -> str:
        """Return a variable; rarely one that is nowhere else."""
        if not witness or self.random.random() < 0.03:
            return "nowhere"
        return self.random.choice(sorted(witness))

    # ------------------------------------------------------------ conditions

    def condition(self, witness: Witness, depth: int = 0) -> str:
        """Return a condition that the solution often meets."""
        chance = self.random.random()
        if depth < DEPTH and chance < 0.18:
            one, other = self.condition(witness, depth + 1), self.condition(witness, depth + 1)
            return f"({one} {self.random.choice(('&&', '||'))} {other})"
        if depth < DEPTH and chance < 0.25:
            return f"(!{self.condition(witness, depth + 1)})"
        makers = [*(CONDITIONS[kind(term)] for _, term in sorted(witness.items())), Expressions.general]
        return f"({self.random.choice(makers)(self, witness)})"

    def general(self, witness: Witness) -> str:
        """Return a condition over a variable of any kind."""
        one, other = self.any_variable(witness), self.any_variable(witness)
        choices = [
            f"BOUND(?{one})",
            f"!BOUND(?{one})",
            f"isIRI(?{one})",
            f"isLiteral(?{one})",
            f"isNumeric(?{one})",
            f"?{one} = ?{other}",
            f"?{one} != ?{other}",
            f"?{one} < ?{other}",
            f"sameTerm(?{one}, ?{other})",
            f"STR(?{one}) >= STR(?{other})",
            f"?{one} IN (?{other}, {written(self.random.choice(NOWHERE))})",
            f"DATATYPE(?{one}) = {self.random.choice(('xsd:decimal', 'xsd:string', 'xsd:date', 'xsd:dateTime'))}",
            f"COALESCE(?{one}, ?{other}) = ?{other}",
            f"?{one}",
        ]
        return self.random.choice(choices)

    def of_number(self, witness: Witness) -> str:
        """Return a condition over a number."""
        name = self.of_kind(witness, "number")
        assert name is not None
        other = self.sample.like(self.random, witness[name])
        operator = self.random.choice(COMPARISONS)
        choices = [
            f"?{name} {operator} {written(other)}",
            f"?{name} {operator} {written(witness[name])}",
            f"{self.number(witness)} {operator} {self.number(witness)}",
            f"?{name} IN ({written(witness[name])}, {written(other)})",
            f"?{name} NOT IN ({written(other)}, 1, 2.5)",
            f"?{name} >= {written(other)} || ?{name} < {written(witness[name])}",
        ]
        return self.random.choice(choices)

    def of_text(self, witness: Witness) -> str:
        """Return a condition over a text."""
        name = self.of_kind(witness, "text")
        assert name is not None
        part = str(literal(self.part(text_of(witness[name]))))
        lower = part.swapcase()
        choices = [
            f"CONTAINS(?{name}, {part})",
            f"STRSTARTS(?{name}, {part})",
            f"STRENDS(?{name}, {part})",
            f"CONTAINS(LCASE(?{name}), LCASE({part}))",
            f"STRLEN(?{name}) {self.random.choice(COMPARISONS)} {len(witness[name].text)}",
            f"?{name} {self.random.choice(COMPARISONS)} {written(witness[name])}",
            f"?{name} IN ({written(witness[name])}, {lower})",
            f'REGEX(?{name}, "{self.pattern(witness[name].text)}")',
            f'REGEX(?{name}, "{self.pattern(witness[name].text)}", "i")',
            f"!STRSTARTS(?{name}, {part}) || STRLEN({self.text(witness)}) > 3",
        ]
        return self.random.choice(choices)

    def of_iri(self, witness: Witness) -> str:
        """Return a condition over an IRI."""
        name = self.of_kind(witness, "iri")
        assert name is not None
        constant = written(witness[name])
        choices = [
            f"?{name} = {constant}",
            f"?{name} != {constant}",
            f"?{name} IN ({constant}, {written(self.random.choice(NOWHERE))})",
            f"?{name} NOT IN ({written(self.random.choice(NOWHERE))}, {constant})",
            f"STRSTARTS(STR(?{name}), {literal(witness[name].text[: self.random.randint(4, 24)])})",
            f"CONTAINS(STR(?{name}), {literal(self.part(witness[name].text))})",
            f"STRLEN(STR(?{name})) > {self.random.randint(5, 60)}",
        ]
        return self.random.choice(choices)

    def of_moment(self, witness: Witness) -> str:
        """Return a condition over a time."""
        name = self.of_kind(witness, "moment")
        assert name is not None
        other = self.sample.like(self.random, witness[name])
        choices = [
            f"?{name} {self.random.choice(COMPARISONS)} {written(witness[name])}",
            f"?{name} {self.random.choice(COMPARISONS)} {written(other)}",
            f"YEAR(?{name}) {self.random.choice(COMPARISONS)} 2024",
            f"MONTH(?{name}) < 7 || HOURS(?{name}) > 9",
            f"?{name} IN ({written(other)}, {written(witness[name])})",
            f'TZ(?{name}) = ""',
        ]
        return self.random.choice(choices)

    # ------------------------------------------------------------ values

    def value(self, witness: Witness, depth: int = 0) -> str:
        """Return an expression of any kind."""
        chance = self.random.random()
        if depth < DEPTH and chance < 0.22:
            one, other = self.value(witness, depth + 1), self.value(witness, depth + 1)
            return (
                f"IF({self.condition(witness, DEPTH)}, {one}, {other})"
                if chance < 0.12
                else f"COALESCE({one}, {other})"
            )
        if chance < 0.3:
            return f"?{self.any_variable(witness)}"
        if chance < 0.36:
            return self.condition(witness, DEPTH)
        return self.random.choice((self.number, self.text, self.moment))(witness, depth)

    def number(self, witness: Witness, depth: int = 0) -> str:
        """Return an expression that is often a number."""
        name = self.of_kind(witness, "number")
        constant = self.random.choice(("1", "2", "0.5", "10", "3.0", "1e1", "0"))
        base = f"?{name}" if name else constant
        if depth >= DEPTH or self.random.random() < 0.3:
            return self.random.choice((base, base, constant))
        inner = self.number(witness, depth + 1)
        text = self.of_kind(witness, "text")
        moment = self.of_kind(witness, "moment")
        choices = [
            f"({inner} + {base})",
            f"({inner} - {constant})",
            f"({inner} * {base})",
            f"({inner} / {self.random.choice(('2', '4', '0.5', '10', '0'))})",
            f"ABS({inner})",
            f"CEIL({inner})",
            f"FLOOR({inner})",
            f"ROUND({inner})",
            f"(-{inner})",
            f"STRLEN({f'?{text}' if text else 'STR(' + inner + ')'})",
            f"xsd:integer({inner})",
            f"xsd:decimal({inner})",
            *([f"{self.random.choice(('YEAR', 'MONTH', 'DAY', 'HOURS', 'MINUTES'))}(?{moment})"] if moment else []),
        ]
        return self.random.choice(choices)

    def text(self, witness: Witness, depth: int = 0) -> str:
        """Return an expression that is often a text."""
        name = self.of_kind(witness, "text")
        base = f"?{name}" if name else f"STR(?{self.any_variable(witness)})"
        if depth >= DEPTH or self.random.random() < 0.2:
            return base
        inner = self.text(witness, depth + 1)
        part = str(literal(self.part(witness[name].text) if name else "1."))
        choices = [
            f"UCASE({inner})",
            f"LCASE({inner})",
            f"SUBSTR({inner}, {self.random.randint(0, 6)})",
            f"SUBSTR({inner}, {self.random.randint(-1, 4)}, {self.random.randint(0, 5)})",
            f"STRBEFORE({inner}, {part})",
            f"STRAFTER({inner}, {part})",
            f"CONCAT({inner}, {self.random.choice((base, part))})",
            f'REPLACE({inner}, "{self.random.choice(PATTERNS)}", "{self.random.choice(("_", "<$0>", ""))}")',
            f"ENCODE_FOR_URI({inner})",
            f"MD5({inner})",
            f"STR(?{self.any_variable(witness)})",
        ]
        return self.random.choice(choices)

    def moment(self, witness: Witness, _depth: int = 0) -> str:
        """Return an expression over a time, or one that is none."""
        name = self.of_kind(witness, "moment")
        if name is None:
            return self.number(witness, DEPTH)
        return self.random.choice((f"?{name}", f"YEAR(?{name})", f"TZ(?{name})", f"STR(?{name})", f"DAY(?{name})"))

    # ------------------------------------------------------------ parts of texts

    def part(self, text: str) -> str:
        """Return a piece of a text."""
        if not text:
            return ""
        start = self.random.randrange(len(text))
        return text[start : start + self.random.randint(1, 6)]

    def pattern(self, text: str) -> str:
        """Return a pattern that a text often matches."""
        words = [word for word in text.split() if word.isalnum() and word.isascii()] or ["a"]
        word = self.random.choice(words)[:8]
        return self.random.choice(
            (word, f"^{word}", f"{word}$", f"{word[0]}.*", "[0-9]", f"({word}|zz)", f"{word[:2]}+")
        )


CONDITIONS: dict[str, Callable[[Expressions, Witness], str]] = {
    "number": Expressions.of_number,
    "text": Expressions.of_text,
    "iri": Expressions.of_iri,
    "moment": Expressions.of_moment,
    "other": Expressions.general,
}
"""By the kind of a variable that is there."""
