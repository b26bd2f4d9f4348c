//! The manual's pages in section 1, made from the grammar and the prose below.

use clap::{ArgAction, Command as Clap};
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, italic, roman};

use crate::error::Kind;

/// One command and where its page belongs.
pub struct Page {
    /// What `oat man` calls it: `token-get`; empty for `oat` itself.
    pub name: String,
    /// The command, with everything it inherits.
    command: Clap,
}

/// What each exit code means, in the words of the manual.
const EXIT: [(u8, &str); 12] = [
    (0, "The answer is on standard output."),
    (1, "A fault of oat itself. Report it."),
    (2, "The command line does not make sense."),
    (3, "A person has to sign in."),
    (4, "The server, or a person, said no. The same command will fail again until someone changes something."),
    (5, "Network or server trouble. The same command may work later."),
    (6, "The profile file, the environment, or the place of a secret is wrong."),
    (7, "The token store, or the file that a token is to go to, cannot be read or written."),
    (8, "An answer, a certificate or a token does not hold, so it was not used."),
    (126, "The command that was to get a token cannot be run, as env(1) has it."),
    (127, "The command that was to get a token is not there, as env(1) has it."),
    (130, "Interrupted."),
];

/// Variables that hold for every command that uses a profile.
const ENVIRONMENT: [(&str, &str); 19] = [
    ("OAT_PROFILE", "The profile, where the command line names none."),
    ("OAT_CONFIG", "The profile file. `--config` wins."),
    ("OAT_STATE", "The state folder, where tokens are kept."),
    ("OAT_STORE", "Where the store's key lives: `keyring`, `env`, `file`, `keyutils` or `none`. Wins over `key` of [store]."),
    ("OAT_STORE_KEY", "The store's key for `OAT_STORE=env`: 32 bytes in base64, as `openssl rand -base64 32` prints them."),
    ("ACTIONS_ID_TOKEN_REQUEST_URL and others", "What CI systems set, as far as SUBJECTS of `oat-config(5)` names them."),
    (
        "OAT_<KEY>",
        "Any key of a profile in capital letters, such as OAT_CLIENT_ID or OAT_SCOPE. A flag wins over it, and it wins over the profile file. OAT_CLIENT_SECRET holds the client secret itself, OAT_CLIENT_KEY the private key itself.",
    ),
    ("OAT_LOGIN_TIMEOUT", "How long a sign-in may take, in seconds or as `5m`. `--timeout` of `oat login` wins."),
    ("BROWSER", "The programs that open the address of a sign-in, separated by colons. They get no variable of oat's and no secret."),
    ("SSH_CONNECTION, DISPLAY, WAYLAND_DISPLAY", "Whether a browser can be expected where this runs."),
    ("SSL_CERT_FILE", "A PEM file of CAs, in place of the built-in ones and the system's."),
    ("HTTPS_PROXY, ALL_PROXY", "An http or https proxy. Loopback never goes through it."),
    ("NO_PROXY", "Hosts that need no proxy, read as curl reads it."),
    ("CREDENTIALS_DIRECTORY", "Set by systemd; where `client_secret = { credential = \"NAME\" }` looks."),
    ("CI, TF_BUILD", "Set by CI systems; the keyring then gets 2 seconds to answer instead of 4."),
    ("GITHUB_ACTIONS, TF_BUILD", "Where `true`, every token that is handed out is masked in the log first, by a line on standard error."),
    ("GITHUB_ENV, GITHUB_OUTPUT", "Set by GitHub's runner and those like it; the files that `--to` adds to."),
    ("VISUAL, EDITOR", "The editor of `oat profile edit`."),
    (
        "DBUS_SESSION_BUS_ADDRESS, XDG_RUNTIME_DIR",
        "Where the Secret Service is found (Linux). The files of `oat exec --file-env` are in XDG_RUNTIME_DIR too.",
    ),
];

const FILES: [(&str, &str); 8] = [
    (
        "~/.config/oat/config.toml",
        "The profile file; see `oat-config(5)`. On macOS it is in ~/Library/Application Support/oat, on Windows in %APPDATA%\\oat\\config. XDG_CONFIG_HOME is obeyed on Linux.",
    ),
    (
        "~/.local/state/oat",
        "The state folder, mode 0700. On macOS it is ~/Library/Application Support/oat, on Windows %LOCALAPPDATA%\\oat\\data. XDG_STATE_HOME is obeyed on Linux.",
    ),
    (
        "sessions/PROFILE.record",
        "The sealed tokens of a profile. PROFILE.lock beside it is the lock, PROFILE.login that of a sign-in, PROFILE.secret the sealed client secret or key.",
    ),
    ("store.key", "The store's key, with `OAT_STORE=file` only."),
    ("metadata/", "Public server metadata, kept for 24 hours at most."),
    ("exec/", "Where XDG_RUNTIME_DIR is no private folder: the files of `oat exec --file-env`, in plain text, while their commands run."),
    ("sandbox-es256.p8", "The signing key of the sandbox. Its tokens are worth nothing."),
    (
        "sandbox-sessions.json",
        "The sign-ins of the built-in profile `sandbox`, with hashes of their refresh tokens. `oat sandbox` keeps its own in memory.",
    ),
];

