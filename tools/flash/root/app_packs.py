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
        self._found = None  # (path, place in the pack, size, bits) of the last look-up

    def mount(self, _readonly, _mkfs):
        """Nothing to prepare."""

    def umount(self):
        """Nothing to clear."""

    def _pack(self, folder):
        return open(self._folder + "/" + (folder.replace("/", ".") or "root") + ".pack", "rb")

    def _find(self, path):
        """Look a module up; OSError when it is not there.

        The importer asks for x.py, x.mpy and x.mpy again: it is x that is looked up, once.
        """
        stem = path[: path.rfind(".") + 1]
        if self._found is None or not self._found[0].startswith(stem):
            self._look_up(stem)
        if self._found[0] != path:
            raise OSError(2)

    def _look_up(self, stem):
        folder, _, name = stem.rpartition("/")
        pack = self._pack(folder)
        head = b"\n"
        end = -1
        while end < 0:  # in large pieces: the search for a line is quicker than reading it
            piece = pack.read(1024)
            if not piece:
                break
            head += piece
            end = head.find(b"\n\n")
        pack.close()
        at = head.find(b"\n" + name.encode(), 0, max(end, 0))
        if at < 0:
            raise OSError(2)
        words = head[at + 1 : head.find(b"\n", at + 1)].split()
        place, size, bits = [int(word) for word in words[1:] + [b"0"]][:3]
        path = stem + words[0].decode()[len(name) :]
        self._found = path, end + 1 + place, size, bits  # the head has one byte more in front

    def stat(self, path):
        """Size of a module, or that it is a folder."""
        path = path.strip("/")
        if "." in path:
            self._find(path)
            return (0x8000, 0, 0, 0, 0, 0, self._found[2], 0, 0, 0)
        self._pack(path).close()
        return (0x4000, 0, 0, 0, 0, 0, 0, 0, 0, 0)

    def open(self, path, _mode):
        """A module as a stream."""
        path = path.strip("/")
        self._find(path)
        _, place, size, bits = self._found
        self._found = None
        pack = self._pack(path.rpartition("/")[0])
        pack.seek(place)
        if not bits:
            return Module(pack, size)
        import deflate

        data = io.BytesIO(pack.read(size))  # it is taken byte by byte
        pack.close()
        return deflate.DeflateIO(data, deflate.RAW, bits)
