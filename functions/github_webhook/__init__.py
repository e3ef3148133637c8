"""POST /github/webhook: verify, slim, publish, answer."""
