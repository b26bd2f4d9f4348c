// The certified oidc-provider on a free loopback port, for tests: one line of JSON when ready, gone when stdin closes.
//
//   node server.mjs [--tls] [--ttl SECONDS] [--short-ttl SECONDS] [--delay MILLISECONDS]
//
// The line: {"issuer", "ca_file" (with --tls), "requests_url", "clients", "resource"}.
// GET requests_url: {"connections", "requests", "token_posts", "paths", "last_token_post": {"scheme", "body_keys", "status"}};
// it has a port of its own, so that asking it changes no count.
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import Provider, { errors } from 'oidc-provider';

const { values: given } = parseArgs({
  options: {
    tls: { type: 'boolean', default: false },
    ttl: { type: 'string', default: '600' },
    'short-ttl': { type: 'string', default: '5' },
    delay: { type: 'string', default: '0' },
  },
});

const resource = 'https://api.example.com';
// A colon ends the id in Basic, `+` and `%` mean something in a form, `/` and `=` in base64: RFC 6749 section 2.3.1 in one pair.
// Every secret has the same words in it, which no form changes: the tests look for them in all output.
const clients = {
  basic: client('cli:1 %+x', 's:e%c+r t/=CANARY-client-secret', 'client_secret_basic'),
  post: client('cli-post', 'p&o=s t+%41CANARY-client-secret', 'client_secret_post'),
  short: client('cli-short', 'CANARY-client-secret-short', 'client_secret_basic'),
  introspector: client('introspector', 'CANARY-client-secret-introspector', 'client_secret_basic'),
};

function client(client_id, client_secret, token_endpoint_auth_method) {
  return {
    client_id,
    client_secret,
    token_endpoint_auth_method,
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
  };
}

const folder = mkdtempSync(join(tmpdir(), 'oat-real-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(0));
process.stdin.on('close', () => process.exit(0)).on('error', () => process.exit(0)).resume();

const seen = { connections: 0, requests: 0, token_posts: 0, paths: [], last_token_post: null };
const certificate = given.tls ? privateCertificate() : null;
const server = certificate ? createHttps(certificate) : createHttp();
server.on('connection', () => { seen.connections += 1; });
const issuer = `${given.tls ? 'https' : 'http'}://127.0.0.1:${await listen(server)}`;

const provider = new Provider(issuer, {
  clients: Object.values(clients),
  jwks: { keys: [signingKey()] },
  scopes: ['openid', 'read', 'write'],
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    introspection: { enabled: true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined,
      getResourceServerInfo(ctx, indicator, asking) {
        if (indicator !== resource) throw new errors.InvalidTarget();
        return {
          scope: 'read write',
          audience: indicator,
          accessTokenTTL: lifetime(asking),
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        };
      },
    },
  },
  ttl: { ClientCredentials: (ctx, token, asking) => lifetime(asking) },
});

provider.use(async (ctx, next) => {
  seen.requests += 1;
  seen.paths.push(`${ctx.method} ${ctx.path}`);
  if (ctx.method !== 'POST' || ctx.path !== '/token') return next();
  seen.token_posts += 1;
  await wait(Number(given.delay));
  await next();
  seen.last_token_post = {
    scheme: (ctx.get('authorization').split(' ')[0] || null),
    body_keys: Object.keys(ctx.oidc?.body ?? {}).sort(),
    status: ctx.status,
  };
});
server.on('request', provider.callback());

const counter = createHttp((request, response) => {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(seen));
});
const requests_url = `http://127.0.0.1:${await listen(counter)}/`;

console.log(JSON.stringify({ issuer, ca_file: certificate?.ca_file, requests_url, clients, resource }));

function lifetime(asking) {
  return Number(asking.clientId === clients.short.client_id ? given['short-ttl'] : given.ttl);
}

async function listen(some) {
  some.listen(0, '127.0.0.1');
  await once(some, 'listening');
  return some.address().port;
}

function signingKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid: 'real-1', alg: 'RS256', use: 'sig' };
}

/** A certificate authority that lives as long as this server, and a certificate from it for the loopback addresses. */
function privateCertificate() {
  const at = (name) => join(folder, name);
  const openssl = (...words) => execFileSync('openssl', words, { stdio: ['ignore', 'ignore', 'pipe'] });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  writeFileSync(at('ca.cnf'), '[req]\ndistinguished_name=dn\n[dn]\n[ca]\nbasicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\n'
    + 'subjectKeyIdentifier=hash\n[leaf]\nbasicConstraints=critical,CA:false\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n'
    + 'subjectAltName=IP:127.0.0.1,IP:::1,DNS:localhost\nauthorityKeyIdentifier=keyid\n');
  openssl('req', '-x509', ...key, '-config', at('ca.cnf'), '-extensions', 'ca', '-subj', '/CN=oat test authority', '-days', '2',
    '-keyout', at('ca.key'), '-out', at('ca.pem'));
  openssl('req', ...key, '-config', at('ca.cnf'), '-subj', '/CN=localhost', '-keyout', at('leaf.key'), '-out', at('leaf.csr'));
  openssl('x509', '-req', '-in', at('leaf.csr'), '-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-set_serial', '2', '-days', '2',
    '-extfile', at('ca.cnf'), '-extensions', 'leaf', '-out', at('leaf.pem'));
  return { key: readFileSync(at('leaf.key')), cert: readFileSync(at('leaf.pem')), ca_file: at('ca.pem') };
}
