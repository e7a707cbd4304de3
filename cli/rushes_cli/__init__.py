"""The command `rushes`, and the one package that may import every service."""
