"""Stops and resumes workloads: each call is one merge-patch with the version that was read as its fence."""

from sandbox_reaper.backend import BackendError, FencedError, GoneError, Sandbox, Workload
from sandbox_reaper.kubernetes.answers import Json
from sandbox_reaper.kubernetes.client import Client, path_of
from sandbox_reaper.kubernetes.errors import ConflictError, MissingError
from sandbox_reaper.kubernetes.reader import GROUPS, PLURALS
from sandbox_reaper.kubernetes.workloads import UNREADABLE, resuming, stopping, workload


class KubernetesWriter:
    """Every call may raise FencedError, GoneError and BackendError."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def stop(self, sandbox: Sandbox, workload: Workload, stop_id: str) -> Workload:
        """One that somebody scaled up after an earlier stop is to get the size back that it has now."""
        _check_stoppable(workload, stop_id)
        return self._changed(sandbox, workload, stopping(workload, stop_id))

    def resume(self, sandbox: Sandbox, workload: Workload, size: int, stop_id: str) -> Workload:
        if size < 0 or not stop_id:
            raise ValueError("a size is at least 0, and a stop has an id")
        lost = not workload.stop and not workload.size
        if workload.stop != stop_id and not lost:
            raise FencedError(f"{_words(sandbox, workload)} was stopped by {workload.stop or 'nobody'}, not {stop_id}")
        return self._changed(sandbox, workload, resuming(workload, size))

    def rehearse(self, sandbox: Sandbox, workload: Workload, stop_id: str) -> None:
        _check_stoppable(workload, stop_id)
        self._changed(sandbox, workload, stopping(workload, stop_id), rehearsal=True)

    def _changed(self, sandbox: Sandbox, before: Workload, change: Json, *, rehearsal: bool = False) -> Workload:
        plural = PLURALS[before.kind]
        path = GROUPS[before.kind] + path_of("namespaces", sandbox.namespace, plural, before.name)
        try:
            given = self._client.patch(path, change, rehearsal=rehearsal)
        except ConflictError as error:
            raise FencedError(f"{_words(sandbox, before)} changed since it was read") from error
        except MissingError as error:
            if (error.kind, error.name) in ((plural, before.name), ("namespaces", sandbox.namespace)):
                raise GoneError(f"{_words(sandbox, before)} is gone") from error
            raise
        after = workload(before.kind, given)
        if after.uid != before.uid:
            raise BackendError(f"{_words(sandbox, before)} is another one than was read")
        return after


def _check_stoppable(workload: Workload, stop_id: str) -> None:
    """A stop that holds belongs to its id alone; an original size that cannot be read would be lost."""
    if not stop_id:
        raise ValueError("a stop has an id")
    if workload.stop == UNREADABLE or (workload.stop not in ("", stop_id) and workload.size == 0):
        raise FencedError(f"{workload.kind} {workload.name} has the mark of another stop: {workload.stop}")


def _words(sandbox: Sandbox, workload: Workload) -> str:
    return f"{workload.kind} {sandbox.namespace}/{workload.name}"
