"""A believable market of customers who order, pay, dispute and fail; pure and the same for the same seed."""
