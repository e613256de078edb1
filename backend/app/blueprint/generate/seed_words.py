"""The stock of names and phrases that example records are made of."""

from __future__ import annotations

from typing import Final

FIRST_NAMES: Final = (
    "Amara", "Ben", "Chloe", "Daniel", "Elena", "Farid", "Grace", "Hugo", "Isla", "Jonas", "Keiko", "Liam", "Mina",
    "Noah", "Olivia", "Priya", "Quentin", "Rosa", "Samuel", "Tara", "Umar", "Vera", "Will", "Yara",
)  # fmt: skip
LAST_NAMES: Final = (
    "Okafor", "Hughes", "Martin", "Reyes", "Petrova", "Haddad", "Nolan", "Laurent", "Campbell", "Weber", "Tanaka",
    "Byrne", "Rahimi", "Silva", "Bennett", "Sharma", "Moreau", "Delgado", "Osei", "Quinn", "Malik", "Lindholm",
    "Archer", "Nasser",
)  # fmt: skip
PLACES: Final = (
    "Main hall", "Riverside room", "Garden room", "Old mill", "Market square", "North wing", "Station road",
    "Community centre", "Harbour house", "Hill top",
)  # fmt: skip
STREETS: Final = (
    "12 Orchard Lane", "4 Mill Street", "87 Station Road", "31 Harbour View", "9 Chapel Hill", "56 Park Avenue",
    "20 Bridge Street", "3 Willow Close", "145 High Street", "68 Meadow Way",
)  # fmt: skip
COMPANIES: Final = (
    "Northwind Bakery", "Harbour Lane Studio", "Fernwood & Co", "Bright Street Media", "Oakfield Garage",
    "Copper Kettle", "Lakeside Dental", "Tidewater Print",
)  # fmt: skip
CITIES: Final = ("Lisbon", "Bristol", "Ghent", "Porto", "Leeds", "Turin", "Malmo", "Galway", "Utrecht", "Bergen")
NOTES: Final = (
    "First time here; say hello.",
    "Prefers to be reached in the morning.",
    "Agreed on the phone, to be confirmed in writing.",
    "Everything is ready.",
    "Ask about this next week.",
    "",
    "Came back with good feedback.",
    "Needs a little more time than usual.",
    "",
    "Same arrangement as last time.",
)
DESCRIPTIONS: Final = (
    "A good place to begin, for everyone.",
    "The one that people ask for most.",
    "New this season.",
    "Small, quiet and carefully looked after.",
    "Suits people who come back every week.",
    "A favourite of the regulars.",
)
OPINIONS: Final = (
    "Better than expected, would come again.",
    "Clear, friendly and on time.",
    "Good overall; the start was a little slow.",
    "Exactly what we were looking for.",
    "Fine, though not quite for me.",
    "The best so far.",
)
PERSON_FIELDS: Final = frozenset(
    "author assignee owner coach teacher instructor learner respondent applicant claimant contact contact_name "
    "guest passenger reporter person client_name customer_name member_name recipient visitor organiser organizer "
    "host leader driver manager staff_member responsible donor_name buyer seller client customer member student "
    "tutor therapist instructor_name caretaker tester reviewer borrower artist".split()
)
PLACE_FIELDS: Final = frozenset("location place venue room where area meeting_point origin destination".split())
MONEY_SCALES: Final = (
    (("salary", "value", "target", "budget", "goal"), (2_000, 4_500, 8_000, 12_000, 18_500, 27_000)),
    (("rent", "balance", "deposit"), (650, 820, 940, 1_100, 1_350, 1_600)),
    (("amount", "total", "cost", "fee"), (45, 80, 120, 260, 340, 575)),
    (("price", "rate", "tip"), (8, 12.5, 18, 24, 35, 60)),
)
NUMBER_SCALES: Final = (
    (("rating", "stars"), (5, 4, 5, 3, 4, 5)),
    (("capacity", "places", "spots", "seats", "max"), (12, 16, 20, 10, 14, 24)),
    (("min", "duration", "length"), (30, 45, 60, 90, 75, 50)),
    (("year",), (1998, 2006, 2012, 2017, 2020, 2023)),
    (("quantity", "stock", "copies"), (4, 12, 7, 30, 2, 18)),
    (("mileage", "distance"), (12_400, 38_900, 61_250, 8_300, 95_000, 27_700)),
    (("score", "points"), (3, 1, 2, 0, 4, 2)),
    (("progress", "percent"), (20, 45, 60, 80, 100, 35)),
    (("servings", "party_size", "bedrooms", "guests", "people"), (2, 4, 3, 6, 1, 4)),
    (("age",), (6, 9, 14, 27, 34, 51)),
)
