"""Standard streams that fail: nothing of the command is lost, and nothing ends in a traceback."""

import errno
import io
import sys
from typing import NoReturn

import pytest

from sensorsim.core.standard_streams import standard_streams


class Broken(io.StringIO):
    """A stream that fails as a full disk or a closed pipe does."""

    def __init__(self, number: int, text: str) -> None:
        super().__init__()
        self.error = OSError(number, text)

    def write(self, _: str) -> NoReturn:
        raise self.error

    def flush(self) -> NoReturn:
        raise self.error


def test_a_full_output_is_one_line_and_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdout", Broken(errno.ENOSPC, "No space left on device"))
    with pytest.raises(SystemExit) as end, standard_streams("sensorsim"):
        print("result")
    assert end.value.code == 1
    assert capsys.readouterr().err == "sensorsim: standard output: No space left on device\n"


def test_output_that_stays_in_the_buffer_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Broken(errno.ENOSPC, "No space left on device")
    monkeypatch.setattr(stream, "write", len)
    monkeypatch.setattr(sys, "stdout", stream)
    with pytest.raises(SystemExit) as end, standard_streams("sensorsim"):
        print("result")
        sys.exit(0)
    assert end.value.code == 1


def test_a_reader_that_ended_is_told_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdout", Broken(errno.EPIPE, "Broken pipe"))
    with pytest.raises(SystemExit) as end, standard_streams("sensorsim"):
        print("result")
    assert end.value.code == 1
    assert capsys.readouterr().err == ""


def test_messages_that_cannot_be_written_do_not_stop_the_result(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stderr", Broken(errno.ENOSPC, "No space left on device"))
    with standard_streams("sensorsim"):
        print("note", file=sys.stderr, flush=True)
        print("result")
    assert capsys.readouterr().out == "result\n"


def test_a_fault_of_another_file_stays_what_it_is() -> None:
    with pytest.raises(OSError, match="No space left"), standard_streams("sensorsim"):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_missing_streams_take_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    with standard_streams("sensorsim"):
        print("result")
        print("note", file=sys.stderr)
    assert sys.stdout is None


@pytest.mark.parametrize(("encoding", "text"), [("ascii", "?1 ?m"), ("cp437", "±1 µm")])
def test_what_an_encoding_lacks_becomes_a_question_mark(
    monkeypatch: pytest.MonkeyPatch, encoding: str, text: str
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
    with standard_streams("sensorsim"):
        print("±1 \N{MICRO SIGN}m", end="")
        sys.stdout.writelines([])
    assert raw.getvalue().decode(encoding) == text
