"""Subscriptions: which tickets a channel hears of. slack_commands writes them, ticket_cards reads them."""
