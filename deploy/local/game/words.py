"""Word lists, written as one would write them on paper."""


def words(text: str) -> tuple[str, ...]:
    """The words of a text, divided by white space."""
    return tuple(text.split())
