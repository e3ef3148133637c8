"""What moto and boto3 work out anew at each call or for each client, worked out once in a process.

None of it depends on what is asked: the actions of a service, the tree of an update's expression, the kinds of nodes
that a walk through it changes, and AWS's descriptions of its services, which each session would read from its files.
"""

import copy
from functools import cache, lru_cache
from typing import Any

import botocore.session
import moto.core.responses
import moto.dynamodb.parsing.ast_nodes
import moto.dynamodb.parsing.expressions

_session: Any = botocore.session  # what is replaced is no interface of theirs, so that their types do not name it
_responses: Any = moto.core.responses
_nodes: Any = moto.dynamodb.parsing.ast_nodes
_expressions: Any = moto.dynamodb.parsing.expressions

_names = cache(_responses.method_names_from_class)
_loader = cache(_session.create_loader)
_parsed = lru_cache(4096)(_expressions.UpdateExpressionParser.make)
_MOTOS_KINDS = _nodes.DepthFirstTraverser.nodes_to_be_processed
_kinds: dict[type, tuple[type, ...]] = {}


def look_up_once() -> None:
    """From now on, in all of moto and boto3 of this process."""
    _responses.method_names_from_class = _names
    _session.create_loader = _loader  # nobody changes what it has read: all clients of a session share it, too
    _expressions.UpdateExpressionParser.make = _parsed  # moto copies a tree before it changes it
    _nodes.DepthFirstTraverser.nodes_to_be_processed = _kinds_of
    _nodes.Node.__deepcopy__ = _copied


def _kinds_of(walk: Any) -> tuple[type, ...]:
    """By the kind of walk alone."""
    found = _kinds.get(type(walk))
    if found is None:
        found = _kinds[type(walk)] = _MOTOS_KINDS(walk)
    return found


def _copied(node: Any, memo: dict[int, Any]) -> Any:
    """A tree from this node on: it has no parent."""
    other: Any = node.__class__.__new__(node.__class__)
    vars(other).update(vars(node), parent=None)
    if node.children is not None:
        other.children = [copy.deepcopy(each, memo) for each in node.children]
        for each in other.children:
            if isinstance(each, _nodes.Node):
                each.parent = other
    return other
