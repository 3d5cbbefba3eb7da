"""A virtual cluster: the worker as it is, over a log, a network, disks and a clock that follow from a seed."""
