"""`make demo` under another policy than the default: what it does not have is left out, and nothing else."""

from pathlib import Path

from kaizen.policy.store import DEFAULT_FILE
from tests.stack.test_processes import local


def test_a_policy_without_streams_and_with_other_labels(tmp_path: Path) -> None:
    default = DEFAULT_FILE.read_text(encoding="utf-8")
    text = default[: default.index("[[streams]]")]
    for old, new in (("labels = []  ", 'labels = ["ticket"]  '), ("slack/default-webhook", "slack/another")):
        assert old in text
        text = text.replace(old, new, 1)
    policy = tmp_path / "policy.toml"
    policy.write_text(text)
    done = local("demo", "--port", "0", "--policy", str(policy), seconds=900)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the samples of phase are left out: the policy has no [[streams]]" in done.stdout
    assert "✓ tickets: 6 open" in done.stdout
    assert "phase handshake" not in done.stdout
