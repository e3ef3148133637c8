"""Who may do what: tokens with RBAC rules (https://kubernetes.io/docs/reference/access-authn-authz/rbac/). Pure."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """As in a ClusterRole; `*` is any. `namespaces` are those of RoleBindings; none is the whole cluster."""

    groups: Sequence[str]
    resources: Sequence[str]
    verbs: Sequence[str]
    namespaces: Sequence[str] = ()

    def allows(self, group: str, resource: str, verb: str, namespace: str) -> bool:
        return (
            _in(group, self.groups)
            and _in(resource, self.resources)
            and _in(verb, self.verbs)
            and (not self.namespaces or namespace in self.namespaces)
        )


@dataclass(frozen=True, slots=True)
class User:
    name: str
    rules: Sequence[Rule]

    def may(self, verb: str, group: str, resource: str, namespace: str) -> bool:
        return any(each.allows(group, resource, verb, namespace) for each in self.rules)


ADMIN = (Rule(["*"], ["*"], ["*"]),)


def _in(what: str, listed: Sequence[str]) -> bool:
    return "*" in listed or what in listed


def rules(manifest: Sequence[dict[str, list[str]]], namespaces: Sequence[str] = ()) -> tuple[Rule, ...]:
    """The `rules` of a Role or ClusterRole, bound in the whole cluster or in some namespaces."""
    return tuple(Rule(each["apiGroups"], each["resources"], each["verbs"], namespaces) for each in manifest)
