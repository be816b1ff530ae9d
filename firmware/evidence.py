# SPDX-License-Identifier: MIT
"""Evidence of an activation: a row each 100 ms from 10 s before it to 15 min after it, in flash.

The last 30 s are always in memory. From an activation on they go to a file in pieces, each with
its own checksum, so that a power cut costs the piece that was being written and no other. Two
files take turns; each is bounded. Operators ask for this: Svenska kraftnat wants 100 ms from 10 s
before to 15 min after.

File: header of 32 bytes, then pieces: "RC", u16 rows, rows, u32 CRC-32 of the rows. All little
endian. A row of 16 bytes: u32 ticks in ms, i16 frequency less nominal in mHz (-32768: none), i16
asked, u16 baseline, u16 offered, u16 delivered (all four in 10 mA per phase), u8 reason
(control.limits.REASONS; 0 none), u8 flags.
"""

import binascii
import os
import struct

ROWS = 300
PRE_ROWS = 100
POST_ROWS = 9000
ARMED = 1
LATCHED = 2
HELD = 4

_ROW = "<IhhHHHBB"
_ROW_BYTES = 16
_HEADER = "<6sHIIIHHII"
_MAGIC = b"GPEV1\0"
_PIECE = 50
_NAMES = ("grid0.bin", "grid1.bin")


def _small(value, low, high):
    return low if value < low else high if value > high else value


class Evidence:
    """recording: rows are being kept. truncated: the file was full. file: its name."""

    def __init__(self, nominal_mhz, max_kb):
        self.recording = False
        self.truncated = False
        self.file = ""
        self.rows = 0  # of this file
        self._nominal_mhz = nominal_mhz
        self._most = max_kb * 1024
        self._ring = bytearray(ROWS * _ROW_BYTES)
        self._written = 0  # rows since boot
        self._saved = 0
        self._size = 0
        self._left = 0
        self._sequence, self._slot = self._newest()

    def _newest(self):
        """(sequence, slot) of the newest file in flash."""
        newest = (0, 1)
        for slot in (0, 1):
            try:
                with open(_NAMES[slot], "rb") as file:
                    head = file.read(8)
            except OSError:
                continue
            if head[:6] == _MAGIC and len(head) == 8:
                number = struct.unpack_from("<H", head, 6)[0]
                if number > newest[0]:
                    newest = (number, slot)
        return newest

    def row(self, t_ms, mhz, asked_ma, base_ma, offered_ma, drawn_ma, reason, flags):
        """Note one row, every 100 ms. mhz 0: no frequency."""
        off_mhz = _small(mhz - self._nominal_mhz, -32767, 32767) if mhz else -32768
        at = self._written % ROWS * _ROW_BYTES
        struct.pack_into(
            _ROW, self._ring, at, t_ms, off_mhz, _small(asked_ma // 10, -32768, 32767),
            _small(base_ma // 10, 0, 65535), _small(offered_ma // 10, 0, 65535),
            _small(drawn_ma // 10, 0, 65535), reason & 255, flags,
        )  # fmt: skip
        self._written += 1
        if self.recording:
            self._left -= 1
            if self._left <= 0:
                self.flush()
                self.recording = False

    def begin(self, t_ms, unix_s):
        """An activation: start a file, or go on with the one of an activation just before."""
        self._left = POST_ROWS
        if self.recording:
            return
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._slot = 1 - self._slot
        self.file = _NAMES[self._slot]
        self.truncated = False
        self.rows = 0
        self._saved = max(0, self._written - PRE_ROWS)
        header = struct.pack(
            _HEADER, _MAGIC, self._sequence, t_ms, unix_s or 0, self._nominal_mhz, 100, 0, 0, 0
        )
        with open(self.file, "wb") as file:
            file.write(header)
        self._size = len(header)
        self.recording = True

    def extend(self):
        """The activation goes on: 15 minutes count from now."""
        self._left = POST_ROWS

    @property
    def waiting(self):
        """Rows that are not in flash yet."""
        return self._written - self._saved if self.recording else 0

    def poll(self, calm):
        """Write a piece when it disturbs nobody, or when there is no room left."""
        waiting = self.waiting
        if waiting >= ROWS - 2 * _PIECE or (calm and waiting >= _PIECE):
            self.flush()

    def flush(self):
        """Write all waiting rows as one piece, whole pieces of 50 rows at most at a time."""
        while self.recording and self._saved < self._written:
            count = min(_PIECE, self._written - self._saved)
            if self._size + count * _ROW_BYTES + 8 > self._most:
                self.truncated = True
                self._saved = self._written
                return
            rows = bytearray(count * _ROW_BYTES)
            for i in range(count):
                at = (self._saved + i) % ROWS * _ROW_BYTES
                rows[i * _ROW_BYTES : (i + 1) * _ROW_BYTES] = self._ring[at : at + _ROW_BYTES]
            piece = b"RC" + struct.pack("<H", count) + rows
            piece += struct.pack("<I", binascii.crc32(rows) & 0xFFFFFFFF)
            with open(self.file, "ab") as file:
                file.write(piece)
            self._size += len(piece)
            self._saved += count
            self.rows += count


def rows(path):
    """Each row of a file as a tuple, up to the first damaged piece; none when there is no file."""
    try:
        with open(path, "rb") as file:
            file.read(struct.calcsize(_HEADER))
            while True:
                head = file.read(4)
                if len(head) < 4 or head[:2] != b"RC":
                    return
                size = struct.unpack_from("<H", head, 2)[0] * _ROW_BYTES
                body = file.read(size)
                end = file.read(4)
                if len(body) < size or len(end) < 4:
                    return
                if struct.unpack("<I", end)[0] != binascii.crc32(body) & 0xFFFFFFFF:
                    return
                for at in range(0, size, _ROW_BYTES):
                    yield struct.unpack_from(_ROW, body, at)
    except OSError:
        return


def read(path):
    """All rows of a file as a list; a board has no memory for more than a few hundred."""
    return list(rows(path))


def remove():
    """Delete all evidence (tests, decommissioning)."""
    for name in _NAMES:
        try:
            os.remove(name)
        except OSError:
            pass
