"""Finds names that a Python module uses and nothing defines, from its syntax tree alone."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from typing import Final

_KNOWN: Final = frozenset(dir(builtins)) | {
    *("__file__", "__name__", "__doc__", "__package__", "__spec__", "__path__", "__loader__", "__builtins__"),
    *("__annotations__", "__module__", "__qualname__", "__class__", "__debug__"),
}
_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def undefined_names(tree: ast.Module) -> list[tuple[int, str]]:
    """Line and name of each use of a name that is bound nowhere in reach; nothing when a star import hides it."""
    if any(
        isinstance(node, ast.ImportFrom) and any(one.name == "*" for one in node.names) for node in ast.walk(tree)
    ):
        return []
    found: list[tuple[int, str]] = []
    _look(tree.body, _KNOWN | _bound(tree.body) | _globals(tree), found, outer=frozenset())
    return sorted(set(found))


def _look(
    nodes: list[ast.stmt] | list[ast.expr] | list[ast.AST],
    reach: frozenset[str],
    found: list[tuple[int, str]],
    *,
    outer: frozenset[str],
) -> None:
    """`outer` is what a class body's functions see instead of the body's own names."""
    waiting: list[ast.AST] = list(nodes)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id not in reach:
            found.append((node.lineno, node.id))
        elif isinstance(node, _Function):
            waiting += _outside(node)
            inner = (outer or reach) | _arguments(node) | _bound(_body(node))
            _look(list(_body(node)), inner, found, outer=frozenset())
        elif isinstance(node, ast.ClassDef):
            waiting += [*node.decorator_list, *node.bases, *(one.value for one in node.keywords)]
            around = outer or reach
            _look(node.body, around | _bound(node.body), found, outer=around)
        elif isinstance(node, _Comprehension):
            targets = frozenset(name for one in node.generators for name in _targets(one.target))
            _look(list(ast.iter_child_nodes(node)), reach | targets, found, outer=outer)
        else:
            waiting += ast.iter_child_nodes(node)


def _body(node: _Function) -> list[ast.stmt] | list[ast.expr]:
    return [node.body] if isinstance(node, ast.Lambda) else node.body


def _outside(node: _Function) -> list[ast.AST]:
    """What is worked out where the function stands: its defaults and decorators. Annotations may be forward."""
    parts: list[ast.AST] = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
    return parts if isinstance(node, ast.Lambda) else [*parts, *node.decorator_list]


def _arguments(node: _Function) -> frozenset[str]:
    given = node.args
    more = [one for one in (given.vararg, given.kwarg) if one is not None]
    return frozenset(one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs, *more))


def _bound(body: list[ast.stmt] | list[ast.expr]) -> frozenset[str]:
    """The names that this scope binds anywhere in it, whatever the order."""
    return frozenset(name for node in body for name in _bindings(node))


def _bindings(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield node.name
            return
        case ast.Lambda():
            return
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            inside = (one for one in ast.walk(node) if isinstance(one, ast.NamedExpr))
            yield from (one.target.id for one in inside)
            return
        case ast.Import() | ast.ImportFrom():
            yield from ((one.asname or one.name).partition(".")[0] for one in node.names)
        case ast.Name(ctx=ast.Store() | ast.Del()):
            yield node.id
        case ast.ExceptHandler(name=str() as name) | ast.MatchAs(name=str() as name):
            yield name
        case ast.MatchStar(name=str() as name) | ast.MatchMapping(rest=str() as name):
            yield name
        case _ if type(node).__name__ in ("TypeAlias", "TypeVar"):
            yield getattr(getattr(node, "name", ""), "id", "")
    for child in ast.iter_child_nodes(node):
        yield from _bindings(child)


def _globals(tree: ast.Module) -> frozenset[str]:
    return frozenset(name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names)


def _targets(target: ast.expr) -> Iterator[str]:
    return (node.id for node in ast.walk(target) if isinstance(node, ast.Name))
