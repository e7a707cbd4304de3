"""The arguments of each command, and nothing that does its work.

Every function here imports what does the work when it is called. So `rushes --help` knows all commands and loads no
HTTP client, no service and no model.
"""
