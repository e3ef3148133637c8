"""The policy: which issues are tickets, how soon they are due, who hears of them, and what each feature may do.

`sections` hold what there is to say, `document` reads the text, `store` knows which text is in force.
"""

from kaizen.policy.calendars import Calendar
from kaizen.policy.document import PolicyError, parse
from kaizen.policy.model import Policy
from kaizen.policy.sections.feed import FeedPolicy
from kaizen.policy.sections.routes import Route
from kaizen.policy.sections.streams import StreamPolicy
from kaizen.policy.sections.tickets import (
    OTHER,
    UNASSIGNED,
    UNKNOWN,
    Clock,
    Component,
    Severity,
    SlaTarget,
)

__all__ = [
    "OTHER",
    "UNASSIGNED",
    "UNKNOWN",
    "Calendar",
    "Clock",
    "Component",
    "FeedPolicy",
    "Policy",
    "PolicyError",
    "Route",
    "Severity",
    "SlaTarget",
    "StreamPolicy",
    "parse",
]
