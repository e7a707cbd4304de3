"""One module for each command or group of commands: its options and what it does.

`rushes_cli.main` imports a module when its command is called. Modules here may import services and models.
"""
