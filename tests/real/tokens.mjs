// Tokens of code that is not ours, good ones and forged ones: one object as JSON on stdout.
//
//   node tokens.mjs URL               URL is where the forged headers point to
//   node tokens.mjs --thumbprints     the RFC 7638 thumbprints of the JWK set on stdin, by kid
//
// {"good": {ALG: {"token", "jwk", "pem" (SPKI; not for HS), "secret" (text; HS only), "other" (the same claims and kid, of another key),
//   "other_jwk" (that key, under the same kid)}},
//  "timed": {"expired", "early", "future"}, "forged": {NAME: token}, "weak": {"token", "jwk"},
//  "text" (a JWS whose payload is no JSON), "encrypted": {"dir", "rsa", "deflated"}}
// Where nothing else is said, a token is signed with the key of "good" for ES256 or RS256.
import { execFileSync } from 'node:child_process';
import {
  createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign, X509Certificate,
} from 'node:crypto';
import { json } from 'node:stream/consumers';
import { calculateJwkThumbprint, CompactEncrypt, CompactSign, exportJWK, SignJWT } from 'jose';

const algorithms = ['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512',
  'EdDSA', 'Ed25519'];
const pairs = {};
const [url] = process.argv.slice(2);
const now = Math.floor(Date.now() / 1000);
const claims = {
  iss: 'https://issuer.example.com', aud: 'https://api.example.com', sub: 'alice', scope: 'read', iat: now, exp: now + 3600,
};

if (url === '--thumbprints') {
  const { keys } = await json(process.stdin);
  tell(Object.fromEntries(await Promise.all(keys.map(async (key) => [key.kid, await calculateJwkThumbprint(key)]))));
} else {
  const good = Object.fromEntries(await Promise.all(algorithms.map(async (alg) => [alg, await goodOf(alg)])));
  tell({
    good: Object.fromEntries(Object.entries(good).map(([alg, { key, kid, ...shown }]) => [alg, shown])),
    timed: await timed(good.ES256),
    forged: forged(good),
    weak: weak(),
    encrypted: await encrypted(good.RS256),
    text: await text(good.ES256),
  });
}

function tell(answer) {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

async function goodOf(alg) {
  const kid = `key-${alg}`;
  const [{ key, ...shown }, other] = await Promise.all([keyOf(alg, kid, 0), keyOf(alg, kid, 1)]);
  const token = await signed({ alg, kid }, claims, key);
  return { key, kid, ...shown, token, other: await signed({ alg, kid }, claims, other.key), other_jwk: other.jwk };
}

async function keyOf(alg, kid, number) {
  if (alg.startsWith('HS')) {
    const secret = randomBytes(64).toString('base64url');
    const key = Buffer.from(secret);
    return { key, secret, jwk: { kty: 'oct', k: key.toString('base64url'), alg, use: 'sig', kid } };
  }
  const { privateKey, publicKey } = pair(alg, number);
  const pem = publicKey.export({ type: 'spki', format: 'pem' });
  return { key: privateKey, pem, jwk: { ...await exportJWK(publicKey), alg, use: 'sig', kid } };
}

/** All RSA algorithms have the same keys: a search for primes takes its time. */
function pair(alg, number) {
  const kind = /^[RP]S/.test(alg) ? 'rsa' : alg;
  const curve = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }[alg];
  const make = () => {
    if (kind === 'rsa') return generateKeyPairSync('rsa', { modulusLength: 2048 });
    return curve ? generateKeyPairSync('ec', { namedCurve: curve }) : generateKeyPairSync('ed25519');
  };
  return (pairs[`${kind} ${number}`] ??= make());
}

function signed(header, payload, key) {
  return new SignJWT(payload).setProtectedHeader({ typ: 'JWT', ...header }).sign(key);
}

async function timed({ key, kid }) {
  const of = (more) => signed({ alg: 'ES256', kid }, { ...claims, ...more }, key);
  return {
    expired: await of({ iat: now - 7200, exp: now - 3600 }),
    early: await of({ nbf: now + 1800 }),
    future: await of({ iat: now + 1800 }),
  };
}

