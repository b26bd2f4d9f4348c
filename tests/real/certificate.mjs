// A certificate authority of our own, and certificates from it: for the loopback addresses, and for clients.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Made in `folder`, which is to live as long as the server. */
export function privateCertificate(folder) {
  const at = (name) => join(folder, name);
  const openssl = (...words) => execFileSync('openssl', words, { stdio: ['ignore', 'ignore', 'pipe'] });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  writeFileSync(at('ca.cnf'), '[req]\ndistinguished_name=dn\n[dn]\n[ca]\nbasicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\n'
    + 'subjectKeyIdentifier=hash\n[leaf]\nbasicConstraints=critical,CA:false\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n'
    + 'subjectAltName=IP:127.0.0.1,IP:::1,DNS:localhost\nauthorityKeyIdentifier=keyid\n'
    + '[client]\nbasicConstraints=critical,CA:false\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n');
  openssl('req', '-x509', ...key, '-config', at('ca.cnf'), '-extensions', 'ca', '-subj', '/CN=oat test authority', '-days', '2',
    '-keyout', at('ca.key'), '-out', at('ca.pem'));
  openssl('req', ...key, '-config', at('ca.cnf'), '-subj', '/CN=localhost', '-keyout', at('leaf.key'), '-out', at('leaf.csr'));
  openssl('x509', '-req', '-in', at('leaf.csr'), '-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-set_serial', '2', '-days', '2',
    '-extfile', at('ca.cnf'), '-extensions', 'leaf', '-out', at('leaf.pem'));
  return { key: readFileSync(at('leaf.key')), cert: readFileSync(at('leaf.pem')), ca_file: at('ca.pem') };
}

/** A client's key and certificate in PEM: from the authority in `folder`, or signed by itself. */
export function clientCertificate(folder, name, signedByItself) {
  const at = (file) => join(folder, file);
  const openssl = (...words) => execFileSync('openssl', words, { stdio: ['ignore', 'ignore', 'pipe'] });
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-config', at('ca.cnf'), '-subj', `/CN=${name}`,
    '-keyout', at(`${name}.key`)];
  if (signedByItself) {
    openssl('req', '-x509', ...made, '-extensions', 'client', '-days', '2', '-out', at(`${name}.pem`));
  } else {
    openssl('req', ...made, '-out', at(`${name}.csr`));
    openssl('x509', '-req', '-in', at(`${name}.csr`), '-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-set_serial', '3', '-days', '2',
      '-extfile', at('ca.cnf'), '-extensions', 'client', '-out', at(`${name}.pem`));
  }
  return { key: readFileSync(at(`${name}.key`), 'utf8'), certificate: readFileSync(at(`${name}.pem`), 'utf8') };
}
