"""Views: what people look at, folded from ledger records over the state that the same core evolves from them.

Nothing is decided here. Each file folds one thing; `partition_view.py` drives them record by record.
"""
