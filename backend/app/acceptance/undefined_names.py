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
        isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)
        for node in ast.walk(tree)
    ):
        return []
    uses: list[tuple[int, str]] = []
    _look_in(tree.body, _KNOWN | _bound_names(tree.body) | _global_names(tree), uses, outer=frozenset())
    return sorted(set(uses))


def _look_in(
    nodes: list[ast.stmt] | list[ast.expr] | list[ast.AST],
    reach: frozenset[str],
    uses: list[tuple[int, str]],
    *,
    outer: frozenset[str],
) -> None:
    """`outer` is what a class body's functions see instead of the body's own names."""
    waiting: list[ast.AST] = list(nodes)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id not in reach:
            uses.append((node.lineno, node.id))
        elif isinstance(node, _Function):
            waiting += _evaluated_outside(node)
            # A method does not see the names of its class's body, only those around the class.
            inner = (outer or reach) | _argument_names(node) | _bound_names(_body_of(node))
            _look_in(list(_body_of(node)), inner, uses, outer=frozenset())
        elif isinstance(node, ast.ClassDef):
            waiting += [*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)]
            around = outer or reach
            _look_in(node.body, around | _bound_names(node.body), uses, outer=around)
        elif isinstance(node, _Comprehension):
            targets = frozenset(name for generator in node.generators for name in _target_names(generator.target))
            _look_in(list(ast.iter_child_nodes(node)), reach | targets, uses, outer=outer)
        else:
            waiting += ast.iter_child_nodes(node)


def _body_of(node: _Function) -> list[ast.stmt] | list[ast.expr]:
    return [node.body] if isinstance(node, ast.Lambda) else node.body


def _evaluated_outside(node: _Function) -> list[ast.AST]:
    """The parts that are evaluated where the function stands: its defaults and decorators."""
    # No annotations: they may name what is defined further down.
    parts: list[ast.AST] = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
    return parts if isinstance(node, ast.Lambda) else [*parts, *node.decorator_list]


def _argument_names(node: _Function) -> frozenset[str]:
    arguments = node.args
    variadic = [argument for argument in (arguments.vararg, arguments.kwarg) if argument is not None]
    return frozenset(
        argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *variadic)
    )


def _bound_names(body: list[ast.stmt] | list[ast.expr]) -> frozenset[str]:
    """The names that this scope binds anywhere in it, whatever the order."""
    return frozenset(name for node in body for name in _bindings_of(node))


def _bindings_of(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield node.name
            return
        case ast.Lambda():
            return
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            # Their own names stay inside, but a walrus in one binds around it.
            inside = (walrus for walrus in ast.walk(node) if isinstance(walrus, ast.NamedExpr))
            yield from (walrus.target.id for walrus in inside)
            return
        case ast.Import() | ast.ImportFrom():
            yield from ((alias.asname or alias.name).partition(".")[0] for alias in node.names)
        case ast.Name(ctx=ast.Store() | ast.Del()):
            yield node.id
        case ast.ExceptHandler(name=str() as name) | ast.MatchAs(name=str() as name):
            yield name
        case ast.MatchStar(name=str() as name) | ast.MatchMapping(rest=str() as name):
            yield name
        # The syntax tree of Python 3.11 has no class for these; the app may run on a newer one.
        case _ if type(node).__name__ in ("TypeAlias", "TypeVar"):
            yield getattr(getattr(node, "name", ""), "id", "")
    for child in ast.iter_child_nodes(node):
        yield from _bindings_of(child)


def _global_names(tree: ast.Module) -> frozenset[str]:
    return frozenset(name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names)


def _target_names(target: ast.expr) -> Iterator[str]:
    return (node.id for node in ast.walk(target) if isinstance(node, ast.Name))