/// The sections of prose between the options and the exit codes, in the order of a page.
const HEADINGS: [&str; 12] = [
    "FORMATS",
    "TARGETS",
    "WHAT --explain TELLS",
    "THE FILE OF A LONG JOB",
    "WHOSE TOKEN IT IS",
    "PROTOCOLS",
    "WHO IS TRUSTED",
    "CHECKS",
    "WHY AN API REFUSES A TOKEN",
    "JSON",
    "WHAT THE EXIT CODE SAYS",
    "NOT THERE YET",
];

/// What the grammar has no room for: the page, a heading, and paragraphs.
const PROSE: [(&str, &str, &str); 29] = [
    (
        "",
        "DESCRIPTION",
        "`oat` gets OAuth 2.0 access tokens and prints them, and looks into tokens. A token is kept, sealed, until shortly before it expires, so a script may ask as often as it likes. When many processes ask at once, one of them asks the server and all of them get its token.\n\nStandard output has the answer and nothing else; warnings, errors and traces are on standard error. After a failure standard output is empty, except for the report of `oat inspect`, and the exit code says what to do.\n\nThe servers and clients to use are described as profiles in a file; see `oat-config(5)`. The profile is the one named on the command line, else OAT_PROFILE, else `default_profile` of the file, else the only one in it. The profile `sandbox` is built in: its server runs inside the command, so `oat token get sandbox` and `oat login sandbox` work with nothing set up.",
    ),
    (
        "token-get",
        "DESCRIPTION",
        "A kept token is printed while it is good. It counts as good until `leeway` (60 s) before its end, but at most a tenth of its lifetime earlier, so that short tokens are kept too. `--min-ttl` asks for more.\n\nElse a new token is asked for, kept, and printed. One process does this at a time for a profile; the others wait for its token. A client_credentials request that ended with a 5xx status or the error server_error, or with 429 and a Retry-After of up to 10 s, is sent again, four times in all, within `timeout`.\n\nFor a profile that a person signs in to, the refresh token of the last `oat login` gets the new token. Such a request is sent once, by a process of its own named oat-renewal, which keeps the answer though the asking process is killed. Without a refresh token that works, the exit code is 3 and the hint says what to type; `--login`, or `auto_login = true` in the profile, signs in at once where there is a terminal, one process at a time, and not again after two sign-ins that nobody answered until `oat login` is typed.\n\nWhere the token cannot be kept (there is no keyring, the disk is full), it is printed all the same, with a warning. `--require-store` makes that a failure with exit code 7. Nor is it kept where a flag or a variable makes it another grant's, client's or server's than that which somebody is signed in to the profile by: the sign-in stays.\n\n`--to` hands the token on in place of printing it, and may be given several times. Every target is checked before anyone is asked for a token. The variables take the formats raw and bearer, a file takes all. In a job on GitHub Actions, Forgejo, Gitea or Azure Pipelines the token is masked in the log before that, by a line on standard error.\n\nThe flags below the first group are the keys of a profile, described in `oat-config(5)`. A flag wins over the key's variable, the variable over the profile file, and the file over the provider's preset. The client secret itself has no flag: other users could read it there.",
    ),
    (
        "token-get",
        "FORMATS",
        "- raw\nThe token. A token with a space, a line break or a control character is refused, whatever the format.\n- json\nOne object: access_token, token_type, expires_at (Unix time), expires_in (seconds from now), scope, profile, issuer, source (cache, shared, fetched or refresh), and other members of the server's answer that are not secret. expires_at and expires_in are left out where the server names no lifetime.\n- bearer\n`Bearer TOKEN`\n- header\n`Authorization: Bearer TOKEN`\n- env\nAn assignment to be evaluated by the shell that `--shell` names: `export OAT_ACCESS_TOKEN='TOKEN'` for sh.\n- dotenv\n`OAT_ACCESS_TOKEN='TOKEN'`, for a file that dotenv libraries read.\n- curl\nA line for `curl -K`, which keeps the token out of the list of processes.",
    ),
    (
        "token-get",
        "TARGETS",
        "- github-env=NAME\nA variable of the later steps of a job on GitHub, Forgejo or Gitea. Names that these steps or their programs obey, such as PATH, LD_PRELOAD, NODE_OPTIONS or GITHUB_TOKEN, are refused.\n- github-output=NAME\nAn output of the step. A runner does not pass a masked value on to another job.\n- ado-var=NAME\nA secret variable of a job on Azure Pipelines, by a line on standard output.\n- file=PATH\nA file of mode 0600, which takes the place of whatever is at the path as a whole; a symbolic link is replaced and not followed. The formats raw and bearer end without a line end.\n- dotenv=PATH\nA line of a dotenv report of GitLab, named by `--name`. Whoever may see the job can download it.",
    ),
    (
        "token-get",
        "WHAT --explain TELLS",
        "The profile and how it was chosen; each setting with its value and where it came from; the store; whether the kept token would be used, and why; and each request with its headers and parameters, secrets as [redacted]. Nothing is sent, no secret is read, and no program is run. Behind a request for metadata, the one that follows is told as far as it is known. With `--json`, one object: profile, chosen_by, config_file, settings, store, cache, decision (use, refresh, fetch or login_required), failure, requests.\n\nThe exit code is 0 also where a token could not be had. Where the profile is not complete it is that of the error, and what is known is told before.",
    ),
    (
        "exec",
        "DESCRIPTION",
        "The token is had as `oat token get` has it. What goes wrong until the command starts is told with one of oat's exit codes; from then on the exit code is the command's. The command is found by PATH, and standard input, signals, process id and terminal are its own. 126 and 127 mean what they mean for env(1).\n\nWithout `--env` and `--file-env` the token is in OAT_ACCESS_TOKEN. Both can be given several times, and with `NAME=PROFILE` for the token of another profile. The keys of a profile can be given as flags where there is one profile only. A name that means something to loaders, shells or interpreters, such as PATH, LD_PRELOAD or OAT_PROFILE, is refused, and so is one that is no variable's, before anyone is asked.\n\nThe command gets the other variables of this process, but for OAT_STORE_KEY, OAT_CLIENT_SECRET and OAT_CLIENT_KEY. A variable that the profile file names (`client_secret = { env = \"NAME\" }`) stays, since the command may call oat in turn. What the caller opened, such as `<(…)`, stays open; of oat's nothing does.",
    ),
    (
        "exec",
        "THE FILE OF A LONG JOB",
        "A token in a variable ends when it ends. The file of `--file-env` always has a good one: it is renewed when `leeway` is reached, but at most a tenth of its lifetime before its end, and replaced as a whole. Read it each time a token is needed. It holds the token without a line end, has mode 0600, and lies in a folder of mode 0700 below $XDG_RUNTIME_DIR/oat where XDG_RUNTIME_DIR is private, else below the state folder.\n\nA process named oat-keeper does this while the command runs. It sleeps in between, looks at the clock and at the folder every ten seconds, makes the folder anew where it was removed, and takes file and folder away as soon as the command has ended, however it ended. Where the server is down or the disk is full it tries again every ten seconds, and sooner only for tokens that live less than 100 s; it warns once, and says when it is over. Where a person has to sign in, `oat login` in another terminal is enough.\n\nWhat a killed oat-keeper left is removed by the next `oat exec --file-env`. As the first process of a container the command takes the keeper with it, and the file stays as long as the container. `--min-ttl` counts for the first token. The profile file must be one that can be read twice. On Windows, where this was never run, oat waits for the command, and its threads keep the file.",
    ),
    (
        "token-subject",
        "DESCRIPTION",
        "Some tools take the CI system's own token from a file and do the rest themselves: AWS_WEB_IDENTITY_TOKEN_FILE, AZURE_FEDERATED_TOKEN_FILE, the credentials file of Google's libraries. For all others `oat token get` exchanges it.\n\nThe sources are those of SUBJECTS in `oat-config(5)`, in their short form: `github-actions`, `env:NAME`. What is the name of a source is one, and of a profile else. A file is replaced as a whole, and is its owner's alone.",
    ),
    (
        "credential",
        "DESCRIPTION",
        "Another program starts `oat` when it needs a token, and gets it in its own protocol: the kept one while it is good, else a new one, as `oat token get` has it. One sign-in serves all of them, and no token is written into their files. `oat credential setup DIALECT PROFILE` prints what to write where; for npm, pnpm and curl too, which have no such protocol.\n\nMost programs start a helper by a name of its own. A link with that name to `oat` is all it takes: kubectl-oat, git-credential-oat, docker-credential-oat, bazel-credential-oat, cargo-credential-oat, go-credential-oat, terraform-credentials-oat. Cargo also takes `oat` itself, which it starts with `--cargo-plugin` alone.\n\nA failure is told on standard error with the exit codes below, and standard output stays empty; cargo gets it in an answer.",
    ),
    (
        "credential",
        "WHOSE TOKEN IT IS",
        "`hosts` of a profile lists where its token may go: `api.example.com` on any port, `api.example.com:8443`, or `*.corp.example` for every host below that domain, but not the domain itself. Upper and lower case are the same; a host beyond ASCII is written in its xn-- form.\n\nWhere a profile is named, on the command line or by OAT_PROFILE, it alone is looked at; else the profile that lists the host the most exactly: a whole name before a wildcard, a longer wildcard before a shorter one, with a port before without. Two that list it alike are an error. A host that is not listed gets no token, whoever is named, and is answered in the protocol's own words for that; nor does a server over plain http, unless it is this machine, or an address with a user name, a backslash, an escape or a number in disguise. `-v` says why.\n\nkubectl names its server only with `provideClusterInfo: true`. Where it does and the profile has `hosts`, the server has to be among them, so that a kubeconfig from elsewhere sends no token there. Without that, the profile that the kubeconfig names is the person's own word.\n\nAn index of cargo's on a forge (`https://github.com/…`) gets a token from a named profile only, because its owner says where cargo sends it.",
    ),
    (
        "credential",
        "PROTOCOLS",
        "- kubectl [PROFILE]\nAn ExecCredential of client.authentication.k8s.io/v1 or v1beta1, as KUBERNETES_EXEC_INFO asks; without it v1. expirationTimestamp is the end less `leeway`. `--id-token` gives the ID token of the sign-in, renewed where it has ended. A sign-in begins only with `--login` or `auto_login`, on a terminal, and where kubectl says that a person is there.\n- git [PROFILE] get|erase|store|capability\nA user name and a password; `authtype=Bearer` where git (2.46 and later) can send that and the server's WWW-Authenticate offers it. The user name is `username` of the profile or its preset, else what the host is known to want, else oauth2. `erase` forgets the kept access token if it is the one that was sent. `store` keeps nothing. After a failure git goes on to the next helper, or asks.\n- docker [PROFILE] get|store|erase|list|version\nThe token is the password. What docker stores or erases at a login or a logout is not kept and not there.\n- bazel [PROFILE] get\nThe credential helper of EngFlow's specification: headers, and until when.\n- cargo [PROFILE]\nThe credential provider protocol, version 1. The token is sent as `Bearer TOKEN`. Of `credential-provider`, the word behind the program is the profile.\n- go [PROFILE] [URL]\nGOAUTH of Go 1.24 and later. Without a URL there is nothing to say yet.\n- terraform [PROFILE] get|store|forget HOST\nA credentials helper. `store` and `forget` fail: `oat login` and `oat logout` are for that.",
    ),
    (
        "login",
        "DESCRIPTION",
        "The store is tried first, so that nobody signs in for nothing. Then the address of the server's sign-in page is printed and opened: by the programs of $BROWSER, separated by colons, each with its arguments and `%s` for the address; else by the system. Over SSH, in CI and without a display nothing is opened unless BROWSER is set. The browser ends at a loopback address that this command listens on for this one answer. Whatever else comes in there is answered and ignored.\n\nOn a terminal, and with `--paste` from standard input, the address that the browser ended at is taken as well, or its query, or the bare code where the server does not name itself in its answers.\n\nPKCE with S256, state, and a nonce where an ID token is asked for, are always sent and always checked; so is `iss` of the answer. An ID token has to hold by OpenID Connect Core section 3.1.3.7 with the keys of the profile's issuer; without an issuer nobody's name is told. Where the scope has offline_access and the server is no preset's, prompt=consent is sent too, unless the profile has `prompt`.\n\n`--device` shows an address and a code instead (RFC 8628), for any device; on a terminal also as a QR code.\n\nThe sign-in is told on standard error: who, until when, and where it is kept. With `--json`, one object with the address or the code, and one with the outcome. No token is printed.",
    ),
    (
        "logout",
        "DESCRIPTION",
        "What the server did not do is told as a warning, and the exit code is 0 all the same: here the tokens are gone. A profile that is in the file no more can still be signed out of by its name, and one whose keys are wrong with `--local`; their servers are not told. `--browser` opens the server's own sign-out page (OpenID Connect RP-Initiated Logout), where it has one. A sealed client secret stays; `oat profile remove` takes it away.",
    ),
    (
        "status",
        "DESCRIPTION",
        "Every profile of the file, and whatever else something is kept for. With `--json`, one object: {\"profiles\": [{profile, signed_in, subject, name, access_token_expires_at, refresh_token_expires_at, store}]}, times in Unix seconds, what is not known left out. signed_in says whether a person's tokens can still be had without a new sign-in.",
    ),
    (
        "refresh",
        "DESCRIPTION",
        "The new token replaces the kept one. It is printed only with `--print`. A profile that a person signs in to spends its refresh token; where the answer is lost, the old one is kept and tried once more next time.",
    ),
    (
        "inspect",
        "DESCRIPTION",
        "The token is the access token of a profile, had as `oat token get` has it, or with `-` one from standard input; also without `-`, where no profile can be meant. What stands in it is shown in words, and below that every check: `ok`, `FAIL`, or `-` for what was not checked. Two sources are shown side by side, with what differs.\n\nStandard input may hold the bare token, `Bearer TOKEN`, a header line such as `Authorization: Bearer TOKEN`, or a token answer as JSON, of which the access_token is taken, or what `--id-token` or `--refresh-token` says; 4 MiB at most. On a terminal it is asked for without being shown, which keeps it out of the shell's history; a pipe from the clipboard does so too. A token as an argument is refused with exit code 2 and not repeated: other users can read it there.\n\nThe token goes nowhere but to the introspection or userinfo endpoint of its own server, when that is asked, and with `--send` to the address of `--for`.\n\nAn opaque token says nothing. One of a named profile is introspected without being asked for, and what is shown then is the server's word. Of an encrypted one (JWE) the header is all there is to see. A refresh token is for its server alone: its form, its length, who signed in and when it ends are told, nothing in it is shown and nobody is asked about it.",
    ),
    (
        "inspect",
        "WHO IS TRUSTED",
        "Anyone can write a token that names any issuer. So the keys come from whom you trust, and the report says NOT VERIFIED, also on standard error, wherever the signature was not checked or does not hold.\n\nThe token of a profile is checked with the keys of the profile's server: its `jwks_uri`, else those that its `issuer` names. For a token from standard input that profile is the one of `--profile`; else what OAT_ISSUER and its fellows say; else the first of the file whose `issuer` is the token's `iss`, byte for byte; else the built-in `sandbox`, by the same rule. `--issuer URL` does without a profile, and `iss` has to be that URL, byte for byte. `--issuer` without a URL takes the token's own word: a signature that holds then says that the token is from that server, and not that the server may be trusted.\n\n`--jwks`, `--key` and `--secret-from` name what to check with in place of a server's keys. HS256, HS384 and HS512 are checked with a secret only, never with a public key, and `none` with nothing. Keys that the token's own header brings or points to (jwk, jku, x5u, x5c) are never looked at. A server's keys are kept for the next command, and asked for again where none of them will do, once a minute at most.\n\nVERIFIED says that the signature holds with the key that is named, and so does every check below. It does not say that the token is meant for your API, unless `--audience` or the profile says what `aud` must have; nor what it may do there, without `--require-scope`; nor that it was not revoked, without `--introspect`; nor that you hold the key that it is bound to (`cnf`). `--signature-only` looks at the signature alone, over any bytes. `--offline` asks nobody and checks what other flags name, and nothing else.",
    ),
    (
        "inspect",
        "CHECKS",
        "- alg\nThe header names an algorithm that what there is to check with can check: RS, PS or ES with 256, 384 or 512, EdDSA with Ed25519; HS with a secret.\n- signature\nIt holds, and by which key from where. Where the keys could not be had, it was not checked.\n- crit, payload\nThe header asks for nothing that is not done here.\n- typ\nIt is not another kind of token of the same server.\n- iss\nThe issuer is the one expected, byte for byte.\n- sub\nAn ID token is about somebody.\n- exp, nbf, iat\nIt has not ended, has begun, and is not from the future; clocks may differ by 60 s. Access tokens of RFC 9068 and ID tokens must have exp and iat.\n- aud\nIt has every `--audience`; else one of those that the profile asks for. An ID token is for the client (and so is `azp`).\n- scope\nIt has every `--require-scope`.\n- cnf\nIt is bound to a key. Whether you hold that key is never checked.\n- active\nThe server says that it is active (RFC 7662).\n- userinfo\nThe server's userinfo is about the same subject.\n- api_scheme, api_issuer, api_audience, api_scope, api_acr, api_max_age\nWhat the API of `--for` wants, as far as it says so.\n- api_answer\nHow the API took the token with `--send`. Without it, how it answers a request without any token, which is no check.",
    ),
    (
        "inspect",
        "WHY AN API REFUSES A TOKEN",
        "`--for URL` sends the API a GET without the token, reads its WWW-Authenticate (RFC 6750, RFC 9470) and the metadata that it points to (RFC 9728, from the API's own origin only), and compares that with the token. Where it wants another scope, audience, issuer or a fresher sign-in, the line to type stands below.\n\n`--send` sends the token there as well, once, and tells what the API answers to it. No redirect is followed. Where the profile has `hosts`, the API's host has to be among them, else the exit code is 6 and nothing is sent.",
    ),
    (
        "inspect",
        "JSON",
        "`--json` prints one object; what is not known is left out, and members are added, never renamed: kind (access_token, id_token, refresh_token or token), profile, format (jwt, jws, jwe or opaque), length, header, claims, payload, checks, verified, reason (why it is not), scope (as granted), expires_at, expires_in, notes, introspection, userinfo, challenge. checks is a list of {name, ok, detail, hint}, and ok is null for what was not checked. Two tokens are {left, right, differences, same}, and differences a list of {name, left, right}.\n\n`--claim NAME` prints one claim, text as it is and all else as JSON; with a slash in front, NAME is a JSON pointer (RFC 6901). An opaque token's claims are what the server said of it. `--header` prints the header. Where a check fails, both print nothing; `--offline` has them print what the token says, unchecked.",
    ),
    (
        "inspect",
        "WHAT THE EXIT CODE SAYS",
        "With 0 nothing that was checked failed. A token that nothing was there to check with ends so too: a script that depends on it asks for `verified`. 8 says that a check failed, and the first one is the error; or that what came is no token. 5 says that the keys, the server or the API could not be had, 4 that the server refused to answer, 3 that a person has to sign in before there is a token. The report is printed all the same, once there is a token.",
    ),
    (
        "inspect",
        "EXAMPLES",
        "subject=$(pbpaste | oat inspect - --issuer https://login.example.com --claim sub) || exit\noat inspect - --secret-from env:JWT_SECRET\noat inspect work --claim /realm_access/roles/0\noat inspect work --json | jq -e .verified\noat inspect work --json | jq -r '.checks[] | select(.ok == false) | .detail'",
    ),
    (
        "jwks",
        "DESCRIPTION",
        "The keys of an issuer are found by discovery, those of a profile by its `jwks_uri`, else by its `issuer`. Nothing is checked with them, and no token is needed.\n\nKID is what the header of a token names, TYPE the kind of key with its curve or its bits, THUMBPRINT that of RFC 7638 with SHA-256: it is the same wherever the key is the same. A key that must not be used here, such as RSA below 2048 bits, is passed over with a warning that says why.\n\nWith `--json`, one object: {\"keys\": [...], \"refused\": [{kid, reason}]}. Each key is a JWK with its `thumbprint`, so that what is printed can be kept in a file for `oat inspect --jwks FILE`.",
    ),
    (
        "jwks",
        "WHAT THE EXIT CODE SAYS",
        "5 says that the server could not be had, 8 that it names no keys, or that what it has is no JWK set.",
    ),
    (
        "jwks",
        "EXAMPLES",
        "oat jwks https://login.example.com --json > keys.json\noat inspect - --jwks keys.json --audience https://api.example.com",
    ),
    (
        "profile-add",
        "DESCRIPTION",
        "Give the server with `--provider`, `--issuer` or `--token-endpoint`, and other keys as flags. A client secret from `--client-secret-stdin` or the prompt is sealed in the store; the file never holds it.",
    ),
    (
        "profile-show",
        "DESCRIPTION",
        "Each value is followed by where it came from: a variable, a line of the file, or a preset. Secrets are shown by their place only.",
    ),
    (
        "sandbox",
        "DESCRIPTION",
        "It answers the grants authorization_code (with PKCE), device_code, refresh_token and client_credentials, by HTTP Basic, a form or a JSON body, and has discovery, a JWK Set, introspection, revocation, userinfo and a logout page. Its clients are `sandbox` with the secret `sandbox-secret`, and `sandbox-public` with none. Standard output has its endpoints and two ready-made profiles.\n\nTo sign in, any user name will do, `alice` unless you type another; `mallory` is turned away. There are no passwords. With `--auto-approve` nobody is asked. A redirect_uri is http on 127.0.0.1, [::1] or localhost, with any port and path. A scope with openid gives an ID token, one with offline_access a refresh token, which is good once: when it is used again, all tokens of its sign-in are revoked.\n\n`GET /requests` counts the requests to each endpoint, so that a test can tell a kept token from a new one; `refresh` are the refreshes that were granted, `reuse` the codes and refresh tokens that came twice. The server listens on 127.0.0.1 only.",
    ),
    (
        "man",
        "DESCRIPTION",
        "The page comes as roff, as installed pages are: `oat man token get | man -l -` shows it. The pages are part of the program.",
    ),
];

