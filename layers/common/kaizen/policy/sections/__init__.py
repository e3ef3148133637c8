"""The sections of the policy, a module each: a frozen dataclass, how it is read, what contradicts it."""
