"""Answers about what an app can do, cannot do, and what nobody here knows, in part from its plan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from app.blueprint.plan import plan_of
from app.services.help_parts import Answer, Asked, Offer, correct_plan, go_online, say_change

MOST_LINES: Final = 6


def _open_app(asked: Asked) -> Offer:
    return Offer("Open the app", asked.path(), asked.command("open"))


def _tell_calling(asked: Asked) -> Answer:
    return Answer(
        "Apps that are built here do not phone, and send no text messages or chats. They keep phone numbers, "
        "which a phone dials at a tap, and they write e-mails.",
        (say_change(asked), correct_plan(asked)),
    )


def _tell_mail(asked: Asked) -> Answer:
    sent = plan_of(asked.spec).sends if asked.spec is not None else ()
    lines = tuple(f"“{message.subject}” to {message.to}, {message.when}" for message in sent[:MOST_LINES])
    messages = (
        f"Your app writes {'this e-mail' if len(sent) == 1 else 'these e-mails'}, and keeps each in its outbox. "
        if sent
        else "Your app writes no e-mail yet; ask for one, such as “remind customers one day before”. "
    )
    how = (
        "From the outbox you copy them or open them in your mail program. An app that you have put online sends "
        "them itself once it knows a mail server. In the preview nothing is sent."
    )
    return Answer(messages + how, (say_change(asked), _open_app(asked)), lines)


def _tell_domain(asked: Asked) -> Answer:
    return Answer(
        "A name of your own, such as a “.com”, comes when the app goes online: you rent it by the year from a "
        "company that sells names, and whoever puts the app online points it there. I can neither buy nor reserve "
        "one.",
        (go_online(asked),),
    )


def _tell_printing(asked: Asked) -> Answer:
    return Answer(
        "Any page of the app prints with Ctrl+P (⌘P on a Mac), without its buttons; there you can save it as PDF "
        "too. Invoices, quotes and the like have a button “Print”. Lists come out as spreadsheets.",
        (_open_app(asked),),
    )


def _tell_owning(asked: Asked) -> Answer:
    return Answer(
        "It is yours: all its files are in one file that you take along, and it runs without Co-Founder. What a "
        "contract with a buyer or partner should say I do not know.",
        (Offer("Take it along", asked.path("/launch"), asked.command("export")),),
    )


def _tell_reading(_: Asked) -> Answer:
    return Answer(
        "What you type and what the app keeps stays on this computer, and nobody counts what you do. Only where "
        "you have chosen an AI model in the settings, it is sent what you ask for, and never the "
        "records of the app.",
        (Offer("Settings", "/settings", "cofounder config show"),),
    )


def _tell_offline(asked: Asked) -> Answer:
    return Answer(
        "Here it needs no internet: it runs on this computer. Once it is online, whoever uses it needs a "
        "connection.",
        (go_online(asked),),
    )


def _tell_being_off(asked: Asked) -> Answer:
    return Answer(
        "While this computer sleeps or is off, nobody reaches the app, also not by a link. Nothing is lost: it is "
        "there again when Co-Founder runs. To have it always on, put it online.",
        (go_online(asked),),
    )


def _tell_stores(asked: Asked) -> Answer:
    return Answer(
        "It opens in the browser of every phone, with nothing to install. It is not in an app store, and nothing "
        "here makes an app for one. To see it on your phone, make a link.",
        (Offer("Make a link", asked.path("/share"), asked.command("share")),),
    )


def _tell_language(asked: Asked) -> Answer:
    return Answer(
        "The buttons and sentences of the app are English, and cannot be changed here. What you name yourself, "
        "such as kinds of records, details and choices, shows in your words.",
        (correct_plan(asked),),
    )


def _tell_refusals(asked: Asked) -> Answer:
    rules = plan_of(asked.spec).rules if asked.spec is not None else ()
    if not rules:
        return Answer(
            "Your plan refuses nothing of the kind yet. Say it, such as “no two bookings at the same time”.",
            (say_change(asked), correct_plan(asked)),
        )
    lines = tuple(rule.about for rule in rules[:MOST_LINES])
    return Answer("This is what your app refuses or flags:", (correct_plan(asked),), lines)


def _tell_room(_: Asked) -> Answer:
    return Answer(
        "There is no limit on customers or records. It was tried with 20,000 records of each kind. How many can "
        "use it at once depends on the computer that it runs on.",
        (),
    )


def _tell_connections(asked: Asked) -> Answer:
    return Answer(
        "It is connected to no other service. Records go out and come in as spreadsheets, and what has a date can "
        "be shown as a calendar in the app itself.",
        (_open_app(asked), correct_plan(asked)),
    )


def _tell_people(_: Asked) -> Answer:
    return Answer(
        "Nobody sits behind this box: I answer by rules. When something is broken, its page shows a code that "
        "begins with “dbg_”; whoever looks after Co-Founder finds it in the logs.",
        (Offer("Settings", "/settings", "cofounder doctor"),),
    )


ABILITIES: Final[tuple[tuple[str, Callable[[Asked], Answer]], ...]] = (
    (
        r"\b(?:phone|call|ring)(?: up)? (?:people|them|him|her|me|us|my|our|the|customers?|clients?|guests?)\b|"
        r"\bsms\b|text messages?|\btext (?:people|them|me|my|customers?)|whats ?app|telegram|push notif",
        _tell_calling,
    ),
    (
        r"outbox|newsletter|\bremind|notif|"
        r"\b(?:send|sends|write|writes|come|came|arrive|get|got|go)\b.*\be-?mails?\b(?!.*\bsee)|"
        r"\be-?mails?\b.*\b(?:arrived?|sent|send|come|came|go|goes|delivered|missing)\b",
        _tell_mail,
    ),
    (r"\bdomain|web ?address|\burl\b|\.com\b|name of my own|my own name", _tell_domain),
    (r"\bprint|\bpdf\b|on paper", _tell_printing),
    (
        r"who owns|\bown (?:it|this|the (?:app|code))\b|\bsell (?:it|this|the app|my app)|copyright|licen[cs]e",
        _tell_owning,
    ),
    (
        r"(?:do|does|can) (?:you|co-?founder) (?:read|see|spy|watch|keep|sell)|"
        r"what i type|\btrack(?:s|ed|ing)? me",
        _tell_reading,
    ),
    (r"without (?:the |an? )?(?:internet|wi-?fi|connection)|offline|no internet", _tell_offline),
    (
        r"\b(?:close|shut|turn off|switch off|off|asleep|sleeps?|restart)\b.*"
        r"\b(?:laptop|computer|pc|mac|lid|machine)\b|"
        r"\b(?:laptop|computer|pc|mac|machine)\b.*\b(?:closed|off|asleep|sleeps)\b",
        _tell_being_off,
    ),
    (r"app ?store|play ?store|\bios\b|android|native app|iphone app", _tell_stores),
    (
        r"\bgerman\b|french|spanish|italian|dutch|polish|turkish|portuguese|arabic|chinese|"
        r"translat|\blanguages?\b",
        _tell_language,
    ),
    (
        r"(?:book|appoint|reserv|rent|\btime|slot).*(?:twice|overlap|clash)|double.?book|book.*\bsame\b",
        _tell_refusals,
    ),
    (r"how many .*\b(?:hold|keep|store|handle|take|cope)\b|too many (?:customers|records|people)", _tell_room),
    (
        r"google|outlook|zapier|instagram|facebook|\bintegrat|"
        r"connect(?:ed)? (?:it |this )?(?:to|with)|synchroni|\bsync\b",
        _tell_connections,
    ),
    (r"\bhuman\b|real person|talk to (?:some|any)|\bsupport\b|contact you|call you", _tell_people),
)
"""What is asked so plainly that its words alone say what is meant."""
