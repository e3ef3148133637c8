"""What owners of sandboxes press in Slack: verified, and put down for the reaper, which alone acts."""
