"""How the example media are made: fetch the sources, cut the films, write the ground truth."""
