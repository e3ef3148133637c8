"""Tables and arrays whose keys or entries are names. Pure."""

from collections.abc import Iterator, Sequence

from kaizen.policy import values
from kaizen.policy.reader import Table

RESERVED = ("other", "unassigned", "unknown")  # what tickets without a label of the policy's are called


def good_name(table: Table, name: str) -> bool:
    """Whether a key may be a name; the fault is remembered."""
    try:
        values.name(name)
    except ValueError as error:
        table.fault(str(error), name)
        table.get(name, lambda _: None, None)  # its name is its fault: no need to report its content too
        return False
    if name in RESERVED:
        table.fault("the name is reserved", name)
    return True


def named_tables(table: Table) -> list[Table]:
    """The tables in a table of tables, each under its name."""
    return [table.table(name) for name in table.rest() if good_name(table, name)]


def same_names(kind: str, names: Sequence[str]) -> Iterator[str]:
    """A fault for each entry of an array whose name stands before it already."""
    return (
        f"{kind}.{index}: {name!r} is another one's name, too"
        for index, name in enumerate(names)
        if name in names[:index]
    )


def too_many(table: Table, kind: str, number: int, most: int) -> None:
    """A fault where a part has more entries than the metrics can bear."""
    if number > most:
        table.fault(f"there are {number}, the most is {most}", kind)
