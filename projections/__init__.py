"""What follows from what is said: pure folds over the ledger."""
