// The certified oidc-provider on a free loopback port, for tests: one line of JSON when ready, gone when stdin closes.
//
//   node server.mjs [--tls] [--ttl SECONDS] [--short-ttl SECONDS] [--refresh-ttl SECONDS] [--id-token-ttl SECONDS]
//                   [--delay MILLISECONDS] [--delay-after MILLISECONDS] [--keys]
//
// --ttl is the access tokens' lifetime, --short-ttl that of the client `short`. A token request waits `--delay` before the server
// looks at it, and `--delay-after` when all is decided and kept and only the answer has not left; `0-40` is any time between.
//
// --keys adds clients that prove themselves by a key, and with --tls such as do so by a certificate, at the mtls_endpoint_aliases alone.
//
// The line: {"issuer", "ca_file" (with --tls), "requests_url", "clients", "keys", "resource"}. An access token for `resource` is a JWT of RS256;
// for `resource` with /ps256, /es256, /es384 or /eddsa behind it, of that algorithm; an access token for none is opaque.
// GET requests_url: what was seen so far; it has a port of its own, so that asking it changes no count.
// POST requests_url with {"ttl": 1, "delay": "0-40", …}: other values for the options of that name from now on, all but --tls.
// POST requests_url with {"rotate": true}: new keys under new names sign from now on, and the JWKS holds no others.
//
// oidc-provider 9: drops offline_access in silence unless prompt=consent is sent; wants Basic credentials form-encoded; sends no
// `interval`; allows clocks to differ by 15 s; forgets what expired; revokes the whole grant where a rotated refresh token comes back.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import Provider, { errors } from 'oidc-provider';
import { clientCertificate, privateCertificate } from './certificate.mjs';
import { algorithms, clients, keyed } from './clients.mjs';
// Keys are for life in the provider's interface; this is what its constructor calls.
import useKeys from './node_modules/oidc-provider/lib/helpers/initialize_keystore.js';
import { deviceFlow, interactions, renderError, rpInitiatedLogout } from './pages.mjs';

const { values: given } = parseArgs({
  options: {
    tls: { type: 'boolean', default: false },
    ttl: { type: 'string', default: '600' },
    'short-ttl': { type: 'string', default: '5' },
    'refresh-ttl': { type: 'string', default: '1209600' },
    'id-token-ttl': { type: 'string', default: '3600' },
    delay: { type: 'string', default: '0' },
    'delay-after': { type: 'string', default: '0' },
    keys: { type: 'boolean', default: false },
  },
});

// The line that says it is ready is all there is on stdout: oidc-provider has remarks, and nobody reads on.
console.info = console.error;

const resource = 'https://api.example.com';
/** What signs an access token, by the resource that it is for. */
const algorithmFor = { [resource]: 'RS256' };
for (const alg of ['PS256', 'ES256', 'ES384', 'EdDSA']) algorithmFor[`${resource}/${alg.toLowerCase()}`] = alg;
const folder = mkdtempSync(join(tmpdir(), 'oat-real-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(0));
process.stdin.on('close', () => process.exit(0)).on('error', () => process.exit(0)).resume();

const seen = {
  connections: 0,
  requests: 0,
  token_posts: 0,
  paths: [],
  last_token_post: null,
  // By grant_type: tokens given out, and error codes with their number.
  granted: {},
  refused: {},
  // Refresh tokens that came once more after they were answered with a new one.
  reuses: 0,
  revoked_grants: 0,
  rotations: 0,
  // The media types of the answers at introspection and userinfo.
  media_types: { '/token/introspection': [], '/me': [] },
};
const certificate = given.tls ? privateCertificate(folder) : null;
const server = certificate ? createHttps(certificate) : createHttp();
server.on('connection', () => { seen.connections += 1; });
const issuer = `${given.tls ? 'https' : 'http'}://127.0.0.1:${await listen(server)}`;

let keys = {};
let mtls = null;
if (given.keys) {
  const some = keyed(certificate && ((name, signedByItself) => clientCertificate(folder, name, signedByItself)));
  Object.assign(clients, some.clients);
  keys = some.keys;
  // Whoever comes without a certificate, or with one from elsewhere, is let in, and refused in words.
  if (certificate) mtls = createHttps({ ...certificate, ca: readFileSync(certificate.ca_file), requestCert: true, rejectUnauthorized: false });
}
const aliases = mtls ? `https://127.0.0.1:${await listen(mtls)}` : null;
const peer = (ctx) => (ctx.socket.getPeerX509Certificate ? ctx.socket.getPeerX509Certificate() : undefined);

const provider = new Provider(issuer, {
  clients: Object.values(clients),
  jwks: { keys: signingKeys() },
  scopes: ['openid', 'offline_access', 'read', 'write'],
  claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email', 'email_verified'] },
  // As most servers do: what scopes ask for is in the ID token, not at userinfo only.
  conformIdTokenClaims: false,
  findAccount: (ctx, sub) => ({ accountId: sub, claims: () => account(sub) }),
  enabledJWA: {
    idTokenSigningAlgValues: ['RS256', 'HS256', ...algorithms],
    clientAuthSigningAlgValues: ['HS256', 'RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'],
  },
  clientAuthMethods: [
    'client_secret_basic', 'client_secret_jwt', 'client_secret_post', 'private_key_jwt', 'none',
    ...(mtls ? ['tls_client_auth', 'self_signed_tls_client_auth'] : []),
  ],
  discovery: mtls ? {
    mtls_endpoint_aliases: {
      token_endpoint: `${aliases}/token`,
      introspection_endpoint: `${aliases}/token/introspection`,
      revocation_endpoint: `${aliases}/token/revocation`,
    },
  } : {},
  pkce: { required: (ctx, asking) => asking.redirectUris.length > 0 },
  rotateRefreshToken: true,
  cookies: { keys: [randomBytes(16).toString('hex')] },
  interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
  renderError,
  features: {
    clientCredentials: { enabled: true },
    deviceFlow,
    devInteractions: { enabled: false },
    encryption: { enabled: true },
    introspection: { enabled: true },
    mTLS: mtls ? {
      enabled: true,
      certificateBoundAccessTokens: true,
      selfSignedTlsClientAuth: true,
      tlsClientAuth: true,
      getCertificate: peer,
      certificateAuthorized: (ctx) => ctx.socket.authorized,
      certificateSubjectMatches: (ctx, property, expected) => property === 'tls_client_auth_subject_dn' && peer(ctx).subject === expected,
    } : { enabled: false },
    jwtIntrospection: { enabled: true },
    jwtUserinfo: { enabled: true },
    revocation: { enabled: true },
    rpInitiatedLogout,
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined,
      getResourceServerInfo(ctx, indicator, asking) {
        const alg = algorithmFor[indicator];
        if (!alg) throw new errors.InvalidTarget();
        return {
          scope: 'read write',
          audience: indicator,
          accessTokenTTL: lifetime(asking),
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg } },
        };
      },
    },
  },
  ttl: {
    AccessToken: (ctx, token, asking) => lifetime(asking),
    ClientCredentials: (ctx, token, asking) => lifetime(asking),
    DeviceCode: 600,
    Grant: 1209600,
    IdToken: () => Number(given['id-token-ttl']),
    Interaction: 600,
    RefreshToken: () => Number(given['refresh-ttl']),
    Session: 1209600,
  },
});

