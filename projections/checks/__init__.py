"""Order checks by topic: plain functions of one signature that answer with a reason, or None where all is well."""
