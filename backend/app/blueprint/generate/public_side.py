"""Writes the public side as lines of `schema.py`: sections of the site, public records, calculators."""

from __future__ import annotations

from collections.abc import Iterator

from app.blueprint.generate.expressions import in_smallest_unit, shown_as
from app.blueprint.spec import AppSpec, EntitySpec, FieldSpec, FieldType, Publicity, ToolSpec
from app.blueprint.spec_expressions import compiler_of
from app.blueprint.spec_site import SectionSpec, public_fields
from app.blueprint.spec_tools import result_sql


def public_py(spec: AppSpec, entity: EntitySpec) -> list[str]:
    """The public part of a kind of record, as arguments of its `Entity`."""
    if entity.public is Publicity.NONE:
        return []
    lines = [f"    public={entity.public.value!r},", f"    public_fields={public_fields(spec, entity)!r},"]
    if entity.public_if:
        lines.append(f"    public_if={compiler_of(spec).condition(entity.public_if, entity.name)!r},")
    return lines


def site_py(spec: AppSpec) -> Iterator[str]:
    """The sections of the first page, one `Section` a line."""
    return (_section_py(spec, section) for section in (spec.site.sections if spec.site else ()))


def _section_py(spec: AppSpec, section: SectionSpec) -> str:
    entity = spec.entity(section.entity) if section.entity else None
    parts = [repr(section.kind.value), repr(section.title)]
    parts += [f"text={section.text!r}"] if section.text else []
    parts += [f"items={tuple((item.label, item.text) for item in section.items)!r}"] if section.items else []
    parts += [f"table={entity.table!r}"] if entity else []
    parts += [f"tool={section.tool!r}"] if section.tool else []
    parts += [f"button={section.button!r}"] if section.button else []
    return f"Section({', '.join(parts)})"


def tool_py(spec: AppSpec, tool: ToolSpec) -> str:
    """A calculator as a `Tool`."""
    inputs = "".join(f"{_input_py(field)}, " for field in tool.inputs)
    results = "".join(f"{_result_py(spec, tool, name)}, " for name in [result.name for result in tool.results])
    return f"Tool({tool.name!r}, {tool.title!r}, {tool.about!r}, inputs=({inputs}), results=({results}))"


def _input_py(field: FieldSpec) -> str:
    parts = [repr(field.name), repr(field.label), repr(field.type.value), f"required={field.required}"]
    parts += [f"choices={field.choices!r}"] if field.choices else []
    parts += [f"digits={field.digits}"] if field.type is FieldType.DECIMAL else []
    parts += [f"unit={field.unit!r}"] if field.unit else []
    for name, bound in (("lowest", field.lowest), ("highest", field.highest)):
        parts += [f"{name}={in_smallest_unit(field, bound)}"] if bound is not None else []
    return f"Field({', '.join(parts)})"


def _result_py(spec: AppSpec, tool: ToolSpec, name: str) -> str:
    result = next(candidate for candidate in tool.results if candidate.name == name)
    value = result_sql(spec, tool, name)
    kind = shown_as(value.type)
    parts = [repr(name), repr(result.label), repr(kind)]
    parts += [f"digits={value.type.scale}"] if kind == "decimal" else []
    parts += [f"unit={result.unit!r}"] if result.unit else []
    return f"Field({', '.join(parts)}, sql={value.text!r}, about={result.about!r})"
