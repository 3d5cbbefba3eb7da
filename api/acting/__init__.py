"""What others tell Obligor over HTTP: decisions of the desk, facts of programs, questions at a checkpoint."""
