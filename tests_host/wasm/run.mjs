// SPDX-License-Identifier: MIT
// Runs one dual test file on the WebAssembly build of MicroPython, the true 32-bit runtime.
//
//   node run.mjs ROOT FILE [PATH ...]      the same arguments, output and exit status as mp_runner.py
//
// The runtime sees no disk, so the folders of the device and the test file are copied into its memory file system.
// Its heap grows without limit: allocation can be counted and forbidden here, but running out of memory cannot be shown.
import { loadMicroPython } from "@micropython/micropython-webassembly-pyscript/micropython.mjs";
import { copyTree, RUNTIME_OPTIONS } from "./files.mjs";

const [root, file, ...paths] = process.argv.slice(2);
const mp = await loadMicroPython(RUNTIME_OPTIONS);
for (const folder of ["control", "drivers", "firmware", "tests_host", ...paths]) {
  copyTree(mp.FS, root, folder);
}
mp.FS.mkdir("/flash");
mp.FS.chdir("/flash");
mp.globals.set("arguments", [root, file, paths]);
try {
  mp.runPython(`
import sys
_root, _file, _paths = arguments
sys.path.insert(0, _root + "/tests_host")
import mp_runner
sys.path.pop(0)
failures = mp_runner.run(_root, _file, list(_paths))
`);
  process.exitCode = Math.min(mp.globals.get("failures"), 100);
} catch (error) {
  console.log(error.message ?? error);
  process.exitCode = 1;
}
