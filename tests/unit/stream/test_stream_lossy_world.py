"""Viewers in a world that loses, doubles, reorders and damages: each shows the producer's frames, or asks anew.

And after every step the savings are what they say they are.
"""

import base64
import json
import random
import shutil
import subprocess
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from kaizen.phase.frames import Baseline
from kaizen.phase.quantise import BITS
from phase_stream.plan import Mark, Resync
from tests.effort import examples
from tests.unit.stream.source import NAME, Source, turning, uniform
from tests.unit.stream.world import COUNTERS, Answer, MemoryStore, Viewer, World

DECODER = Path(__file__).parents[3] / "functions" / "phase_heatmap" / "web" / "decode.js"
DRIVER = Path(__file__).with_name("decode_sessions.mjs")
CODINGS = ("zstd", "br", "gzip", "identity")
SENT, FULL, SAVED, RETRANSMITTED, RESYNCS = COUNTERS


class Play:
    """One producer, some viewers, and the answers that are on their way."""

    def __init__(self, seed: int, bits: int, motion: str) -> None:
        self.random = random.Random(seed)
        moved = uniform(seed) if motion == "uniform" else turning(0.01 if motion == "noisy" else 0.0, seed)
        self.source = Source(bits=bits, motion=moved, predictors=random.Random(seed))
        self.source.begin(7, 3)
        self.store = MemoryStore(self.source)
        self.world = World(self.store)
        self.viewers = [self.viewer()]
        self.flying: list[tuple[Viewer, Answer]] = []
        self.before = self.store.totals()
        self.reasons: Counter[str] = Counter()
        self.sent: defaultdict[str, set[Mark]] = defaultdict(set)  # by viewer, the last frames of answers

    def viewer(self) -> Viewer:
        return Viewer(self.source, self.random.choice(CODINGS))

    def ask(self, viewer: Viewer, most: int = 0, *, columns: bool = False, again: bool = False) -> Answer:
        query = viewer.query | ({"max": str(most)} if most else {}) | ({"columns": "1"} if columns else {})
        request_id = f"request-{next(iter(self.world.ids))}"
        self.before = self.store.totals()
        answer = self.world.get(NAME, query, viewer.coding, request_id=request_id)
        assert answer.status in (200, 204), answer.body
        if answer.status == 200:
            self.reasons[answer.reason] += 1
            self.check_counted(viewer, answer)
        if again:
            self.before = self.store.totals()
            assert self.world.get(NAME, query, viewer.coding, request_id=request_id) == answer
            if answer.status == 200:
                self.check_counted(viewer, answer)
                assert self.store.totals()[SAVED] == self.before[SAVED], "what is sent again saves nothing"
        self.flying.append((viewer, answer))
        return answer

    def check_counted(self, viewer: Viewer, answer: Answer) -> None:
        moved = {name: value - self.before[name] for name, value in self.store.totals().items()}
        sent = self.sent[viewer.name]
        goes_on = answer.reason == "none" and viewer.mark == max(sent, key=lambda mark: (mark.epoch, mark.seq))
        sent.add(Mark.parse(answer.headers["etag"].strip('"')))
        assert moved[SENT] == len(answer.body)
        assert moved[FULL] == (int(answer.headers["phase-bytes-full"]) if goes_on else len(answer.body))
        assert moved[SENT] + moved[SAVED] == moved[FULL]
        lost = answer.reason in ("gap", "crc", "too-old") or (answer.reason == "none" and not goes_on)
        assert moved[RETRANSMITTED] == (len(answer.body) if lost else 0)
        assert moved[RESYNCS] == (answer.reason != "none")

    def deliver(self, *, keep: bool = False, flip: bool = False) -> None:
        if not self.flying:
            return
        place = self.random.randrange(len(self.flying))
        viewer, answer = self.flying[place] if keep else self.flying.pop(place)
        if flip and answer.body:
            damaged = bytearray(answer.body)
            damaged[self.random.randrange(len(damaged))] ^= 1 << self.random.randrange(8)
            answer = Answer(answer.status, answer.headers, bytes(damaged))
        viewer.receive(answer)

    def calm(self) -> None:
        """Nothing is lost any more: everyone arrives at the newest frame, and stays there."""
        self.flying.clear()
        for viewer in self.viewers:
            for _ in range(4):
                viewer.receive(self.ask(viewer))
            assert viewer.mark == self.source.newest
            assert self.ask(viewer).status == 204
        self.flying.clear()

    def check_totals(self) -> None:
        totals = self.store.totals()
        assert totals[SENT] + totals[SAVED] == totals[FULL]
        assert totals[RETRANSMITTED] <= totals[SENT]
        assert totals[SENT] == sum(each.sent for each in self.store.tallies)
        assert all(totals[name] >= self.before[name] for name in COUNTERS)

    def step(self) -> None:
        """Any one thing that happens."""
        dice = self.random.random()
        if dice < 0.25:
            self.source.post(
                self.random.choice((1, 1, 3, 9, 20)),
                gap=self.random.choice((0, 0, 0, 1, 30)),
                missing=self.random.random() < 0.15,
                late_us=self.random.choice((0, 0, 0, 10_000, 300_000)),
            )
        elif dice < 0.28:
            self.source.begin(
                self.source.newest.epoch + self.random.choice((1, 60)),
                self.random.randrange(1, 30),
                first_seq=self.random.choice((0, 5)),
                rows=self.random.choice((3, 20, 41)),
            )
        elif dice < 0.32 and len(self.viewers) < 5:
            self.viewers.append(self.viewer())
        elif dice < 0.65:
            viewer = self.random.choice(self.viewers)
            most = self.random.choice((0, 0, 1, 5))
            self.ask(viewer, most, columns=self.random.random() < 0.2, again=self.random.random() < 0.2)
        elif dice < 0.70 and self.flying:
            self.flying.pop(self.random.randrange(len(self.flying)))
        else:
            self.deliver(keep=self.random.random() < 0.1, flip=self.random.random() < 0.1)
        self.check_totals()


