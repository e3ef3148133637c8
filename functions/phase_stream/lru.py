"""Things that were used last, as many as fit into so many bytes. Pure."""

from collections import OrderedDict


class Recent[K, V]:
    """Forgets what has not been used for longest. A thing larger than all the room is not kept."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._used = 0
        self._kept: OrderedDict[K, tuple[V, int]] = OrderedDict()

    def get(self, key: K) -> V | None:
        if key not in self._kept:
            return None
        self._kept.move_to_end(key)
        return self._kept[key][0]

    def put(self, key: K, value: V, size: int) -> None:
        """`size` in bytes."""
        self._used += size - self._kept.pop(key, (value, 0))[1]
        self._kept[key] = (value, size)
        while self._used > self._room:
            _, (_, freed) = self._kept.popitem(last=False)
            self._used -= freed

    def __len__(self) -> int:
        return len(self._kept)
