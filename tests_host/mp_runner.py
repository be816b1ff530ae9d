# SPDX-License-Identifier: MIT
"""Runs the test functions of one file on MicroPython: the smallest runner that reports each.

Usage: micropython mp_runner.py ROOT FILE [PATH ...]

ROOT goes on the module path, the PATHs (folders, relative to ROOT) in front of everything, so that
a fake machine.py or time.py found there replaces the built-in module. Every function `test_*` is
called without arguments. Lines that begin with "@@" tell what happens ("@@ run NAME",
"@@ ok NAME", "@@ fail NAME"); all other lines are the test's own output or its traceback.
The exit status is the number of failures, at most 100. Started by conftest.py in a child process,
and by wasm/run.mjs inside the 32-bit WebAssembly build.
"""

import sys


def _attempt(name, function):
    """Call one test; print its outcome; return True when it passed."""
    print("@@ run", name)
    try:
        function()
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        sys.print_exception(error)
        print("@@ fail", name)
        return False
    print("@@ ok", name)
    return True


def load(file):
    """Execute the file as a module named test and return its namespace."""
    with open(file) as stream:
        source = stream.read()
    namespace = {"__name__": "test", "__file__": file}
    exec(compile(source, file, "exec"), namespace)
    return namespace


def run(root, file, paths):
    """Run every test and return how many failed (a file that does not load is one failure)."""
    sys.path.insert(0, root)
    for path in reversed(paths):
        sys.path.insert(0, root + "/" + path)
    try:
        namespace = load(file)
    except (Exception, SystemExit) as error:
        sys.print_exception(error)
        print("@@ fail <import>")
        return 1
    failures = 0
    for name in sorted(namespace):
        if name.startswith("test_") and callable(namespace[name]):
            failures += not _attempt(name, namespace[name])
    return failures


if __name__ == "__main__":
    sys.exit(min(run(sys.argv[1], sys.argv[2], sys.argv[3:]), 100))