/// Every command, the whole first, in the order of `oat --help`.
pub fn commands(grammar: &Clap) -> Vec<Page> {
    fn walk(name: &str, command: &Clap, pages: &mut Vec<Page>) {
        pages.push(Page { name: name.into(), command: command.clone() });
        for below in command.get_subcommands() {
            let name = format!("{name}{}{}", if name.is_empty() { "" } else { "-" }, below.get_name());
            walk(&name, below, pages);
        }
    }
    let mut pages = Vec::new();
    walk("", grammar, &mut pages);
    pages
}

/// The roff of a page.
pub fn page(page: &Page) -> String {
    let command = &page.command;
    let display = command.get_display_name().unwrap_or("oat");
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let (mut examples, remarks) = after_help(command);
    examples.extend(prose(&page.name, "EXAMPLES").lines().map(str::to_string));
    let mut sheet = Sheet::new(display, "1");
    sheet.heading("NAME").text(&format!("{display} - {about}"));
    sheet.heading("SYNOPSIS").line(synopsis(command));
    sheet.heading("DESCRIPTION").text(&format!("{about}."));
    if page.name.is_empty() {
        sheet.paragraphs(prose("", "DESCRIPTION"));
    } else {
        remarks.iter().for_each(|remark| sheet.paragraphs(remark));
        sheet.paragraphs(prose(&page.name, "DESCRIPTION"));
    }
    subcommands(&mut sheet, page);
    options(&mut sheet, command);
    for heading in HEADINGS {
        let text = prose(&page.name, heading);
        if !text.is_empty() {
            sheet.heading(heading).paragraphs(text);
        }
    }
    surroundings(&mut sheet, &page.name);
    if !examples.is_empty() {
        sheet.heading("EXAMPLES").literal(&examples);
    }
    sheet.heading("SEE ALSO").line(see_also(&page.name));
    sheet.finish()
}

