"""Small changes to a Python source, one at a time, each of which some test ought to notice.

Not changed are texts, which are for people, annotations and decorators.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from types import CodeType
from typing import NamedTuple, Optional, Union

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
NAMES = {
    "any": "all",
    "all": "any",
    "min": "max",
    "max": "min",
    "intersection": "union",
    "union": "intersection",
}
# As much of an expression as a name shows.
LONGEST = 72
# What is not looked into.
SKIPPED = ("annotation", "returns", "decorator_list", "type_comment", "bases", "names", "exc")


class Mutant(NamedTuple):
    """One change: where and what, in a line that stays while other code moves, and the code."""

    name: str
    code: CodeType


class Change(NamedTuple):
    """A node, in a field of its parent, or at a place of a list in it, and what comes instead."""

    scope: str
    parent: ast.AST
    field: str
    place: Optional[int]
    instead: Optional[ast.AST]

    def put(self, node: Optional[ast.AST]) -> None:
        if self.place is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.place] = node

    def old(self) -> ast.AST:
        found = getattr(self.parent, self.field)
        return found if self.place is None else found[self.place]


def mutants(source: str, path: str) -> Iterator[Mutant]:
    """All of a source's mutants, in order of the source."""
    tree = ast.parse(source)
    seen: Counter[str] = Counter()
    for change in _changes(tree, ""):
        old = change.old()
        before = ast.unparse(old)
        change.put(change.instead)
        name = f"{change.scope or 'module'}: {_line(before)} -> {_line(_text(change.instead))}"
        seen[name] += 1
        if seen[name] > 1:
            name = f"{name} (no. {seen[name]})"
        code = compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True)
        change.put(old)
        yield Mutant(name, code)


def _text(node: Optional[ast.AST]) -> str:
    return "nothing" if node is None or isinstance(node, ast.Pass) else ast.unparse(node)


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 3]}..."


def _changes(node: ast.AST, scope: str) -> Iterator[Change]:
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        scope = f"{scope}.{node.name}" if scope else node.name
    for field, value in ast.iter_fields(node):
        if field in SKIPPED or isinstance(node, ast.JoinedStr):
            continue
        for place, child in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(child, ast.AST):
                where = place if isinstance(value, list) else None
                for instead in _instead(child, node):
                    yield Change(scope, node, field, where, instead)
                yield from _changes(child, scope)


def _instead(node: ast.AST, parent: ast.AST) -> Iterator[ast.AST]:
    """What may stand where this node stands."""
    if isinstance(node, ast.stmt):
        yield from _statements(node)
    elif isinstance(node, ast.expr):
        yield from _expressions(node)
        if isinstance(parent, (ast.If, ast.While, ast.IfExp)) and node is parent.test:
            yield ast.Constant(True)
            yield ast.Constant(False)
    elif isinstance(node, ast.comprehension):
        for place in range(len(node.ifs)):
            kept = [test for other, test in enumerate(node.ifs) if other != place]
            yield ast.comprehension(node.target, node.iter, kept, node.is_async)


def _statements(node: ast.stmt) -> Iterator[ast.stmt]:
    if isinstance(node, (ast.AugAssign, ast.Continue, ast.Break, ast.Raise)) or (
        isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant)
    ):
        yield ast.Pass()
    if isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
        yield ast.Return(ast.Constant(None))


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _expressions(node: ast.expr) -> Iterator[ast.expr]:  # noqa: C901  one case for each kind
    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            for other in COMPARISONS[type(operator)]:
                ops = [*node.ops[:place], other(), *node.ops[place + 1 :]]
                yield ast.Compare(node.left, ops, node.comparators)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        for place in range(len(node.values)):
            kept = node.values[:place] + node.values[place + 1 :]
            yield kept[0] if len(kept) == 1 else ast.BoolOp(node.op, kept)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand
    elif isinstance(node, ast.BinOp):
        if type(node.op) in OPERATORS:
            yield ast.BinOp(node.left, OPERATORS[type(node.op)](), node.right)
        yield node.left
        yield node.right
    elif isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        yield ast.Constant(not node.value if isinstance(node.value, bool) else node.value + 1)
    elif isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        yield from _less(node)
    elif isinstance(node, ast.Name) and node.id in NAMES:
        yield ast.Name(NAMES[node.id], node.ctx)
    elif isinstance(node, ast.Attribute) and node.attr in NAMES:
        yield ast.Attribute(node.value, NAMES[node.attr], node.ctx)


def _less(node: Union[ast.Tuple, ast.List, ast.Set]) -> Iterator[ast.expr]:
    """The display without one of the iterables that are spread out in it."""
    for place, element in enumerate(node.elts):
        if isinstance(element, ast.Starred):
            kept = node.elts[:place] + node.elts[place + 1 :]
            yield ast.Set(kept) if isinstance(node, ast.Set) else type(node)(kept, node.ctx)
