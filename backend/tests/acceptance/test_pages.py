"""A page is read as a browser reads it: what it links to, what its forms ask for, and what they would send."""

from __future__ import annotations

from app.acceptance.crawl import pattern_of
from app.acceptance.http_session import local_path
from app.acceptance.pages import read_page

PAGE = """<!doctype html><title>Shop</title><style>p { color: red }</style>
<script>var a = "<a href='/no'>"</script>
<link rel="stylesheet" href="/static/style.css"><p>Two &amp; three</p><a href="/things?q=1#top">Things</a>
<form method="post" action="/things/new" enctype="multipart/form-data">
<input type="hidden" name="csrf_token" value="t&quot;0"><input name="name" required maxlength="9">
<select name="size"><option value="">Choose</option>
<option>Large</option><option value="s" selected>Small</option></select>
<select name="kind"><option>Old  one</option><option>New one</option></select>
<select name="wood"><option>Ash</option><option selected>Oak</option></select>
<textarea name="notes">First
second</textarea><input type="checkbox" name="open" value="1" checked><input type="checkbox" name="shut">
<input type="file" name="photo"><input type="submit" name="go" value="Go">
<button name="to" value="paid">Paid</button>
</form><form action="/search"><input name="q"></form>"""


def test_links_and_files_are_found_and_scripts_are_not_read() -> None:
    page = read_page(PAGE)
    assert page.links == ["/things?q=1#top"]
    assert page.assets == ["/static/style.css"]
    assert page.text.startswith("Shop Two & three Things")
    assert "color" not in page.text


def test_a_form_knows_what_it_asks_for_and_what_it_would_send() -> None:
    form, search = read_page(PAGE).forms
    assert (form.action, form.method, form.is_upload) == ("/things/new", "post", True)
    assert (search.method, search.names) == ("get", frozenset({"q"}))
    assert form.untouched() == {
        "csrf_token": 't"0',
        "name": "",
        "size": "s",
        "kind": "Old one",
        "wood": "Oak",
        "notes": "First\nsecond",
        "open": "1",
        "to": "paid",
    }
    size = form.control("size")
    assert size is not None
    assert size.options == ["", "Large", "s"]
    name = form.control("name")
    assert name is not None
    assert name.required


def test_broken_html_is_read_as_far_as_it_goes() -> None:
    page = read_page(
        "<form><select name=a><option value=1>One<option value=2>Two</form><a href=/x>x<form method=POST>"
    )
    assert [form.names for form in page.forms] == [{"a"}, frozenset()]
    assert page.links == ["/x"]


def test_only_addresses_of_the_app_itself_are_paths() -> None:
    assert local_path("http://127.0.0.1:8080/things?q=1") == "/things?q=1"
    assert local_path("/things#top") == "/things"
    assert local_path("https://example.com/things") == ""
    assert local_path("javascript:alert(1)") == ""


def test_pages_made_by_the_same_code_are_alike() -> None:
    assert pattern_of("/things/12/edit?b=1&a=2") == pattern_of("/things/7/edit?a=9&b=")
    assert pattern_of("/things/12") != pattern_of("/members/12")