fn prose(page: &str, heading: &str) -> &'static str {
    PROSE.iter().find(|(name, title, _)| *name == page && *title == heading).map(|(_, _, text)| *text).unwrap_or_default()
}

/// The examples of the help text, and its other paragraphs, except what the manual tells at more length.
fn after_help(command: &Clap) -> (Vec<String>, Vec<String>) {
    let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let (mut examples, mut remarks) = (Vec::new(), Vec::new());
    for paragraph in text.split("\n\n") {
        match paragraph.strip_prefix("Examples:\n") {
            Some(lines) => examples = lines.lines().map(|line| line.trim().to_string()).collect(),
            None if paragraph.starts_with("Exit codes:") || paragraph.is_empty() => {}
            None => remarks.push(paragraph.to_string()),
        }
    }
    (examples, remarks)
}

fn synopsis(command: &Clap) -> Vec<Inline> {
    let mut line = vec![bold(command.get_bin_name().unwrap_or("oat")), roman(" ["), italic("options"), roman("]")];
    if command.has_subcommands() {
        line.extend([roman(" "), italic("command")]);
    }
    for argument in command.get_positionals() {
        let name = argument.get_value_names().map(|names| names.join(" ")).unwrap_or_default();
        let (open, close) = match (argument.is_last_set(), argument.is_required_set()) {
            (true, _) => (" -- ", ""),
            (_, true) => (" ", ""),
            _ => (" [", "]"),
        };
        line.extend([roman(open), italic(name), roman(close)]);
    }
    line
}

