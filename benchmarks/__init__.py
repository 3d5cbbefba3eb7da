"""Measurements: Obligor beside other engines, its full step, its latency. `python -m benchmarks --help` lists them."""
