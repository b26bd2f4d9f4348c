// Checks a JWT from stdin against a JWKS, with code that is not ours, and prints its payload; exit 1 where it does not hold.
//
//   node verify.mjs JWKS_URL        (NODE_EXTRA_CA_CERTS for a private CA)
import { text } from 'node:stream/consumers';
import { createLocalJWKSet, jwtVerify } from 'jose';

const [jwksUrl] = process.argv.slice(2);
const token = (await text(process.stdin)).trim();
try {
  const answer = await fetch(jwksUrl, { signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) throw new Error(`${jwksUrl} answered ${answer.status}`);
  const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(await answer.json()), { clockTolerance: 5 });
  console.log(JSON.stringify({ ...payload, header: protectedHeader }));
} catch (error) {
  console.error(`verify: ${error.message}${error.cause ? `: ${error.cause.message}` : ''}`);
  process.exitCode = 1;
}
