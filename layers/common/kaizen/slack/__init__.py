"""Messages to Slack: `escape` makes text safe, `packer` keeps within limits, `client` posts, `outbox` remembers."""
