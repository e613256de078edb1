"""Where the app's own tests fail, the founder reads which item of the plan it is."""

from __future__ import annotations

from app.acceptance.checks import failed_item, words_of_failure

TESTS = b"""
def test_move_1_of_claims(client: Browser) -> None:
    # 'Only a submitted claim is paid.'
    item_tries.move(client, SCENES['move 1 of claims'])


def test_figure_2_of_claims(client: Browser) -> None:
    # 'Gift Aid f\\xfcr \\xa31.'
    item_tries.figure(client, SCENES['figure 2 of claims'])
"""


def test_the_item_of_the_first_failed_test_is_named() -> None:
    files = {"tests/test_items.py": TESTS}
    output = "..F\nFAILED tests/test_items.py::test_figure_2_of_claims - AssertionError: no\n1 failed, 2 passed"
    assert failed_item(files, output) == "Gift Aid f\xfcr \xa31."
    assert (
        failed_item(files, "FAILED tests/test_items.py::test_move_1_of_claims - no")
        == "Only a submitted claim is paid."
    )


def test_other_tests_belong_to_no_item() -> None:
    output = "FAILED tests/test_records.py::test_every_view_answers[claims] - assert []"
    assert failed_item({"tests/test_items.py": TESTS}, output) == ""
    odd = {"tests/test_items.py": b"def test_move_1_of_claims(c):\n    # 'a' + open('b')\n"}
    assert failed_item(odd, "FAILED tests/test_items.py::test_move_1_of_claims - no") == ""
    assert failed_item({}, "FAILED tests/test_items.py::test_move_1_of_claims - no") == ""


def test_a_failed_test_is_told_in_words_with_what_it_is_about() -> None:
    files = {"tests/test_items.py": TESTS}
    said = words_of_failure(
        files, "FAILED tests/test_files.py::test_a_file_goes_with_it[reports-photo] - assert 3"
    )
    assert said.startswith(
        "The app does not pass one of its own tests: “a file goes with it” (reports, photo). Take"
    )
    assert "Gift Aid" in words_of_failure(files, "FAILED tests/test_items.py::test_figure_2_of_claims - no")
    assert words_of_failure(files, "INTERNALERROR> KeyError") == ""
