// SPDX-License-Identifier: MIT
// A central system on the package ocpp-rpc in strict mode, as a second opinion: what breaks a
// schema is answered with an error and told. Usage: node csms.mjs [KEY_AND_CERTIFICATE.pem]
// Lines on stdin are calls {"action", "payload"}; lines on stdout are what happens, as JSON.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { createInterface } from "node:readline";
import { RPCServer } from "ocpp-rpc";

const say = (what) => console.log(JSON.stringify(what));
const pem = process.argv[2] && readFileSync(process.argv[2]);
const answers = {
  BootNotification: () => ({ status: "Accepted", interval: 300, currentTime: now() }),
  Heartbeat: () => ({ currentTime: now() }),
  Authorize: () => ({ idTagInfo: { status: "Accepted", parentIdTag: "family" } }),
  StartTransaction: () => ({ transactionId: 42, idTagInfo: { status: "Accepted" } }),
};

function now() {
  return new Date().toISOString();
}

const server = new RPCServer({ protocols: ["ocpp1.6"], strictMode: true });
let station;
server.on("client", (client) => {
  station = client;
  say({ connected: client.identity, protocol: client.protocol });
  client.handle(({ method, params }) => {
    say({ call: method, payload: params });
    return answers[method] ? answers[method]() : {};
  });
  client.on("badMessage", ({ error }) => say({ problem: String(error) }));
  client.on("strictValidationFailure", ({ error, method, isCall, outbound }) =>
    say({ problem: `${method} ${isCall ? "call" : "answer"}: ${error.message}`, outbound }));
});

createInterface({ input: process.stdin })
  .on("line", async (line) => {
    const { action, payload } = JSON.parse(line);
    try {
      say({ to: action, answer: await station.call(action, payload) });
    } catch (error) {
      say({ to: action, error: error.rpcErrorCode ?? "none", why: error.message });
    }
  })
  .on("close", () => process.exit(0));

const http = pem ? createSecureServer({ key: pem, cert: pem }) : createServer();
http.on("upgrade", server.handleUpgrade);
http.listen(0, "127.0.0.1", () => say({ port: http.address().port }));
