// The clients that the authorization server knows, each under the name that the tests call it by.
import { X509Certificate, generateKeyPairSync } from 'node:crypto';

const redirect_uris = ['http://127.0.0.1/callback', 'http://[::1]/callback', 'http://localhost/callback'];
const device_code = 'urn:ietf:params:oauth:grant-type:device_code';

// A colon ends the id in Basic, `+` and `%` mean something in a form, `/` and `=` in base64: RFC 6749 section 2.3.1 in one pair.
// Every secret has the same words in it, which no form changes: the tests look for them in all output.
export const clients = {
  basic: machine('cli:1 %+x', 's:e%c+r t/=CANARY-client-secret', 'client_secret_basic'),
  post: machine('cli-post', 'p&o=s t+%41CANARY-client-secret', 'client_secret_post'),
  short: machine('cli-short', 'CANARY-client-secret-short', 'client_secret_basic'),
  introspector: machine('introspector', 'CANARY-client-secret-introspector', 'client_secret_basic'),
  'introspector-jwt': {
    ...machine('introspector-jwt', 'CANARY-client-secret-introspector-jwt', 'client_secret_basic'),
    introspection_signed_response_alg: 'ES256',
  },
  'introspector-jwe': {
    ...machine('introspector-jwe', 'CANARY-client-secret-introspector-jwe', 'client_secret_basic'),
    introspection_signed_response_alg: 'ES256',
    introspection_encrypted_response_alg: 'dir',
  },

  public: person('cli-public'),
  'person-basic': person('cli:2 %+y', 'b:a%s+i c/=CANARY-client-secret', 'client_secret_basic'),
  'person-post': person('cli-2-post', 'q&o=s t+%41CANARY-client-secret', 'client_secret_post'),
  device: { ...person('cli-device'), grant_types: [device_code, 'refresh_token'], response_types: [], redirect_uris: [] },
  hs256: { ...person('cli-hs256', 'CANARY-client-secret-of-at-least-32-bytes', 'client_secret_basic'), id_token_signed_response_alg: 'HS256' },
  'userinfo-jwt': { ...person('cli-userinfo-jwt'), userinfo_signed_response_alg: 'ES256' },
};

/** The algorithms that an ID token may be asked for by name: each has a public client, in lower case. */
export const algorithms = ['RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'EdDSA'];
for (const id_token_signed_response_alg of algorithms) {
  const name = id_token_signed_response_alg.toLowerCase();
  clients[name] = { ...person(`cli-${name}`), id_token_signed_response_alg };
}

/**
 * The clients that prove themselves by a key or a certificate: `clients`, as the server knows them, and `keys`, what each keeps for itself.
 * `certificate` makes one by its name; without it there are none for mutual TLS.
 */
export function keyed(certificate) {
  const all = { clients: {}, keys: {} };
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pairs = {
    RS256: [rsa, { type: 'pkcs1', format: 'pem' }],
    PS256: [rsa, { type: 'pkcs8', format: 'pem' }],
    ES256: [generateKeyPairSync('ec', { namedCurve: 'P-256' }), { type: 'sec1', format: 'pem' }],
    ES384: [generateKeyPairSync('ec', { namedCurve: 'P-384' }), { type: 'pkcs8', format: 'pem' }],
    EdDSA: [generateKeyPairSync('ed25519'), { format: 'jwk' }],
  };
  for (const [alg, [{ publicKey, privateKey }, form]] of Object.entries(pairs)) {
    const kid = `key-${alg}`;
    const proof = {
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: alg,
      jwks: { keys: [{ ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' }] },
    };
    const own = privateKey.export(form);
    for (const [name, client] of [[`jwt-${alg}`, machine(`cli-jwt-${alg}`)], [`person-jwt-${alg}`, person(`cli-person-jwt-${alg}`)]]) {
      all.clients[name] = { ...client, ...proof };
      all.keys[name] = { key: typeof own === 'string' ? own : JSON.stringify({ ...own, kid }), kid };
    }
  }
  all.clients['secret-jwt'] = machine('cli-secret-jwt', 'CANARY-client-secret-of-at-least-32-bytes', 'client_secret_jwt');
  if (certificate) {
    const bound = { tls_client_certificate_bound_access_tokens: true };
    all.keys.tls = certificate('cli-tls', false);
    all.clients.tls = { ...machine('cli-tls', undefined, 'tls_client_auth'), ...bound, tls_client_auth_subject_dn: 'CN=cli-tls' };
    const own = certificate('cli-self-signed', true);
    const x509 = new X509Certificate(own.certificate);
    const jwk = { ...x509.publicKey.export({ format: 'jwk' }), x5c: [x509.raw.toString('base64')] };
    all.keys['self-signed'] = own;
    all.clients['self-signed'] = {
      ...machine('cli-self-signed', undefined, 'self_signed_tls_client_auth'), ...bound, jwks: { keys: [jwk] },
    };
  }
  return all;
}

function machine(client_id, client_secret, token_endpoint_auth_method) {
  return { client_id, client_secret, token_endpoint_auth_method, grant_types: ['client_credentials'], response_types: [], redirect_uris: [] };
}

/** Native: the port of a loopback redirect URI is any (RFC 8252 section 7.3), and consent is asked for every time. */
function person(client_id, client_secret, token_endpoint_auth_method = 'none') {
  return {
    client_id,
    client_secret,
    token_endpoint_auth_method,
    application_type: 'native',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    redirect_uris,
  };
}
