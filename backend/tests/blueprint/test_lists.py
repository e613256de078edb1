"""What a list shows of its records, what they are called, and what their examples say."""

from __future__ import annotations

from pathlib import Path

from app.blueprint.generate import generate
from app.blueprint.generate.seed import seed_rows
from app.blueprint.spec import AppSpec, EntitySpec
from app.blueprint.spec_queries import columns, title_fields

from .test_specified_apps import read

SPECS = {path.stem: path for path in (Path(__file__).parent.parent / "specs").rglob("*.toml")}


def kind(spec: str, name: str) -> EntitySpec:
    entity = read(SPECS[spec]).entity(name)
    assert entity is not None
    return entity


def test_a_list_shows_the_date_that_its_records_are_looked_for_by() -> None:
    assert columns(kind("valley_minibus", "Trip"))[:2] == ("destination", "leaves_at")
    assert "raised_on" in columns(kind("snag_list", "Snag"))


def test_a_list_shows_what_is_written_where_nothing_else_tells_a_record_apart() -> None:
    assert "what" in columns(kind("snag_list", "Snag"))
    assert {"medical", "diet"} <= set(columns(kind("scout_camp", "HealthNote")))


def test_what_links_two_others_is_called_by_them_and_not_by_a_note_on_it() -> None:
    assert title_fields(kind("scout_camp", "SignUp")) == ("camp", "child")
    assert title_fields(kind("scout_camp", "Child")) == ("name",)


def test_what_adding_is_called_reaches_the_app() -> None:
    assert "label='Take a seat'" in generate(read(SPECS["game_night"]))["app/schema.py"]


def test_no_example_stands_where_no_step_can_have_led() -> None:
    snags = dict_of("snag_list")
    late = {snag["plot"] for snag in snags["Snag"] if snag["status"] != "Closed"}
    assert not standing(snags["Plot"], "Handed over") & late
    ideas = dict_of("idea_votes")
    assert standing(ideas["Idea"], "Planned")
    assert standing(ideas["Idea"], "Planned") <= {vote["idea"] for vote in ideas["Vote"]}
    auction = dict_of("village_auction")
    assert standing(auction["Item"], "Unsold")
    assert not standing(auction["Item"], "Unsold") & {bid["item"] for bid in auction["Bid"]}


def standing(rows: list[dict[str, str | int | None]], state: str) -> set[str | int | None]:
    """The numbers of the examples in a state."""
    return {number for number, row in enumerate(rows, start=1) if row["status"] == state}


def test_an_example_belongs_to_what_it_must_belong_to() -> None:
    for path in SPECS.values():
        for entity, rows in seed_rows(read(path)):
            needed = [field.name for field in entity.fields if field.ref and field.required]
            assert all(row[name] is not None for row in rows for name in needed), (path.stem, entity.name)


def test_two_kinds_that_point_at_each_other_have_examples() -> None:
    """A question names the answer that helped, and every answer belongs to a question."""
    asked = dict_of("fathers_help")
    assert len(asked["Answer"]) > 5
    assert len(asked["Vote"]) > 5


def test_two_choices_of_a_record_do_not_go_hand_in_hand() -> None:
    rows = seed_rows(read(SPECS["capitals_quiz"]))[0][1]
    answers = [name for name in rows[0] if name != "nickname"]
    assert len({tuple(row[name] for name in answers) for row in rows}) >= len(rows) - 2


def test_what_is_written_down_on_the_day_is_newest_in_the_newest_record() -> None:
    dates = [int(str(row["posted_on"])[1:]) for row in dict_of("street_forum")["Topic"]]
    assert dates == sorted(dates)
    assert dates[-1] == 0


def dict_of(name: str) -> dict[str, list[dict[str, str | int | None]]]:
    spec: AppSpec = read(SPECS[name])
    return {entity.name: rows for entity, rows in seed_rows(spec)}
