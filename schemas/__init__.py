"""What is said: facts, decisions, envelope, reasons, money, policy and their codec."""
