// SPDX-License-Identifier: MIT
// Measures how much RAM modules keep after import on a 32-bit MicroPython.
//
//   node memory.mjs FOLDER      FOLDER holds compiled modules (.mpy) in their packages
//
// Reads from standard input a JSON list of module names, in the order of import; writes a JSON object
// {module: bytes} with what each import added, without what it left as garbage. Modules that only a chip has
// (machine, network, ...) are replaced by stand-ins that cost nothing to the modules measured.
import { readFileSync } from "node:fs";
import { loadMicroPython } from "@micropython/micropython-webassembly-pyscript/micropython.mjs";
import { copyTree, RUNTIME_OPTIONS } from "./files.mjs";

const CHIP_MODULES = [
  "bluetooth", "esp32", "machine", "neopixel", "network", "ntptime", "rp2", "select", "socket", "ssl", "tls", "vfs",
  "websocket",
];
// Any attribute, any call: enough for what a module does while it is imported.
const STAND_IN = `
class _Anything:
    def __getattr__(self, name):
        return self
    def __call__(self, *args, **kwargs):
        return self
_anything = _Anything()
def __getattr__(name):
    return _anything
`;

const folder = process.argv[2];
const modules = JSON.parse(readFileSync(0, "utf8"));
let printed = "";
const mp = await loadMicroPython({ ...RUNTIME_OPTIONS, stdout: (line) => { printed += line + "\n"; } });
mp.FS.mkdir("/stand_in");
for (const name of CHIP_MODULES) {
  mp.FS.writeFile(`/stand_in/${name}.py`, STAND_IN);
}
copyTree(mp.FS, folder, ".");
mp.globals.set("folder", folder);
mp.globals.set("chip_modules", CHIP_MODULES.join(" "));
mp.globals.set("names", modules.join(" "));
try {
  mp.runPython(`
import asyncio, gc, json, sys
sys.path[:0] = [folder, "/stand_in"]
for name in chip_modules.split():
    __import__(name)
_kept = {}
for name in names.split():
    gc.collect()
    before = gc.mem_alloc()
    try:
        __import__(name)
        gc.collect()
        _kept[name] = gc.mem_alloc() - before
    except Exception as error:
        _kept[name] = "%s: %s" % (type(error).__name__, error)
print(json.dumps(_kept))
`);
} catch (error) {
  console.error(error.message ?? error);
  process.exit(1);
}
process.stdout.write(printed);
