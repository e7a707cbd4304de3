"""What every service of rushes runs on."""