fn subcommands(sheet: &mut Sheet, page: &Page) {
    let all = commands(&page.command);
    let leaves: Vec<&Page> = all.iter().filter(|below| !below.name.is_empty() && !below.command.has_subcommands()).collect();
    if leaves.is_empty() {
        return;
    }
    sheet.heading("COMMANDS");
    for leaf in leaves {
        let about = leaf.command.get_about().map(ToString::to_string).unwrap_or_default();
        sheet.entry(leaf.command.get_bin_name().unwrap_or_default(), &format!("{about}."));
    }
}

/// clap_mangen's sections, with the words that an option takes told in its sentence.
fn options(sheet: &mut Sheet, command: &Clap) {
    let with_words = command.clone().mut_args(|arg| {
        let words: Vec<String> = arg.get_possible_values().iter().map(|value| value.get_name().to_string()).collect();
        match arg.get_help().map(ToString::to_string) {
            Some(help) if matches!(arg.get_action(), ArgAction::Set | ArgAction::Append) && !words.is_empty() => {
                arg.help(format!("{help}: one of {}", words.join(", "))).hide_possible_values(true)
            }
            _ => arg,
        }
    });
    let mut section = Vec::new();
    Man::new(with_words).render_options_section(&mut section).unwrap();
    sheet.made(&String::from_utf8(section).unwrap());
}

