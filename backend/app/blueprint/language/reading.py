"""From the founder's text to plain words, and whether they are English."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from app.blueprint.language.archetypes import telling_words
from app.blueprint.language.lexicon import is_known
from app.blueprint.language.refusing import no_words, other_language, unknown_words
from app.blueprint.language.spelling import slips_of
from app.blueprint.language.word_lists import foreign_words, word_list
from app.domain.text import without_direction

MOST_WORDS: Final = 1_200

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
_MARKUP = re.compile(r"<[^<>]{0,400}>|\{[{%#].{0,400}?[}%#]\}|https?://\S+|www\.\S+|\S+@\S+|`{1,3}", re.DOTALL)
_IDIOMS = (
    (re.compile(r"\b(what|that|who|there|where)'?s\b(?!')", re.IGNORECASE), r"\1 is"),
    (re.compile(r"\bkeep(ing)? (track|records?) of\b", re.IGNORECASE), "track"),
    (re.compile(r"\bsign(ed|ing)?[- ]ups\b", re.IGNORECASE), "registrations"),
    (re.compile(r"\bsign(s|ed|ing)?[- ]up\b", re.IGNORECASE), "register"),
    (re.compile(r"\bcheck[- ]ins\b", re.IGNORECASE), "checkins"),
    (re.compile(r"\bcheck[- ]in\b", re.IGNORECASE), "checkin"),
    (re.compile(r"\b([a-z]+s)'(?=\s)", re.IGNORECASE), r"\1's"),
    (re.compile(r"\bpre-order", re.IGNORECASE), "preorder"),
    (re.compile(r"\be-mail", re.IGNORECASE), "email"),
    (re.compile(r"\b(fill|fills|filled) (in|out)\b", re.IGNORECASE), "submit"),
    (re.compile(r"\bto-?do(s?)\b", re.IGNORECASE), r"todo\1"),
    (re.compile(r"\bhand(s|ed|ing)? in\b", re.IGNORECASE), "submit"),
    (re.compile(r"\bfollow(s|ed|ing)? up\b", re.IGNORECASE), "respond"),
    # How an order ends is no record of its own: "people order ahead and pick up".
    (
        re.compile(
            r"\b((?:pre)?orders?\b[^.;:\n]{0,60}?)(?:,| and| then| to| for)+ "
            r"(?:pick(?:s|ing)? ?(?:it |them )?up|collect(?:s|ion)?)"
            r"(?= *(?:[.,;:!?\n]|$|(?:at|on|when|later|from)\b))",
            re.IGNORECASE,
        ),
        r"\1",
    ),
    (re.compile(r"\bpick(s|ed|ing)? up\b", re.IGNORECASE), "pickup"),
    (re.compile(r"\bbring(s|ing)? (it|them) back\b", re.IGNORECASE), "return them"),
    (re.compile(r"\bin (?:the )?order of\b", re.IGNORECASE), "by"),
    (re.compile(r"\bdouble[- ](bookings?)\b", re.IGNORECASE), r"\1"),
    (re.compile(r"\bdouble[- ]book(s|ed|ing)?\b", re.IGNORECASE), "to book"),
    (re.compile(r"(?<=[a-z]) w/? (?=[a-z])", re.IGNORECASE), " with "),
    (re.compile(r"\b(in advance|in time|on time|at hand)\b", re.IGNORECASE), " "),
    (re.compile(r"\bsecond[- ]hand\b", re.IGNORECASE), "secondhand"),
    (re.compile(r"\bhiring\b", re.IGNORECASE), "recruiting"),
    (re.compile(r"\blog(s|ging)? in\b", re.IGNORECASE), "login"),
    (re.compile(r"\bwait(ing)?[- ]?lists?\b", re.IGNORECASE), "waitinglist"),
    (re.compile(r"\b(get|be|go|sign) on (the|our|my) list\b", re.IGNORECASE), "join the waitinglist"),
    (re.compile(r"\bwish ?lists?\b", re.IGNORECASE), "wishes"),
    (
        re.compile(
            r"(?<!the )(?<!\ba )\bshows?(?= (how|what|who|which|when|where|whether|me|us)\b)", re.IGNORECASE
        ),
        "displays",
    ),
    (re.compile(r"\b(shopping|packing|grocery)[- ]lists?\b", re.IGNORECASE), r"\1list"),
    (re.compile(r"\b(medical) (history|histories|records?)\b", re.IGNORECASE), "medicalrecord"),
    (re.compile(r"\bsheet[- ]musics?\b", re.IGNORECASE), "sheetmusic"),
    (re.compile(r"\bspare parts?\b", re.IGNORECASE), "spareparts"),
    (re.compile(r"\bstock levels?\b", re.IGNORECASE), "stock"),
    (re.compile(r"\blost (and found|property)( (desk|office|box|room))?\b", re.IGNORECASE), "lostproperty"),
    (re.compile(r"\btime[- ]sheets?\b", re.IGNORECASE), "timeentries"),
    (re.compile(r"\btime[- ]slot", re.IGNORECASE), "timeslot"),
    # What holds notes or takes questions is no piece of furniture and no book to read.
    (re.compile(r"\b(help|service|support)[- ]?desks?\b(?! tickets?)", re.IGNORECASE), "support tickets"),
    (re.compile(r"\b(help|service|support)[- ]?desk(?= tickets?\b)", re.IGNORECASE), "support"),
    (re.compile(r"\bfront[- ]desk\b", re.IGNORECASE), "reception"),
    (re.compile(r"\b(notice|bulletin|pin)[- ]?boards?\b", re.IGNORECASE), "notices"),
    (re.compile(r"\bguest[- ]?books?\b", re.IGNORECASE), "guest messages"),
    (re.compile(r"\blog[- ]?books?\b", re.IGNORECASE), "log"),
    (re.compile(r"\b(keep(s|ing)? (an eye|tabs) on|los(e|es|ing) track of)\b", re.IGNORECASE), "track"),
    (re.compile(r"\bhand(s|ed|ing)? out\b", re.IGNORECASE), "lend"),
    (re.compile(r"\btak(e|es|ing) turns\b", re.IGNORECASE), "share"),
    (re.compile(r"\b(come|comes|came) back\b", re.IGNORECASE), "return"),
    (re.compile(r"\bdrop(s|ped)? off\b", re.IGNORECASE), "bring"),
    (re.compile(r"\btake a number\b", re.IGNORECASE), "queue"),
    (re.compile(r"\b(has|have|is) ?(only|just)? room for\b", re.IGNORECASE), "can take"),
    (re.compile(r"\bruns? out( of)?\b", re.IGNORECASE), "is low"),
    (re.compile(r"\bblood pressures?\b", re.IGNORECASE), "bloodpressure"),
    (re.compile(r"\bcar wash(es)?\b", re.IGNORECASE), "carwash"),
    (
        re.compile(
            r"\bhours(?= (i|we|they|you|he|she|it takes|to bill|worked|spent|billed|logged)\b)", re.IGNORECASE
        ),
        "timeentries",
    ),
    (
        re.compile(
            r"\b(log|report|submit|record|track|bill|enter)(s|ing)? (their |my |our |the )?hours\b", re.IGNORECASE
        ),
        r"\1\2 \3timeentries",
    ),
    (re.compile(r"\bstaff members?\b", re.IGNORECASE), "staff"),
    (re.compile(r"\bgiv(e|es|ing) (points|marks|grades|stars)\b", re.IGNORECASE), "score"),
    (re.compile(r"\bfood (truck|bank)(s?)\b", re.IGNORECASE), r"food\1\2"),
    (re.compile(r"\bice[- ]cream\b", re.IGNORECASE), "icecream"),
    # Three words or more with strokes between are choices of what stands before: "calls am/lunch/tea/bed".
    (re.compile(r"\b(?:[a-z-]+/){2,}[a-z-]+\b", re.IGNORECASE), " "),
    (re.compile(r"\s[-\u2013\u2014]+\s"), ": "),
)
_TOKEN = re.compile(r"[A-Za-z][A-Za-z]*(?:[-'][A-Za-z]+)*|[.,;:!?()\n]")
# The mark in "9.50" ends no sentence, and the letters in "3d" and "30kg" are no word.
_IN_NUMBER = re.compile(r"(?<=\d)(?:[.,:](?=\d)|[a-z]{1,2}\b)", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W\d_]")

_SOFTWARE: Final = word_list("software")
_ENGLISH: Final = word_list("english")
_FOREIGN_WORDS: Final = foreign_words()


class GoalUnreadable(ValueError):
    """The goal says nothing that the rules can build; the message is for the founder."""


@dataclass(frozen=True)
class Reading:
    """The text as it can be shown, and its words: lower case, with the marks between sentences.

    `slips` are words that were written wrong, each with what was meant.
    """

    text: str
    tokens: tuple[str, ...]
    slips: Mapping[str, str] = field(default_factory=dict)


def read(goal: str) -> Reading:
    """The words of a goal; GoalUnreadable when they are not English or there are none."""
    text = displayable(goal)
    letters = _LETTERS.findall(text)
    if len(letters) < 3:
        raise GoalUnreadable(no_words())
    plain = unicodedata.normalize("NFKC", _MARKUP.sub(" ", text)).replace("\u2019", "'")
    slips = slips_of(plain)
    if slips:
        plain = re.sub(rf"\b({'|'.join(slips)})\b", lambda slip: slips[slip[0]], plain)
    for idiom, plainer in _IDIOMS:
        plain = idiom.sub(plainer, plain)
    plain = _IN_NUMBER.sub("", plain)
    tokens = _TOKEN.findall(_without_accents(plain).lower())[:MOST_WORDS]
    _refuse_other_languages(plain, letters, [token.removesuffix("'s") for token in tokens if token[0].isalpha()])
    return Reading(text, tuple(tokens), slips)


def displayable(goal: str) -> str:
    """The goal without what cannot be shown, its line ends made plain."""
    plain = without_direction(goal.replace("\r\n", "\n").replace("\r", "\n"))
    return _UNPRINTABLE.sub(" ", plain).strip()


def _without_accents(text: str) -> str:
    return "".join(mark for mark in unicodedata.normalize("NFKD", text) if not unicodedata.combining(mark))


def _refuse_other_languages(plain: str, letters: list[str], words: list[str]) -> None:
    ascii_share = sum(letter.isascii() for letter in letters) / len(letters)
    if ascii_share < 0.6 or not words:
        raise GoalUnreadable(other_language("", plain))
    language = _foreign_language(plain.lower(), words)
    if language:
        raise GoalUnreadable(other_language(language, plain))
    if not any(
        (is_known(word) or word in telling_words() or word in _SOFTWARE) and len(word) > 2 for word in words
    ):
        raise GoalUnreadable(unknown_words(words))


def _foreign_language(plain: str, english_tokens: list[str]) -> str:
    words_of_text = set(re.findall(r"[^\W\d_]+", plain))
    english = sum(word in _ENGLISH for word in words_of_text)
    counts = {name: sum(word in foreign for word in words_of_text) for name, foreign in _FOREIGN_WORDS.items()}
    name = max(counts, key=lambda name: counts[name])
    accents = sum(not letter.isascii() for letter in "".join(words_of_text))
    unknown_share = sum(not is_known(word) for word in english_tokens) / len(english_tokens)
    # A word such as "die" or "des" may be English or a name; beside accents or unknown words it is not.
    least = 1 if accents or unknown_share > 0.5 else 2
    return name if counts[name] > english and counts[name] >= least else ""
