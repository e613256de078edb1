"""A cell is read in exactly one way, or refused: each type of field with the spellings that people use."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.blueprint.loaded_app import LoadedApp
from tests.blueprint.sample_specs import BOOKING

YES = "Yes yes YES y Y TRUE true True t 1 on ON x X ✓ ✔ wahr VRAI Ja oui sí Evet DOĞRU ναι да はい 是 1.0".split()
NO = [
    "No",
    "no",
    "NO",
    "n",
    "N",
    "FALSE",
    "false",
    "f",
    "0",
    "off",
    "OFF",
    "",
    " ",
    "\u200b",
    "falsch",
    "FAUX",
    "nein",
    "hayır",
    "YANLIŞ",
    "όχι",
    "нет",
    "否",
    "✗",
]
DAY = "2030-05-31"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Any:
    loaded = LoadedApp(BOOKING, tmp_path_factory.mktemp("spellings"))
    loaded.module("clock").named("Europe/Berlin")
    names = ("fields", "dates", "amounts", "text", "model", "clock")
    return SimpleNamespace(**{name: loaded.module(name) for name in names})


def value(own: Any, kind: str, typed: str, **more: Any) -> Any:
    return own.fields.read(own.model.Field("it", "It", kind, **more), typed)


def is_refused(own: Any, kind: str, typed: str, **more: Any) -> str:
    with pytest.raises(own.fields.Refused) as refusal:
        value(own, kind, typed, **more)
    return str(refusal.value)


@pytest.mark.parametrize(("typed", "meant"), [*((one, 1) for one in YES), *((one, 0) for one in NO)])
def test_yes_and_no(own: Any, typed: str, meant: int) -> None:
    assert value(own, "bool", typed) == meant


@pytest.mark.parametrize("typed", ["maybe", "2", "-1", "yes no", "?", "–", "ye", "1.5", "null"])
def test_what_is_neither_yes_nor_no_is_refused(own: Any, typed: str) -> None:
    is_refused(own, "bool", typed)


@pytest.mark.parametrize(
    "typed",
    [
        DAY,
        "2030-5-31",
        "2030/05/31",
        "2030.05.31",
        "2030. 5. 31.",
        "20300531",
        "31/05/2030",
        "31.05.2030",
        "31.5.2030",
        "31. 5. 2030",
        "31-05-2030",
        "05/31/2030",
        "5/31/2030",
        "05-31-2030",
        "31 May 2030",
        "31-May-2030",
        "May 31, 2030",
        "May 31 2030",
        "31st of May 2030",
        "31. Mai 2030",
        "31 mai 2030",
        "31 de mayo de 2030",
        "31 MAGGIO 2030",
        "31 мая 2030",
        "2030年5月31日",
        "Fri 31 May 2030",
        "Friday, May 31, 2030",
        "2030-05-31 00:00:00",
        "2030-05-31T00:00:00",
        "2030-05-31T00:00:00Z",
        "2030-05-31 00:00:00.000",
        "31/05/2030 00:00",
        "5/31/2030 12:00:00 AM",
        "31.05.2030 0:00",
        "\u200e31/05/2030",
        "31\u00a0May\u00a02030",
        "３１/０５/２０３０",
        "٣١/٠٥/٢٠٣٠",
        "31\u201105\u20112030",
        "Freitag, 31. Mai 2030",
        "ven. 31 mai 2030",
        "viernes, 31 de mayo de 2030",
        "Fr, 31.05.2030",
        "31 мая 2030 г.",
        "31 Mayıs 2030",
        "2030. május 31.",
        "31η Μαΐου 2030",
        "2030年5月31日金曜日",
    ],
)
def test_a_day_in_every_clear_writing(own: Any, typed: str) -> None:
    assert value(own, "date", typed) == DAY


@pytest.mark.parametrize(
    "typed",
    [
        "05/06/2030",
        "5-6-2030",
        "31/02/2030",
        "2030-02-29",
        "30.02.2030",
        "00/05/2030",
        "32/05/2030",
        "31/13/2030",
        "2030-13-01",
        "31/05/30",
        "31.05.30",
        "31-May-30",
        "47634",
        "soon",
        "31 May",
        "May 2030",
        "2030",
        "31 Foo 2030",
        "2030-05-31 18:30",
        "2030-05-31T00:00:01",
        "0099-05-31",
        "31/05/2030/1",
        "Montag, 31. Mai 2030",
        "around 31 May 2030",
        "1.5",
        "2030-05-31 25:00",
    ],
)
def test_a_day_that_is_unclear_or_none_is_refused(own: Any, typed: str) -> None:
    is_refused(own, "date", typed)


def test_a_day_read_by_the_order_of_its_column(own: Any) -> None:
    orders = own.dates.orders_in
    assert orders(["05/06/2030", "31/05/2030"]) == {"day"}
    assert orders(["05/06/2030", "05/31/2030 10:00"]) == {"month"}
    assert orders(["05/06/2030"]) == orders(["31.05.2030"]) == set()
    assert orders(["31/05/2030", "05/31/2030"]) == {"day", "month"}
    field = own.model.Field("it", "It", "date")
    assert own.fields.read(field, "05/06/2030", order="day") == "2030-06-05"
    assert own.fields.read(field, "05/06/2030", order="month") == "2030-05-06"
    assert own.fields.read(field, "05/05/2030") == "2030-05-05"
    assert own.fields.read(field, "05.06.2030") == "2030-06-05"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2030-05-31T18:30", "2030-05-31T18:30"),
        ("2030-05-31 18:30:00", "2030-05-31T18:30"),
        ("31/05/2030 18:30", "2030-05-31T18:30"),
        ("5/31/2030 6:30 PM", "2030-05-31T18:30"),
        ("31 May 2030, 18:30", "2030-05-31T18:30"),
        ("31.05.2030 18.30", "2030-05-31T18:30"),
        ("5/31/2030 12:05 am", "2030-05-31T00:05"),
        ("5/31/2030 12:05 p.m.", "2030-05-31T12:05"),
        ("31 mai 2030 18h30", "2030-05-31T18:30"),
        ("31 mai 2030 à 18h", "2030-05-31T18:00"),
        ("31/05/2030 6:30 p. m.", "2030-05-31T18:30"),
        ("31.5.2030 klo 18.30", "2030-05-31T18:30"),
        ("31. Mai 2030 um 18 Uhr", "2030-05-31T18:00"),
        ("20300531T183000", "2030-05-31T18:30"),
        ("2030-05-31 6 pm", "2030-05-31T18:00"),
        ("5/31/2030\u202f6:30\u202fPM", "2030-05-31T18:30"),
    ],
)
def test_a_time_in_every_clear_writing(own: Any, typed: str, meant: str) -> None:
    assert value(own, "datetime", typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "2030-05-31",
        "2030-05-31 24:00",
        "2030-05-31 18:60",
        "2030-05-31 18:30:15",
        "2030-05-31 13:00 PM",
        "05/06/2030 10:00",
        "18:30",
    ],
)
def test_a_time_that_is_none_or_would_be_cut_is_refused(own: Any, typed: str) -> None:
    is_refused(own, "datetime", typed)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("12.50", 1250),
        ("$12.50", 1250),
        ("$ 12.50", 1250),
        ("12.50 USD", 1250),
        ("USD 12.50", 1250),
        ("US$12.50", 1250),
        ("12.50$", 1250),
        ("12,50", 1250),
        ("1\u00a0234,50", 123450),
        ("1\u202f234.50", 123450),
        ("1'234.50", 123450),
        ("12,34,567.50", 123456750),
        ("12.50 dollars", 1250),
        ("１２.５０", 1250),
        ("\u200e12.50", 1250),
        ("0", 0),
        (".5", 50),
        ("+12.50", 1250),
        ("12.5000", 1250),
        ("1234.500", 123450),
        ("1.234,5000", 123450),
        ("$ -", 0),
    ],
)
def test_an_amount_in_the_apps_own_currency(own: Any, typed: str, meant: int) -> None:
    assert value(own, "money", typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "€ 12.50",
        "12.50 €",
        "₹500",
        "12.50 EUR",
        "£3",
        "C$ 5",
        "12 CAD",
        "¥500",
        "500円",
        "12 XYZ",
        "kr 5",
        "Fr. 5",
    ],
)
def test_an_amount_in_another_currency_is_refused_by_name(own: Any, typed: str) -> None:
    assert "amounts here are in $" in is_refused(own, "money", typed)


@pytest.mark.parametrize(
    "typed",
    [
        "1e3",
        "1.5E+05",
        "1,234",
        "1.234",
        "12.345",
        "-5",
        "(5.00)",
        "5-",
        "$",
        "1 2",
        "50%",
        "12..5",
        "$5$5",
        "-",
        "0,12345",
        "$-5-",
        "abc",
    ],
)
def test_an_amount_that_is_none_is_refused(own: Any, typed: str) -> None:
    is_refused(own, "money", typed)


@pytest.mark.parametrize("kind", ["int", "money", "decimal"])
def test_a_number_below_nought_is_told_of_nought_and_not_of_the_most_that_is_held(own: Any, kind: str) -> None:
    assert is_refused(own, kind, "-5").endswith(", 0 or more.")
    assert "999,999,999" in is_refused(own, kind, "5" * 12)


@pytest.mark.parametrize(
    "typed", ["-5", "−5.00", "-$5", "$-5.00", "(5.00)", "($5.00)", "$(5.00)", "$ (5.00)", "5-", "– 5"]
)
def test_a_negative_amount_where_the_field_takes_one(own: Any, typed: str) -> None:
    assert value(own, "money", typed, lowest=-(10**11)) == -500


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("5", 5),
        ("1,234", 1234),
        ("1 234", 1234),
        ("1\u202f234", 1234),
        ("1'234", 1234),
        ("12,34,567", 1234567),
        ("5.0", 5),
        ("5,00", 5),
        ("٥", 5),
        ("007", 7),
        ("+5", 5),
        ("1.234.567", 1234567),
        ("5 pcs", 5),
    ],
)
def test_a_whole_number(own: Any, typed: str, meant: int) -> None:
    assert value(own, "int", typed, unit="pcs") == meant


@pytest.mark.parametrize(
    "typed", ["1.5", "1,5", "1.234", "1e3", "1E+05", "12,3456", "-3", "five", "5 pcs", "²", "1/2", "0,123"]
)
def test_what_is_no_whole_number_is_refused(own: Any, typed: str) -> None:
    is_refused(own, "int", typed)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("1.5", 150),
        ("1,5", 150),
        ("1.500", 150),
        ("0,500", 50),
        ("1,500.25", 150025),
        ("1.500,25", 150025),
        ("1 500,25", 150025),
        ("1'500.25", 150025),
        ("1.234.567,5", 123456750),
        (".5", 50),
        ("(1.5)", -150),
        ("1.5-", -150),
        ("−1.5", -150),
        ("1.5 kg", 150),
        ("１,５ＫＧ", 150),
        ("١٫٥", 150),
    ],
)
def test_a_number_with_decimals(own: Any, typed: str, meant: int) -> None:
    assert value(own, "decimal", typed, digits=2, unit="kg", lowest=-(10**9)) == meant


@pytest.mark.parametrize(
    "typed", ["1,500", "1.234.56", "1.555", "1,5 g", "kg", "1e3", "-", "1.5.", "1,23,4", "(1.5", "-1.5-"]
)
def test_what_is_no_number_with_decimals_is_refused(own: Any, typed: str) -> None:
    is_refused(own, "decimal", typed, digits=2, unit="kg", lowest=-(10**9))


@pytest.mark.parametrize(
    ("kind", "typed", "meant"),
    [
        ("email", "mailto:Ana@Example.com", "Ana@Example.com"),
        ("email", "ana＠example.com", "ana@example.com"),
        ("url", "HTTPS://example.com/A", "https://example.com/A"),
        ("url", "www.example.com", "https://www.example.com"),
    ],
)
def test_an_address(own: Any, kind: str, typed: str, meant: str) -> None:
    assert value(own, kind, typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("\u202a+44 20 7946 0000\u202c", "+44 20 7946 0000"),
        ("+44 20 7946 0000\u200e", "+44 20 7946 0000"),
        ("+44\u00a020 7946 0000", "+44 20 7946 0000"),
        ("020\u20117946\u20110000", "020-7946-0000"),
        ("020–7946–0000", "020-7946-0000"),
        ("+1 (555) 010-9999 ext. 5", "+1 (555) 010-9999 ext. 5"),
        ("tel:+442079460000", "+442079460000"),
        ("Tel.: 030 1234567", "030 1234567"),
        ("＋４４ ２０", "+44 20"),
        ("112", "112"),
        ("030 1234 x12", "030 1234 x12"),
    ],
)
def test_a_phone_number_without_unseen_marks(own: Any, typed: str, meant: str) -> None:
    assert value(own, "phone", typed) == meant


@pytest.mark.parametrize("typed", ["12", "abc", "not a phone", "4.42E+11", "()-", "1" * 60])
def test_what_is_no_phone_number_is_refused(own: Any, typed: str) -> None:
    is_refused(own, "phone", typed)


@pytest.mark.parametrize(
    "typed",
    ["\u200b", "\u2060\ufeff", "\u00ad", "\u3164", "\u2800", "\u202e", "\u200d", "\ufe0f", " \u00a0\u3000"],
)
def test_a_name_with_nothing_to_see_is_empty(own: Any, typed: str) -> None:
    assert "fill this in" in is_refused(own, "text", typed, required=True)
    assert value(own, "text", typed) is None
    assert own.text.is_blank(typed)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Anna\u202e gro", "Anna gro"),
        ("👩‍👩‍👧‍👦", "👩‍👩‍👧‍👦"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("Jose\u0301", "José"),
        ("An\u200bna", "Anna"),
        ("Anna\u200d", "Anna"),
        ("❤\ufe0f", "❤\ufe0f"),
        ("a\u00a0 b", "a b"),
    ],
)
def test_a_name_keeps_what_can_be_seen(own: Any, typed: str, meant: str) -> None:
    assert value(own, "text", typed) == meant


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("José Núñez", "JOSE NUNEZ"),
        ("Zoë", "Zoe\u0308"),
        ("ŁUKASZ", "lukasz"),
        ("Straße", "STRASSE"),
        ("Ærø", "aero"),
        ("ΑΘΗΝΑ", "αθήνα"),
        ("keiko   rahimi", "Keiko\u00a0Rahimi"),
        ("ＡＢＣ", "abc"),
        ("A\u2011B", "a-b"),
        ("O’Brien", "o'brien"),
        ("İzmir", "izmir"),
        ("ΟΔΟΣ", "οδος"),
    ],
)
def test_texts_that_people_take_for_the_same(own: Any, first: str, second: str) -> None:
    assert own.text.fold(first) == own.text.fold(second)


@pytest.mark.parametrize(
    ("first", "second"), [("мой", "мои"), ("が", "か"), ("कु", "क"), ("2", "02"), ("a-b", "ab")]
)
def test_texts_that_differ(own: Any, first: str, second: str) -> None:
    assert own.text.fold(first) != own.text.fold(second)


def test_an_email_is_compared_without_case_but_with_its_accents(own: Any) -> None:
    same = own.text.fold_email
    assert same("ANA@Example.com ") == same("ana@example.com")
    assert same("josé@example.com") != same("jose@example.com")
    assert own.text.password("e\u0301") == own.text.password("é") != own.text.password("e")


def test_a_time_over_which_the_clocks_are_put_forward_is_none(own: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIMEZONE", "Europe/Berlin")
    assert "the clocks are put forward" in is_refused(own, "datetime", "2030-03-31 02:30")
    assert value(own, "datetime", "2030-03-31 03:00") == "2030-03-31T03:00"
    assert value(own, "datetime", "2030-10-27 02:30") == "2030-10-27T02:30"
    assert value(own, "datetime", "2030-03-31T01:30:00Z") == "2030-03-31T03:30"


def test_names_and_numbers_are_sorted_as_people_sort_them(own: Any) -> None:
    assert sorted(["Zebra", "Éclair Ltd", "Banana", "Öl AG", "apple gmbh"], key=own.text.natural) == [
        "apple gmbh",
        "Banana",
        "Éclair Ltd",
        "Öl AG",
        "Zebra",
    ]
    assert sorted(["100", "9", "10", "2", "INV-10", "INV-9"], key=own.text.natural) == [
        "2",
        "9",
        "10",
        "100",
        "INV-9",
        "INV-10",
    ]


@pytest.mark.parametrize(
    ("sign", "typed", "meant", "shown"),
    [
        ("¥", "1,500円", 150000, "¥1,500"),
        ("€", "12,50 EUR", 1250, "€12.50"),
        ("CHF", "12.50", 1250, "CHF 12.50"),
        ("₩", "5000", 500000, "₩5,000"),
    ],
)
def test_amounts_of_other_currencies(own: Any, sign: str, typed: str, meant: int, shown: str) -> None:
    assert own.amounts.amount(typed, sign) == meant
    assert own.amounts.written(meant, sign) == shown


def test_a_currency_without_cents_takes_none(own: Any) -> None:
    with pytest.raises(own.fields.Refused, match="no smaller coins"):
        own.amounts.amount("12.50", "¥")
    assert own.amounts.written(-150050, "¥") == "-¥1,501"
    assert own.amounts.plainly(150000, "¥") == "1500"
    assert own.amounts.written(-500, "$") == "-$5.00"
