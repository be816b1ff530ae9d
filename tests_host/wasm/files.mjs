// SPDX-License-Identifier: MIT
// What run.mjs and memory.mjs share: how the runtime is started and how files get into its memory file system.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

// linebuffer false would print bytes one by one; heapsize is only the first chunk.
export const RUNTIME_OPTIONS = {
  heapsize: 4 * 1024 * 1024,
  linebuffer: true,
  stdout: (line) => process.stdout.write(line + "\n"),
  stderr: (line) => process.stdout.write(line + "\n"),
};

function makeFolder(FS, folder) {
  if (folder === "/" || FS.analyzePath(folder).exists) {
    return;
  }
  makeFolder(FS, dirname(folder));
  FS.mkdir(folder);
}

// Copy ROOT/FOLDER to the same absolute path; only .py and .mpy files.
export function copyTree(FS, root, folder) {
  const from = join(root, folder);
  if (!existsSync(from)) {
    return;
  }
  makeFolder(FS, from);
  for (const name of readdirSync(from)) {
    const path = join(from, name);
    if (statSync(path).isDirectory()) {
      if (!["__pycache__", "node_modules", "cpython"].includes(name)) {
        copyTree(FS, root, join(folder, name));
      }
    } else if (name.endsWith(".py") || name.endsWith(".mpy")) {
      FS.writeFile(path, readFileSync(path));
    }
  }
}
