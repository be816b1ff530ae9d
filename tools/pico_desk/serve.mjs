// SPDX-License-Identifier: MIT
// Boots a MicroPython image on an emulated Pico with the desk's board and car. Serves its prompt on
// one TCP port, and on another the desk's orders: a line each, answered by a line of JSON.
//
//   node tools/pico_desk/serve.mjs BOOTROM IMAGE PORT DESK_PORT [bare]
import net from "node:net";
import readline from "node:readline";
import { bootrom } from "./bootrom.mjs";
import { Pico } from "./rp2040/pico.mjs";
import { Desk } from "./desk.mjs";

const [rom, image, port, deskPort, sense] = process.argv.slice(2);
if (!deskPort) {
  console.error("usage: node serve.mjs BOOTROM IMAGE PORT DESK_PORT [bare]");
  process.exit(2);
}
const SLICE_MS = 2; // emulated, between two looks at the sockets
const pico = new Pico({ bootrom: bootrom(rom), uf2: image });
const desk = new Desk(pico, { bare: sense === "bare" });

let prompt = null;
pico.onSerial = (bytes) => prompt?.write(Buffer.from(bytes));
net.createServer((socket) => {
  prompt?.destroy();
  prompt = socket.setNoDelay(true);
  socket.on("data", (bytes) => pico.send(bytes));
  socket.on("close", () => { if (prompt === socket) prompt = null; });
  socket.on("error", () => {});
}).listen(Number(port), "127.0.0.1");

net.createServer((socket) => {
  socket.on("error", () => {});
  readline.createInterface({ input: socket }).on("line", (line) => {
    socket.write(JSON.stringify(desk.order(line.trim().split(/\s+/))) + "\n");
  });
}).listen(Number(deskPort), "127.0.0.1");

// Time never runs faster than the wall's: whoever is connected waits in seconds of his own.
let wall = Date.now(), emulated = pico.ms;
function run() {
  pico.runMs(SLICE_MS);
  const ahead = pico.ms - emulated - (Date.now() - wall);
  if (ahead < 0) [wall, emulated] = [Date.now(), pico.ms]; // what was lost stays lost
  if (ahead > SLICE_MS) setTimeout(run, Math.min(ahead, 20));
  else setImmediate(run);
}
run();
