"""A build that one release began is resumed by another: what the journal kept can be read."""

from __future__ import annotations

from app.ports.storage import TreeDigest
from app.services.stage_results import CheckResult, CodeResult, DepsResult, Pictures, TakenRecords


def test_results_of_the_release_before_can_be_read() -> None:
    code = {"digest": "abc", "files": 3, "features": ["A list"], "left_out": [], "wishes": [], "seconds": 0.5}
    assert CodeResult.model_validate(code) == CodeResult(digest=TreeDigest("abc"), files=3, features=("A list",))
    assert DepsResult.model_validate({"data": {}, "seconds": 0.1}) == DepsResult()
    taken = {"from": "build_v0_1", "notes": [], "copied": True}
    assert DepsResult.model_validate({"data": taken}).data == TakenRecords(source="build_v0_1", is_copied=True)
    assert CheckResult.model_validate({"checks": [], "pictures": {}, "seconds": 9}).pictures == Pictures()


def test_a_result_is_the_same_after_the_journal() -> None:
    result = DepsResult(data=TakenRecords(source="build_v0_1", notes=("Two rows stayed.",)))
    assert DepsResult.model_validate(result.model_dump(mode="json", by_alias=True)) == result
