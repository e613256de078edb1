"""What the acceptance checks type to break a rule really breaks it, and nothing else that it types does."""

from __future__ import annotations

import tomllib
from datetime import datetime, timedelta
from itertools import pairwise

from app.acceptance.once_only import OnceOnly
from app.acceptance.samples import Samples, conflicting_values
from app.blueprint.generate.example_records import examples_of
from app.blueprint.spec import AppSpec, RuleKind
from tests.blueprint.sample_specs import LANDLORD
from tests.support.scenes import is_kept
from tests.support.specs import DESIGNER_SPECS


def test_a_second_record_begins_while_the_first_lasts() -> None:
    viewing = next(one for one in LANDLORD.entities if one.name == "Viewing")
    rule = next(one for one in LANDLORD.rules if one.kind is RuleKind.NO_OVERLAP)
    first = {**Samples(LANDLORD).values(viewing), "home": "1"}
    starts, lasts = datetime.fromisoformat(first["starts_at"]), timedelta(minutes=int(first["duration_min"]))

    second = conflicting_values(viewing, rule, first)

    assert starts < datetime.fromisoformat(second["starts_at"]) < starts + lasts
    assert second["home"] == "1"


def test_samples_of_what_lasts_for_minutes_do_not_meet() -> None:
    viewing = next(one for one in LANDLORD.entities if one.name == "Viewing")
    samples = Samples(LANDLORD)
    spans = [
        (starts, starts + timedelta(minutes=int(one["duration_min"])))
        for one in (samples.values(viewing) for _ in range(20))
        if (starts := datetime.fromisoformat(one["starts_at"]))
    ]
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


def test_what_there_may_be_once_is_unlike_every_time() -> None:
    """A day of pick-ups is listed once, also where other rules want it to lie ahead."""
    spec = _designed("bakery_orders")
    day = next(one for one in spec.entities if one.name == "PickupDay")
    samples = Samples(spec)
    days = [samples.values(day)["date"] for _ in range(5)]
    assert len(set(days)) == 5


def test_what_comes_later_does_so_in_every_sample() -> None:
    """The app fills in when a treatment begins, and the form may say when it ends."""
    spec = _designed("hive_log")
    treatment = next(one for one in spec.entities if one.name == "Treatment")
    values = Samples(spec).values(treatment)
    assert values["started_on"] < values["ended_on"]


def test_a_scene_gets_days_of_its_own_and_stays_what_it_was() -> None:
    spec = _designed("bakery_orders")
    examples, once_only = examples_of(spec), OnceOnly(spec)
    scene = examples.good(next(one for one in spec.entities if one.name == "Order"))
    first, second = once_only.scene(scene), once_only.scene(scene)
    days = {one.records["PickupDay", 1]["date"] for one in (first, second)}
    assert len(days) == 2
    assert all(is_kept(examples.judge, one) for one in (first, second))


def _designed(name: str) -> AppSpec:
    path = next(path for path in DESIGNER_SPECS if path.stem == name)
    return AppSpec.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
