// Runs Microsoft's own JavaScript clients (msal-node, microsoft-graph-client), unchanged, against
// the emulator. It is not part of the tests, because it needs the network to install the clients.
// To run it: in an empty folder `npm install @azure/msal-node @microsoft/microsoft-graph-client`
// and copy this file there, start
// `cargo run -p m365-emulator -- --users 1200 --rooms 250 --tls ca.pem > emulator.json`, then
// `NODE_EXTRA_CA_CERTS=ca.pem node check.mjs emulator.json`.

import { readFileSync } from "node:fs";
import { ConfidentialClientApplication } from "@azure/msal-node";
import graphClient from "@microsoft/microsoft-graph-client";

const { Client, PageIterator, BatchRequestContent, BatchResponseContent } = graphClient;
const emulator = JSON.parse(readFileSync(process.argv[2], "utf8").split("\n")[0]);
let failed = 0;
const check = (name, holds, detail = "") => {
  failed += holds ? 0 : 1;
  console.log(holds ? "ok  " : "FAIL", name, detail);
};

const application = new ConfidentialClientApplication({
  auth: {
    clientId: emulator.clientId,
    clientSecret: emulator.clientSecret,
    authority: `${emulator.authority}/${emulator.tenantId}`,
    knownAuthorities: [new URL(emulator.authority).host],
  },
});
const scopes = [`${emulator.graph}/.default`];
const token = await application.acquireTokenByClientCredential({ scopes });
check("msal-node gets a token", Boolean(token?.accessToken));

const client = Client.init({
  baseUrl: emulator.graph,
  customHosts: new Set([new URL(emulator.graph).hostname]),
  authProvider: (done) => done(null, token.accessToken),
});
const truth = await (await fetch(`${emulator.graph}/_emulator/truth`)).json();

const users = await client.api("/users").select("id,displayName,mail").top(500).get();
const seen = new Set();
await new PageIterator(client, users, (user) => seen.add(user.id) && true).iterate();
check("it pages through users", seen.size === truth.users, seen.size);

const delta = await client.api("/users/delta").select("displayName").get();
const followed = new Set();
const iterator = new PageIterator(client, delta, (user) => followed.add(user.id) && true);
await iterator.iterate();
check("it follows delta to its end", followed.size === truth.users, followed.size);
const change = { method: "POST", body: JSON.stringify({ users: 10 }) };
await fetch(`${emulator.graph}/_emulator/change`, change);
const changes = await client.api(iterator.getDeltaLink()).get();
check("it reads changes from delta", changes.value.length > 0, changes.value.length);

const rooms = await client.api("/places/microsoft.graph.room").get();
const places = [];
await new PageIterator(client, rooms, (room) => places.push(room) > 0).iterate();
check("it pages through rooms", places.length === truth.rooms, places.length);

const ids = [...followed].slice(0, 20);
const read = (id) => new Request(`${emulator.graph}/users/${id}?$select=id`);
const steps = ids.map((id, n) => ({ id: `${n}`, request: read(id) }));
const answer = await client.api("/$batch").post(await new BatchRequestContent(steps).getContent());
const responses = new BatchResponseContent(answer).getResponses();
check("it sends a batch", responses.size === 20, responses.size);

await client.api("/users/nobody@nowhere.example").get().then(
  () => check("it reads an error", false),
  (error) => {
    const is404 = error.statusCode === 404;
    check("it reads an error", is404 && error.code === "Request_ResourceNotFound");
  },
);
process.exit(failed ? 1 : 0);
