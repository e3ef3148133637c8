"""The order within a group of a FIFO queue, which moto loses when several messages of it come back at once."""

from moto.sqs.models import Queue


def keep_order() -> None:
    """From now on only what is still in flight holds back its group in moto, as in SQS.

    moto also counts messages as in flight that came back and were not asked for since. With two such messages it skips
    the first, and gives out the second before it.
    """
    Queue.pending_message_groups = property(_groups_in_flight)  # type: ignore[method-assign,assignment]


def _groups_in_flight(queue: Queue) -> set[str]:
    return {each.group_id for each in queue.pending_messages if each.group_id is not None and not each.visible}
