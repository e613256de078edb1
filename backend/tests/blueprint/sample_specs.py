"""Specifications of five apps that between them have every kind of view, rule, form and role."""

from __future__ import annotations

from app.blueprint.spec import (
    AppSpec,
    EntitySpec,
    FieldSpec,
    FieldType,
    FormSpec,
    OnDelete,
    RoleScope,
    RoleSpec,
    RuleKind,
    RuleSpec,
    ThemeSpec,
    ViewKind,
    ViewSpec,
)

T = FieldType


def field(name: str, kind: FieldType = T.TEXT, label: str = "", **more: object) -> FieldSpec:
    shown = label or name.replace("_", " ").capitalize()
    return FieldSpec.model_validate({"name": name, "label": shown, "type": kind, **more})


def ref(name: str, entity: str, label: str = "", *, required: bool = True) -> FieldSpec:
    on_delete = OnDelete.CASCADE if required else OnDelete.SET_NULL
    return field(name, T.REF, label, ref=entity, required=required, on_delete=on_delete)


def entity(name: str, table: str, plural: str, about: str, *fields: FieldSpec, **more: object) -> EntitySpec:
    label = plural.removesuffix("es") if plural.endswith("sses") else plural.removesuffix("s")
    base = {"name": name, "table": table, "label": label, "plural": plural, "about": about, "fields": fields}
    return EntitySpec.model_validate({**base, **more})


def view(kind: ViewKind, name: str, by: str | None = None) -> ViewSpec:
    return ViewSpec(kind=kind, entity=name, field=by)


def rule(kind: RuleKind, name: str, about: str, *fields: str) -> RuleSpec:
    return RuleSpec(kind=kind, entity=name, fields=fields, about=about)


def app(title: str, tagline: str, goal: str, hue: int, *entities: EntitySpec, **more: object) -> AppSpec:
    base = {
        "title": title,
        "tagline": tagline,
        "goal": goal,
        "engine": "blueprint",
        "confidence": 0.8,
        "theme": ThemeSpec(hue=hue),
        "entities": entities,
        "assumptions": ("Prices are in one currency.",),
    }
    return AppSpec.model_validate({**base, **more})


BOOKING = app(
    "Lotus Yoga",
    "Classes with a place for everybody, booked in a minute.",
    "a booking app for a yoga studio",
    265,
    entity(
        "YogaClass",
        "yoga_classes",
        "Yoga classes",
        "What is taught, when, and how many fit in.",
        field("name", required=True),
        field("teacher"),
        field("starts_at", T.DATETIME, "Starts at", required=True),
        field("ends_at", T.DATETIME, "Ends at"),
        ref("room", "Room", required=False),
        field("capacity", T.INT, required=True),
        field("price", T.MONEY),
        seed=("Morning flow", "Yin and rest", "Power hour", "Beginners", "Slow Sunday"),
    ),
    entity(
        "Room",
        "rooms",
        "Rooms",
        "Where classes are held.",
        field("name", required=True),
        seed=("Garden room", "Loft"),
    ),
    entity(
        "Client",
        "clients",
        "Clients",
        "The people who come.",
        field("name", required=True),
        field("email", T.EMAIL, "E-mail"),
        field("phone", T.PHONE),
    ),
    entity(
        "Booking",
        "bookings",
        "Bookings",
        "Who comes to which class.",
        ref("yoga_class", "YogaClass", "Yoga class"),
        ref("client", "Client"),
        field("party_size", T.INT, "How many come"),
        field("booked_on", T.DATE, "Booked on"),
        field("status", T.CHOICE, choices=("Booked", "Attended", "Cancelled"), required=True),
        field("notes", T.LONGTEXT),
    ),
    views=(
        view(ViewKind.CALENDAR, "YogaClass", "starts_at"),
        view(ViewKind.BOARD, "Booking", "status"),
        view(ViewKind.GALLERY, "YogaClass", "name"),
    ),
    rules=(
        rule(RuleKind.CAPACITY, "Booking", "This class has no place left.", "yoga_class", "party_size"),
        rule(RuleKind.NO_OVERLAP, "YogaClass", "The room is taken at that time.", "starts_at", "ends_at", "room"),
        rule(RuleKind.IN_ORDER, "YogaClass", "A class ends after it starts.", "starts_at", "ends_at"),
        rule(RuleKind.UNIQUE, "Client", "There is a client with this e-mail already.", "email"),
    ),
    forms=(
        FormSpec(
            entity="Booking",
            action="Book a class",
            about="Choose a class and tell us who comes.",
            thanks="Your place is booked.",
            fields=("yoga_class", "party_size", "notes"),
            person="client",
        ),
    ),
)