@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("motion", ["clean", "noisy"])
def test_a_long_play(bits: int, motion: str) -> None:
    play = Play(bits, bits, motion)
    for number in range(1200):
        play.step()
        if number % 100 == 99:
            play.calm()
    play.calm()
    assert set(play.reasons) == {each.value for each in Resync}, "each reason came up"
    assert play.store.totals()[SAVED] > 0


def test_random_phases_save_nothing() -> None:
    play = Play(5, 16, "uniform")
    play.source.rows = 400
    play.source.begin(9, 3)
    for _ in range(300):
        play.step()
    play.calm()
    assert play.store.totals()[SENT] > 100_000
    # What a lucky cut saves by, a few bytes of hundreds, is really not sent.
    assert play.store.totals()[SAVED] <= play.store.totals()[FULL] * 0.001


class LossyWorld(RuleBasedStateMachine):
    """The same, in orders that Hypothesis thinks up and shortens."""

    @initialize(seed=st.integers(0, 1 << 16), bits=st.sampled_from(BITS), motion=st.sampled_from(("clean", "uniform")))
    def begin(self, seed: int, bits: int, motion: str) -> None:
        self.play = Play(seed, bits, motion)

    @rule(
        count=st.integers(1, 30),
        gap=st.sampled_from((0, 0, 1, 9)),
        missing=st.booleans(),
        late=st.sampled_from((0, 16_000, 17_000, 1_000_000)),
    )
    def post(self, count: int, gap: int, missing: bool, late: int) -> None:
        self.play.source.post(count, gap=gap, missing=missing, late_us=late)

    @rule(count=st.integers(1, 12), rows=st.integers(1, 33), first=st.sampled_from((0, 3)))
    def begin_epoch(self, count: int, rows: int, first: int) -> None:
        self.play.source.begin(self.play.source.newest.epoch + 1, count, first_seq=first, rows=rows)

    @rule()
    def join(self) -> None:
        self.play.viewers.append(self.play.viewer())

    @rule(data=st.data(), most=st.sampled_from((0, 1, 2, 7)), columns=st.booleans(), again=st.booleans())
    def ask(self, data: st.DataObject, most: int, columns: bool, again: bool) -> None:
        self.play.ask(data.draw(st.sampled_from(self.play.viewers)), most, columns=columns, again=again)

    @rule(keep=st.booleans(), flip=st.booleans())
    def deliver(self, keep: bool, flip: bool) -> None:
        self.play.deliver(keep=keep, flip=flip)

    @rule()
    def lose(self) -> None:
        if self.play.flying:
            self.play.flying.pop()

    @rule()
    def calm(self) -> None:
        self.play.calm()

    @invariant()
    def counted(self) -> None:
        if hasattr(self, "play"):
            self.play.check_totals()


LossyWorld.TestCase.settings = settings(
    max_examples=examples(60), stateful_step_count=30, suppress_health_check=[HealthCheck.too_slow]
)
TestLossyWorld = LossyWorld.TestCase


def test_the_pages_decoder_follows_as_ours_does() -> None:
    """decode.js over the bodies that viewers got, damaged and repeated ones too, with the state that it has itself."""
    sessions = []
    for bits in BITS:
        play = Play(bits + 100, bits, "clean")
        for _ in range(250):
            play.step()
        play.calm()
        sessions += [viewer.session for viewer in play.viewers]
    outcomes = {outcome for session in sessions for _, outcome in session}
    assert {"baseline", "coding", "state-crc"} <= outcomes, "some bodies did not fit"
    for session, results in zip(sessions, in_node(sessions), strict=True):
        assert results == [outcome for _, outcome in session]


def in_node(sessions: list[list[tuple[bytes, str]]]) -> list[list[str]]:
    """What decode.js makes of each body on top of those before: the frame it then has, or why it refused."""
    node = shutil.which("node")
    if node is None:
        pytest.fail("node is not installed: the page's decoder cannot be tested without it (Debian package `nodejs`)")
    given = json.dumps([[base64.b64encode(body).decode() for body, _ in session] for session in sessions])
    done = subprocess.run(
        [node, str(DRIVER), str(DECODER)], input=given, capture_output=True, text=True, check=False, timeout=3600
    )
    assert done.returncode == 0, done.stderr
    results: list[list[str]] = json.loads(done.stdout)
    return results


def test_a_cold_process_gives_what_a_warm_one_gives() -> None:
    """The state after a frame is the same however the client came there, and in whichever process it is made anew."""
    source = Source(predictors=random.Random(3))
    source.begin(7, 2)
    worlds = [World(MemoryStore(source)) for _ in range(4)]
    viewers = [Viewer(source) for _ in worlds]
    states: dict[Mark, Baseline] = {}
    for count in (1, 5, 9, 3, 1, 1, 14, 2, 2, 6, 1):
        source.post(count, missing=count in (9, 6))
        for world, viewer, most in zip(worlds, viewers, (1, 2, 5, 120), strict=True):
            while viewer.mark != source.newest:
                viewer.receive(world.get(NAME, viewer.query | {"max": str(most)}))
                assert viewer.baseline is not None
                assert viewer.mark is not None
                known, state = states.setdefault(viewer.mark, viewer.baseline), viewer.baseline
                for name in ("last", "step", "rate"):
                    assert (getattr(known.angles, name) == getattr(state.angles, name)).all()
                assert (known.predictor, known.has_mask) == (state.predictor, state.has_mask)
    assert len(states) == source.newest.seq + 1
