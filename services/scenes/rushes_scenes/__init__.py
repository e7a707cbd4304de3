"""The scenes service: finds the shots of each segment, takes keyframes from them, and adds the words spoken in them."""