INVOICES = app(
    "Fernwood Studio",
    "Invoices that add themselves up.",
    "invoices for my design studio with lines and what is still unpaid",
    205,
    entity(
        "Client",
        "clients",
        "Clients",
        "Who is invoiced.",
        field("name", required=True),
        field("email", T.EMAIL, "E-mail"),
        field("address"),
        seed=("Northwind Bakery", "Copper Kettle", "Oakfield Garage", "Lakeside Dental"),
    ),
    entity(
        "Invoice",
        "invoices",
        "Invoices",
        "What was done, for whom, and whether it is paid.",
        field("number", required=True),
        ref("client", "Client"),
        field("issued_on", T.DATE, "Issued on"),
        field("due_on", T.DATE, "Due on"),
        field("total", T.MONEY),
        field("status", T.CHOICE, choices=("Draft", "Sent", "Paid", "Cancelled"), required=True),
        field("notes", T.LONGTEXT),
    ),
    entity(
        "Line",
        "lines",
        "Lines",
        "One piece of work on an invoice.",
        field("description", required=True),
        ref("invoice", "Invoice"),
        field("quantity", T.INT),
        field("price", T.MONEY, required=True),
        seed=("Logo design", "Website, three pages", "Business cards", "Photo shoot", "Poster"),
    ),
    views=(
        view(ViewKind.BOARD, "Invoice", "status"),
        view(ViewKind.TOTALS, "Invoice", "total"),
        view(ViewKind.CALENDAR, "Invoice", "due_on"),
        view(ViewKind.DOCUMENT, "Invoice"),
        view(ViewKind.CHART, "Invoice", "total"),
    ),
    rules=(
        rule(RuleKind.SUM, "Line", "An invoice comes to the sum of its lines.", "price", "invoice"),
        rule(RuleKind.UNIQUE, "Invoice", "There is an invoice with this number already.", "number"),
        rule(
            RuleKind.OVERDUE,
            "Invoice",
            "An invoice past its due day is overdue until it is paid.",
            "due_on",
            "status",
        ),
        rule(RuleKind.IN_ORDER, "Invoice", "An invoice is due after it is issued.", "issued_on", "due_on"),
    ),
)

EVENTS = app(
    "Harbour Supper Club",
    "Long tables, good company, and a list of who comes.",
    "RSVPs for our monthly supper club, up to the seats we have",
    18,
    entity(
        "Event",
        "events",
        "Events",
        "The evenings and how many seats there are.",
        field("name", required=True),
        field("starts_at", T.DATETIME, "Starts at", required=True),
        field("location"),
        field("seats", T.INT, required=True),
        field("description", T.LONGTEXT),
        seed=("Spring supper", "Seafood night", "Harvest table", "Winter feast"),
    ),
    entity(
        "Guest",
        "guests",
        "Guests",
        "Who is invited.",
        field("name", required=True),
        field("email", T.EMAIL, "E-mail"),
        field("diet", T.CHOICE, choices=("No wishes", "Vegetarian", "Vegan")),
    ),
    entity(
        "Rsvp",
        "rsvps",
        "RSVPs",
        "Who comes, and with how many.",
        ref("event", "Event"),
        ref("guest", "Guest"),
        field("party_size", T.INT, "Party size", required=True),
        field("answer", T.CHOICE, choices=("Coming", "Maybe", "Declined"), required=True),
        label="RSVP",
    ),
    views=(
        view(ViewKind.CALENDAR, "Event", "starts_at"),
        view(ViewKind.GALLERY, "Event"),
        view(ViewKind.CHART, "Rsvp", "answer"),
    ),
    rules=(
        rule(RuleKind.CAPACITY, "Rsvp", "There are not that many seats left.", "event", "party_size"),
        rule(RuleKind.UNIQUE, "Rsvp", "This guest has answered already.", "event", "guest"),
    ),
    forms=(
        FormSpec(
            entity="Rsvp",
            action="Say whether you come",
            about="Tell us with how many you come.",
            thanks="Thank you, we have your answer.",
            fields=("event", "party_size", "answer"),
            person="guest",
        ),
    ),
)

