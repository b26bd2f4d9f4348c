// A token endpoint on a free loopback port, for tests/bench: one line with its origin when ready, gone when stdin closes.
//
//   POST /LIFETIMES/DELAY/v1/auth/token   a token that lives so many seconds (`3600`; `1,3600`: the first 1, all others
//                                         3600), after so many milliseconds; the client is not asked who it is
//   GET  /LIFETIMES/DELAY/seen            how often that was asked, and the last token: `2 eyJ…`
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

const seen = new Map();
process.stdin.on('close', () => process.exit(0)).on('error', () => process.exit(0)).resume();

const server = createServer(async (request, response) => {
  const [, lifetimes, delay, ...rest] = request.url.split('/');
  const key = `${lifetimes}/${delay}`;
  const { count, token } = seen.get(key) ?? { count: 0, token: '' };
  if (request.method === 'GET' && rest.join('/') === 'seen') {
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
console.log(`http://127.0.0.1:${server.address().port}`);

/** 850 bytes in the shape of an RS256 token; nobody here checks the signature. */
function jwt(lifetime) {
  const part = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: 'https://zero.example', sub: 'client', aud: 'https://api.zero.example', iat: now, exp: now + lifetime,
    jti: randomBytes(16).toString('hex'), scope: 'read write', roles: '',
  };
  const header = part({ alg: 'RS256', typ: 'JWT', kid: 'bench-1' });
  const signature = randomBytes(256).toString('base64url');
  let token;
  do {
    claims.roles += 'r';
    token = `${header}.${part(claims)}.${signature}`;
  } while (token.length < 850);
  return token;
}
