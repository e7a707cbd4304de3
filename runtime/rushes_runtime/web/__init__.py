"""HTTP as every service speaks it: problem details, health, metrics."""
