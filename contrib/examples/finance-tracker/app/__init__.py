"""Finance Tracker: what we owe to suppliers, what is in stock, and who must be told."""
