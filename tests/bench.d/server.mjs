// A token endpoint on a free loopback port, for tests/bench: one line with its origin when ready, gone when stdin closes.
//
//   POST /LIFETIMES/DELAY/v1/auth/token   a token that lives so many seconds (`3600`; `1,3600`: the first 1, all others
//                                         3600), after so many milliseconds; the client is not asked who it is
//   GET  /LIFETIMES/DELAY/seen            how often that was asked, and the last token: `2 eyJ…`
//   GET  /signed                          a token that is good for an hour, by the key in the JWK set that its issuer, this
//                                         origin, has in its metadata
//   GET  /hostile/SHAPE                   4 MiB that look like a token: deep, many, dots, long, names
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

const seen = new Map();
process.stdin.on('close', () => process.exit(0)).on('error', () => process.exit(0)).resume();

const server = createServer(async (request, response) => {
  const [, lifetimes, delay, ...rest] = request.url.split('/');
  const key = `${lifetimes}/${delay}`;
  const { count, token } = seen.get(key) ?? { count: 0, token: '' };
  if (request.method === 'GET' && open[lifetimes]) {
    response.end(open[lifetimes](delay));
  } else if (request.method === 'GET' && rest.join('/') === 'seen') {
    response.end(`${count} ${token}\n`);
  } else if (request.method === 'POST' && rest.join('/') === 'v1/auth/token') {
    for await (const _ of request);
    const lifetime = Number(lifetimes.split(',')[count] ?? lifetimes.split(',').at(-1));
    const made = jwt(lifetime);
    seen.set(key, { count: count + 1, token: made });
    await wait(Number(delay));
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ access_token: made, token_type: 'Bearer', expires_in: lifetime }));
  } else {
    response.writeHead(404).end();
  }
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const origin = `http://127.0.0.1:${server.address().port}`;
const key = generateKeyPairSync('rsa', { modulusLength: 2048 });
const open = {
  '.well-known': () => JSON.stringify({ issuer: origin, token_endpoint: `${origin}/3600/0/v1/auth/token`, jwks_uri: `${origin}/jwks` }),
  jwks: () => JSON.stringify({ keys: [{ ...key.publicKey.export({ format: 'jwk' }), kid: 'bench-1', alg: 'RS256', use: 'sig' }] }),
  signed: () => jwt(3600, origin, (text) => sign('sha256', Buffer.from(text), key.privateKey).toString('base64url')),
  hostile: (shape) => hostile[shape],
};
const many = (text, count) => text.repeat(count);
const claims = (json) => `${base64url('{"alg":"RS256"}')}.${base64url(json)}.AAAA`;
const hostile = {
  deep: claims(`{"a":${many('[', 1_500_000)}${many(']', 1_500_000)}}`),
  many: claims(`{"a":[${many('{"a":0},', 390_000)}0]}`),
  dots: many('.', 4_000_000),
  long: claims(`{"a":"${many('\u202e', 1_000_000)}"}`),
  names: claims(`{${Array.from({ length: 250_000 }, (_, n) => `"k${n}":0`).join()}}`),
};
console.log(origin);

function base64url(text) {
  return Buffer.from(text).toString('base64url');
}

/** 850 bytes in the shape of an RS256 token; its signature is noise, unless somebody signs. */
function jwt(lifetime, iss = 'https://zero.example', signed = () => randomBytes(256).toString('base64url')) {
  const part = (value) => base64url(JSON.stringify(value));
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss, sub: 'client', aud: 'https://api.zero.example', iat: now, exp: now + lifetime,
    jti: randomBytes(16).toString('hex'), scope: 'read write', roles: '',
  };
  const header = part({ alg: 'RS256', typ: 'JWT', kid: 'bench-1' });
  let text;
  do {
    claims.roles += 'r';
    text = `${header}.${part(claims)}`;
  } while (text.length + 1 + 342 < 850);
  return `${text}.${signed(text)}`;
}
