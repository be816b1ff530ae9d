# SPDX-License-Identifier: MIT
"""A flash in memory whose power can be cut in the middle of any write, and a central system.

What a cut leaves of the file that was being written is given by its length: nothing, some bytes,
or all of them. Removing and renaming happen or do not happen.
"""

import io


class PowerCut(BaseException):
    """The power is gone. No `except Exception` of the firmware may catch it."""


class Flash:
    """Files by name. `cut_at`: number of the operation in which the power goes, None = never."""

    def __init__(self):
        self.files = {}
        self.operations = []  # (kind, name, bytes)
        self.cut_at = None
        self.cut_length = 0

    def happens(self, kind, name, size=0):
        """Note an operation; True when the power goes in it."""
        self.operations.append((kind, name, size))
        return self.cut_at is not None and len(self.operations) - 1 == self.cut_at

    def open(self, path, mode="r"):
        """A text file, as the function of that name gives it."""
        if "w" in mode:
            return Written(self, path)
        if path not in self.files:
            raise OSError(2, path)
        return io.StringIO(self.files[path])

    # What the firmware uses of os.

    def listdir(self):
        """Names of all files."""
        return sorted(self.files)

    def remove(self, path):
        """Remove; a cut comes just after."""
        if path not in self.files:
            raise OSError(2, path)
        cut = self.happens("remove", path)
        del self.files[path]
        if cut:
            raise PowerCut

    def rename(self, old, new):
        """Rename in one go; a cut comes just after."""
        cut = self.happens("rename", new)
        self.files[new] = self.files.pop(old)
        if cut:
            raise PowerCut


class Written(io.StringIO):
    """A file being written: what it held before is gone from the moment it was opened."""

    def __init__(self, flash, path):
        super().__init__()
        self._flash = flash
        self._path = path
        flash.files[path] = ""

    def __exit__(self, kind, *rest):
        if kind is None:
            text = self.getvalue()
            if self._flash.happens("write", self._path, len(text)):
                self._flash.files[self._path] = text[: self._flash.cut_length]
                raise PowerCut
            self._flash.files[self._path] = text
        return super().__exit__(kind, *rest)


class Csms:
    """Numbers transactions; the same start twice is the same transaction, as servers do it."""

    def __init__(self, flash):
        self._flash = flash
        self.reachable = True
        self.now = None  # callable -> unix seconds
        self.starts = {}  # (idTag, timestamp, meterStart) -> number
        self.stops = {}  # number -> payload
        self.sequence = []  # ("start" | "stop", number) in order of the first arrival
        self.complaints = []
        self.repeats = 0

    async def call(self, action, payload):
        """A CALL of the station: (error, answer), as Rpc.call. The power may go before both."""
        if not self.reachable:
            return "lost", None
        cut = self._flash.happens("call", action)
        answer = {}
        if action == "StartTransaction":
            key = (payload["idTag"], payload["timestamp"], payload["meterStart"])
            if key not in self.starts:
                self.starts[key] = 100 + len(self.starts)
                self.sequence.append(("start", self.starts[key]))
            else:
                self.repeats += 1
            answer = {"transactionId": self.starts[key], "idTagInfo": {"status": "Accepted"}}
        elif action == "StopTransaction":
            number = payload["transactionId"]
            if number not in self.starts.values():
                self.complaints.append("stop of unknown transaction %r" % number)
            if number in self.stops:
                self.repeats += 1
                if self.stops[number] != payload:
                    self.complaints.append("two different stops of %d" % number)
            else:
                self.stops[number] = payload
                self.sequence.append(("stop", number))
        if cut:
            raise PowerCut
        return None, answer
