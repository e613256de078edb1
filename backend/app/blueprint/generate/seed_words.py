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
MESSAGES: Final = (
    "Hello, I saw this on your page and would like to know more.",
    "I would be glad to hear from you, evenings are best.",
    "A friend told me about you. Is this still possible?",
    "I have done something like this before and would love to be part of it.",
    "Could you tell me what it costs and how long it takes?",
    "Thank you in advance, I am looking forward to your answer.",
)
REPORTS: Final = (
    "Since Monday, and it is getting worse.",
    "Only happens in the morning.",
    "Happened twice this week; it was fine before.",
    "Not urgent, but it should not be forgotten.",
    "Please call before you come.",
    "A photo can be sent if that helps.",
)
REASONS: Final = (
    "The one that we have is worn out.",
    "Needed before the end of the month.",
    "What is there now no longer fits.",
    "Asked for by everybody on the team.",
    "Agreed at the last meeting.",
    "It saves a morning every week.",
)
WELCOMES: Final = (
    "We are so glad that you come.",
    "Good to have you with us; here is all you need to know.",
    "Please answer soon, so that there is a place for everybody.",
    "Bring good shoes and an appetite.",
)
REMARKS: Final = (
    "Has anybody else thought of this?",
    "Happy to help if it is of use to anybody.",
    "I will bring it along on Saturday.",
    "Thank you, that is just what I was looking for.",
    "See you there.",
    "Write to me if you want to know more.",
)
PROSE: Final = {
    "ingredients": (
        "400 g flour, 2 eggs, 100 g butter, a pinch of salt", "4 tomatoes, basil, 1 onion, olive oil",
        "300 g rice, 1 l stock, 2 carrots, parsley", "6 apples, 80 g sugar, 120 g oats, cinnamon",
        "500 g potatoes, leeks, cream, nutmeg", "2 lemons, 3 eggs, 200 g sugar, 150 g flour",
    ),
    "steps": (
        "Mix everything, rest for ten minutes, bake for forty.", "Chop, fry gently, add the stock and simmer.",
        "Prepare the night before; bake before serving.", "Whisk the eggs first, fold in the rest, chill.",
        "Cook the onions slowly, then everything else.", "Stir, cover and leave for half an hour.",
    ),
    "allergies": ("", "Nuts", "", "Milk", "", "Gluten", "", "Pollen"),
    "description": DESCRIPTIONS, "about": DESCRIPTIONS, "story": DESCRIPTIONS, "details": DESCRIPTIONS,
    "synopsis": (
        "Two sisters return to the house by the harbour.", "A town waits for the last ferry.",
        "Seven minutes in the life of a lighthouse.", "Nobody remembers who planted the orchard.",
    ),
    "bio": (
        "Has done this for ten years and still likes Mondays.", "Came from the north, stayed for the people.",
        "Works part-time, knows everybody.", "New this year, full of ideas.",
    ),
    "goals": ("Speak in front of people", "Change jobs within a year", "Lead a small team", "Finish the thesis"),
    "comment": OPINIONS, "review": OPINIONS, "feedback": OPINIONS, "quote": OPINIONS,
    "message": MESSAGES, "reason": REASONS, "welcome": WELCOMES,
    "findings": (
        "Everything in order.", "One cable to be replaced.", "Clean and tested, no remarks.",
        "Door closes slowly; adjusted.", "Two small defects, put right on the spot.", "",
    ),
    "body": REPORTS, "answer": REPORTS, "text": REMARKS, "reply": REMARKS,
    "medical": ("Mild asthma", "", "Hay fever", "", "Wears glasses", ""),
    "medicine": ("Inhaler in the rucksack", "", "Antihistamine, one a day", ""),
    "diet": ("Vegetarian", "No nuts", "Everything", "Gluten-free", "Vegan", "Everything"),
}  # fmt: skip
PLACES_KEPT: Final = ("Shelf 1", "Shelf 2", "Back room", "Cellar", "Cupboard by the door", "Box 7")
TEXTS: Final = {
    "location": PLACES, "place": PLACES, "venue": PLACES, "room": ("Room 1", "Room 2", "Lab", "Hall", "Room 7"),
    "where": PLACES, "area": ("North side", "Old town", "Harbour", "Station", "Hill"), "meeting_point": PLACES,
    "origin": CITIES, "destination": CITIES, "city": CITIES, "town": CITIES,
    "country": ("Portugal", "Ireland", "Italy", "Sweden", "Belgium", "Norway"), "company": COMPANIES,
    "home_ground": ("Mill Lane", "Riverside park", "School field", "Harbour ground", "Hill top"),
    "organisation": COMPANIES, "department": ("Office", "Workshop", "Sales", "Kitchen"),
    "breed": ("Mixed", "Labrador", "Short-haired", "Border collie", "Long-haired", "Terrier"),
    "variety": ("Early", "Late", "Heirloom", "Dwarf", "Climbing", "Hardy"),
    "model": ("Classic", "2019", "Series 4", "Compact", "XL", "2022"),
    "composer": ("A. Lindholm", "Trad.", "M. Delgado", "J. Archer", "C. Nasser", "Trad."),
    "producer": ("Quinta do Vale", "Weingut Berger", "Bodega Alta", "Domaine Petit", "Cantina Rossa"),
    "supplier": COMPANIES, "brand": COMPANIES,
    "specialty": ("Beginners", "Back and shoulders", "Evening hours", "Children", "Advanced"),
    "expertise": ("Leadership", "Design", "Finance", "Public speaking", "Engineering"),
    "field_of_work": ("Law", "Gardening", "Taxes", "Computers", "Health"),
    "trade": ("Plumbing", "Painting", "Heating"),
    "skills": ("Driving licence", "Cooking", "First aid", "Heavy lifting", "Two languages", "Accounts"),
    "diet": ("Vegetarian", "No nuts", "Vegan", "Everything", "Gluten-free", "Everything"),
    "dose": ("1 in the morning", "2 a day, with food", "As needed, at most 3", "1 before sleep", "10 ml"),
    "vaccine": ("Rabies", "Distemper", "Parvovirus", "Leptospirosis"), "species": (
        "Kingfisher", "Pike", "Grey heron", "Perch", "Barn owl", "Goldfinch"),
    "position": ("Goalkeeper", "Defence", "Midfield", "Attack"), "role": ("Design", "Text", "Lead", "Web"),
    "purpose": ("Team meeting", "Client visit", "Practice", "Interview", "Workshop"),
    "reason": ("Yearly check", "Limping", "Vaccination", "Cough", "Follow-up", "Second opinion"),
    "relation": ("Grandmother", "Neighbour", "Aunt"),
    "home": STREETS, "theme": ("Hope", "Harvest", "Thanks", "Light"),
    "vehicle": ("White van", "Cargo bike", "Blue hatchback", "Small truck"),
    "result": ("3rd", "12th", "finished", "1:52"),
    "symptom": ("Headache", "Nausea", "Tired eyes"), "service": ("Catering", "Flowers", "Music", "Photos"),
    "unit": ("pieces", "kg"),
    "nickname": ("Robin", "Ash", "Sunny", "Kit", "Juno", "Mo", "Wren", "Max", "Bee", "Olly"),
    "couple": ("Mina and Jonas", "Grace and Hugo", "Priya and Will", "Elena and Tara", "Rosa and Sam"),
    "from_place": CITIES, "to_place": CITIES,
    "first_name": FIRST_NAMES, "last_name": LAST_NAMES, "surname": LAST_NAMES, "family_name": LAST_NAMES,
    "postcode": ("BS1 4QA", "LS6 2TB", "EX4 3PL", "YO10 5DD", "NR2 1TF", "CF10 3AT"),
    "hours": ("8:00 to 12:00", "9:00 to 17:00", "7:00 to 11:00"),
    "front": ("la manzana", "el perro", "la llave", "el tren", "la lluvia", "el pan", "la calle", "el libro"),
    "back": ("the apple", "the dog", "the key", "the train", "the rain", "the bread", "the street", "the book"),
    "subject": ("Mathematics", "Piano", "English", "Physics"),
    "key": ("G", "D minor", "F", "A"),
    "grade": ("5", "6a", "6c", "7b"),
}  # fmt: skip
RECENT_YEARS: Final = (2026, 2025)
PERSON_FIELDS: Final = frozenset(
    "author assignee owner coach teacher instructor learner respondent applicant claimant contact contact_name "
    "guest passenger reporter person client_name customer_name member_name recipient visitor organiser organizer "
    "host leader driver manager staff_member responsible donor_name buyer seller client customer member student "
    "tutor therapist instructor_name caretaker tester reviewer borrower artist".split()
)
PER_DAY: Final = (12, 25, 40, 18, 60, 35)
"""What things cost that are lent by the day."""
MONEY_SCALES: Final = (
    (("salary",), (28_000, 34_500, 41_000, 52_000, 38_000, 46_500)),
    (("daily",), PER_DAY),
    (("value", "target", "budget", "goal"), (2_000, 4_500, 8_000, 12_000, 18_500, 27_000)),
    (("fare",), (2.5, 4, 3, 5, 6.5, 3.5)),
    (("rent", "balance", "deposit"), (650, 820, 940, 1_100, 1_350, 1_600)),
    (("amount", "total", "cost", "fee"), (45, 80, 120, 260, 340, 575)),
    (("price", "rate", "tip"), (8, 12.5, 18, 24, 35, 60)),
)
NUMBER_SCALES: Final = (
    (("rating", "stars"), (5, 4, 5, 3, 4, 5)),
    (("capacity", "places", "spots", "seats", "max"), (12, 16, 20, 10, 14, 24)),
    (("min", "duration", "length"), (30, 45, 60, 90, 75, 50)),
    (("discount",), (0, 5, 10, 0, 15, 0)),
    (("tax", "vat"), (20, 20, 20, 20, 20, 20)),
    (("year",), (1998, 2006, 2012, 2017, 2020, 2023)),
    (("quantity", "stock", "copies"), (4, 12, 7, 30, 2, 18)),
    (("distance",), (5, 8, 12, 10, 21, 6)),
    (("strength",), (3, 6, 4, 7, 2, 5)),
    (("systolic",), (124, 131, 118, 136, 127, 122)),
    (("diastolic",), (82, 86, 76, 89, 84, 79)),
    (("pulse",), (68, 74, 62, 71, 66, 70)),
    (("beds",), (2, 1, 4, 2, 3, 6)),
    (("reorder",), (4, 5, 3, 6, 4, 5)),
    (("area",), (40, 65, 120, 80, 55, 90)),
    (("mileage",), (12_400, 38_900, 61_250, 8_300, 95_000, 27_700)),
    (("score", "points"), (3, 1, 2, 0, 4, 2)),
    (("progress", "percent"), (20, 45, 60, 80, 100, 35)),
    (("servings", "party_size", "bedrooms", "guests", "people"), (2, 4, 3, 6, 1, 4)),
    (("age",), (6, 9, 14, 27, 34, 51)),
)