fn surroundings(sheet: &mut Sheet, name: &str) {
    sheet.heading("EXIT STATUS");
    assert!((1..=255).all(|code| Kind::from_exit_code(code).is_some() == EXIT.iter().any(|(listed, _)| *listed == code)));
    for (code, meaning) in EXIT {
        sheet.entry(&code.to_string(), meaning);
    }
    let (variables, files): (&[&str], &[&str]) = match name {
        "completions" | "man" => return,
        "sandbox" => (&["OAT_STATE"], &["~/.local/state/oat", "sandbox-es256.p8", "sandbox-sessions.json"]),
        "profile-list" => (&["OAT_CONFIG"], &["~/.config/oat/config.toml"]),
        "" | "token-get" => (&[], &[]),
        // The binary carries every page, so the long lists stand in two of them.
        _ => {
            sheet.heading("ENVIRONMENT").text("The variables and files are those of oat(1).");
            return;
        }
    };
    for (heading, rows, wanted) in [("ENVIRONMENT", ENVIRONMENT.as_slice(), variables), ("FILES", FILES.as_slice(), files)] {
        sheet.heading(heading);
        for (term, text) in rows.iter().filter(|(term, _)| wanted.is_empty() || wanted.contains(term)) {
            sheet.entry(term, text);
        }
    }
}