SHOP = app(
    "Candle & Wick",
    "Hand-poured candles, counted on the shelf.",
    "a shop for my candles with orders and stock",
    42,
    entity(
        "Product",
        "products",
        "Products",
        "What is for sale and how many are left.",
        field("name", required=True),
        field("price", T.MONEY, required=True),
        field("stock", T.INT, required=True),
        field("kind", T.CHOICE, choices=("Pillar", "Jar", "Taper")),
        field("description", T.LONGTEXT),
        seed=("Beeswax pillar", "Cedar and smoke", "Sea salt jar", "Plain tapers", "Orange and clove"),
    ),
    entity(
        "Customer",
        "customers",
        "Customers",
        "Who buys.",
        field("name", required=True),
        field("email", T.EMAIL, "E-mail"),
        field("address"),
    ),
    entity(
        "Order",
        "orders",
        "Orders",
        "Who ordered, and how far it is.",
        field("reference", required=True),
        ref("customer", "Customer"),
        field("ordered_on", T.DATE, "Ordered on"),
        field("status", T.CHOICE, choices=("New", "Packed", "Sent", "Cancelled"), required=True),
        field("total", T.MONEY),
    ),
    entity(
        "OrderLine",
        "order_lines",
        "Order lines",
        "What is in an order.",
        ref("order_ref", "Order", "Order"),
        ref("product", "Product"),
        field("quantity", T.INT, required=True),
        field("unit_price", T.MONEY, "Unit price"),
    ),
    entity(
        "Reservation",
        "reservations",
        "Reservations",
        "Put aside for somebody.",
        ref("product", "Product"),
        ref("customer", "Customer"),
        field("quantity", T.INT, required=True),
        field("status", T.CHOICE, choices=("Waiting", "Collected", "Cancelled"), required=True),
    ),
    views=(
        view(ViewKind.GALLERY, "Product"),
        view(ViewKind.CHART, "Product", "stock"),
        view(ViewKind.BOARD, "Order", "status"),
        view(ViewKind.TOTALS, "Order", "total"),
        view(ViewKind.DOCUMENT, "Order"),
    ),
    rules=(
        rule(RuleKind.STOCK, "OrderLine", "There are not that many left.", "product", "quantity"),
        rule(RuleKind.SUM, "OrderLine", "An order comes to the sum of its lines.", "unit_price", "order_ref"),
        rule(RuleKind.STOCK, "Reservation", "There are not that many left to put aside.", "product", "quantity"),
        rule(RuleKind.UNIQUE, "Order", "There is an order with this reference already.", "reference"),
    ),
    forms=(
        FormSpec(
            entity="Reservation",
            action="Reserve a candle",
            about="We put it aside for three days.",
            thanks="It is put aside for you.",
            fields=("product", "quantity"),
            person="customer",
        ),
    ),
)

LANDLORD = app(
    "Maple Court",
    "Rent, repairs and who lives where.",
    "an app for a landlord: tenants see their rent and report repairs",
    140,
    entity(
        "Property",
        "properties",
        "Properties",
        "The flats.",
        field("name", required=True),
        field("address"),
        label="Property",
        seed=("Flat 1", "Flat 2", "Flat 3", "Garden flat"),
    ),
    entity(
        "Tenant",
        "tenants",
        "Tenants",
        "Who lives there.",
        field("name", required=True),
        field("email", T.EMAIL, "E-mail", required=True),
        field("phone", T.PHONE),
        ref("home", "Property", required=False),
    ),
    entity(
        "RentPayment",
        "rent_payments",
        "Rent payments",
        "What is due and what is paid.",
        ref("tenant", "Tenant"),
        field("amount", T.MONEY, required=True),
        field("due_on", T.DATE, "Due on", required=True),
        field("status", T.CHOICE, choices=("Due", "Paid"), required=True),
    ),
    entity(
        "Repair",
        "repairs",
        "Repairs",
        "What is broken and who looks after it.",
        field("title", required=True),
        ref("tenant", "Tenant"),
        field("reported_on", T.DATE, "Reported on"),
        field("details", T.LONGTEXT),
        field("status", T.CHOICE, choices=("Reported", "In progress", "Fixed"), required=True),
        seed=("Dripping tap", "Cold radiator", "Broken lock", "Mould in the bathroom"),
    ),
    entity(
        "Viewing",
        "viewings",
        "Viewings",
        "Who looks at which flat.",
        field("visitor", required=True),
        ref("home", "Property"),
        field("starts_at", T.DATETIME, "Starts at", required=True),
        field("duration_min", T.INT, "Minutes"),
    ),
    views=(
        view(ViewKind.BOARD, "Repair", "status"),
        view(ViewKind.TOTALS, "RentPayment", "amount"),
        view(ViewKind.CALENDAR, "RentPayment", "due_on"),
    ),
    rules=(
        rule(
            RuleKind.OVERDUE, "RentPayment", "Rent past its day is overdue until it is paid.", "due_on", "status"
        ),
        rule(RuleKind.UNIQUE, "Tenant", "There is a tenant with this e-mail already.", "email"),
        rule(
            RuleKind.NO_OVERLAP, "Viewing", "Somebody is there at that time.", "starts_at", "duration_min", "home"
        ),
    ),
    roles=(
        RoleSpec(name="Landlord", about="Sees and changes everything."),
        RoleSpec(name="Tenant", about="Sees their rent and repairs.", scope=RoleScope.OWN, entity="Tenant"),
    ),
)

SAMPLES = {"booking": BOOKING, "invoices": INVOICES, "events": EVENTS, "shop": SHOP, "landlord": LANDLORD}
