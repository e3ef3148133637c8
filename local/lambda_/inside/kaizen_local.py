"""Stands between Lambda's runtime client and a function's handler: initialising does not count as a call's time.

The emulator counts a process's start into its first call; Lambda does not. So the handler is imported beside the calls
that only warm the process, each of which is answered well before the function's time-out. Nothing else is changed.
"""

import importlib
import os
import threading
from typing import Any

WARM = {"kaizen.local": "warm"}
HANDLER = "KAIZEN_LOCAL_HANDLER"  # dotted name of the real handler; functions do not see it

_name = os.environ.pop(HANDLER)
_found: list[Any] = []
_fault: list[BaseException] = []


def _load() -> None:
    module, _, attribute = _name.rpartition(".")
    try:
        _found.append(getattr(importlib.import_module(module), attribute))
    except BaseException as error:  # noqa: BLE001 - told by the first real call, whatever it is
        _fault.append(error)


_loading = threading.Thread(target=_load, name="loading")
_loading.start()


def lambda_handler(event: Any, context: Any) -> Any:
    """What the handler returns; of a call that warms: whether the handler is there. Raises what its import raised."""
    if event == WARM:
        _loading.join(context.get_remaining_time_in_millis() / 2000)
        return {"ready": not _loading.is_alive()}
    _loading.join()
    if _fault:
        raise _fault[0]
    return _found[0](event, context)
