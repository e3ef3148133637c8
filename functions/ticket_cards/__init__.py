"""Cards of tickets in Slack: one for each ticket and channel that subscribed to it, kept up to date in its place."""
