"""What a command that succeeds, or is refused, leaves behind."""


def succeed(result):
    """The output of a command that worked."""
    assert result.code == 0, result
    assert "Traceback" not in result.errors
    return result.out


def refuse(result):
    """The one sentence of a command that refused its input."""
    assert result.code == 2, result
    assert result.out == ""
    (line,) = result.errors.splitlines()
    assert line.startswith("Error: ")
    assert line.endswith(".")
    return line.removeprefix("Error: ")
