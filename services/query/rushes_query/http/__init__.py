"""The HTTP door: routes that check what is asked, ask the core, and nothing else."""
