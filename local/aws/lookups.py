"""What moto and boto3 work out anew at each call or for each client, worked out once in a process.

None of it depends on what is asked: the actions of a service, the tree of an update's expression, the kinds of nodes
that a walk through it changes, the words of a user agent, and AWS's descriptions of its services, which each session
would read from its files.
"""

import copy
from functools import cache, lru_cache
from typing import Any

import botocore.session
import botocore.useragent
import moto.core.responses
import moto.dynamodb.parsing.ast_nodes
import moto.dynamodb.parsing.expressions

_session: Any = botocore.session  # what is replaced is no interface of theirs, so that their types do not name it
_agent: Any = botocore.useragent
_responses: Any = moto.core.responses
_nodes: Any = moto.dynamodb.parsing.ast_nodes
_expressions: Any = moto.dynamodb.parsing.expressions

_names = cache(_responses.method_names_from_class)
_loader = cache(_session.create_loader)
_parsed = lru_cache(4096)(_expressions.UpdateExpressionParser.make)
_clean = lru_cache(4096)(_agent.sanitize_user_agent_string_component)
_MOTOS_WALK = _nodes.DepthFirstTraverser.traverse_node_recursively
_is_node: Any = cache(lambda kind: issubclass(kind, _nodes.Node))  # to ask an abstract class each time is slow
_changes: dict[tuple[type, type], bool] = {}


def look_up_once() -> None:
    """From now on, in all of moto and boto3 of this process."""
    _responses.method_names_from_class = _names
    _agent.sanitize_user_agent_string_component = _clean
    _session.create_loader = _loader  # nobody changes what it has read: all clients of a session share it, too
    _expressions.UpdateExpressionParser.make = _parsed  # moto copies a tree before it changes it
    _nodes.DepthFirstTraverser.traverse_node_recursively = _walked
    _nodes.Node.__deepcopy__ = _copied


def _walked(walk: Any, node: Any, place: int = -1) -> Any:
    """As moto walks, bottom up. It is told once, and not at each node, whether a walk changes nodes of a kind."""
    if not _is_node(type(node)):
        return node
    parent = node.parent
    for number, child in enumerate(node.children or ()):
        walk.pre_processing_of_child(node, number)
        _walked(walk, child, number)
    kinds = (type(walk), type(node))
    if kinds not in _changes:
        _changes[kinds] = isinstance(node, walk.nodes_to_be_processed())
    if _changes[kinds]:
        node = walk.process(node)
        node.parent = parent
        if parent:
            parent.children[place] = node
    return node


def _copied(node: Any, memo: dict[int, Any]) -> Any:
    """A tree from this node on: it has no parent."""
    other: Any = node.__class__.__new__(node.__class__)
    vars(other).update(vars(node), parent=None)
    if node.children is not None:
        other.children = [copy.deepcopy(each, memo) for each in node.children]
        for each in other.children:
            if _is_node(type(each)):
                each.parent = other
    return other
