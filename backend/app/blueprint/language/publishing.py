"""What visitors see without an account: the posts of a blog, what they browse, offers with a picture."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from app.blueprint.field_types import CONTACTS
from app.blueprint.language.bounds import find_entity
from app.blueprint.language.forms import asked_of_visitors, people_shown
from app.blueprint.language.shaping import Shape
from app.blueprint.language.word_lists import word_list
from app.blueprint.shape_rules import is_person
from app.blueprint.spec import MAX_FIELDS, EntitySpec, FieldSpec, FieldType, FormSpec, OnDelete, Publicity
from app.blueprint.spec_queries import lower_first, status_field

_VISITORS: Final = (
    r"(?:visitors?|customers|clients|guests|people|any(?:one|body)|every(?:one|body)|public|readers|buyers)"
)
_LOOK: Final = (
    r"(?:browse|see|view|look (?:at|through|up)|search|find|read|explore|discover|(?:choose|pick) from)s?"
)
_SEEN: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_VISITORS} (?:(?:can|may|should|to|who|come|then|will) )*{_LOOK} (?P<what>[^.;:\n]{{3,60}})",
        r"\bpublic (?:list|page|catalog(?:ue)?|directory|gallery|site) (?:of|with|for) (?P<what>[^.,;:\n]{3,40})",
        r"\b(?P<what>[a-z]+(?: [a-z]+)?) (?:is|are) (?:public|open to all|visible to (?:all|every(?:one|body)))\b",
    )
)
_THEIRS: Final = re.compile(r"\b(?:their|his|her|own|who|whether|if|how)\b", re.IGNORECASE)
_NEGATED: Final = re.compile(r"\b(?:no|not|never|nobody|only|cannot|can't|without)\b[^.;,]*$", re.IGNORECASE)
_BLOG: Final = re.compile(r"\bblogs?\b", re.IGNORECASE)
_PRIVATE: Final = re.compile(r"\b(?:private|internal|intranet|members[- ]only|only for)\b", re.IGNORECASE)
_POSTS: Final = frozenset({"Post", "Article", "Story"})
_REPLIES: Final = frozenset({"Comment", "Reply", "Reaction"})
_APPROVED: Final = re.compile(
    r"\b(?:comments?|repl(?:y|ies)|reactions?)\b[^.;\n]{0,40}\b(?:approv|moderat|check|accept)\w*"
    r"|\b(?:approv|moderat|check|accept)\w* (?:the |all |each |every |new )*(?:comment|repl(?:y|ie)|reaction)s?\b",
    re.IGNORECASE,
)
_SHOWN: Final = FieldSpec(
    name="status", label="Status", type=FieldType.CHOICE, choices=("Waiting", "Shown", "Refused")
)
_FOR_THE_STAFF: Final = word_list("for_the_staff")


def publish(goal: str, shape: Shape, forms: Sequence[FormSpec]) -> tuple[Shape, tuple[FormSpec, ...]]:
    """The records that visitors see, and the form by which they answer what they read."""
    said: list[str] = []
    levels: dict[str, Publicity] = dict.fromkeys(_offered_with_picture(shape.entities, forms), Publicity.DETAIL)
    for entity, words in _named_as_seen(goal, shape.entities):
        levels[entity.name] = Publicity.DETAIL
        said.append(words)
    posts = _posts(goal, shape.entities)
    shape = _with_links(shape, posts)
    levels |= dict.fromkeys(posts, Publicity.DETAIL)
    published = replace(
        shape,
        entities=tuple(
            _as_public(entity, levels[entity.name], shape.entities) if entity.name in levels else entity
            for entity in shape.entities
        ),
        said=(*shape.said, *said),
    )
    return _with_replies(goal, published, posts, forms)


def _offered_with_picture(entities: Sequence[EntitySpec], forms: Sequence[FormSpec]) -> Iterator[str]:
    """The things with a picture that a form offers: on a list of names alone, nobody would see the pictures."""
    by_name = {entity.name: entity for entity in entities}
    for form in forms:
        for field in map(by_name[form.entity].field, form.fields):
            offered = by_name.get(field.ref or "") if field is not None and field.required else None
            if offered is not None and _may_be_seen(offered, entities) and _has_picture(offered):
                yield offered.name


def _named_as_seen(goal: str, entities: Sequence[EntitySpec]) -> Iterator[tuple[EntitySpec, str]]:
    for pattern in _SEEN:
        for match in pattern.finditer(goal):
            if _THEIRS.search(match["what"]) or _NEGATED.search(goal[: match.start()]):
                continue
            kind_and_words = _first_kind(match["what"], entities)
            if kind_and_words is not None and _may_be_seen(kind_and_words[0], entities):
                kind, words = kind_and_words
                yield kind, goal[match.start() : match.start("what")] + words


def _first_kind(words: str, entities: Sequence[EntitySpec]) -> tuple[EntitySpec, str] | None:
    """The kind of record that is named first, with the words up to it."""
    for match in re.finditer(r"[a-z]+", words, re.IGNORECASE):
        entity = find_entity(match[0].lower(), entities)
        if entity is not None:
            return entity, words[: match.end()]
    return None


def _may_be_seen(entity: EntitySpec, entities: Sequence[EntitySpec]) -> bool:
    """True unless the records are people or somebody's: what belongs to a customer is not for everybody."""
    people = {person.name for person in entities if is_person(person)}
    has_contact = any(field.type in CONTACTS for field in entity.fields)
    return not (
        is_person(entity) or has_contact or any(field.ref in people and field.required for field in entity.fields)
    )


