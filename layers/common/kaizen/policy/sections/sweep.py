"""Which hooks of GitHub are looked after, and whose issues are compared with the tickets. Pure. Section [sweep]."""

from dataclasses import dataclass

from kaizen.policy.reader import Table, boolean, many, text

_OWNER, _NAME = r"[A-Za-z0-9][A-Za-z0-9-]{0,99}", r"(?!\.\.?(?:/|$))[A-Za-z0-9._-]{1,100}"
_HOOK = text(
    rf"app|orgs/{_OWNER}/hooks/[0-9]{{1,18}}|repos/{_OWNER}/{_NAME}/hooks/[0-9]{{1,18}}",
    'a hook: "app", "orgs/<organization>/hooks/<id>" or "repos/<owner>/<name>/hooks/<id>"',
)
_REPOSITORY = text(rf"{_OWNER}/{_NAME}", "a repository such as acme/shop")


@dataclass(frozen=True, slots=True)
class SweepPolicy:
    """`hooks` are paths of GitHub's API; `app` is the hook of the App that the stack is known by.

    `repositories` are those whose issues are compared, once a day. `dry_run`: it is only told what would be done.
    """

    hooks: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()
    dry_run: bool = False


def read(file: Table) -> SweepPolicy:
    if not file.has("sweep"):
        return SweepPolicy()
    table = file.table("sweep")
    found = SweepPolicy(
        hooks=table.get("hooks", many(_HOOK), ()),
        repositories=table.get("repositories", many(_REPOSITORY), ()),
        dry_run=table.get("dry_run", boolean, False),
    )
    table.close()
    return found
