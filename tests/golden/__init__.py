"""Golden ledgers: one a core version, byte for byte; a change of a rule shows here before it shows in an audit."""
