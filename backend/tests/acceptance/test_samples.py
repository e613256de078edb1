"""What the acceptance checks type to break a rule really breaks it, and nothing else that it types does."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

from app.acceptance.samples import Samples, meeting
from app.blueprint.spec import RuleKind
from tests.blueprint.sample_specs import LANDLORD


def test_a_second_record_begins_while_the_first_lasts() -> None:
    viewing = next(one for one in LANDLORD.entities if one.name == "Viewing")
    rule = next(one for one in LANDLORD.rules if one.kind is RuleKind.NO_OVERLAP)
    first = {**Samples(LANDLORD).values(viewing), "home": "1"}
    starts, lasts = datetime.fromisoformat(first["starts_at"]), timedelta(minutes=int(first["duration_min"]))

    second = meeting(viewing, rule, first)

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
