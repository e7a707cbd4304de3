"""What runs on this machine: all services in one process, and an instance in a process of its own."""
