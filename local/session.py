"""What `run` and `demo` do: bring the stack up, play each feature's samples, and show or check the outcome."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kaizen.policy.document import PolicyError, parse
from local import paths, startpage
from local.demo import FEATURES
from local.demo.feature import Check, Feature, after, left_out, short_name, stop
from local.demo.phase import OSCILLATORS
from local.errors import LocalError
from local.stack import Stack

SIDE_BY_SIDE = 3  # features whose samples are played at once: more would only wait for the processor


def say(text: str) -> None:
    print(text, flush=True)


@dataclass(frozen=True, slots=True)
class Up:
    """A stack that is up, its start page, and the features that can be shown under its policy."""

    stack: Stack
    page: str
    features: Sequence[Feature]


def run(port: int, policy: str | None, oscillators: int, ended: threading.Event) -> int:
    """Up until `ended` is set; 0. The links come first: whoever waits for the samples can look already.

    A feature whose samples fail is told of, and the others go on.
    """
    with _up(port, policy, oscillators, ended) as up:
        if not ended.is_set():
            _show(up)
        played = Played(up, ended)
        played.wait()
        for name, error in played.failed.items():
            up.stack.say(f"✗ the samples of {name}: {error}")
        if not ended.is_set():
            say("\n  All samples are in.")
        ended.wait()
        say("\nending …")
    return 0


def demo(port: int, policy: str | None, oscillators: int, ended: threading.Event) -> int:
    """Each step checked and told; 0 when all hold, else 1."""
    failed = 0
    with _up(port, policy, oscillators, ended) as up:
        played = Played(up, ended)
        played.wait()
        for error in played.failed.values():
            raise error
        steps = [step for feature in up.features for step in feature.CHECKS]
        for name, check in steps:
            if ended.is_set():
                say("interrupted")
                return 1
            failed += not _checked(name, check, up.stack)
    say("all steps hold" if not failed else f"{failed} of {len(steps)} steps do not hold")
    return 1 if failed else 0


class Played:
    """The features' samples, played side by side by threads that nobody has to wait for; `failed` is by feature."""

    def __init__(self, up: Up, ended: threading.Event) -> None:
        self._stack = up.stack
        self._ended = ended
        self._done = {short_name(feature): threading.Event() for feature in up.features}
        self._free = threading.Semaphore(SIDE_BY_SIDE)
        self.failed: dict[str, Exception] = {}
        for feature in up.features:
            threading.Thread(target=self._play, args=(feature,), name=short_name(feature), daemon=True).start()

    def wait(self) -> None:
        """Until all are played, or the end has come."""
        for each in self._done.values():
            while not each.wait(0.1):
                if self._ended.is_set():
                    return

    def _play(self, feature: Feature) -> None:
        for name in after(feature):
            if name in self._done:
                self._done[name].wait()
        try:
            with self._free:
                if not self._ended.is_set():
                    feature.play(self._stack, self._ended)
        except Exception as error:  # noqa: BLE001 - the others go on, and this is told
            if not self._ended.is_set():  # at the end, what it calls is gone
                self.failed[short_name(feature)] = error
        finally:
            self._done[short_name(feature)].set()


def _checked(name: str, check: Check, stack: Stack) -> bool:
    try:
        outcome = check(stack)
    except Exception as error:  # noqa: BLE001 - whatever a step raises is its failure, and the next one still runs
        say(f"  ✗ {name}: {error or type(error).__name__}")
        return False
    say(f"  ✓ {name}: {outcome}")
    return True


@contextmanager
def _up(port: int, policy: str | None, oscillators: int, ended: threading.Event) -> Iterator[Up]:
    """Everything is ended at the end, whatever happens in between."""
    stack = Stack(port, lambda text: say(f"  {text}"), policy_text(policy))
    stack.notes[OSCILLATORS] = oscillators
    say("Kaizen Loop on this machine")
    features = [feature for feature in FEATURES if _shown(feature, stack)]
    began = time.monotonic()
    page = startpage.serve(port + 2 if port else 0, stack, features)
    try:
        stack.start(ended)
        page.start()
        say(f"  up after {time.monotonic() - began:.1f} s")
        # Beside the samples, which begin at once: what they have not called by then is started here.
        threading.Thread(target=stack.warm, args=(ended,), name="warming", daemon=True).start()
        yield Up(stack, page.address, features)
    finally:
        for feature in features:
            stop(feature, stack)
        page.end()
        stack.stop()


def _shown(feature: Feature, stack: Stack) -> bool:
    reason = left_out(feature, stack)
    if reason:
        stack.say(f"the samples of {short_name(feature)} are left out: {reason}")
    return not reason


def policy_text(name: str | None) -> str:
    """The text of a policy file; that of the example when there is no name.

    Raises LocalError when the policy that would be in force cannot be read or is refused.
    """
    path = paths.POLICY if name is None else Path(name)
    try:
        text = path.read_text(encoding="utf-8")
        parse(text)
    except OSError as error:
        raise LocalError(f"cannot read the policy {path}: {error.strerror}") from error
    except (PolicyError, UnicodeDecodeError) as error:
        raise LocalError(f"{path} is no valid policy: {error}") from error
    return text


def _show(up: Up) -> None:
    stack, api = up.stack, up.stack.addresses.api
    links = [
        ("Start page", f"{up.page}/"),
        *((words, address) for address, words in stack.outside.links(stack.addresses.outside)),
        *((words, address) for feature in up.features for address, words in feature.links(stack)),
        ("Metrics", f"curl -H 'Authorization: Bearer {stack.secrets['metrics']}' {api}/metrics"),
        ("Webhook", f"{api}/github/webhook"),
        ("Logs", f"{stack.logs.relative_to(paths.ROOT)}/"),
    ]
    width = max(len(words) for words, _ in links)
    say(
        "\n"
        + "\n".join(f"  {words:<{width}}  {address}" for words, address in links)
        + "\n\n  Samples follow. Ctrl-C ends it at any time.\n"
    )
