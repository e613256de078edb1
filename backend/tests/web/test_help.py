"""Questions as founders ask them, each answered by what it is about, on the page and for programs."""

from __future__ import annotations

from typing import Any, Final

from tests.support.house import AUTH, House
from tests.web.test_pages import built, drafted, post

IDEA: Final = (
    "A booking app for a yoga studio. Customers book a class online. Remind customers one day before a class. "
    "Send a text message before each class. No two bookings of a class by the same customer."
)
ANSWERS: Final = {
    "What blocks my launch?": "Anybody could get at its records",
    "is it ready to go online": "Anybody could get at its records",
    "What was left out?": "Send a text message before each class",
    "why is there no text message": "is not in the app",
    "How do I let my customers pay?": "take no payments by card",
    "my colleague should get an account": "click Accounts",
    "where does this run and is it safe": "on this computer and nowhere else",
    "how do i delete the examples": "are examples",
    "can I import my excel list": "bring in or take out a spreadsheet",
    "how much": "costs nothing",
    "export": "It runs without Co-Founder",
    "what is a version?": "It never changes",
    "can I go back?": "no earlier version yet",
    "I'd like to show it to a friend": "sees the app as a visitor",
    "what now? what happens next": "Version 1 is ready",
    "how do I give this to my sister?": "sees the app as a visitor",
    "can my mother try it": "sees the app as a visitor",
    "how can I send it to people": "sees the app as a visitor",
    "I want my money back": "costs nothing",
    "can you delete it all": "deleted in its settings",
    "how do I get rid of this project?": "deleted in its settings",
    "does it work on my phone": "sees the app as a visitor",
    "why is there nothing about the day they come": "of your wishes are left out",
    "can I get rid of the made up trees": "are examples",
    "who can see my customers' emails": "Visitors see only what is public",
    "can anybody read what people send me?": "Visitors see only what is public",
    "my link does not work for my sister": "on this computer alone",
    "i made a mistake, undo": "you undo there",
    "where do I type in my first customer": "a button for a new one",
    "is my stuff safe if the laptop dies": "You can save them",
    "how many more times can I change it": "As often as you like",
    "can two of us use it": "click Accounts",
    "the app looks ugly": "Say it in a sentence in the room",
    "what's the difference between plan and room": "The room of a project",
    "Why can't it phone people?": "do not phone",
    "Can it use WhatsApp?": "do not phone",
    "Can it send e-mails to my customers?": "keeps each in its outbox",
    "Why did no e-mail arrive?": "In the preview nothing is sent",
    "How do I remind my customers?": "is written into the outbox",
    "What e-mails are sent?": "1 day before",
    "Can I use my own domain?": "you rent it by the year",
    "How do I add my staff?": "click Accounts",
    "How do I print a list?": "Ctrl+P",
    "Can I get an invoice as PDF?": "Ctrl+P",
    "Who owns the app?": "It is yours",
    "Can I sell this app?": "It is yours",
    "Do you read what I type?": "stays on this computer",
    "Does it work without internet?": "needs no internet",
    "What happens when I close my laptop?": "Nothing is lost",
    "Is there an app for the App Store?": "not in an app store",
    "Can I change the language to German?": "are English",
    "What if two people book the same time?": "refuses or flags",
    "How many customers can it hold?": "There is no limit on customers",
    "Can it connect to my Google calendar?": "connected to no other service",
    "Can I talk to a human?": "I answer by rules",
    "How do I get my customers in from Excel?": "bring in or take out a spreadsheet",
    "Can people pay in the app?": "take no payments by card",
    "Why does it look empty?": "a button for a new one",
    "Can it have a map inside?": "That I do not know",
    "Does it work?": "I did not understand",
    "sing a song": "I did not understand",
}


def ask(house: House, project: str, question: str) -> Any:
    answer = house.client.get(f"/api/projects/{project}/help", params={"question": question}, headers=AUTH)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_each_question_gets_the_answer_that_it_is_about(signed_in: House) -> None:
    project = built(signed_in, IDEA)

    told = {question: ask(signed_in, project, question) for question in ANSWERS}

    wrong = {
        question: answer["text"]
        for question, answer in told.items()
        if ANSWERS[question] not in " ".join([answer["text"], *answer["lines"]])
    }
    assert wrong == {}
    # A line that leads to a command has it.
    assert not [line for answer in told.values() for line in answer["lines"] if line.endswith(":")]
    assert told["sing a song"]["examples"]
    for example in told["sing a song"]["examples"]:
        assert ask(signed_in, project, example)["is_understood"], example


def test_what_is_asked_to_be_done_is_offered_and_done_after_a_yes(signed_in: House) -> None:
    project = built(signed_in, IDEA)

    answer = ask(signed_in, project, "Add a birthday to customers")
    page = signed_in.client.get(f"/p/{project}/help", params={"q": "Add a birthday to customers"}).text

    [offer, _] = answer["offers"]
    assert offer["command"] == f"cofounder change {project} 'Add a birthday to customers'"
    assert offer["asks"]
    assert 'name="text" value="Add a birthday to customers"' in page
    changed = post(signed_in, f"/p/{project}/change", text="Add a birthday to customers").text
    assert "Customers have a new detail: Birthday." in changed


def test_before_there_is_a_version_the_plan_is_offered(signed_in: House) -> None:
    project = drafted(signed_in)

    for question in ("What blocks my launch?", "What happens next?"):
        assert [offer["label"] for offer in ask(signed_in, project, question)["offers"]] == ["Build it"]
