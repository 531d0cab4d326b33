"""The short form of the chaos run: what `./dev chaos` does, with fewer messages."""

import pytest

from .run import SHORT, run


@pytest.mark.timeout(400)
def test_nothing_is_lost_doubled_or_out_of_order(workspace, capsys):
    result = run(workspace, SHORT)
    with capsys.disabled():
        print(f"\nchaos: {result.verdict.line}")
    assert result.verdict.ok, "\n".join(result.lines)
    # Some replies have a picture, which is a message of its own.
    assert result.verdict.went >= SHORT.replies and result.verdict.came >= SHORT.messages
    assert result.figures["servers killed"] and result.figures["database restarts"] and result.hits
