"""Every check: what it finds, why that matters, and what to do. `./kaizen rule_lint explain CHECK` prints it. Pure."""

from dataclasses import dataclass

from rule_lint.model import ERROR, WARNING, Level


@dataclass(frozen=True, slots=True)
class Check:
    """`fixed`: Prometheus itself refuses the file, so that neither a comment nor the policy turns it off."""

    name: str
    level: Level
    finds: str
    why: str
    todo: str
    example: str = ""
    fixed: bool = False


ALL = (
    Check(
        "absent", WARNING, "an alert on absent() without `for`",
        "absent() is true at once when a target restarts, or when Prometheus itself has just begun to scrape.",
        "Add a `for` of a few scrapes.", 'expr: absent(up{job="a"})',
    ),
    Check(
        "alert-clash", WARNING, "one alert and labels with different expressions that can have the same series",
        "Where both hold, Alertmanager takes them for one alert, and each resolves what the other one fires.",
        "Give one of them another name or a label of its own, or join them with `or`.",
    ),
    Check(
        "bool", WARNING, "an alert whose comparison has `bool`",
        "With `bool` a comparison gives 0 or 1 and drops nothing: the alert fires for every series, always.",
        "Remove `bool`.", "expr: up == bool 0",
    ),
    Check(
        "copy", WARNING, "alerts of different names with the same expression that are no escalation",
        "They fire for the same things, and two people are called for one fault.",
        "Keep one, or let them differ: a longer `for` and a higher severity make an escalation.",
    ),
    Check(
        "disable", WARNING, "a comment `# kaizen: disable …` that is over, or is not as it should be",
        "What is turned off for ever is forgotten. A date and a reason keep it in sight.",
        "Write `# kaizen: disable CHECK until YYYY-MM-DD reason`, or remove it.",
        "# kaizen: disable copy until 2027-03-01 both teams are called until the move",
    ),
    Check(
        "documents", WARNING, "rules in a second YAML document",
        "Prometheus reads the first document of a file alone.", "Move them into a file of their own.",
    ),
    Check(
        "duplicate", ERROR, "the same rule twice: name, labels and meaning of the expression",
        "Each evaluation counts, and notifications of the two mix.", "Keep one of them.",
    ),
    Check(
        "impossible", WARNING, "matchers that no series fits, or the pattern \"\"",
        "A selector that finds nothing is an alert that never fires.", "Mend the matchers.",
        'expr: x{a="b", a="c"} > 1',
    ),
    Check(
        "inverted-ladder", ERROR, "an alert that never fires without a more severe one",
        "It comes too late to warn of anything.",
        "Let the less severe alert fire first: change its threshold or `for`, or swap the severities.",
    ),
    Check(
        "no-comparison", WARNING, "an alert whose expression compares nothing",
        "It fires as long as there is a series, whatever its value is.", "Compare with a threshold.", "expr: up",
    ),
    Check(
        "overlap", WARNING, "two alerts of the same labels of which both fire for some values",
        "One thing calls twice.", "Narrow one of them, so that each thing has one alert.",
    ),
    Check(
        "promql", ERROR, "an expression that is no PromQL, up to Prometheus 3.16",
        "Prometheus refuses the whole file.", "Mend it.", "expr: sum(up", fixed=True,
    ),
    Check(
        "record-clash", ERROR, "one name and labels recorded by different expressions",
        "For the same series Prometheus gets two values at once, keeps one and drops the other.",
        "Give one of them another name or a label of its own.",
    ),
    Check(
        "redundant", WARNING, "an alert that never fires without another one of the same severity and labels",
        "It says nothing new.", "Remove one, or give them severities of their own.",
    ),
    Check(
        "removed", ERROR, "a rule that a change removes, though rules or dashboards still read it",
        "They find nothing from then on: an alert goes silent, a panel goes blank.",
        "Keep it, or change what reads it.",
    ),
    Check(
        "required", WARNING, "an alert without a label or annotation that the policy wants",
        "It reaches nobody, or nobody knows what to do.", "Add it.",
    ),
    Check(
        "rule-file", ERROR, "what Prometheus refuses a file for: keys, names, lengths, open templates",
        "No rule of the file is loaded.", "Mend it.", fixed=True,
    ),
    Check("template", "note", "a template of Helm, which is not read", "It is no YAML.", "Lint what it renders to."),
    Check(
        "undefined", WARNING, "a recording rule or alert that is read and that no file defines",
        "The expression finds nothing.",
        "Define it, mend the name, or list it in `rule_lint.recorded_elsewhere` of the policy.",
    ),
    Check(
        "unread", WARNING, "what is too long, too deep, known at query time only or no rules, and was not checked",
        "Nothing is said of it, good or bad.", "Look at it yourself.",
    ),
    Check(
        "untested", WARNING, "an alert that no promtool test names, where the policy says where tests lie",
        "Nobody has seen it fire, nor be silent.", "Add it to `alert_rule_test` of a test file.",
    ),
    Check("yaml", ERROR, "a file that is no YAML", "No rule of it is loaded.", "Mend it.", fixed=True),
)  # fmt: skip
BY_NAME = {each.name: each for each in ALL}


def explained(check: Check) -> str:
    lines = [f"{check.name} ({check.level}): {check.finds}.", "", f"Why:    {check.why}", f"To do:  {check.todo}"]
    lines += [f"Example: {check.example}"] if check.example else []
    if check.fixed:
        return "\n".join([*lines, "", "Prometheus refuses the file: this cannot be turned off."])
    off = f"# kaizen: disable {check.name} until YYYY-MM-DD reason"
    level = f'[rule_lint.checks]\n  {check.name} = "off"'
    lines += ["", "Turn it off above one rule, or at the top of a file, until a date:", f"  {off}"]
    return "\n".join([*lines, "or choose another level in the policy:", f"  {level}"])
