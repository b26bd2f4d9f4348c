// The clients that the authorization server knows, each under the name that the tests call it by.

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
