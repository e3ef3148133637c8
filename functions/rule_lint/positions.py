"""Where in a file a character of a scalar stands. Pure."""

from kaizen.yamltree import Node
from rule_lint.model import Place


def place_in(path: str, node: Node, offset: int | None, lines: list[str]) -> Place:
    """The place of a character of a scalar's value; of the scalar itself where that cannot be told."""
    if offset is None or node.kind != "scalar":
        return Place(path, node.line, node.column)
    if node.style == "|":
        before = node.value[:offset]
        line = node.line + 1 + before.count("\n")
        raw = lines[line - 1] if line <= len(lines) else ""
        written = node.value.split("\n")[before.count("\n")]
        indent = max(len(raw.rstrip("\r\n")) - len(written), 0) if raw.rstrip("\r\n").endswith(written) else 0
        return Place(path, line, indent + offset - (before.rfind("\n") + 1) + 1)
    if node.style == ">":
        return _folded(path, node, offset, lines)
    raw = lines[node.line - 1] if node.line <= len(lines) else ""
    start = node.column - 1 + bool(node.style)
    if raw[start : start + len(node.value)] == node.value:  # on one line, without escapes
        return Place(path, node.line, start + offset + 1)
    return Place(path, node.line, node.column)


def _folded(path: str, node: Node, offset: int, lines: list[str]) -> Place:
    """Line ends became spaces: the words before are counted off the raw lines."""
    wanted = sum(not each.isspace() for each in node.value[:offset])
    for number in range(node.line + 1, len(lines) + 1):
        for column, each in enumerate(lines[number - 1], 1):
            if each.isspace():
                continue
            if wanted == 0:
                return Place(path, number, column)
            wanted -= 1
    return Place(path, node.line, node.column)
