// Reads all users with the client of Backstage's module for Microsoft Graph, and prints their
// number. Argument: the URL of the page server.

import { MicrosoftGraphClient } from "@backstage/plugin-catalog-backend-module-msgraph";

const credential = { getToken: async () => ({ token: "token" }) };
const client = new MicrosoftGraphClient(`${process.argv[2]}/v1.0`, credential);
let users = 0;
for await (const _user of client.getUsers({ top: 999 })) users += 1;
console.log(users);
