"""What `run` and `demo` do: bring the stack up, replay the sample deliveries, and show or check the outcome."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kaizen.policy.document import PolicyError, parse
from kaizen.policy.store import DEFAULT_FILE
from kaizen.times import utc_now
from local import checks, deliveries, paths
from local.errors import LocalError
from local.source import Source
from local.stack import Stack
from local.viewer import Viewer

# What the clock would play later: a person wants to see it now.
SCHEDULED: tuple[tuple[str, dict[str, Any]], ...] = (("TicketStatistics", {}), ("TicketDigest", {"force": True}))


def say(text: str) -> None:
    print(text, flush=True)


# A history that reaches the first level above the frames, and the live stream that goes on after it.
STREAM, HERTZ = "kuramoto", 10.0
PAST_OSCILLATORS, PAST_FRAMES = 5_000, 1_100


def run(port: int, policy: str | None, oscillators: int, ended: threading.Event) -> int:
    """Up until `ended` is set; 0."""
    stack = _started(port, policy)
    try:
        replay(stack, ended)
        oscillate(stack, oscillators, ended)
        watch(stack, ended)
        if not ended.is_set():
            _show(stack)
        ended.wait()
        say("\nending …")
    finally:
        stack.stop()
    return 0


def demo(port: int, policy: str | None, oscillators: int, ended: threading.Event) -> int:
    """Each step checked and told; 0 when all hold, else 1."""
    stack = _started(port, policy)
    try:
        replay(stack, ended)
        oscillate(stack, oscillators, ended)
        failed = 0
        for name, check in checks.CHECKS:
            if ended.is_set():
                say("interrupted")
                return 1
            failed += not _checked(name, check, stack)
    finally:
        stack.stop()
    say("all steps hold" if not failed else f"{failed} of {len(checks.CHECKS)} steps do not hold")
    return 1 if failed else 0


def replay(stack: Stack, ended: threading.Event) -> None:
    """Post the sample deliveries through the door, wait for the tickets, then run what the clock would.

    Raises LocalError at the first that goes wrong; leaves off quietly when `ended` is set.
    """
    samples = deliveries.load(paths.DELIVERIES, utc_now())
    for sample in samples:
        if ended.is_set():
            return
        status, answer = deliveries.post(sample, stack.addresses.api, stack.webhook_secret)
        if status != 202:
            raise LocalError(f"the delivery {sample.name} was answered with {status}: {answer}")
    stack.drain()
    say(f"  {len(samples)} signed sample deliveries posted and applied")
    for name, event in SCHEDULED:
        result = stack.invoke(name, event)
        if result.error:
            raise LocalError(f"{name} failed: {result.error}; see {stack.logs / name}.log")
    say("  statistics computed, digest posted")


def oscillate(stack: Stack, oscillators: int, ended: threading.Event) -> None:
    """Post a history of one set of oscillators, then start the producer of another; nothing when ended.

    Raises LocalError when the door does not take the history.
    """
    if ended.is_set():
        return
    api, token = stack.addresses.api, stack.producer_token
    began = time.monotonic()
    Source(api, STREAM, token, PAST_OSCILLATORS, HERTZ, stack.say).history(PAST_FRAMES)
    stack.drain()
    say(f"  {PAST_FRAMES} frames of {PAST_OSCILLATORS} oscillators stored, in {time.monotonic() - began:.1f} s")
    stack.source = Source(api, STREAM, token, oscillators, HERTZ, stack.say)
    stack.source.start()
    say(f"  {oscillators} oscillators are simulated live, {HERTZ:.0f} frames a second")


def watch(stack: Stack, ended: threading.Event) -> None:
    """A viewer follows the stream, as somebody's open page does: savings are counted where frames are sent."""
    if not ended.is_set():
        stack.viewer = Viewer(stack.addresses.api, STREAM, stack.say)
        stack.viewer.start()
        say("  a simulated viewer follows them")


def _checked(name: str, check: Callable[[Stack], str], stack: Stack) -> bool:
    try:
        outcome = check(stack)
    except Exception as error:  # noqa: BLE001 - whatever a step raises is its failure, and the next one still runs
        say(f"  ✗ {name}: {error or type(error).__name__}")
        return False
    say(f"  ✓ {name}: {outcome}")
    return True


def _started(port: int, policy: str | None) -> Stack:
    stack = Stack(port, lambda text: say(f"  {text}"), policy_text(policy))
    say("Kaizen Loop on this machine")
    began = time.monotonic()
    stack.start()
    say(f"  up after {time.monotonic() - began:.1f} s")
    return stack


def policy_text(name: str | None) -> str | None:
    """The text of a policy file; None, for the layer's default, when there is no name.

    Raises LocalError when the policy that would be in force cannot be read or is refused.
    """
    path = DEFAULT_FILE if name is None else Path(name)
    try:
        text = path.read_text(encoding="utf-8")
        parse(text)
    except OSError as error:
        raise LocalError(f"cannot read the policy {path}: {error.strerror}") from error
    except (PolicyError, UnicodeDecodeError) as error:
        raise LocalError(f"{path} is no valid policy: {error}") from error
    return None if name is None else text


def _show(stack: Stack) -> None:
    links = stack.addresses
    say(f"""
  Start page   {links.start}/
  Inbox        {links.inbox}/
  Feed         {links.api}/feed.rss
               {links.api}/feed.atom
  Metrics      curl -H 'Authorization: Bearer {stack.metrics_token}' {links.api}/metrics
  Phases       {links.api}/phase/streams
  Webhook      {links.api}/github/webhook
  Logs         {stack.logs.relative_to(paths.ROOT)}/

  Ctrl-C ends it.""")