def _has_picture(entity: EntitySpec) -> bool:
    return any(field.type is FieldType.IMAGE for field in entity.fields)


def _posts(goal: str, entities: Sequence[EntitySpec]) -> list[str]:
    """The posts of a blog that is not kept private."""
    if not _BLOG.search(goal) or _PRIVATE.search(goal):
        return []
    return [entity.name for entity in entities if entity.label.split(" ")[-1].capitalize() in _POSTS]


def _with_links(shape: Shape, posts: Sequence[str]) -> Shape:
    """The shape whose comments belong to a post, where they belong to nobody but a reader."""
    post = shape.entity(posts[0]) if posts else None
    people = {person.name for person in shape.entities if is_person(person)}
    entities = tuple(
        _linked(entity, post)
        if post is not None
        and entity.label in _REPLIES
        and all(field.ref in people for field in entity.fields if field.ref)
        else entity
        for entity in shape.entities
    )
    return replace(shape, entities=entities)


def _linked(reply: EntitySpec, post: EntitySpec) -> EntitySpec:
    name = post.label.lower().replace(" ", "_")
    link = FieldSpec(
        name=name, label=post.label, type=FieldType.REF, required=True, ref=post.name, on_delete=OnDelete.CASCADE
    )
    return EntitySpec.model_validate({**dict(reply), "fields": (*reply.fields[:1], link, *reply.fields[1:])})


def _as_public(entity: EntitySpec, level: Publicity, entities: Sequence[EntitySpec]) -> EntitySpec:
    people = {person.name for person in entities if is_person(person)}
    # Neither what is for the staff nor anybody's name.
    public_fields = tuple(
        field.name
        for field in entity.fields
        if field.ref not in people and not _FOR_THE_STAFF & set(field.name.split("_"))
    )
    status = status_field(entity)
    is_draft = status is not None and "Published" in status.choices
    shown_if = f'{status.name} = "Published"' if status is not None and is_draft else None
    # What every visitor sees is published, so its state says nothing.
    fields = tuple(name for name in public_fields if not (is_draft and status is not None and name == status.name))
    return entity.model_copy(update={"public": level, "public_fields": fields, "public_if": shown_if})


def _with_replies(
    goal: str, shape: Shape, posts: Sequence[str], forms: Sequence[FormSpec]
) -> tuple[Shape, tuple[FormSpec, ...]]:
    """The shape with the comments that readers leave on a post, and the form for them."""
    by_name = {entity.name: entity for entity in shape.entities}
    for reply in shape.entities:
        has_form = any(form.entity == reply.name for form in forms)
        of_post = any(field.ref in posts and field.required for field in reply.fields)
        person, asked = asked_of_visitors(reply, by_name)
        if reply.label not in _REPLIES or not of_post or has_form or people_shown(reply, asked, by_name):
            continue
        approved = _APPROVED.search(goal)
        public_reply = _as_public(reply, Publicity.LIST, shape.entities)
        public_reply = _to_be_approved(public_reply) if approved else public_reply
        what = lower_first(reply.label)
        thanks = f"Thank you, your {what} is with us." + (" It is shown once it is approved." if approved else "")
        form = FormSpec(
            entity=reply.name, action=f"Leave a {what}", about="Tell us what you think.", thanks=thanks,
            fields=asked, person=person,
        )  # fmt: skip
        entities = tuple(public_reply if entity.name == reply.name else entity for entity in shape.entities)
        kept_words = (*shape.said, approved[0]) if approved else shape.said
        return replace(shape, entities=entities, said=kept_words), (*forms, form)
    return shape, tuple(forms)


def _to_be_approved(reply: EntitySpec) -> EntitySpec:
    fields = (
        reply.fields if reply.field(_SHOWN.name) or len(reply.fields) >= MAX_FIELDS else (*reply.fields, _SHOWN)
    )
    return reply.model_copy(update={"fields": fields, "public_if": 'status = "Shown"'})
