# SPDX-License-Identifier: MIT
"""Mounts a folder of packs as a read-only file system, for importing from it.

littlefs gives each file a block of 4096 bytes, so 150 small modules would fill a Pico's flash
with air. A pack holds the modules of one folder: lines "name offset size bits", an empty line, the
data of each module deflated with a window of 2**bits bytes (no "bits": not deflated, as packs once
were). It keeps no index in memory; a look-up reads the lines again, and imports are rare.
"""

import io


class Module(io.IOBase):
    """One module inside a pack, as a stream for the importer."""

    def __init__(self, pack, size):
        self._pack = pack
        self._left = size

    def readinto(self, buffer):
        """Fill the buffer as far as the module goes."""
        if len(buffer) > self._left:
            buffer = memoryview(buffer)[: self._left]
        count = self._pack.readinto(buffer) if self._left else 0
        self._left -= count
        return count

    def ioctl(self, request, _argument):
        """Close is all that is asked."""
        if request == 4:
            self._pack.close()
        return 0


class Packs:
    """A file system over the *.pack files of a folder, each a folder itself."""

    def __init__(self, folder):
        self._folder = folder

    def mount(self, _readonly, _mkfs):
        """Nothing to prepare."""

    def umount(self):
        """Nothing to clear."""

    def _pack(self, folder):
        return open(self._folder + "/" + (folder.replace("/", ".") or "root") + ".pack", "rb")

    def _find(self, path):
        """(pack at the module's first byte, size, bits or 0); OSError when it is not there."""
        folder, _, name = path.rpartition("/")
        pack = self._pack(folder)
        head = b"\n"
        end = -1
        while end < 0:  # in large pieces: the search for a line is quicker than reading it
            piece = pack.read(1024)
            if not piece:
                break
            head += piece
            end = head.find(b"\n\n")
        at = head.find(b"\n" + name.encode() + b" ", 0, max(end, 0))
        if at < 0:
            pack.close()
            raise OSError(2)
        words = head[at + 1 : head.find(b"\n", at + 1)].split()
        found = [int(word) for word in words[1:]] + [0]
        pack.seek(end + 1 + found[0])  # `head` has one byte more in front, the file two behind
        return pack, found[1], found[2]

    def stat(self, path):
        """Size of a module, or that it is a folder."""
        path = path.strip("/")
        kind, size = 0x8000, 0
        if "." in path:
            pack, size, _ = self._find(path)
        else:
            pack, kind = self._pack(path), 0x4000
        pack.close()
        return (kind, 0, 0, 0, 0, 0, size, 0, 0, 0)

    def open(self, path, _mode):
        """A module as a stream."""
        pack, size, bits = self._find(path.strip("/"))
        if not bits:
            return Module(pack, size)
        import deflate

        return deflate.DeflateIO(pack, deflate.RAW, bits, True)
