"""Videos out of one installation and into another, as tar archives of what the blob store holds of them."""
