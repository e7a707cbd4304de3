"""What can be wrong with a question, beyond its form."""

from rushes_runtime.errors import InvalidError


class NotFound(InvalidError):
    """Nothing has this id. The doors answer it as 404 and as NOT_FOUND."""

    def __init__(self, sentence: str) -> None:
        super().__init__("not_found", sentence)