const exchanged = new Set();
provider.on('grant.success', (ctx) => {
  const { grant_type, refresh_token } = ctx.oidc.params;
  seen.granted[grant_type] = (seen.granted[grant_type] ?? 0) + 1;
  if (refresh_token) noteReuse(refresh_token);
});
provider.on('grant.error', (ctx, error) => {
  const { grant_type, refresh_token } = ctx.oidc?.params ?? {};
  const counts = (seen.refused[grant_type] ??= {});
  counts[error.error] = (counts[error.error] ?? 0) + 1;
  if (refresh_token && exchanged.has(refresh_token)) seen.reuses += 1;
});
provider.on('grant.revoked', () => { seen.revoked_grants += 1; });

function noteReuse(refresh_token) {
  if (exchanged.has(refresh_token)) seen.reuses += 1;
  exchanged.add(refresh_token);
}

provider.use(async (ctx, next) => {
  seen.requests += 1;
  seen.paths.push(`${ctx.method} ${ctx.path}`);
  if (ctx.path in seen.media_types) {
    await next();
    seen.media_types[ctx.path].push(ctx.type);
    return undefined;
  }
  if (ctx.method !== 'POST' || ctx.path !== '/token') return next();
  seen.token_posts += 1;
  await wait(milliseconds(given.delay));
  await next();
  seen.last_token_post = {
    scheme: (ctx.get('authorization').split(' ')[0] || null),
    body_keys: Object.keys(ctx.oidc?.body ?? {}).sort(),
    status: ctx.status,
  };
  return wait(milliseconds(given['delay-after']));
});
provider.use(interactions(provider));
server.on('request', provider.callback());
mtls?.on('request', provider.callback());

const counter = createHttp(async (request, response) => {
  if (request.method === 'POST') {
    const { rotate, ...options } = await json(request);
    Object.assign(given, options);
    if (rotate) seen.rotations += 1;
    if (rotate) useKeys.call(provider, { keys: signingKeys() });
  }
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(seen));
});
const requests_url = `http://127.0.0.1:${await listen(counter)}/`;

process.stdout.write(`${JSON.stringify({ issuer, ca_file: certificate?.ca_file, requests_url, clients, keys, resource })}\n`);

function lifetime(asking) {
  return Number(asking.clientId === clients.short.client_id ? given['short-ttl'] : given.ttl);
}

/** `40`, or `0-40` for any time between. */
function milliseconds(text) {
  const [least, most = least] = String(text).split('-').map(Number);
  return least + Math.random() * (most - least);
}

function account(sub) {
  return { sub, name: `${sub} Example`, preferred_username: sub, email: `${sub}@example.com`, email_verified: true };
}

async function listen(some) {
  some.listen(0, '127.0.0.1');
  await once(some, 'listening');
  return some.address().port;
}

/**
 * New ones, numbered by `rotations`.
 *
 * One RSA key under two names, so that starting takes one search for primes: for RS256 alone, and for whatever is asked.
 */
function signingKeys() {
  const jwk = (kind, options) => generateKeyPairSync(kind, options).privateKey.export({ format: 'jwk' });
  const rsa = jwk('rsa', { modulusLength: 2048 });
  const number = seen.rotations + 1;
  return [
    { ...rsa, kid: `real-${number}`, alg: 'RS256', use: 'sig' },
    { ...rsa, kid: `real-rsa-${number}`, use: 'sig' },
    { ...jwk('ec', { namedCurve: 'P-256' }), kid: `real-es256-${number}`, alg: 'ES256', use: 'sig' },
    { ...jwk('ec', { namedCurve: 'P-384' }), kid: `real-es384-${number}`, alg: 'ES384', use: 'sig' },
    { ...jwk('ed25519'), kid: `real-ed25519-${number}`, alg: 'EdDSA', use: 'sig' },
  ];
}
