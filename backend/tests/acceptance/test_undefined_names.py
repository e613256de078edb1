"""A name that nothing defines is found, and one that something defines in any way is not."""

from __future__ import annotations

import ast

import pytest

from app.acceptance.undefined_names import undefined_names

FINE = [
    "import os.path as p\nprint(p, __name__)",
    "def f(a, *b, c=1, **d):\n    return a, b, c, d, late\nlate = 1",
    "class A:\n    x = 1\n    y = x\n    def m(self):\n        return __class__",
    "print([i for i in range(3) if i], {k: v for k, v in {}.items()})",
    "try:\n    pass\nexcept OSError as error:\n    print(error)",
    "match [1]:\n    case [first, *rest]:\n        print(first, rest)",
    "match {}:\n    case {'a': a, **more}:\n        print(a, more)",
    "print([last := i for i in range(3)], last)",
    "if (n := 3) and n:\n    pass",
    "def f() -> 'Later':\n    global made\n    made = 1\nprint(made)",
    "with open('a') as one, open('b') as (two, three):\n    print(one, two, three)",
    "from somewhere import *\nprint(anything)",
    "f = lambda x, y=2: x + y",
]
BROKEN = {
    "print(missing)": "missing",
    "def f():\n    return lots": "lots",
    "class A:\n    x = 1\n    def m(self):\n        return x": "x",
    "print([i for i in range(3)], i)": "i",
    "def f(a=absent):\n    pass": "absent",
    "@decorator\ndef f():\n    pass": "decorator",
    "lambda: nowhere": "nowhere",
}


@pytest.mark.parametrize("code", FINE)
def test_every_way_to_define_a_name_counts(code: str) -> None:
    assert undefined_names(ast.parse(code)) == []


@pytest.mark.parametrize("code", BROKEN)
def test_a_name_that_nothing_defines_is_found(code: str) -> None:
    assert [name for _, name in undefined_names(ast.parse(code))] == [BROKEN[code]]
