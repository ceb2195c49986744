"""What the page shows, as JSON rows: one file for each subject, pure functions of the ledger."""
