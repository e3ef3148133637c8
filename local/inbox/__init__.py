"""One page that stands for the outside world: it takes what Slack would take, as strictly, and shows it to a person."""
