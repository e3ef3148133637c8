"""What owners press in Slack, and what sandboxes say themselves: verified, and put down for the reaper, which acts."""
