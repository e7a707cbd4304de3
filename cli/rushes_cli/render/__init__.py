"""What is shown, made of what was answered. Pure: nothing here fetches or prints."""