/** What no library makes. */
function forged({ RS256, ES256 }) {
  const [rsa, ec] = [RS256.key, ES256.key];
  const attacker = selfSigned();
  const jwk = { ...createPublicKey(attacker.privateKey).export({ format: 'jwk' }), kid: ES256.kid };
  const es256 = (header, key = ec) => raw({ alg: 'ES256', typ: 'JWT', kid: ES256.kid, ...header }, (input) => ecdsa(input, key));
  const made = {
    // RFC 8725 section 2.1: the public key as an HMAC secret, in every text that a verifier may hold it in.
    hs256_of_pem: raw({ alg: 'HS256', typ: 'JWT', kid: RS256.kid }, (input) => createHmac('sha256', RS256.pem).update(input).digest()),
    hs256_of_der: raw({ alg: 'HS256', typ: 'JWT', kid: RS256.kid }, (input) => createHmac('sha256', spki(rsa)).update(input).digest()),
    hs256_of_nothing: raw({ alg: 'HS256', typ: 'JWT', kid: RS256.kid }, (input) => createHmac('sha256', '').update(input).digest()),
    embedded_jwk: es256({ jwk }, attacker.privateKey),
    embedded_jku: es256({ jku: `${url}/jwks` }, attacker.privateKey),
    embedded_x5u: es256({ x5u: `${url}/certificate` }, attacker.privateKey),
    embedded_x5c: es256({ x5c: [attacker.certificate.raw.toString('base64')] }, attacker.privateKey),
    crit: es256({ crit: ['urn:example:unknown'], 'urn:example:unknown': true }),
    crit_empty: es256({ crit: [] }),
    // RFC 7797, signed as it says: over the payload as it is.
    b64: unencoded({ alg: 'ES256', kid: ES256.kid, b64: false, crit: ['b64'] }, ec),
    b64_signed_as_usual: es256({ b64: false, crit: ['b64'] }),
    es256_by_rs256: raw({ alg: 'ES256', typ: 'JWT', kid: ES256.kid }, (input) => sign('sha256', input, rsa)),
    no_alg: raw({ typ: 'JWT', kid: ES256.kid }, (input) => ecdsa(input, ec)),
    der: raw({ alg: 'ES256', typ: 'JWT', kid: ES256.kid }, (input) => sign('sha256', input, ec)),
  };
  for (const alg of ['none', 'None', 'NONE', 'nOnE']) made[alg] = raw({ alg, typ: 'JWT' }, () => '');
  return made;
}

/** As RS256, of a key that is half as long as RFC 7518 section 3.3 wants. */
function weak() {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const token = raw({ alg: 'RS256', typ: 'JWT', kid: 'weak' }, (input) => sign('sha256', input, privateKey));
  return { token, jwk: { ...publicKey.export({ format: 'jwk' }), kid: 'weak', alg: 'RS256', use: 'sig' } };
}

function text({ key, kid }) {
  return new CompactSign(Buffer.from('Hello, "world"')).setProtectedHeader({ alg: 'ES256', kid }).sign(key);
}

async function encrypted({ pem, token }) {
  const of = (more, key) => {
    const header = { enc: 'A256GCM', cty: 'JWT', ...more };
    return new CompactEncrypt(Buffer.from(token)).setProtectedHeader(header).encrypt(key);
  };
  return {
    dir: await of({ alg: 'dir' }, randomBytes(32)),
    rsa: await of({ alg: 'RSA-OAEP-256', kid: 'encryption-key' }, createPublicKey(pem)),
    deflated: await of({ alg: 'dir', zip: 'DEF' }, randomBytes(32)),
  };
}

function raw(header, signature) {
  const input = [JSON.stringify(header), JSON.stringify(claims)].map((part) => Buffer.from(part).toString('base64url')).join('.');
  return `${input}.${Buffer.from(signature(Buffer.from(input))).toString('base64url')}`;
}

function unencoded(header, key) {
  const head = Buffer.from(JSON.stringify(header)).toString('base64url');
  const payload = JSON.stringify(claims);
  return `${head}.${Buffer.from(payload).toString('base64url')}.${ecdsa(Buffer.from(`${head}.${payload}`), key).toString('base64url')}`;
}

function ecdsa(input, key) {
  return sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' });
}

function spki(privateKey) {
  return createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
}

/** A key with a certificate that it signed itself. */
function selfSigned() {
  const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=attacker', '-days', '2'];
  const pem = execFileSync('openssl', [...words, '-keyout', '-', '-out', '-'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  return { privateKey: createPrivateKey(pem), certificate: new X509Certificate(pem.slice(pem.indexOf('-----BEGIN CERTIFICATE'))) };
}
