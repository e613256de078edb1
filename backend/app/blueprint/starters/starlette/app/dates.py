"""How days and times are written: each is read in exactly one way, or the person is asked to write it clearly."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, time

from .amounts import Refused
from .clock import local
from .text import digits, fold

MONTHS = (
    "jan january januar janvier enero gennaio janeiro januari styczen stycznia ene gen leden ledna tammikuu январь января янв",
    "feb february februar fevrier febrero febbraio fevereiro februari luty lutego fev fevr unor unora helmikuu февраль февраля фев",
    "mar march marz mars marzo marco maart marzec marca mrz mrt brezen brezna maaliskuu март марта мар",
    "apr april avril abril aprile kwiecien kwietnia avr abr duben dubna huhtikuu апрель апреля апр",
    "may mai mayo maggio maio mei maj maja mag kveten kvetna toukokuu май мая",
    "jun june juni juin junio giugno junho czerwiec czerwca giu cerven cervna kesakuu июнь июня июн",
    "jul july juli juillet julio luglio julho lipiec lipca juil lug cervenec cervence heinakuu июль июля июл",
    "aug august aout agosto augustus augusti sierpien sierpnia ago srpen srpna elokuu август августа авг",
    "sep sept september septembre septiembre settembre setembro wrzesien wrzesnia set zari syyskuu сентябрь сентября сен сент",
    "oct october oktober octobre octubre ottobre outubro okt pazdziernik pazdziernika ott out rijen rijna lokakuu октябрь октября окт",
    "nov november novembre noviembre novembro listopad listopada marraskuu ноябрь ноября ноя",
    "dec december dezember decembre diciembre dicembre dezembro grudzien grudnia dez dic prosinec prosince joulukuu декабрь декабря дек",
)  # fmt: skip
MONTH_OF = {word: number for number, words in enumerate(MONTHS, start=1) for word in words.split()}
WEEKDAY = re.compile(
    r"(?:mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:rs?(?:day)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)[,.]? +(?=\S)"
)
YEAR_FIRST = re.compile(r"([0-9]{4})([-/.]|\. )([0-9]{1,2})\2([0-9]{1,2})\.?")
COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
IDEOGRAPHS = re.compile(r"([0-9]{4}) ?[年년] ?([0-9]{1,2}) ?[月월] ?([0-9]{1,2}) ?[日일]")
YEAR_LAST = re.compile(r"([0-9]{1,2})([-/.]|\. | )([0-9]{1,2})\2([0-9]{4})\.?")
SHORT_YEAR = re.compile(r"[0-9]{1,2}[-/. ]+(?:[0-9]{1,2}|[^\W\d]{3,})[-/. ,]+'?[0-9]{2}")
DAY_MONTH = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th|er|\.|º|ª)?[ -]*(?:of |de |di )?([^\W\d_]{3,})\.?[ ,-]*(?:de |del )?([0-9]{4})")
MONTH_DAY = re.compile(r"([^\W\d_]{3,})\.?[ -]*([0-9]{1,2})(?:st|nd|rd|th)?[ ,-]+([0-9]{4})")
TIME = re.compile(r"([0-9]{1,2})(?:[:.h]([0-9]{2}))?(?:[:.]([0-9]{2})(?:[.,]([0-9]+))?)? ?(?:([ap])\.?m\.?)?(?: uhr)?")
OFFSET = re.compile(r"(.*[0-9]) ?(z|utc|gmt|[+-][0-9]{2}:?[0-9]{2})")
SPLIT = re.compile(r"(.*?[0-9日일])(?:t|[, ]+(?:at |um )?)([0-9]{1,2}[:.h][0-9]{2}(?:[:.].*|\b.*)?|[0-9]{1,2} ?[ap]\.?m\.?)")
DAY_FIRST, MONTH_FIRST = "day", "month"
HOW = "Enter a date such as 2030-05-31."
HOW_TIME = "Enter a date and time such as 2030-05-31 18:30."
NO_CENTURY = "Write the year with four digits, such as 2030-05-31."
TO_THE_MINUTE = "Times are kept to the minute; leave the seconds out."


class Unclear(Refused):
    """A day that can be read in two ways; both are said."""

    def __init__(self, day_first: date, month_first: date) -> None:
        self.readings = {DAY_FIRST: day_first, MONTH_FIRST: month_first}
        said = " or ".join(f"{one.day} {one:%B %Y}" for one in self.readings.values())
        super().__init__(f"This can be {said}. Write it such as {day_first.isoformat()}.")


def orders_in(texts: Iterable[str]) -> set[str]:
    """Which comes first, DAY_FIRST or MONTH_FIRST, by those dates of a file that can be read in one way only."""
    return {found for text in texts if (found := _tells(text))}


def _tells(text: str) -> str:
    found = YEAR_LAST.fullmatch(_day_part(_plain(text)))
    if found is None or found[2] not in ("/", "-"):
        return ""
    first, second = int(found[1]), int(found[3])
    if 12 < first <= 31 and second <= 12:
        return DAY_FIRST
    return MONTH_FIRST if 12 < second <= 31 and first <= 12 else ""


def read_date(text: str, order: str = "") -> date:
    """The day that the text says; Unclear when 5/6 may be May or June, Refused for what is no day."""
    plain = _plain(text)
    whole = SPLIT.fullmatch(plain)
    if whole is None:
        return _day(plain, order, HOW)
    clock, has_seconds = _time(OFFSET.sub(r"\1", whole[2]))
    if clock != time() or has_seconds:
        raise Refused("This has a time of day, and only the day is kept here. Leave the time out.")
    return _day(whole[1], order, HOW)


def read_datetime(text: str, order: str = "") -> datetime:
    """The day and time that the text says, on the business's clock."""
    plain = _plain(text)
    whole = SPLIT.fullmatch(plain)
    if whole is None:
        _day(plain, order, HOW_TIME)
        raise Refused("Add the time of day, such as 2030-05-31 18:30.")
    zoned = OFFSET.fullmatch(whole[2])
    clock, has_seconds = _time(zoned[1] if zoned else whole[2])
    if has_seconds:
        raise Refused(TO_THE_MINUTE)
    when = datetime.combine(_day(whole[1], order, HOW_TIME), clock)
    if not zoned:
        return when
    shift = "+00:00" if zoned[2].isalpha() else f"{zoned[2][:3]}:{zoned[2][-2:]}"
    try:
        return local(datetime.fromisoformat(f"{when.isoformat()}{shift}"))
    except (ValueError, OverflowError):
        raise Refused(HOW_TIME) from None