/// The other pages that a reader of this one may want.
fn see_also(name: &str) -> Vec<Inline> {
    let pages: &[&str] = match name {
        "" => &["oat-token-get(1)", "oat-inspect(1)", "oat-profile(1)", "oat-sandbox(1)", "oat-config(5)"],
        "sandbox" | "exec" => &["oat(1)", "oat-token-get(1)"],
        "completions" => &["oat(1)", "oat-man(1)"],
        "man" => &["oat(1)", "oat-config(5)", "man(1)"],
        "inspect" | "jwks" => &["oat(1)", "oat-inspect(1)", "oat-jwks(1)", "oat-config(5)"],
        _ if name.starts_with("profile") => &["oat(1)", "oat-profile(1)", "oat-config(5)"],
        _ => &["oat(1)", "oat-profile(1)", "oat-config(5)"],
    };
    let own = format!("oat-{name}(1)");
    let mut line = Vec::new();
    for page in pages.iter().filter(|page| **page != own) {
        let (title, section) = page.split_at(page.len() - 3);
        line.extend([roman(if line.is_empty() { "" } else { ", " }), bold(title), roman(section)]);
    }
    line
}

/// A page in the making.
pub struct Sheet {
    text: String,
}

impl Sheet {
    /// A page with its title line. The date stays empty: it would change without the page changing.
    pub fn new(title: &str, section: &str) -> Sheet {
        let mut roff = Roff::new();
        let version = concat!("oat ", env!("CARGO_PKG_VERSION"));
        roff.control("TH", [title.to_uppercase().as_str(), section, "\"\"", version, "oat manual"]);
        Sheet { text: roff.render() }
    }

