"""POST /slack/interaction: verify, slim, publish, answer 200. What a press does is up to the feature it belongs to."""
