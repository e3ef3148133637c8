"""The policy as functions see it: the rules of tickets, and what each other section says."""

from dataclasses import dataclass, field

from kaizen.policy.sections.bandwidth import BandwidthPolicy
from kaizen.policy.sections.canary import CanaryPolicy
from kaizen.policy.sections.cards import PlainPosts
from kaizen.policy.sections.cors import CorsPolicy
from kaizen.policy.sections.dashboard_diff import DashboardDiffPolicy
from kaizen.policy.sections.dashboard_snapshot import DashboardSnapshotPolicy
from kaizen.policy.sections.feed import FeedPolicy
from kaizen.policy.sections.routes import Route
from kaizen.policy.sections.rule_lint import RuleLintPolicy
from kaizen.policy.sections.sandboxes import SandboxPolicy
from kaizen.policy.sections.streams import StreamPolicy
from kaizen.policy.sections.sweep import SweepPolicy
from kaizen.policy.sections.tickets import TicketRules


@dataclass(frozen=True, slots=True)
class Policy(TicketRules):
    """A field for each section of the document, named as the section. Those with a default may be left out of it."""

    routes: tuple[Route, ...]
    feed: FeedPolicy
    streams: tuple[StreamPolicy, ...] = ()
    canary: CanaryPolicy = field(default_factory=CanaryPolicy)
    bandwidth: BandwidthPolicy = field(default_factory=BandwidthPolicy)
    rule_lint: RuleLintPolicy = field(default_factory=RuleLintPolicy)
    dashboard_diff: DashboardDiffPolicy = field(default_factory=DashboardDiffPolicy)
    dashboard_snapshot: DashboardSnapshotPolicy = field(default_factory=DashboardSnapshotPolicy)
    sandboxes: SandboxPolicy = field(default_factory=SandboxPolicy)
    sweep: SweepPolicy = field(default_factory=SweepPolicy)
    cards: tuple[PlainPosts, ...] = ()
    cors: CorsPolicy = field(default_factory=CorsPolicy)

    def stream(self, name: str) -> StreamPolicy | None:
        """The stream of that id; None when the policy knows none."""
        return next((each for each in self.streams if each.id == name), None)
