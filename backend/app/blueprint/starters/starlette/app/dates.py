"""How days and times are written: each is read in exactly one way, or the person is asked to write it clearly."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time

from .amounts import Refused
from .clock import local, zone
from .text import digits, fold

MONTHS = (
    "jan january januar janvier enero gennaio janeiro januari styczen stycznia ene gen leden ledna tammikuu tammikuuta "
    "январь января янв ocak oca januarie ianuarie ian ιανουαριοσ ιανουαριου ιαν січень січня січ",
    "feb february februar fevrier febrero febbraio fevereiro februari luty lutego fev fevr unor unora helmikuu helmikuuta "
    "февраль февраля фев февр subat sub februarie φεβρουαριοσ φεβρουαριου φεβ лютий лютого",
    "mar march marz mars marzo marco maart marzec marca mrz mrt brezen brezna maaliskuu maaliskuuta март марта мар mart "
    "marts martie marcius maret marec μαρτιοσ μαρτιου μαρ березень березня",
    "apr april avril abril aprile kwiecien kwietnia avr abr duben dubna huhtikuu huhtikuuta апрель апреля апр nisan nis "
    "aprilie aprilis απριλιοσ απριλιου απρ квітень квітня",
    "may mai mayo maggio maio mei maj maja mag kveten kvetna toukokuu toukokuuta май мая mayis majus μαιοσ μαιου μαι "
    "травень травня",
    "jun june juni juin junio giugno junho czerwiec czerwca giu cerven cervna kesakuu kesakuuta июнь июня июн haziran haz "
    "iunie iun junius ιουνιοσ ιουνιου ιουν червень червня",
    "jul july juli juillet julio luglio julho lipiec lipca juil lug cervenec cervence heinakuu heinakuuta июль июля июл "
    "temmuz tem iulie iul julius ιουλιοσ ιουλιου ιουλ липень липня",
    "aug august aout agosto augustus augusti sierpien sierpnia ago srpen srpna elokuu elokuuta август августа авг agustos "
    "augusztus agustus αυγουστοσ αυγουστου αυγ серпень серпня",
    "sep sept september septembre septiembre settembre setembro wrzesien wrzesnia set zari syyskuu syyskuuta сентябрь "
    "сентября сен сент eylul eyl septembrie szeptember szept σεπτεμβριοσ σεπτεμβριου σεπ вересень вересня",
    "oct october oktober octobre octubre ottobre outubro okt pazdziernik pazdziernika ott out rijen rijna lokakuu lokakuuta "
    "октябрь октября окт ekim eki octombrie οκτωβριοσ οκτωβριου οκτ жовтень жовтня",
    "nov november novembre noviembre novembro listopad listopada listopadu marraskuu marraskuuta ноябрь ноября ноя нояб "
    "kasim kas noiembrie noi νοεμβριοσ νοεμβριου νοε листопад листопада",
    "dec december dezember decembre diciembre dicembre dezembro grudzien grudnia dez dic prosinec prosince joulukuu "
    "joulukuuta декабрь декабря дек aralik ara decembrie desember des δεκεμβριοσ δεκεμβριου δεκ грудень грудня",
)  # fmt: skip
WEEKDAYS = (
    "mon monday mo montag lun lundi lunes lunedi maandag ma maanantai mandag pon poniedzialek pondeli po пн понедельник "
    "понеділок pazartesi hetfo luni δευτερα segunda segunda-feira seg",
    "tue tues tuesday mar di ti dienstag mardi martes martedi dinsdag tiistai tirsdag tisdag wtorek wt utery ut вт вторник "
    "вівторок sali kedd marti τριτη terca terca-feira ter",
    "wed wednesday mi ke mittwoch mer mercredi mie miercoles mercoledi woensdag wo keskiviikko onsdag sroda sr streda st ср "
    "среда середа carsamba szerda miercuri τεταρτη quarta quarta-feira qua",
    "thu thur thurs thursday do donnerstag jeu jeudi jue jueves gio giovedi donderdag torstai torsdag czwartek czw ctvrtek "
    "ct чт четверг четвер persembe csutortok joi πεμπτη quinta quinta-feira qui",
    "fri friday fr pe freitag ven vendredi vie viernes venerdi vrijdag vr perjantai fredag piatek pt patek pa пт пятница "
    "п'ятниця cuma pentek vineri παρασκευη sexta sexta-feira sex",
    "sat saturday sa la lo samstag sonnabend sam samedi sabado sab sabato zaterdag za lauantai lordag sobota sob so сб суббота "
    "субота cumartesi szombat sambata σαββατο",
    "sun sunday so su sonntag dim dimanche dom domingo domenica zondag zo sunnuntai sondag niedziela nd nedele ne вс воскресенье "
    "неділя pazar vasarnap duminica κυριακη",
)  # fmt: skip
MONTH_OF = {word: number for number, words in enumerate(MONTHS, start=1) for word in words.split()}
# Two languages may mean two days by one word, such as "so".
WEEKDAYS_OF = {word: {at for at, words in enumerate(WEEKDAYS) if word in words.split()} for word in " ".join(WEEKDAYS).split()}
WEEKDAY = re.compile(r"([^\W\d_][^\W\d_'-]*)[,.]{0,2} +(?=\S)")
YEAR_FIRST = re.compile(r"([0-9]{4})([-/.]|\. )([0-9]{1,2})\2([0-9]{1,2})\.?")
COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
IDEOGRAPHS = re.compile(r"([0-9]{4}) ?[年년] ?([0-9]{1,2}) ?[月월] ?([0-9]{1,2}) ?[日일](?: ?(?:星期.|[月火水木金土日]曜日|[월화수목금토일]요일))?")
YEAR_LAST = re.compile(r"([0-9]{1,2})([-/.]|\. | )([0-9]{1,2})\2([0-9]{4})\.?")
SHORT_YEAR = re.compile(r"[0-9]{1,2}[-/. ]+(?:[0-9]{1,2}|[^\W\d]{3,})[-/. ,]+'?[0-9]{2}")
DAY_MONTH = re.compile(r"([0-9]{1,2})(?:\.|(?:st|nd|rd|th|er|o|a|η|-?e)(?![^\W\d_]))?[ -]*(?:of |de |di |d')?([^\W\d_]{3,})\.?[ ,-]*(?:de |del )?([0-9]{4})(?: ?[гр]\.?)?")
YEAR_MONTH = re.compile(r"([0-9]{4})\.?[ -]([^\W\d_]{3,})\.?[ -]([0-9]{1,2})\.?")
CENTURY = re.compile(r"(?!.*[0-9]{4})(.*?[-/., ])'?([0-9]{2})")
MONTH_DAY = re.compile(r"([^\W\d_]{3,})\.?[ -]*([0-9]{1,2})(?:st|nd|rd|th)?[ ,-]+([0-9]{4})")
TIME = re.compile(r"([0-9]{1,2})(?:[:.h]([0-9]{2})|( ?h|(?= uhr)))?(?:[:.]([0-9]{2})(?:[.,]([0-9]+))?)? ?(?:([ap])\.? ?m\.?)?(?: ?(?:uhr|h|hrs|klo))?")
OFFSET = re.compile(r"(.*[0-9]) ?(z|utc|gmt|[+-][0-9]{2}:?[0-9]{2})")
SPLIT = re.compile(r"(.*?(?:[0-9日일]|[0-9] ?[гр]\.?,?))(?:t|[, ]+(?:at |um |a |à |kl\.? |klo |о |в |to )?)([0-9]{1,2}[:.h][0-9]{2}(?:[:.].*|\b.*| ?[ap]\.? ?m.*|z)?|[0-9]{1,2} ?(?:[ap]\.? ?m\.?|h|uhr))")
STAMP = re.compile(r"([0-9]{8})t([0-9]{2})([0-9]{2})([0-9]{2})(z?)")
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


def with_century(text: str, kept: str) -> str:
    """A date with a year of two digits, in the century of the date that is kept; any other text as it is."""
    plain = _plain(text)
    day = _day_part(plain)
    found = CENTURY.fullmatch(day)
    return f"{found[1]}{kept[:2]}{found[2]}{plain[len(day) :]}" if found else text


def _tells(text: str) -> str:
    found = YEAR_LAST.fullmatch(_weekday(_day_part(_plain(text)))[1])
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
        return _that_there_is(when)
    shift = "+00:00" if zoned[2].isalpha() else f"{zoned[2][:3]}:{zoned[2][-2:]}"
    try:
        return local(datetime.fromisoformat(f"{when.isoformat()}{shift}"))
    except (ValueError, OverflowError):
        raise Refused(HOW_TIME) from None


def _that_there_is(when: datetime) -> datetime:
    """The time, unless the clocks of the business are put forward over it."""
    there = when.replace(tzinfo=zone()).astimezone(UTC)
    if local(there) != when:
        raise Refused(f"There is no {when:%H:%M} on that day: the clocks are put forward. Enter another time.")
    return when


def _plain(text: str) -> str:
    plain = digits(fold(text))
    return STAMP.sub(r"\1 \2:\3:\4\5", plain)


def _weekday(plain: str) -> tuple[set[int], str]:
    """The days of the week that a date begins with, and the rest of it; a month may have the name of a day."""
    found = WEEKDAY.match(plain)
    if found is None or found[1] not in WEEKDAYS_OF or MONTH_DAY.fullmatch(plain):
        return set(), plain
    return WEEKDAYS_OF[found[1]], plain[found.end() :]


def _day_part(plain: str) -> str:
    whole = SPLIT.fullmatch(plain)
    return whole[1] if whole else plain


def _day(plain: str, order: str, how: str) -> date:
    weekdays, rest = _weekday(plain)
    found = _day_alone(rest, order, how)
    if weekdays and found.weekday() not in weekdays:
        raise Refused(f"{found.day} {found:%B %Y} is a {found:%A}. Write the day that is meant, such as {found.isoformat()}.")
    return found


def _day_alone(plain: str, order: str, how: str) -> date:
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
    for pattern, year, month, day in ((DAY_MONTH, 3, 2, 1), (MONTH_DAY, 3, 1, 2), (YEAR_MONTH, 1, 2, 3)):
        found = pattern.fullmatch(plain)
        if found and found[month] in MONTH_OF:
            return _made(int(found[year]), MONTH_OF[found[month]], int(found[day]))
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
    if found is None or not (found[2] or found[3] is not None or found[6]):
        raise Refused(HOW_TIME)
    hour, minute = int(found[1]), int(found[2] or 0)
    if found[6]:
        if not 1 <= hour <= 12:
            raise Refused(HOW_TIME)
        hour = hour % 12 + (12 if found[6] == "p" else 0)
    if hour > 23 or minute > 59 or int(found[4] or 0) > 59:
        raise Refused("There is no such time of day. " + HOW_TIME)
    has_seconds = bool(int(found[4] or 0) or int(found[5] or 0))
    return time(hour, minute), has_seconds
