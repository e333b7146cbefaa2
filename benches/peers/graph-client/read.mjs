// Reads all users with @microsoft/microsoft-graph-client and its page iterator, and prints their
// number. Argument: the URL of the page server.

import graphClient from "@microsoft/microsoft-graph-client";

const { Client, PageIterator } = graphClient;
const server = process.argv[2];
const client = Client.init({
  baseUrl: server,
  defaultVersion: "v1.0",
  customHosts: new Set([new URL(server).hostname]),
  authProvider: (done) => done(null, "token"),
});
const first = await client.api("/users").top(999).get();
let users = 0;
const iterator = new PageIterator(client, first, () => {
  users += 1;
  return true;
});
await iterator.iterate();
console.log(users);