    /// Starts a section.
    pub fn heading(&mut self, heading: &str) -> &mut Sheet {
        self.put(Roff::new().control("SH", [heading]));
        self
    }

    /// Starts a subsection.
    pub fn subheading(&mut self, heading: &str) -> &mut Sheet {
        self.put(Roff::new().control("SS", [heading]));
        self
    }

    /// One line; what stands in backticks is bold.
    pub fn text(&mut self, text: &str) -> &mut Sheet {
        self.line(inlines(text))
    }

    /// One line of parts.
    pub fn line(&mut self, line: Vec<Inline>) -> &mut Sheet {
        self.put(Roff::new().text(line));
        self
    }

    /// Paragraphs, or a list where the text starts with `- `: a line for the term, the next for what it means.
    pub fn paragraphs(&mut self, text: &str) {
        if text.starts_with("- ") {
            let lines: Vec<&str> = text.lines().collect();
            return lines.chunks(2).for_each(|pair| self.entry(pair[0].trim_start_matches("- "), pair[1]));
        }
        for paragraph in text.split("\n\n").filter(|paragraph| !paragraph.is_empty()) {
            self.apart().text(paragraph);
        }
    }

    /// A term and what it means; a second line of the text starts a line of the page.
    pub fn entry(&mut self, term: &str, text: &str) {
        self.put(Roff::new().control("TP", []).text([bold(term)]));
        for (index, line) in text.lines().enumerate() {
            if index > 0 {
                self.put(Roff::new().control("br", []));
            }
            self.text(line);
        }
    }

    /// Lines as they are.
    pub fn literal<L: AsRef<str>>(&mut self, lines: &[L]) -> &mut Sheet {
        let mut roff = Roff::new();
        self.apart();
        roff.control("RS", ["4"]).control("nf", []);
        for line in lines {
            // An empty line is kept by a zero-width character.
            roff.text([roman(if line.as_ref().is_empty() { " " } else { line.as_ref() })]);
        }
        roff.control("fi", []).control("RE", []);
        self.put(&roff);
        self
    }

    /// Sets what follows off from what stands above, unless that is a heading.
    fn apart(&mut self) -> &mut Sheet {
        let last = self.text.lines().last().unwrap_or_default();
        if !last.starts_with(".SH") && !last.starts_with(".SS") {
            self.put(Roff::new().control("PP", []));
        }
        self
    }

    /// A section that was made elsewhere.
    pub fn made(&mut self, section: &str) {
        self.text.push_str(section.strip_prefix(&preamble()).unwrap_or(section));
    }

    /// The whole page, in lines of a length that a reader of its source can live with.
    pub fn finish(&self) -> String {
        let (mut page, mut literal, mut term) = (Vec::new(), false, false);
        for line in self.text.lines() {
            literal = line == ".nf" || (literal && line != ".fi");
            match literal || term || line.starts_with('.') {
                true => page.push(typeset(line)),
                false => page.extend(wrapped(&typeset(line))),
            }
            // The one line behind it is the term.
            term = line == ".TP";
        }
        page.join("\n") + "\n"
    }

    fn put(&mut self, roff: &Roff) {
        self.made(&roff.render());
    }
}

/// Quotes and tildes are set as themselves, so that what is copied from a page works.
fn typeset(line: &str) -> String {
    let mut typeset = String::new();
    for c in line.chars() {
        match c {
            '`' => typeset.push_str("\\(ga"),
            '~' => typeset.push_str("\\(ti"),
            '^' => typeset.push_str("\\(ha"),
            c if !c.is_ascii() => typeset.push_str(&format!("\\[u{:04X}]", u32::from(c))),
            c => typeset.push(c),
        }
    }
    typeset
}

/// Breaks a line at spaces; no part may start as a control line does.
fn wrapped(line: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in line.split(' ') {
        let last = lines.len() - 1;
        if !lines[last].is_empty() && lines[last].len() + word.len() >= 80 && !word.starts_with(['.', '\'']) && !word.is_empty() {
            lines.push(word.to_string());
        } else {
            let space = if lines[last].is_empty() && last == 0 { "" } else { " " };
            lines[last].push_str(&format!("{space}{word}"));
        }
    }
    lines
}

fn preamble() -> String {
    Roff::new().render()
}

fn inlines(text: &str) -> Vec<Inline> {
    let parts = text.split('`').enumerate();
    parts.filter(|(_, part)| !part.is_empty()).map(|(index, part)| if index % 2 == 1 { bold(part) } else { roman(part) }).collect()
}
