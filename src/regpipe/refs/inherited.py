"""What a file has from the one that includes it."""

from regpipe.refs.variables import Values


class Inherited:
    """What a file has from one that includes it; two are equal only if they are the same.

    Args:
        variables: the variables of that file, which win over the file's own.
        inputs: what it gives as inputs.
        is_included: whether there is such a file.
    """

    def __init__(self, variables: Values, inputs: Values, *, is_included: bool = True) -> None:
        self.variables = variables
        self.inputs = inputs
        self.is_included = is_included


NOTHING = Inherited({}, {}, is_included=False)
"""What a file has that no other one includes."""
