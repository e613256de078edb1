"""Reading a page as a browser does: its words, its links, its forms and what they ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

_SILENT: Final = frozenset({"script", "style", "template", "noscript"})
_BUTTONS: Final = frozenset({"submit", "button", "image", "reset"})
_ASSETS: Final = {"img": "src", "script": "src", "link": "href", "source": "src", "iframe": "src"}

Attributes = Mapping[str, str]


@dataclass
class Control:
    """A part of a form that has a name. `kind` is an input's type, "select" or "textarea"."""

    name: str
    kind: str
    value: str = ""
    options: list[str] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)
    """What a person reads for each option."""
    required: bool = False
    checked: bool = False


@dataclass
class WebForm:
    """A form. `action` is empty when it posts to its own page."""

    action: str
    method: str
    is_upload: bool = False
    has_plain_button: bool = False
    """Whether a button sends it without a word of its own, which is the one that people press."""
    controls: list[Control] = field(default_factory=list)

    @property
    def names(self) -> frozenset[str]:
        """The names of its controls."""
        return frozenset(control.name for control in self.controls)

    def control(self, name: str) -> Control | None:
        """The control of that name."""
        return next((control for control in self.controls if control.name == name), None)

    def untouched(self) -> dict[str, str]:
        """The values that a browser sends when nobody has filled anything in."""
        sent = {}
        for control in self.controls:
            if control.kind in ("checkbox", "radio") and not control.checked:
                continue
            if control.kind == "button" and self.has_plain_button:
                continue
            if control.kind != "file":
                sent[control.name] = control.value
        return sent


@dataclass
class Page:
    """A page that was read, as far as the checks look at it."""

    text: str = ""
    links: list[str] = field(default_factory=list)
    assets: list[str] = field(default_factory=list)
    forms: list[WebForm] = field(default_factory=list)


def read_page(source: str) -> Page:
    """The page in this HTML, however broken it is."""
    reader = _Reader()
    reader.feed(source)
    reader.close()
    reader.page.text = " ".join(" ".join(reader.words).split())
    return reader.page


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self.words: list[str] = []
        self._silent = 0
        self._form: WebForm | None = None
        self._control: Control | None = None
        self._option: list[str] | None = None
        self._value: str | None = None
        """Of the option that is being read, where it says one beside its text."""
        self._is_selected = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag in _SILENT:
            self._silent += 1
        if tag == "a" and "href" in attributes:
            self.page.links.append(attributes["href"])
        if tag in _ASSETS and attributes.get(_ASSETS[tag]):
            self.page.assets.append(attributes[_ASSETS[tag]])
        if tag == "form":
            self._begin_form(attributes)
        elif self._form is not None:
            self._in_form(self._form, tag, attributes)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag in _SILENT:
            self._silent -= 1

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        if tag == "form":
            self._form = None
        if tag in ("option", "select"):
            self._end_option()
        if tag in ("select", "textarea"):
            self._control = None

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        self.words.append(data)
        if self._option is not None:
            self._option.append(data)
        elif self._control is not None and self._control.kind == "textarea":
            self._control.value += data

    def _begin_form(self, attributes: Attributes) -> None:
        is_upload = attributes.get("enctype", "").lower() == "multipart/form-data"
        self._form = WebForm(attributes.get("action", ""), attributes.get("method", "get").lower(), is_upload)
        self.page.forms.append(self._form)

    def _in_form(self, form: WebForm, tag: str, attributes: Attributes) -> None:
        name, is_required = attributes.get("name", ""), "required" in attributes
        if tag == "input" and name and attributes.get("type", "text").lower() not in _BUTTONS:
            form.controls.append(_input_control(name, attributes))
        elif tag in ("select", "textarea") and name:
            self._control = Control(name, tag, required=is_required)
            form.controls.append(self._control)
        elif tag == "button" and name and attributes.get("value"):
            form.controls.append(Control(name, "button", attributes["value"]))
        elif tag == "button" and not name:
            form.has_plain_button = True
        elif tag == "option" and self._control is not None:
            self._begin_option(self._control, attributes)

    def _begin_option(self, select: Control, attributes: Attributes) -> None:
        self._end_option()
        self._option, self._value = [], attributes.get("value")
        self._is_selected = "selected" in attributes
        if self._value is not None:
            # Where none is selected a browser sends the first.
            if "selected" in attributes or not select.options:
                select.value = self._value
            select.options.append(self._value)

    def _end_option(self) -> None:
        """An option without a value stands for its text."""
        if self._option is None or self._control is None:
            return
        text = " ".join("".join(self._option).split())
        value = text if self._value is None else self._value
        if self._value is None:
            if self._is_selected or not self._control.options:
                self._control.value = text
            self._control.options.append(text)
        self._control.labels[value] = text
        self._option = self._value = None


def _input_control(name: str, attributes: Attributes) -> Control:
    kind = attributes.get("type", "text").lower()
    value = attributes.get("value", "on" if kind == "checkbox" else "")
    return Control(name, kind, value, required="required" in attributes, checked="checked" in attributes)
