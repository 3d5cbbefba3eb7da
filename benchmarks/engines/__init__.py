"""One program for each engine: `python -m benchmarks.engines.<name> BROKERS PREFIX DIRECTORY`, until it is killed."""
