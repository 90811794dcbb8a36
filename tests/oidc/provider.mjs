// An OpenID provider of the tests' own on loopback: oidc-provider, which is certified by the OpenID
// Foundation and was written by others. It forgets everything when it ends.
//
//   node provider.mjs CLIENT_ID CLIENT_SECRET REDIRECT_URI...
//
// prints its issuer as the first line. PUT /test/accounts/SUB with JSON says what it knows of SUB;
// somebody whom nobody described has no claims. Any password is right.
import { createServer } from "node:http";
import { webcrypto } from "node:crypto";

globalThis.crypto ??= webcrypto; // Node 18 has it under another name

const { default: Provider } = await import("oidc-provider");
const [clientId, clientSecret, ...redirectUris] = process.argv.slice(2);
const accounts = new Map();
let answer;

const server = createServer((request, response) => {
  const sub = /^\/test\/accounts\/([\w-]+)$/.exec(request.url)?.[1];
  if (!sub || request.method !== "PUT") {
    answer(request, response);
    return;
  }
  let text = "";
  request.on("data", (chunk) => { text += chunk; });
  request.on("end", () => {
    accounts.set(sub, JSON.parse(text));
    response.end();
  });
});

server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{
      client_id: clientId,
      client_secret: clientSecret,
      redirect_uris: redirectUris,
      grant_types: ["authorization_code"],
      response_types: ["code"],
    }],
    claims: {
      openid: ["sub"],
      profile: ["name", "given_name", "family_name", "preferred_username"],
      email: ["email", "email_verified"],
      groups: ["groups", "_claim_names", "_claim_sources"],
    },
    scopes: ["openid", "profile", "email", "groups"],
    pkce: { required: () => true },
    findAccount: (context, sub) => ({
      accountId: sub,
      claims: () => ({ sub, ...accounts.get(sub) }),
    }),
  });
  answer = provider.callback();
  console.log(issuer);
});
process.stdin.resume();
process.stdin.on("end", () => process.exit(0)); // whoever started it has ended
