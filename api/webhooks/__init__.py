"""Decisions and alerts sent to other programs by HTTP, signed, in order, until they are taken."""
