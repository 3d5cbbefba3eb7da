"""The fault campaign: facts flow while workers are killed and paused, the broker restarts, state is deleted."""
