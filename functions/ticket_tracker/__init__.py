"""Issue events become tickets, totals and feed items: one transaction per delivery."""