def _plain(text: str) -> str:
    return WEEKDAY.sub("", digits(fold(text)), count=1)


def _day_part(plain: str) -> str:
    whole = SPLIT.fullmatch(plain)
    return whole[1] if whole else plain


def _day(plain: str, order: str, how: str) -> date:
    for pattern, places in ((YEAR_FIRST, (1, 3, 4)), (COMPACT, (1, 2, 3)), (IDEOGRAPHS, (1, 2, 3))):
        found = pattern.fullmatch(plain)
        if found:
            return _made(*(int(found[place]) for place in places))
    found = YEAR_LAST.fullmatch(plain)
    if found:
        return _year_last(int(found[1]), int(found[3]), int(found[4]), order, found[2])
    return _with_month_name(plain, how)


def _year_last(first: int, second: int, year: int, order: str, mark: str) -> date:
    if first > 12 or first == second or mark.strip() == "." and second <= 12:
        return _made(year, second, first)
    if second > 12:
        return _made(year, first, second)
    unclear = Unclear(_made(year, second, first), _made(year, first, second))
    if not order:
        raise unclear
    return unclear.readings[order]


def _with_month_name(plain: str, how: str) -> date:
    for pattern, day, month in ((DAY_MONTH, 1, 2), (MONTH_DAY, 2, 1)):
        found = pattern.fullmatch(plain)
        if found and found[month] in MONTH_OF:
            return _made(int(found[3]), MONTH_OF[found[month]], int(found[day]))
    if SHORT_YEAR.fullmatch(plain):
        raise Refused(NO_CENTURY)
    if plain.replace(".", "").isdigit():
        raise Refused(f"This is a number. Show the column as dates in the spreadsheet. {how}")
    raise Refused(how)


def _made(year: int, month: int, day: int) -> date:
    try:
        if year < 1000:
            raise ValueError
        return date(year, month, day)
    except ValueError:
        raise Refused(f"There is no such day. {HOW}") from None


def _time(text: str) -> tuple[time, bool]:
    """A time of day, and whether it has seconds that would be lost."""
    found = TIME.fullmatch(text)
    if found is None or not (found[2] or found[5]):
        raise Refused(HOW_TIME)
    hour, minute = int(found[1]), int(found[2] or 0)
    if found[5]:
        if not 1 <= hour <= 12:
            raise Refused(HOW_TIME)
        hour = hour % 12 + (12 if found[5] == "p" else 0)
    if hour > 23 or minute > 59 or int(found[3] or 0) > 59:
        raise Refused("There is no such time of day. " + HOW_TIME)
    has_seconds = bool(int(found[3] or 0) or int(found[4] or 0))
    return time(hour, minute), has_seconds
