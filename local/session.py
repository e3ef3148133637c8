"""What `run` and `demo` do: bring the stack up, play each feature's samples, and show or check the outcome."""

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
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
        _show(up)
        failed = _play(up, ended)
        for name, error in failed.items():
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
        for error in _play(up, ended).values():
            raise error
        steps = [step for feature in up.features for step in feature.CHECKS]
        for name, check in steps:
            if ended.is_set():
                say("interrupted")
                return 1
            failed += not _checked(name, check, up.stack)
    say("all steps hold" if not failed else f"{failed} of {len(steps)} steps do not hold")
    return 1 if failed else 0


def _play(up: Up, ended: threading.Event) -> dict[str, LocalError]:
    """Play the features' samples side by side, each after those that it names; what failed, by feature."""
    failed: dict[str, LocalError] = {}

    def play(feature: Feature, before: Sequence[Future[None]]) -> None:
        wait(before)
        try:
            if not ended.is_set():
                feature.play(up.stack, ended)
        except LocalError as error:
            failed[short_name(feature)] = error

    with ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="samples") as pool:
        begun: dict[str, Future[None]] = {}
        for feature in up.features:
            before = [begun[name] for name in after(feature) if name in begun]
            begun[short_name(feature)] = pool.submit(play, feature, before)
        for each in begun.values():
            each.result()
    return failed


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
        stack.start()
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
