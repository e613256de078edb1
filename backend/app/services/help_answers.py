"""Answers to a founder's questions from the state of the project, found by the words of the question."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from app.domain.job import JobStatus
from app.services.help_abilities import ABILITIES
from app.services.help_parts import Answer, Asked, Offer, correct_plan, go_online, say_change
from app.services.project_state import wishes_by_state
from app.services.readiness import Finding, Light

EXAMPLES: Final = (
    "What blocks my launch?",
    "What was left out?",
    "How do I change it?",
    "Can I go back?",
    "How do I show it to somebody?",
    "Who can sign in?",
    "Where are my records?",
    "What does it cost?",
    "What happens next?",
)
MOST_LINES: Final = 6


def answer(asked: Asked) -> Answer:
    """The answer: to what is asked to be done, about a wish, or by the intent with most words of the question."""
    if _ASKS_FOR_CHANGE.search(asked.question):
        return _offer_change(asked)
    plainly = next((tell for words, tell in _PLAIN if re.search(words, asked.question, re.I)), None)
    if plainly is not None:
        return _tell_lost_wish(asked) or plainly(asked)
    scores = [len({hit.lower() for hit in re.findall(words, asked.question, re.I)}) for words, _ in _INTENTS]
    best = max(scores)
    about_wish = _tell_wish(asked, least=1 if not best or _ASKS_WHY.search(asked.question) else 2)
    if about_wish is not None:
        return about_wish
    if not best and _ASKS_ABILITY.search(asked.question):
        text = (
            "That I do not know: your plan says nothing of it. Ask for it as a change, and you see what would be "
            "made of it before anything is built."
        )
        return Answer(text, _offer_change(asked).offers, is_understood=False)
    if not best:
        text = "I did not understand that. I answer questions about this project by rules, without an AI model."
        offers = _offer_change(asked).offers if len(asked.question.split()) > 2 else ()
        return Answer(f"{text} Ask me one of these:", offers, is_understood=False)
    return _INTENTS[scores.index(best)][1](asked)


def _offer_change(asked: Asked) -> Answer:
    if asked.state.newest_ready is None:
        return Answer("Change the plan by clicking; then build it.", (correct_plan(asked),))
    change = Offer(
        "Make it a change of the plan",
        asked.path("/change"),
        f"{asked.command('change')} {asked.question!r}",
        asks=f"Ask for “{asked.question}” as a change? You see what becomes of it before anything is built.",
        field=("text", asked.question),
    )
    return Answer("You can ask for that as a change of your app.", (change, correct_plan(asked)))


def _tell_wish(asked: Asked, *, least: int) -> Answer | None:
    """The state of the wish that shares this many words with the question; None without one, or with several."""
    words = _stems(asked.question)
    wishes = [wish for group in wishes_by_state(asked.state.newest_ready).values() for wish in group]
    ranked = sorted(wishes, key=lambda wish: -len(words & _stems(str(wish["text"]))))
    shared = [len(words & _stems(str(wish["text"]))) for wish in ranked]
    if not ranked or shared[0] < least or shared[1:2] == shared[:1]:
        return None
    wish = ranked[0]
    state = {"kept": "is in the app", "partly": "is only partly in the app", "left_out": "is not in the app"}
    why = f": {wish['why']}" if wish.get("why") else ""
    offers = () if wish["state"] == "kept" else (say_change(asked), correct_plan(asked))
    return Answer(f"“{wish['text']}” {state[str(wish['state'])]}{why}.", offers)


def _tell_lost_wish(asked: Asked) -> Answer | None:
    """The wish that the question asks about, if it is not wholly in the app: that is why it is asked."""
    kept = {str(wish["text"]) for wish in wishes_by_state(asked.state.newest_ready)["kept"]}
    about_wish = _tell_wish(asked, least=1 if _ASKS_WHY.search(asked.question) else 2)
    return None if about_wish is None or any(f"“{text}”" in about_wish.text for text in kept) else about_wish


def _stems(text: str) -> set[str]:
    words = re.findall(r"[a-z]{4,}", text.lower())
    return {re.sub(r"(?:ies|es|s|ing|ed)$", "", word) for word in words} - _COMMON


def _tell_next(asked: Asked) -> Answer:
    state = asked.state
    gate, newest = state.waiting_gate, state.newest_ready
    if state.project.status == "parked":
        return Answer("The project is parked.", (_offer_unpark(asked),))
    if state.running is not None:
        watch = Offer("Watch it", asked.path(), asked.command("watch", of=str(state.running.id)))
        stop = Offer(
            "Stop the build",
            asked.path("/stop"),
            asked.command("cancel", of=str(state.running.id)),
            asks=f"Stop building version {state.running.number}?",
        )
        return Answer(f"Version {state.running.number} is being built. It takes about a minute.", (watch, stop))
    if gate is not None:
        return Answer(
            "You have seen your version; now you decide what is next: improve it, ship it, or put it aside.",
            (Offer("Decide", asked.path(f"/decide/{gate.id}"), asked.command("decide", of=str(gate.id))),),
        )
    if newest is None:
        return Answer("Build the plan; it takes about half a minute.", (_offer_build(asked),))
    if not state.was_seen(newest):
        look = Offer("Open the room", asked.path(), asked.command("open", of=str(newest.id)))
        return Answer(f"Version {newest.number} is ready. Look at it.", (look,))
    return Answer("Say what should be different, or put it online.", (say_change(asked), go_online(asked)))


def _offer_unpark(asked: Asked) -> Offer:
    return Offer(
        "Take it up again",
        asked.path("/settings"),
        asked.command("unpark"),
        asks="Take the project up again?",
        field=("do", "unpark"),
    )


def _offer_build(asked: Asked) -> Offer:
    return Offer(
        "Build it", asked.path("/build"), f"cofounder build --project {asked.state.project.id}", "Build the plan?"
    )


def _tell_blockers(asked: Asked) -> Answer:
    if asked.state.newest_ready is None:
        return Answer("No version is ready, so nothing can go online yet.", _tell_next(asked).offers)
    number = asked.state.newest_ready.number
    blockers = [finding for finding in asked.findings if finding.light is Light.RED]
    notes = [finding for finding in asked.findings if finding.light is Light.YELLOW]
    lines = tuple(_finding_line(finding) for finding in (*blockers, *notes))
    if blockers:
        text = f"{len(blockers)} of these block version {number}, the first in the list; know the others:"
    elif notes:
        text = f"Nothing blocks version {number}. Know this before you open it to people:"
    else:
        text = f"Nothing blocks version {number}."
    return Answer(text, (go_online(asked),), lines)


def _finding_line(finding: Finding) -> str:
    # A detail that leads to its command ends with a colon, and the command belongs behind it.
    return f"{finding.title}. {finding.detail}{f' {finding.fix}' if finding.fix else ''}"


def _tell_left_out(asked: Asked) -> Answer:
    wishes = wishes_by_state(asked.state.newest_ready)
    lost = [*wishes["left_out"], *wishes["partly"]]
    if not lost:
        return Answer("Nothing that was asked for is left out.")
    lines = [f"“{wish['text']}”" for wish in lost[:MOST_LINES]]
    further = [f"And {len(lost) - MOST_LINES} more."] if len(lost) > MOST_LINES else []
    text = f"{len(wishes['left_out'])} of your wishes are left out, {len(wishes['partly'])} are only partly in it:"
    return Answer(text, (correct_plan(asked), say_change(asked)), (*lines, *further))


def _tell_changing(asked: Asked) -> Answer:
    text = (
        "Say it in a sentence in the room, or click on what is wrong in the plan. You see what changes before "
        "anything is built, and the version you have stays."
    )
    return Answer(text, (say_change(asked), correct_plan(asked)))


def _tell_going_back(asked: Asked) -> Answer:
    older = asked.state.ready_builds[1:4]
    plan = correct_plan(asked)
    undo = "What was changed in the plan and is not built yet, you undo there."
    if not older:
        text = "There is no earlier version yet. When there is, going back makes a new version out of it."
        return Answer(f"{text} {undo}", (plan,))
    offers = tuple(
        Offer(
            f"Go back to version {job.number}",
            asked.path(f"/v/{job.number}/back"),
            asked.command("back", of=str(job.id)),
            asks=f"Build a new version out of version {job.number}?",
        )
        for job in older
    )
    text = "Going back makes a new version out of an earlier one. Nothing is deleted."
    return Answer(f"{text} {undo}", (*offers, plan))


def _tell_sharing(asked: Asked) -> Answer:
    if asked.state.newest_ready is None:
        return Answer("There is nothing to show yet: no version is ready.", _tell_next(asked).offers)
    return Answer(
        "Make a link. Whoever has it sees the app as a visitor, until it ends or you close it. It opens on this "
        "computer alone, unless Co-Founder was started for all computers of the house: ./co up --lan. For people "
        "elsewhere, put the app online.",
        (Offer("Make a link", asked.path("/share"), asked.command("share")), go_online(asked)),
    )


def _tell_entering(asked: Asked) -> Answer:
    newest = asked.state.newest_ready
    if newest is None:
        return Answer("There are no records before there is a version.", _tell_next(asked).offers)
    text = (
        "In your app: open it, and each kind of record has its list with a button for a new one. A list that you "
        "have already, such as in Excel, you bring in at once."
    )
    bring_in = Offer(
        "Bring in a list", asked.path(f"/v/{newest.number}/records"), asked.command("open", of=str(newest.id))
    )
    return Answer(text, (Offer("Open the app", asked.path(), asked.command("open")), bring_in))


def _tell_often(_: Asked) -> Answer:
    return Answer(
        "As often as you like. After some versions you are asked whether it still becomes what you want, and go "
        "on by a yes. Only the builds of one day are counted.",
        (Offer("Usage", "/settings#usage", "cofounder usage"),),
    )


def _tell_records(asked: Asked) -> Answer:
    newest = asked.state.newest_ready
    if newest is None:
        return Answer("There are no records before there is a version.", _tell_next(asked).offers)
    return Answer(
        "On this computer, one file for each version. A new version takes them along. You can save them, put "
        "saved ones back, and bring in or take out a spreadsheet.",
        (
            Offer(
                "Save, restore, import",
                asked.path(f"/v/{newest.number}/records"),
                f"{asked.command('data backup', of=str(newest.id))} records.db",
            ),
        ),
    )


def _tell_cost(asked: Asked) -> Answer:
    text = (
        "What is built without an AI model costs nothing. What a model cost, where one was asked, is in the "
        "settings. To run it online you pay whoever runs the computer: a few euros a month."
    )
    return Answer(text, (Offer("Usage", "/settings#usage", "cofounder usage"), go_online(asked)))


def _tell_payments(asked: Asked) -> Answer:
    return Answer(
        "Apps that are built here take no payments by card. They can keep prices, what is owed and what was paid.",
        (say_change(asked), correct_plan(asked)),
    )


def _tell_failure(asked: Asked) -> Answer:
    builds = asked.state.builds
    failed = next((job for job in builds if job.status is JobStatus.FAILED and not job.is_cancelled), None)
    if failed is None:
        return Answer("No build of this project has failed. Say what should be different.", (say_change(asked),))
    retry = Offer(
        "Try again",
        asked.path("/build"),
        f"cofounder build --project {asked.state.project.id}",
        asks="Build it once more?",
        field=("again", "1"),
    )
    return Answer(
        f"Version {failed.number}: {failed.error_message}", (retry,) if builds[0].id == failed.id else ()
    )


def _tell_parking(asked: Asked) -> Answer:
    if asked.state.project.status == "parked":
        return Answer("It is parked.", (_offer_unpark(asked),))
    park = Offer(
        "Park it",
        asked.path("/settings"),
        asked.command("park"),
        asks="Put the project aside?",
        field=("do", "park"),
    )
    return Answer("Parking deletes nothing; no new version is built until you take it up again.", (park,))


def _tell_accounts(asked: Asked) -> Answer:
    text = (
        "You are the owner of the app, and open it without a password from here. Whoever works with you gets an "
        "account: open the app and click Accounts. Who may see and do what stands in the plan, at “Who may”."
    )
    return Answer(text, (Offer("Open the app", asked.path(), asked.command("open")), correct_plan(asked)))


def _tell_viewers(asked: Asked) -> Answer:
    text = (
        "Visitors see only what is public in the plan, and what they sent in themselves, by the link that they "
        "get. All else is for you and for whom you gave an account; what each of them may see stands in the plan, "
        "at “Who may”. Nothing of it leaves this computer."
    )
    return Answer(text, (correct_plan(asked), Offer("Open the app", asked.path(), asked.command("open"))))


def _tell_safety(_: Asked) -> Answer:
    text = (
        "It runs on this computer and nowhere else, in one folder that only its owner can read. Nobody gets in "
        "but you and whoever you give a link to. Several people can use it at once: when two change the same "
        "record, the second is told."
    )
    return Answer(text, (Offer("Where everything is", "/settings", "cofounder config path"),))


def _tell_examples(asked: Asked) -> Answer:
    text = (
        "The records in a new app are examples, so that you see something. Delete them in the app one by one or "
        "several at a time; an app that you put online starts empty when you say so."
    )
    return Answer(text, (Offer("Open the app", asked.path(), asked.command("open")), go_online(asked)))


def _tell_taking_along(asked: Asked) -> Answer:
    return Answer(
        "All files of the app are yours, in one file, with or without its records. It runs without Co-Founder.",
        (Offer("Take it along", asked.path("/launch"), asked.command("export")),),
    )


def _tell_deleting(asked: Asked) -> Answer:
    return Answer(
        "A project is deleted in its settings, by its name: with its versions, links and records, for good. To "
        "put it aside instead, park it. A record of your app you delete in the app, a kind of record in the plan.",
        (
            Offer("Project settings", asked.path("/settings"), asked.command("projects delete")),
            Offer("Open the app", asked.path(), asked.command("open")),
        ),
    )


def _tell_words(_: Asked) -> Answer:
    return Answer(
        "The words of this page:",
        lines=(
            "A version is your app as it was built once. It never changes; a change makes the next one.",
            "The plan says in words what the next version keeps, allows and refuses.",
            "The room of a project is where you see it built, try it, and ask for changes.",
            "A wish is a part of what you asked for. It is kept, partly kept, or left out.",
            "The preview is your app, running on this computer.",
            "A decision is yours alone: when you have seen a version you say what is next.",
            "To park a project is to put it aside. Nothing is deleted.",
        ),
    )


_ASKS_FOR_CHANGE: Final = re.compile(
    r"^(?:please |can you |could you |i want to |i would like to )?"
    r"(?:add|make|rename|remove|take out|give|turn|show|hide|let)\b(?! me\b)(?!.*\?$)",
    re.I,
)
_ASKS_WHY: Final = re.compile(r"^(?:why|how come|what about)\b", re.I)
_ASKS_ABILITY: Final = re.compile(r"^(?:can|could|does|will|may|is it able)\b(?:\W+\w+){3}", re.I)
_COMMON: Final = frozenset(
    "what where when which does have this that they them their with from your mine make made will would could "
    "should about there here come goes only each every some many much people version work".split()
)
_PLAIN: Final[tuple[tuple[str, Callable[[Asked], Answer]], ...]] = (
    *ABILITIES,
    (
        r"\b(?:add|invite|let in|hire)\b.*\b(?:staff|employees?|colleagues?|team|assistants?|helpers?|users?)\b",
        _tell_accounts,
    ),
    (r"\b(?:people|customers?|visitors?|they|guests?|clients?)\b.*\bpay\b", _tell_payments),
    (r"excel|spreadsheet|\bcsv\b|\bimport", _tell_records),
    (r"\bempty\b|\bblank\b|nothing (?:in it|there)", _tell_entering),
)
"""Looked at first: their words leave no doubt, and the words of others in the question are beside the point."""
_INTENTS: Final[tuple[tuple[str, Callable[[Asked], Answer]], ...]] = (
    (r"block|launch|online|deploy|publish|go live|ready for|domain|server|internet", _tell_blockers),
    (
        r"left out|missing|forgot|not in it|wish|kept|\bis there (?:no|nothing)\b|isn.?t there|nothing about",
        _tell_left_out,
    ),
    (r"\btype\b|\bput in\b|\benter\b|(?:do|can) i (?:add|put|write)|my first", _tell_entering),
    (r"how many (?:more )?(?:times|versions|changes|builds)|how often|times can", _tell_often),
    (r"customers? (?:can )?pay|payments?|paypal|stripe|credit card|checkout", _tell_payments),
    (r"\bfail|error|wrong|stuck|broke|did not work|didn.?t work|does not work|doesn.?t work", _tell_failure),
    (r"(?<!money )(?<!give )(?<!come )\bback\b(?!.?up)|\bundo|earlier|older|revert|previous", _tell_going_back),
    (
        r"who (?:all )?(?:can|may|could|does|will|else)? ?(?:see|read|look)|(?:can|does) (?:any|every)",
        _tell_viewers,
    ),
    (
        r"\bshar(?:e|ing)|show|send|invite|customers?|partner|\blink|phone|\bqr\b|friend|"
        r"\bgive (?:this|it|that|the app)\b|sister|brother|mother|father|\bmum\b|\bmom\b|\bdad\b|wife|husband|"
        r"daughter|\bson\b|famil(?:y|ies)|neighbou?r|my boss|\btry it\b",
        _tell_sharing,
    ),
    (
        r"account|sign in|log ?in|password|colleague|staff|employee|team|users?\b|who can|"
        r"\b(?:two|both|all) of us|several people|more people|together",
        _tell_accounts,
    ),
    (r"example|sample|demo data|fake|test data|made.?up|invented|pretend|dummy|not real|not mine", _tell_examples),
    (
        r"records?\b|\bdata\b|back.?up|restore|\bsave|import|csv|excel|spreadsheet|lose|lost|\bdies\b|\bbreaks\b|"
        r"stolen|crash|laptop|my stuff",
        _tell_records,
    ),
    (r"\bcosts?\b|how much|price|\bpay\b|money|free|usage|expensive", _tell_cost),
    (
        r"\bdelet|\berase|\bdestroy|get rid|throw (?:it |this )?away|\bremove (?:the |this )?project",
        _tell_deleting,
    ),
    (r"\bpark|pause|aside|stop working on", _tell_parking),
    (r"safe|secur|privacy|private|gdpr|where does (?:it|this) run|at once|at the same time|hack", _tell_safety),
    (r"export|download|source|\bcode\b|take (?:it )?along|zip|own it|leave", _tell_taking_along),
    (r"what is an?\b|what does .* mean|\bmean\b|meaning|gate|iteration|mvp|difference between", _tell_words),
    (
        r"chang|different|\badd\b|remov|renam|edit|improve|better|colou?r|logo|ugly|boring|nicer|prettier|style|\blooks\b",
        _tell_changing,
    ),
    (r"next|now what|what should i|status|how long|wait|\bbuild", _tell_next),
)
