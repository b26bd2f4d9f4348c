# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_oat_global_optspecs
    string join \n config= json store= trace= v/verbose h/help V/version
end

function __fish_oat_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_oat_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_oat_using_subcommand
    set -l cmd (__fish_oat_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c oat -n "__fish_oat_needs_command" -l config -d 'The profile file [env: OAT_CONFIG]' -r -F
complete -c oat -n "__fish_oat_needs_command" -l store -d 'Where the store\'s key lives: keyring, env, file, keyutils or none [env: OAT_STORE]' -r -f -a "keyring\t''
env\t''
file\t''
keyutils\t''
none\t''"
complete -c oat -n "__fish_oat_needs_command" -l trace -d 'Write every request and answer to this file, secrets taken out' -r -f
complete -c oat -n "__fish_oat_needs_command" -l json -d 'Tell errors, and what a command reports, as JSON'
complete -c oat -n "__fish_oat_needs_command" -s v -l verbose -d 'Say on stderr what happens; -vv says more, never a secret'
complete -c oat -n "__fish_oat_needs_command" -s h -l help -d 'Print help'
complete -c oat -n "__fish_oat_needs_command" -s V -l version -d 'Print version'
complete -c oat -n "__fish_oat_needs_command" -f -a "token" -d 'Hand out tokens'
complete -c oat -n "__fish_oat_needs_command" -f -a "exec" -d 'Run a command with a token in its environment, or in a file that is kept fresh for it'
complete -c oat -n "__fish_oat_needs_command" -f -a "login" -d 'Sign in, so that tokens can be had without you for as long as the server allows'
complete -c oat -n "__fish_oat_needs_command" -f -a "logout" -d 'Have the server forget a session\'s tokens, and forget them here'
complete -c oat -n "__fish_oat_needs_command" -f -a "status" -d 'Show every session: who, until when, kept where'
complete -c oat -n "__fish_oat_needs_command" -f -a "refresh" -d 'Renew the token now, whatever the cache says'
complete -c oat -n "__fish_oat_needs_command" -f -a "inspect" -d 'Show what a token says, whether it holds, and why an API refused it'
complete -c oat -n "__fish_oat_needs_command" -f -a "credential" -d 'Answer another program that asks for a token: kubectl, git, docker, bazel, cargo, go, terraform'
complete -c oat -n "__fish_oat_needs_command" -f -a "jwks" -d 'List the keys that a server signs with'
complete -c oat -n "__fish_oat_needs_command" -f -a "profile" -d 'Write and read the profile file'
complete -c oat -n "__fish_oat_needs_command" -f -a "sandbox" -d 'Serve a small authorization server on loopback, for trying and testing'
complete -c oat -n "__fish_oat_needs_command" -f -a "completions" -d 'Print a shell\'s completion file'
complete -c oat -n "__fish_oat_needs_command" -f -a "man" -d 'Print a manual page'
complete -c oat -n "__fish_oat_using_subcommand token; and not __fish_seen_subcommand_from get subject" -l config -d 'The profile file [env: OAT_CONFIG]' -r -F
complete -c oat -n "__fish_oat_using_subcommand token; and not __fish_seen_subcommand_from get subject" -l store -d 'Where the store\'s key lives: keyring, env, file, keyutils or none [env: OAT_STORE]' -r -f -a "keyring\t''
env\t''
file\t''
keyutils\t''
none\t''"
complete -c oat -n "__fish_oat_using_subcommand token; and not __fish_seen_subcommand_from get subject" -l trace -d 'Write every request and answer to this file, secrets taken out' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and not __fish_seen_subcommand_from get subject" -l json -d 'Tell errors, and what a command reports, as JSON'
complete -c oat -n "__fish_oat_using_subcommand token; and not __fish_seen_subcommand_from get subject" -s v -l verbose -d 'Say on stderr what happens; -vv says more, never a secret'
complete -c oat -n "__fish_oat_using_subcommand token; and not __fish_seen_subcommand_from get subject" -s h -l help -d 'Print help'
complete -c oat -n "__fish_oat_using_subcommand token; and not __fish_seen_subcommand_from get subject" -f -a "get" -d 'Print a valid access token: the kept one while it is good, else a new one'
complete -c oat -n "__fish_oat_using_subcommand token; and not __fish_seen_subcommand_from get subject" -f -a "subject" -d 'Print the token that a CI system gives to the job, for a tool that wants that one'
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l config -d 'The profile file [env: OAT_CONFIG]' -r -F
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l store -d 'Where the store\'s key lives: keyring, env, file, keyutils or none [env: OAT_STORE]' -r -f -a "keyring\t''
env\t''
file\t''
keyutils\t''
none\t''"
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l trace -d 'Write every request and answer to this file, secrets taken out' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l provider -d 'A preset: the endpoints and quirks of a known provider' -r -f -a "vericerts\t''
auth0\t''
abbyy-vantage\t''
google\t''
google-sts\t''
google-service-account\t''
entra\t''
okta\t''
keycloak\t''
github\t''
gitlab\t''
cognito\t''
pingone\t''
salesforce\t''
slack\t''
atlassian\t''
spotify\t''
zoom\t''
dropbox\t''
line\t''
hydra\t''
zitadel\t''
authentik\t''
dex\t''
buildkite\t''
openai\t''
openrouter\t''
anthropic\t''"
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l issuer -d 'The issuer URL, exactly as the server names itself; endpoints are found by discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l token-endpoint -d 'Where tokens are asked for; overrides discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l authorization-endpoint -d 'Where a person signs in; overrides discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l device-authorization-endpoint -d 'Where a device code is asked for; overrides discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l introspection-endpoint -d 'Where the server tells about a token; overrides discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l revocation-endpoint -d 'Where a token is revoked; overrides discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l userinfo-endpoint -d 'Where the signed-in user is described; overrides discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l end-session-endpoint -d 'Where a person signs out; overrides discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l jwks-uri -d 'Where the server\'s public keys are; overrides discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l pin-hosts -d 'The only hosts that discovered endpoints may be on' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l base-url -d 'The base URL that a preset asks for' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l domain -d 'The domain that a preset asks for' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l region -d 'The region that a preset asks for' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l tenant -d 'The tenant that a preset asks for' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l realm -d 'The realm, pool, environment or application that a preset asks for' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l client-id -d 'The client\'s identifier at the server' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l client-key-id -d 'The `kid` that the server knows the client\'s key by; else the JWK\'s own' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l client-auth -d 'How the client proves itself; else by what there is and what the server\'s metadata offers' -r -f -a "client_secret_basic\t''
client_secret_post\t''
client_secret_jwt\t''
private_key_jwt\t''
tls_client_auth\t''
self_signed_tls_client_auth\t''
none\t''"
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l token-endpoint-auth-signing-alg -d 'What the client\'s assertions are signed with; else by the key and the server\'s metadata' -r -f -a "RS256\t''
RS384\t''
RS512\t''
PS256\t''
PS384\t''
PS512\t''
ES256\t''
ES384\t''
EdDSA\t''
HS256\t''
HS384\t''
HS512\t''"
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l assertion-audience -d 'Whom the client\'s assertions are for: issuer, token_endpoint or a URL; issuer where one is known' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l grant -d 'How a token is got; authorization_code unless the preset says otherwise' -r -f -a "authorization_code\t''
client_credentials\t''
device_code\t''
token_exchange\t''
jwt_bearer\t''"
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l scope -d 'The scopes to ask for, separated by spaces' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l audience -d 'The API the token is for, where the server knows `audience`' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l organization -d 'The organization to ask for (Auth0)' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l resource -d 'The resources the token is for (RFC 8707)' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l token-request-body -d 'The body of token requests; form unless the server wants json' -r -f -a "form\t''
json\t''"
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l token-params -d 'Extra parameters of the token request' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l authorize-params -d 'Extra parameters of the authorization request' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l refresh-params -d 'Extra parameters of the refresh request' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l device-params -d 'Extra parameters of the device authorization request' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l token-pointer -d 'JSON pointer (RFC 6901) to a nested token object in the answer' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l token-type -d 'The server\'s own word for Bearer (eBay: `Application Access Token`)' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l subject -d 'Whose token is handed in: that of a CI job, a variable, a file, a command or another profile' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l subject-audience -d 'The audience that the CI system is asked for, where `subject` names none' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l subject-token-type -d 'What the subject\'s token is: jwt, id_token, access_token, saml2 or a URN' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l actor -d 'Who acts for the subject (RFC 8693)' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l actor-token-type -d 'What the actor\'s token is' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l requested-token-type -d 'What an exchange is to give (RFC 8693)' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l assertion-claims -d 'More claims, or others, of the JWT that `client_key` signs for jwt_bearer: sub, scope' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l redirect-uri -d 'The registered loopback redirect URI, where it must be exact' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l redirect-ports -d 'The registered loopback ports, tried in turn' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l prompt -d 'What the server asks the person again: login, consent, select_account' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l login-hint -d 'Who is going to sign in, so that the server need not ask' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l max-age -d 'How long ago the person may have signed in at the server' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l acr-values -d 'How strongly the person has to be authenticated' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l id-token-signed-response-alg -d 'The one algorithm of ID tokens; HS256 is checked with the client secret, and only taken where it is named here' -r -f -a "RS256\t''
RS384\t''
RS512\t''
PS256\t''
PS384\t''
PS512\t''
ES256\t''
ES384\t''
ES512\t''
EdDSA\t''
HS256\t''
HS384\t''
HS512\t''"
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l auto-login -d 'Let `token get` open the browser on a terminal when a sign-in is due' -r -f -a "true\t''
false\t''"
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l leeway -d 'How long before its end a token counts as expired; 60s' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l default-lifetime -d 'The lifetime of a token whose answer names none' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l send-scope-on-refresh -d 'Whether a refresh names the scope again, as Entra wants it' -r -f -a "true\t''
false\t''"
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l send-redirect-uri-on-refresh -d 'Whether a refresh names the redirect URI again, as GitLab wants it' -r -f -a "true\t''
false\t''"
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l refresh-token-lifetime -d 'How long after sign-in the refresh token works' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l refresh-token-sliding -d 'Whether each refresh starts that lifetime anew, so that nobody is warned of its end' -r -f -a "true\t''
false\t''"
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l hosts -d 'The hosts that this token may be handed to: a host (any port), a host and a port, or *.corp.example for all below it' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l username -d 'The user name beside the token, where git or docker wants one; else what the host is known to want, else oauth2' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l ca-file -d 'PEM file of CAs to trust besides the built-in ones' -r -F
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l timeout -d 'The most that all network work of one command may take; 30s' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l client-secret-env -d 'Take the client secret from this variable' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l client-secret-file -d 'Take the client secret from this file; a secret\'s must be private' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l client-secret-credential -d 'Take the client secret from this systemd credential' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l client-secret-command -d 'Take the client secret from what this program prints, run without a shell; its arguments follow, and `;` ends them' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l client-key-env -d 'Take the client key from this variable' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l client-key-file -d 'Take the client key from this file; a secret\'s must be private' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l client-key-credential -d 'Take the client key from this systemd credential' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l client-key-command -d 'Take the client key from what this program prints, run without a shell; its arguments follow, and `;` ends them' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l client-certificate-env -d 'Take the client certificate from this variable' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l client-certificate-file -d 'Take the client certificate from this file; a secret\'s must be private' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l client-certificate-credential -d 'Take the client certificate from this systemd credential' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l client-certificate-command -d 'Take the client certificate from what this program prints, run without a shell; its arguments follow, and `;` ends them' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -s f -l format -d 'How the token is printed [default: raw]' -r -f -a "raw\t''
json\t''
bearer\t''
header\t''
env\t''
dotenv\t''
curl\t''"
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l shell -d 'The shell that --format env speaks to [default: sh]' -r -f -a "sh\t''
fish\t''
powershell\t''
cmd\t''
nu\t''"
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l name -d 'The variable of --format env and dotenv, and of --to dotenv [default: OAT_ACCESS_TOKEN]' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l min-ttl -d 'The token must be good for at least this long, such as 10m' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l to -d 'Hand the token on, and print nothing: github-env=NAME, github-output=NAME, ado-var=NAME, file=PATH, dotenv=PATH' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l json -d 'Tell errors, and what a command reports, as JSON'
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -s v -l verbose -d 'Say on stderr what happens; -vv says more, never a secret'
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l client-secret-stdin -d 'Take the client secret from standard input'
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l client-secret-keyring -d 'Take the client secret from oat\'s store, where `oat profile set-secret` sealed it'
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l client-key-stdin -d 'Take the client key from standard input'
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l client-key-keyring -d 'Take the client key from oat\'s store, where `oat profile set-secret` sealed it'
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l client-certificate-stdin -d 'Take the client certificate from standard input'
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l client-certificate-keyring -d 'Take the client certificate from oat\'s store, where `oat profile set-secret` sealed it'
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l force -d 'Ask the server, whatever the cache says'
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l require-store -d 'Fail when the token cannot be kept'
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l require-scope -d 'Fail when the server grants less scope than was asked for'
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l login -d 'On a terminal, sign in where that is needed'
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -l explain -d 'Tell what would be used and sent, and why; nothing is'
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from subject" -l config -d 'The profile file [env: OAT_CONFIG]' -r -F
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from subject" -l store -d 'Where the store\'s key lives: keyring, env, file, keyutils or none [env: OAT_STORE]' -r -f -a "keyring\t''
env\t''
file\t''
keyutils\t''
none\t''"
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from subject" -l trace -d 'Write every request and answer to this file, secrets taken out' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from subject" -l ca-file -d 'PEM file of CAs to trust besides the built-in ones' -r -F
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from subject" -l timeout -d 'The most that all network work of one command may take; 30s' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from subject" -l audience -d 'Whom the token is to be for' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from subject" -l out -d 'Write it to this file, mode 0600, instead of printing it' -r -f
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from subject" -l json -d 'Tell errors, and what a command reports, as JSON'
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from subject" -s v -l verbose -d 'Say on stderr what happens; -vv says more, never a secret'
complete -c oat -n "__fish_oat_using_subcommand token; and __fish_seen_subcommand_from subject" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c oat -n "__fish_oat_using_subcommand exec" -l config -d 'The profile file [env: OAT_CONFIG]' -r -F
complete -c oat -n "__fish_oat_using_subcommand exec" -l store -d 'Where the store\'s key lives: keyring, env, file, keyutils or none [env: OAT_STORE]' -r -f -a "keyring\t''
env\t''
file\t''
keyutils\t''
none\t''"
complete -c oat -n "__fish_oat_using_subcommand exec" -l trace -d 'Write every request and answer to this file, secrets taken out' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l provider -d 'A preset: the endpoints and quirks of a known provider' -r -f -a "vericerts\t''
auth0\t''
abbyy-vantage\t''
google\t''
google-sts\t''
google-service-account\t''
entra\t''
okta\t''
keycloak\t''
github\t''
gitlab\t''
cognito\t''
pingone\t''
salesforce\t''
slack\t''
atlassian\t''
spotify\t''
zoom\t''
dropbox\t''
line\t''
hydra\t''
zitadel\t''
authentik\t''
dex\t''
buildkite\t''
openai\t''
openrouter\t''
anthropic\t''"
complete -c oat -n "__fish_oat_using_subcommand exec" -l issuer -d 'The issuer URL, exactly as the server names itself; endpoints are found by discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l token-endpoint -d 'Where tokens are asked for; overrides discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l authorization-endpoint -d 'Where a person signs in; overrides discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l device-authorization-endpoint -d 'Where a device code is asked for; overrides discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l introspection-endpoint -d 'Where the server tells about a token; overrides discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l revocation-endpoint -d 'Where a token is revoked; overrides discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l userinfo-endpoint -d 'Where the signed-in user is described; overrides discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l end-session-endpoint -d 'Where a person signs out; overrides discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l jwks-uri -d 'Where the server\'s public keys are; overrides discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l pin-hosts -d 'The only hosts that discovered endpoints may be on' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l base-url -d 'The base URL that a preset asks for' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l domain -d 'The domain that a preset asks for' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l region -d 'The region that a preset asks for' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l tenant -d 'The tenant that a preset asks for' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l realm -d 'The realm, pool, environment or application that a preset asks for' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l client-id -d 'The client\'s identifier at the server' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l client-key-id -d 'The `kid` that the server knows the client\'s key by; else the JWK\'s own' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l client-auth -d 'How the client proves itself; else by what there is and what the server\'s metadata offers' -r -f -a "client_secret_basic\t''
client_secret_post\t''
client_secret_jwt\t''
private_key_jwt\t''
tls_client_auth\t''
self_signed_tls_client_auth\t''
none\t''"
complete -c oat -n "__fish_oat_using_subcommand exec" -l token-endpoint-auth-signing-alg -d 'What the client\'s assertions are signed with; else by the key and the server\'s metadata' -r -f -a "RS256\t''
RS384\t''
RS512\t''
PS256\t''
PS384\t''
PS512\t''
ES256\t''
ES384\t''
EdDSA\t''
HS256\t''
HS384\t''
HS512\t''"
complete -c oat -n "__fish_oat_using_subcommand exec" -l assertion-audience -d 'Whom the client\'s assertions are for: issuer, token_endpoint or a URL; issuer where one is known' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l grant -d 'How a token is got; authorization_code unless the preset says otherwise' -r -f -a "authorization_code\t''
client_credentials\t''
device_code\t''
token_exchange\t''
jwt_bearer\t''"
complete -c oat -n "__fish_oat_using_subcommand exec" -l scope -d 'The scopes to ask for, separated by spaces' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l audience -d 'The API the token is for, where the server knows `audience`' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l organization -d 'The organization to ask for (Auth0)' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l resource -d 'The resources the token is for (RFC 8707)' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l token-request-body -d 'The body of token requests; form unless the server wants json' -r -f -a "form\t''
json\t''"
complete -c oat -n "__fish_oat_using_subcommand exec" -l token-params -d 'Extra parameters of the token request' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l authorize-params -d 'Extra parameters of the authorization request' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l refresh-params -d 'Extra parameters of the refresh request' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l device-params -d 'Extra parameters of the device authorization request' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l token-pointer -d 'JSON pointer (RFC 6901) to a nested token object in the answer' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l token-type -d 'The server\'s own word for Bearer (eBay: `Application Access Token`)' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l subject -d 'Whose token is handed in: that of a CI job, a variable, a file, a command or another profile' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l subject-audience -d 'The audience that the CI system is asked for, where `subject` names none' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l subject-token-type -d 'What the subject\'s token is: jwt, id_token, access_token, saml2 or a URN' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l actor -d 'Who acts for the subject (RFC 8693)' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l actor-token-type -d 'What the actor\'s token is' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l requested-token-type -d 'What an exchange is to give (RFC 8693)' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l assertion-claims -d 'More claims, or others, of the JWT that `client_key` signs for jwt_bearer: sub, scope' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l redirect-uri -d 'The registered loopback redirect URI, where it must be exact' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l redirect-ports -d 'The registered loopback ports, tried in turn' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l prompt -d 'What the server asks the person again: login, consent, select_account' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l login-hint -d 'Who is going to sign in, so that the server need not ask' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l max-age -d 'How long ago the person may have signed in at the server' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l acr-values -d 'How strongly the person has to be authenticated' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l id-token-signed-response-alg -d 'The one algorithm of ID tokens; HS256 is checked with the client secret, and only taken where it is named here' -r -f -a "RS256\t''
RS384\t''
RS512\t''
PS256\t''
PS384\t''
PS512\t''
ES256\t''
ES384\t''
ES512\t''
EdDSA\t''
HS256\t''
HS384\t''
HS512\t''"
complete -c oat -n "__fish_oat_using_subcommand exec" -l auto-login -d 'Let `token get` open the browser on a terminal when a sign-in is due' -r -f -a "true\t''
false\t''"
complete -c oat -n "__fish_oat_using_subcommand exec" -l leeway -d 'How long before its end a token counts as expired; 60s' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l default-lifetime -d 'The lifetime of a token whose answer names none' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l send-scope-on-refresh -d 'Whether a refresh names the scope again, as Entra wants it' -r -f -a "true\t''
false\t''"
complete -c oat -n "__fish_oat_using_subcommand exec" -l send-redirect-uri-on-refresh -d 'Whether a refresh names the redirect URI again, as GitLab wants it' -r -f -a "true\t''
false\t''"
complete -c oat -n "__fish_oat_using_subcommand exec" -l refresh-token-lifetime -d 'How long after sign-in the refresh token works' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l refresh-token-sliding -d 'Whether each refresh starts that lifetime anew, so that nobody is warned of its end' -r -f -a "true\t''
false\t''"
complete -c oat -n "__fish_oat_using_subcommand exec" -l hosts -d 'The hosts that this token may be handed to: a host (any port), a host and a port, or *.corp.example for all below it' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l username -d 'The user name beside the token, where git or docker wants one; else what the host is known to want, else oauth2' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l ca-file -d 'PEM file of CAs to trust besides the built-in ones' -r -F
complete -c oat -n "__fish_oat_using_subcommand exec" -l timeout -d 'The most that all network work of one command may take; 30s' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l client-secret-env -d 'Take the client secret from this variable' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l client-secret-file -d 'Take the client secret from this file; a secret\'s must be private' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l client-secret-credential -d 'Take the client secret from this systemd credential' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l client-secret-command -d 'Take the client secret from what this program prints, run without a shell; its arguments follow, and `;` ends them' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l client-key-env -d 'Take the client key from this variable' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l client-key-file -d 'Take the client key from this file; a secret\'s must be private' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l client-key-credential -d 'Take the client key from this systemd credential' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l client-key-command -d 'Take the client key from what this program prints, run without a shell; its arguments follow, and `;` ends them' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l client-certificate-env -d 'Take the client certificate from this variable' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l client-certificate-file -d 'Take the client certificate from this file; a secret\'s must be private' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l client-certificate-credential -d 'Take the client certificate from this systemd credential' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l client-certificate-command -d 'Take the client certificate from what this program prints, run without a shell; its arguments follow, and `;` ends them' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l env -d 'The variable that gets the token, of another profile if one is named [default: OAT_ACCESS_TOKEN]' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l file-env -d 'The variable that gets the path of a private file with the token, kept fresh until the command ends' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l min-ttl -d 'The token must be good for at least this long when the command starts, such as 10m' -r -f
complete -c oat -n "__fish_oat_using_subcommand exec" -l json -d 'Tell errors, and what a command reports, as JSON'
complete -c oat -n "__fish_oat_using_subcommand exec" -s v -l verbose -d 'Say on stderr what happens; -vv says more, never a secret'
complete -c oat -n "__fish_oat_using_subcommand exec" -l client-secret-stdin -d 'Take the client secret from standard input'
complete -c oat -n "__fish_oat_using_subcommand exec" -l client-secret-keyring -d 'Take the client secret from oat\'s store, where `oat profile set-secret` sealed it'
complete -c oat -n "__fish_oat_using_subcommand exec" -l client-key-stdin -d 'Take the client key from standard input'
complete -c oat -n "__fish_oat_using_subcommand exec" -l client-key-keyring -d 'Take the client key from oat\'s store, where `oat profile set-secret` sealed it'
complete -c oat -n "__fish_oat_using_subcommand exec" -l client-certificate-stdin -d 'Take the client certificate from standard input'
complete -c oat -n "__fish_oat_using_subcommand exec" -l client-certificate-keyring -d 'Take the client certificate from oat\'s store, where `oat profile set-secret` sealed it'
complete -c oat -n "__fish_oat_using_subcommand exec" -l require-scope -d 'Fail when the server grants less scope than was asked for'
complete -c oat -n "__fish_oat_using_subcommand exec" -l login -d 'On a terminal, sign in where that is needed'
complete -c oat -n "__fish_oat_using_subcommand exec" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c oat -n "__fish_oat_using_subcommand login" -l config -d 'The profile file [env: OAT_CONFIG]' -r -F
complete -c oat -n "__fish_oat_using_subcommand login" -l store -d 'Where the store\'s key lives: keyring, env, file, keyutils or none [env: OAT_STORE]' -r -f -a "keyring\t''
env\t''
file\t''
keyutils\t''
none\t''"
complete -c oat -n "__fish_oat_using_subcommand login" -l trace -d 'Write every request and answer to this file, secrets taken out' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l provider -d 'A preset: the endpoints and quirks of a known provider' -r -f -a "vericerts\t''
auth0\t''
abbyy-vantage\t''
google\t''
google-sts\t''
google-service-account\t''
entra\t''
okta\t''
keycloak\t''
github\t''
gitlab\t''
cognito\t''
pingone\t''
salesforce\t''
slack\t''
atlassian\t''
spotify\t''
zoom\t''
dropbox\t''
line\t''
hydra\t''
zitadel\t''
authentik\t''
dex\t''
buildkite\t''
openai\t''
openrouter\t''
anthropic\t''"
complete -c oat -n "__fish_oat_using_subcommand login" -l issuer -d 'The issuer URL, exactly as the server names itself; endpoints are found by discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l token-endpoint -d 'Where tokens are asked for; overrides discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l authorization-endpoint -d 'Where a person signs in; overrides discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l device-authorization-endpoint -d 'Where a device code is asked for; overrides discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l introspection-endpoint -d 'Where the server tells about a token; overrides discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l revocation-endpoint -d 'Where a token is revoked; overrides discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l userinfo-endpoint -d 'Where the signed-in user is described; overrides discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l end-session-endpoint -d 'Where a person signs out; overrides discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l jwks-uri -d 'Where the server\'s public keys are; overrides discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l pin-hosts -d 'The only hosts that discovered endpoints may be on' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l base-url -d 'The base URL that a preset asks for' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l domain -d 'The domain that a preset asks for' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l region -d 'The region that a preset asks for' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l tenant -d 'The tenant that a preset asks for' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l realm -d 'The realm, pool, environment or application that a preset asks for' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l client-id -d 'The client\'s identifier at the server' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l client-key-id -d 'The `kid` that the server knows the client\'s key by; else the JWK\'s own' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l client-auth -d 'How the client proves itself; else by what there is and what the server\'s metadata offers' -r -f -a "client_secret_basic\t''
client_secret_post\t''
client_secret_jwt\t''
private_key_jwt\t''
tls_client_auth\t''
self_signed_tls_client_auth\t''
none\t''"
complete -c oat -n "__fish_oat_using_subcommand login" -l token-endpoint-auth-signing-alg -d 'What the client\'s assertions are signed with; else by the key and the server\'s metadata' -r -f -a "RS256\t''
RS384\t''
RS512\t''
PS256\t''
PS384\t''
PS512\t''
ES256\t''
ES384\t''
EdDSA\t''
HS256\t''
HS384\t''
HS512\t''"
complete -c oat -n "__fish_oat_using_subcommand login" -l assertion-audience -d 'Whom the client\'s assertions are for: issuer, token_endpoint or a URL; issuer where one is known' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l grant -d 'How a token is got; authorization_code unless the preset says otherwise' -r -f -a "authorization_code\t''
client_credentials\t''
device_code\t''
token_exchange\t''
jwt_bearer\t''"
complete -c oat -n "__fish_oat_using_subcommand login" -l scope -d 'The scopes to ask for, separated by spaces' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l audience -d 'The API the token is for, where the server knows `audience`' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l organization -d 'The organization to ask for (Auth0)' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l resource -d 'The resources the token is for (RFC 8707)' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l token-request-body -d 'The body of token requests; form unless the server wants json' -r -f -a "form\t''
json\t''"
complete -c oat -n "__fish_oat_using_subcommand login" -l token-params -d 'Extra parameters of the token request' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l authorize-params -d 'Extra parameters of the authorization request' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l refresh-params -d 'Extra parameters of the refresh request' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l device-params -d 'Extra parameters of the device authorization request' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l token-pointer -d 'JSON pointer (RFC 6901) to a nested token object in the answer' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l token-type -d 'The server\'s own word for Bearer (eBay: `Application Access Token`)' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l subject -d 'Whose token is handed in: that of a CI job, a variable, a file, a command or another profile' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l subject-audience -d 'The audience that the CI system is asked for, where `subject` names none' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l subject-token-type -d 'What the subject\'s token is: jwt, id_token, access_token, saml2 or a URN' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l actor -d 'Who acts for the subject (RFC 8693)' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l actor-token-type -d 'What the actor\'s token is' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l requested-token-type -d 'What an exchange is to give (RFC 8693)' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l assertion-claims -d 'More claims, or others, of the JWT that `client_key` signs for jwt_bearer: sub, scope' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l redirect-uri -d 'The registered loopback redirect URI, where it must be exact' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l redirect-ports -d 'The registered loopback ports, tried in turn' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l prompt -d 'What the server asks the person again: login, consent, select_account' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l login-hint -d 'Who is going to sign in, so that the server need not ask' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l max-age -d 'How long ago the person may have signed in at the server' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l acr-values -d 'How strongly the person has to be authenticated' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l id-token-signed-response-alg -d 'The one algorithm of ID tokens; HS256 is checked with the client secret, and only taken where it is named here' -r -f -a "RS256\t''
RS384\t''
RS512\t''
PS256\t''
PS384\t''
PS512\t''
ES256\t''
ES384\t''
ES512\t''
EdDSA\t''
HS256\t''
HS384\t''
HS512\t''"
complete -c oat -n "__fish_oat_using_subcommand login" -l auto-login -d 'Let `token get` open the browser on a terminal when a sign-in is due' -r -f -a "true\t''
false\t''"
complete -c oat -n "__fish_oat_using_subcommand login" -l leeway -d 'How long before its end a token counts as expired; 60s' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l default-lifetime -d 'The lifetime of a token whose answer names none' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l send-scope-on-refresh -d 'Whether a refresh names the scope again, as Entra wants it' -r -f -a "true\t''
false\t''"
complete -c oat -n "__fish_oat_using_subcommand login" -l send-redirect-uri-on-refresh -d 'Whether a refresh names the redirect URI again, as GitLab wants it' -r -f -a "true\t''
false\t''"
complete -c oat -n "__fish_oat_using_subcommand login" -l refresh-token-lifetime -d 'How long after sign-in the refresh token works' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l refresh-token-sliding -d 'Whether each refresh starts that lifetime anew, so that nobody is warned of its end' -r -f -a "true\t''
false\t''"
complete -c oat -n "__fish_oat_using_subcommand login" -l hosts -d 'The hosts that this token may be handed to: a host (any port), a host and a port, or *.corp.example for all below it' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l username -d 'The user name beside the token, where git or docker wants one; else what the host is known to want, else oauth2' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l ca-file -d 'PEM file of CAs to trust besides the built-in ones' -r -F
complete -c oat -n "__fish_oat_using_subcommand login" -l client-secret-env -d 'Take the client secret from this variable' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l client-secret-file -d 'Take the client secret from this file; a secret\'s must be private' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l client-secret-credential -d 'Take the client secret from this systemd credential' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l client-secret-command -d 'Take the client secret from what this program prints, run without a shell; its arguments follow, and `;` ends them' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l client-key-env -d 'Take the client key from this variable' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l client-key-file -d 'Take the client key from this file; a secret\'s must be private' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l client-key-credential -d 'Take the client key from this systemd credential' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l client-key-command -d 'Take the client key from what this program prints, run without a shell; its arguments follow, and `;` ends them' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l client-certificate-env -d 'Take the client certificate from this variable' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l client-certificate-file -d 'Take the client certificate from this file; a secret\'s must be private' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l client-certificate-credential -d 'Take the client certificate from this systemd credential' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l client-certificate-command -d 'Take the client certificate from what this program prints, run without a shell; its arguments follow, and `;` ends them' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l timeout -d 'How long the sign-in may take [env: OAT_LOGIN_TIMEOUT; default: 5m]' -r -f
complete -c oat -n "__fish_oat_using_subcommand login" -l json -d 'Tell errors, and what a command reports, as JSON'
complete -c oat -n "__fish_oat_using_subcommand login" -s v -l verbose -d 'Say on stderr what happens; -vv says more, never a secret'
complete -c oat -n "__fish_oat_using_subcommand login" -l client-secret-stdin -d 'Take the client secret from standard input'
complete -c oat -n "__fish_oat_using_subcommand login" -l client-secret-keyring -d 'Take the client secret from oat\'s store, where `oat profile set-secret` sealed it'
complete -c oat -n "__fish_oat_using_subcommand login" -l client-key-stdin -d 'Take the client key from standard input'
complete -c oat -n "__fish_oat_using_subcommand login" -l client-key-keyring -d 'Take the client key from oat\'s store, where `oat profile set-secret` sealed it'
complete -c oat -n "__fish_oat_using_subcommand login" -l client-certificate-stdin -d 'Take the client certificate from standard input'
complete -c oat -n "__fish_oat_using_subcommand login" -l client-certificate-keyring -d 'Take the client certificate from oat\'s store, where `oat profile set-secret` sealed it'
complete -c oat -n "__fish_oat_using_subcommand login" -l no-browser -d 'Open no browser; the address is printed'
complete -c oat -n "__fish_oat_using_subcommand login" -l paste -d 'Open no browser, and read the address that the browser ends at from standard input'
complete -c oat -n "__fish_oat_using_subcommand login" -l device -d 'Sign in on any device, with a code'
complete -c oat -n "__fish_oat_using_subcommand login" -l auto-approve -d 'With the profile `sandbox`: its server asks nobody, for scripts'
complete -c oat -n "__fish_oat_using_subcommand login" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c oat -n "__fish_oat_using_subcommand logout" -l config -d 'The profile file [env: OAT_CONFIG]' -r -F
complete -c oat -n "__fish_oat_using_subcommand logout" -l store -d 'Where the store\'s key lives: keyring, env, file, keyutils or none [env: OAT_STORE]' -r -f -a "keyring\t''
env\t''
file\t''
keyutils\t''
none\t''"
complete -c oat -n "__fish_oat_using_subcommand logout" -l trace -d 'Write every request and answer to this file, secrets taken out' -r -f
complete -c oat -n "__fish_oat_using_subcommand logout" -l json -d 'Tell errors, and what a command reports, as JSON'
complete -c oat -n "__fish_oat_using_subcommand logout" -s v -l verbose -d 'Say on stderr what happens; -vv says more, never a secret'
complete -c oat -n "__fish_oat_using_subcommand logout" -l all -d 'Every profile with something kept'
complete -c oat -n "__fish_oat_using_subcommand logout" -l local -d 'Forget here only; the server is not asked'
complete -c oat -n "__fish_oat_using_subcommand logout" -l browser -d 'Sign out at the server too, in the browser'
complete -c oat -n "__fish_oat_using_subcommand logout" -s h -l help -d 'Print help'
complete -c oat -n "__fish_oat_using_subcommand status" -l config -d 'The profile file [env: OAT_CONFIG]' -r -F
complete -c oat -n "__fish_oat_using_subcommand status" -l store -d 'Where the store\'s key lives: keyring, env, file, keyutils or none [env: OAT_STORE]' -r -f -a "keyring\t''
env\t''
file\t''
keyutils\t''
none\t''"
complete -c oat -n "__fish_oat_using_subcommand status" -l trace -d 'Write every request and answer to this file, secrets taken out' -r -f
complete -c oat -n "__fish_oat_using_subcommand status" -l json -d 'Tell errors, and what a command reports, as JSON'
complete -c oat -n "__fish_oat_using_subcommand status" -s v -l verbose -d 'Say on stderr what happens; -vv says more, never a secret'
complete -c oat -n "__fish_oat_using_subcommand status" -s h -l help -d 'Print help'
complete -c oat -n "__fish_oat_using_subcommand refresh" -l config -d 'The profile file [env: OAT_CONFIG]' -r -F
complete -c oat -n "__fish_oat_using_subcommand refresh" -l store -d 'Where the store\'s key lives: keyring, env, file, keyutils or none [env: OAT_STORE]' -r -f -a "keyring\t''
env\t''
file\t''
keyutils\t''
none\t''"
complete -c oat -n "__fish_oat_using_subcommand refresh" -l trace -d 'Write every request and answer to this file, secrets taken out' -r -f
complete -c oat -n "__fish_oat_using_subcommand refresh" -l ca-file -d 'PEM file of CAs to trust besides the built-in ones' -r -F
complete -c oat -n "__fish_oat_using_subcommand refresh" -l timeout -d 'The most that all network work of one command may take; 30s' -r -f
complete -c oat -n "__fish_oat_using_subcommand refresh" -l json -d 'Tell errors, and what a command reports, as JSON'
complete -c oat -n "__fish_oat_using_subcommand refresh" -s v -l verbose -d 'Say on stderr what happens; -vv says more, never a secret'
complete -c oat -n "__fish_oat_using_subcommand refresh" -l print -d 'Print the new token'
complete -c oat -n "__fish_oat_using_subcommand refresh" -l require-store -d 'Fail when the token cannot be kept'
complete -c oat -n "__fish_oat_using_subcommand refresh" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c oat -n "__fish_oat_using_subcommand inspect" -l config -d 'The profile file [env: OAT_CONFIG]' -r -F
complete -c oat -n "__fish_oat_using_subcommand inspect" -l store -d 'Where the store\'s key lives: keyring, env, file, keyutils or none [env: OAT_STORE]' -r -f -a "keyring\t''
env\t''
file\t''
keyutils\t''
none\t''"
complete -c oat -n "__fish_oat_using_subcommand inspect" -l trace -d 'Write every request and answer to this file, secrets taken out' -r -f
complete -c oat -n "__fish_oat_using_subcommand inspect" -l ca-file -d 'PEM file of CAs to trust besides the built-in ones' -r -F
complete -c oat -n "__fish_oat_using_subcommand inspect" -l timeout -d 'The most that all network work of one command may take; 30s' -r -f
complete -c oat -n "__fish_oat_using_subcommand inspect" -l profile -d 'With `-`: the profile whose issuer, keys and client the token is checked with' -r -f
complete -c oat -n "__fish_oat_using_subcommand inspect" -l issuer -d 'Who must have issued it; without a URL, whom the token names. The keys are found by discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand inspect" -l jwks -d 'Check the signature with this JWK set' -r -f
complete -c oat -n "__fish_oat_using_subcommand inspect" -l key -d 'Check the signature with this PEM public key or certificate, JWK or JWK set' -r -f
complete -c oat -n "__fish_oat_using_subcommand inspect" -l secret-from -d 'Check HS256, HS384 or HS512: env:NAME, file:PATH, credential:NAME, stdin or profile' -r -f
complete -c oat -n "__fish_oat_using_subcommand inspect" -l audience -d '`aud` must have this' -r -f
complete -c oat -n "__fish_oat_using_subcommand inspect" -l require-scope -d 'The token must have this scope' -r -f
complete -c oat -n "__fish_oat_using_subcommand inspect" -l for -d 'Ask this API, without the token, what it wants, and compare' -r -f
complete -c oat -n "__fish_oat_using_subcommand inspect" -l claim -d 'Print one claim alone; /outer/inner for one within another' -r -f
complete -c oat -n "__fish_oat_using_subcommand inspect" -l json -d 'Tell errors, and what a command reports, as JSON'
complete -c oat -n "__fish_oat_using_subcommand inspect" -s v -l verbose -d 'Say on stderr what happens; -vv says more, never a secret'
complete -c oat -n "__fish_oat_using_subcommand inspect" -l id-token -d 'Look at the ID token'
complete -c oat -n "__fish_oat_using_subcommand inspect" -l refresh-token -d 'Tell the facts of the refresh token, and nothing in it'
complete -c oat -n "__fish_oat_using_subcommand inspect" -l offline -d 'Ask nobody, and check nothing but what other flags name'
complete -c oat -n "__fish_oat_using_subcommand inspect" -l signature-only -d 'Check nothing but the signature, over any payload'
complete -c oat -n "__fish_oat_using_subcommand inspect" -l introspect -d 'Ask the server what it says of the token (RFC 7662)'
complete -c oat -n "__fish_oat_using_subcommand inspect" -l userinfo -d 'Ask the server who the token is about (OpenID Connect)'
complete -c oat -n "__fish_oat_using_subcommand inspect" -l send -d 'With --for: send the token there too'
complete -c oat -n "__fish_oat_using_subcommand inspect" -l header -d 'Print the header alone, as JSON'
complete -c oat -n "__fish_oat_using_subcommand inspect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c oat -n "__fish_oat_using_subcommand credential" -l config -d 'The profile file [env: OAT_CONFIG]' -r -F
complete -c oat -n "__fish_oat_using_subcommand credential" -l store -d 'Where the store\'s key lives: keyring, env, file, keyutils or none [env: OAT_STORE]' -r -f -a "keyring\t''
env\t''
file\t''
keyutils\t''
none\t''"
complete -c oat -n "__fish_oat_using_subcommand credential" -l trace -d 'Write every request and answer to this file, secrets taken out' -r -f
complete -c oat -n "__fish_oat_using_subcommand credential" -l json -d 'Tell errors, and what a command reports, as JSON'
complete -c oat -n "__fish_oat_using_subcommand credential" -s v -l verbose -d 'Say on stderr what happens; -vv says more, never a secret'
complete -c oat -n "__fish_oat_using_subcommand credential" -l id-token -d 'kubectl: the ID token of the sign-in, in place of the access token'
complete -c oat -n "__fish_oat_using_subcommand credential" -l login -d 'kubectl: sign in where that is needed and kubectl says that a person is there'
complete -c oat -n "__fish_oat_using_subcommand credential" -s h -l help -d 'Print help'
complete -c oat -n "__fish_oat_using_subcommand jwks" -l config -d 'The profile file [env: OAT_CONFIG]' -r -F
complete -c oat -n "__fish_oat_using_subcommand jwks" -l store -d 'Where the store\'s key lives: keyring, env, file, keyutils or none [env: OAT_STORE]' -r -f -a "keyring\t''
env\t''
file\t''
keyutils\t''
none\t''"
complete -c oat -n "__fish_oat_using_subcommand jwks" -l trace -d 'Write every request and answer to this file, secrets taken out' -r -f
complete -c oat -n "__fish_oat_using_subcommand jwks" -l ca-file -d 'PEM file of CAs to trust besides the built-in ones' -r -F
complete -c oat -n "__fish_oat_using_subcommand jwks" -l timeout -d 'The most that all network work of one command may take; 30s' -r -f
complete -c oat -n "__fish_oat_using_subcommand jwks" -l json -d 'Tell errors, and what a command reports, as JSON'
complete -c oat -n "__fish_oat_using_subcommand jwks" -s v -l verbose -d 'Say on stderr what happens; -vv says more, never a secret'
complete -c oat -n "__fish_oat_using_subcommand jwks" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c oat -n "__fish_oat_using_subcommand profile; and not __fish_seen_subcommand_from add list show edit remove set-secret" -l config -d 'The profile file [env: OAT_CONFIG]' -r -F
complete -c oat -n "__fish_oat_using_subcommand profile; and not __fish_seen_subcommand_from add list show edit remove set-secret" -l store -d 'Where the store\'s key lives: keyring, env, file, keyutils or none [env: OAT_STORE]' -r -f -a "keyring\t''
env\t''
file\t''
keyutils\t''
none\t''"
complete -c oat -n "__fish_oat_using_subcommand profile; and not __fish_seen_subcommand_from add list show edit remove set-secret" -l trace -d 'Write every request and answer to this file, secrets taken out' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and not __fish_seen_subcommand_from add list show edit remove set-secret" -l json -d 'Tell errors, and what a command reports, as JSON'
complete -c oat -n "__fish_oat_using_subcommand profile; and not __fish_seen_subcommand_from add list show edit remove set-secret" -s v -l verbose -d 'Say on stderr what happens; -vv says more, never a secret'
complete -c oat -n "__fish_oat_using_subcommand profile; and not __fish_seen_subcommand_from add list show edit remove set-secret" -s h -l help -d 'Print help'
complete -c oat -n "__fish_oat_using_subcommand profile; and not __fish_seen_subcommand_from add list show edit remove set-secret" -f -a "add" -d 'Write a new profile'
complete -c oat -n "__fish_oat_using_subcommand profile; and not __fish_seen_subcommand_from add list show edit remove set-secret" -f -a "list" -d 'Name every profile'
complete -c oat -n "__fish_oat_using_subcommand profile; and not __fish_seen_subcommand_from add list show edit remove set-secret" -f -a "show" -d 'Show a profile\'s values and where each came from'
complete -c oat -n "__fish_oat_using_subcommand profile; and not __fish_seen_subcommand_from add list show edit remove set-secret" -f -a "edit" -d 'Change a profile\'s keys; comments are kept'
complete -c oat -n "__fish_oat_using_subcommand profile; and not __fish_seen_subcommand_from add list show edit remove set-secret" -f -a "remove" -d 'Take a profile away, with what is stored for it'
complete -c oat -n "__fish_oat_using_subcommand profile; and not __fish_seen_subcommand_from add list show edit remove set-secret" -f -a "set-secret" -d 'Seal a client secret or key, read from standard input or a hidden prompt'
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l config -d 'The profile file [env: OAT_CONFIG]' -r -F
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l store -d 'Where the store\'s key lives: keyring, env, file, keyutils or none [env: OAT_STORE]' -r -f -a "keyring\t''
env\t''
file\t''
keyutils\t''
none\t''"
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l trace -d 'Write every request and answer to this file, secrets taken out' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l provider -d 'A preset: the endpoints and quirks of a known provider' -r -f -a "vericerts\t''
auth0\t''
abbyy-vantage\t''
google\t''
google-sts\t''
google-service-account\t''
entra\t''
okta\t''
keycloak\t''
github\t''
gitlab\t''
cognito\t''
pingone\t''
salesforce\t''
slack\t''
atlassian\t''
spotify\t''
zoom\t''
dropbox\t''
line\t''
hydra\t''
zitadel\t''
authentik\t''
dex\t''
buildkite\t''
openai\t''
openrouter\t''
anthropic\t''"
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l issuer -d 'The issuer URL, exactly as the server names itself; endpoints are found by discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l token-endpoint -d 'Where tokens are asked for; overrides discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l authorization-endpoint -d 'Where a person signs in; overrides discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l device-authorization-endpoint -d 'Where a device code is asked for; overrides discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l introspection-endpoint -d 'Where the server tells about a token; overrides discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l revocation-endpoint -d 'Where a token is revoked; overrides discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l userinfo-endpoint -d 'Where the signed-in user is described; overrides discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l end-session-endpoint -d 'Where a person signs out; overrides discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l jwks-uri -d 'Where the server\'s public keys are; overrides discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l pin-hosts -d 'The only hosts that discovered endpoints may be on' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l base-url -d 'The base URL that a preset asks for' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l domain -d 'The domain that a preset asks for' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l region -d 'The region that a preset asks for' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l tenant -d 'The tenant that a preset asks for' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l realm -d 'The realm, pool, environment or application that a preset asks for' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l client-id -d 'The client\'s identifier at the server' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l client-key-id -d 'The `kid` that the server knows the client\'s key by; else the JWK\'s own' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l client-auth -d 'How the client proves itself; else by what there is and what the server\'s metadata offers' -r -f -a "client_secret_basic\t''
client_secret_post\t''
client_secret_jwt\t''
private_key_jwt\t''
tls_client_auth\t''
self_signed_tls_client_auth\t''
none\t''"
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l token-endpoint-auth-signing-alg -d 'What the client\'s assertions are signed with; else by the key and the server\'s metadata' -r -f -a "RS256\t''
RS384\t''
RS512\t''
PS256\t''
PS384\t''
PS512\t''
ES256\t''
ES384\t''
EdDSA\t''
HS256\t''
HS384\t''
HS512\t''"
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l assertion-audience -d 'Whom the client\'s assertions are for: issuer, token_endpoint or a URL; issuer where one is known' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l grant -d 'How a token is got; authorization_code unless the preset says otherwise' -r -f -a "authorization_code\t''
client_credentials\t''
device_code\t''
token_exchange\t''
jwt_bearer\t''"
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l scope -d 'The scopes to ask for, separated by spaces' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l audience -d 'The API the token is for, where the server knows `audience`' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l organization -d 'The organization to ask for (Auth0)' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l resource -d 'The resources the token is for (RFC 8707)' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l token-request-body -d 'The body of token requests; form unless the server wants json' -r -f -a "form\t''
json\t''"
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l token-params -d 'Extra parameters of the token request' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l authorize-params -d 'Extra parameters of the authorization request' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l refresh-params -d 'Extra parameters of the refresh request' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l device-params -d 'Extra parameters of the device authorization request' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l token-pointer -d 'JSON pointer (RFC 6901) to a nested token object in the answer' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l token-type -d 'The server\'s own word for Bearer (eBay: `Application Access Token`)' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l subject -d 'Whose token is handed in: that of a CI job, a variable, a file, a command or another profile' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l subject-audience -d 'The audience that the CI system is asked for, where `subject` names none' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l subject-token-type -d 'What the subject\'s token is: jwt, id_token, access_token, saml2 or a URN' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l actor -d 'Who acts for the subject (RFC 8693)' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l actor-token-type -d 'What the actor\'s token is' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l requested-token-type -d 'What an exchange is to give (RFC 8693)' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l assertion-claims -d 'More claims, or others, of the JWT that `client_key` signs for jwt_bearer: sub, scope' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l redirect-uri -d 'The registered loopback redirect URI, where it must be exact' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l redirect-ports -d 'The registered loopback ports, tried in turn' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l prompt -d 'What the server asks the person again: login, consent, select_account' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l login-hint -d 'Who is going to sign in, so that the server need not ask' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l max-age -d 'How long ago the person may have signed in at the server' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l acr-values -d 'How strongly the person has to be authenticated' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l id-token-signed-response-alg -d 'The one algorithm of ID tokens; HS256 is checked with the client secret, and only taken where it is named here' -r -f -a "RS256\t''
RS384\t''
RS512\t''
PS256\t''
PS384\t''
PS512\t''
ES256\t''
ES384\t''
ES512\t''
EdDSA\t''
HS256\t''
HS384\t''
HS512\t''"
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l auto-login -d 'Let `token get` open the browser on a terminal when a sign-in is due' -r -f -a "true\t''
false\t''"
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l leeway -d 'How long before its end a token counts as expired; 60s' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l default-lifetime -d 'The lifetime of a token whose answer names none' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l send-scope-on-refresh -d 'Whether a refresh names the scope again, as Entra wants it' -r -f -a "true\t''
false\t''"
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l send-redirect-uri-on-refresh -d 'Whether a refresh names the redirect URI again, as GitLab wants it' -r -f -a "true\t''
false\t''"
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l refresh-token-lifetime -d 'How long after sign-in the refresh token works' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l refresh-token-sliding -d 'Whether each refresh starts that lifetime anew, so that nobody is warned of its end' -r -f -a "true\t''
false\t''"
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l hosts -d 'The hosts that this token may be handed to: a host (any port), a host and a port, or *.corp.example for all below it' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l username -d 'The user name beside the token, where git or docker wants one; else what the host is known to want, else oauth2' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l ca-file -d 'PEM file of CAs to trust besides the built-in ones' -r -F
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l timeout -d 'The most that all network work of one command may take; 30s' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l client-secret-env -d 'Take the client secret from this variable' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l client-secret-file -d 'Take the client secret from this file; a secret\'s must be private' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l client-secret-credential -d 'Take the client secret from this systemd credential' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l client-secret-command -d 'Take the client secret from what this program prints, run without a shell; its arguments follow, and `;` ends them' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l client-key-env -d 'Take the client key from this variable' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l client-key-file -d 'Take the client key from this file; a secret\'s must be private' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l client-key-credential -d 'Take the client key from this systemd credential' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l client-key-command -d 'Take the client key from what this program prints, run without a shell; its arguments follow, and `;` ends them' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l client-certificate-env -d 'Take the client certificate from this variable' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l client-certificate-file -d 'Take the client certificate from this file; a secret\'s must be private' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l client-certificate-credential -d 'Take the client certificate from this systemd credential' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l client-certificate-command -d 'Take the client certificate from what this program prints, run without a shell; its arguments follow, and `;` ends them' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l json -d 'Tell errors, and what a command reports, as JSON'
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Say on stderr what happens; -vv says more, never a secret'
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l client-secret-stdin -d 'Take the client secret from standard input'
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l client-secret-keyring -d 'Take the client secret from oat\'s store, where `oat profile set-secret` sealed it'
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l client-key-stdin -d 'Take the client key from standard input'
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l client-key-keyring -d 'Take the client key from oat\'s store, where `oat profile set-secret` sealed it'
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l client-certificate-stdin -d 'Take the client certificate from standard input'
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -l client-certificate-keyring -d 'Take the client certificate from oat\'s store, where `oat profile set-secret` sealed it'
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from list" -l config -d 'The profile file [env: OAT_CONFIG]' -r -F
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from list" -l store -d 'Where the store\'s key lives: keyring, env, file, keyutils or none [env: OAT_STORE]' -r -f -a "keyring\t''
env\t''
file\t''
keyutils\t''
none\t''"
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from list" -l trace -d 'Write every request and answer to this file, secrets taken out' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from list" -l json -d 'Tell errors, and what a command reports, as JSON'
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say on stderr what happens; -vv says more, never a secret'
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from show" -l config -d 'The profile file [env: OAT_CONFIG]' -r -F
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from show" -l store -d 'Where the store\'s key lives: keyring, env, file, keyutils or none [env: OAT_STORE]' -r -f -a "keyring\t''
env\t''
file\t''
keyutils\t''
none\t''"
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from show" -l trace -d 'Write every request and answer to this file, secrets taken out' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from show" -l json -d 'Tell errors, and what a command reports, as JSON'
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say on stderr what happens; -vv says more, never a secret'
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l config -d 'The profile file [env: OAT_CONFIG]' -r -F
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l store -d 'Where the store\'s key lives: keyring, env, file, keyutils or none [env: OAT_STORE]' -r -f -a "keyring\t''
env\t''
file\t''
keyutils\t''
none\t''"
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l trace -d 'Write every request and answer to this file, secrets taken out' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l provider -d 'A preset: the endpoints and quirks of a known provider' -r -f -a "vericerts\t''
auth0\t''
abbyy-vantage\t''
google\t''
google-sts\t''
google-service-account\t''
entra\t''
okta\t''
keycloak\t''
github\t''
gitlab\t''
cognito\t''
pingone\t''
salesforce\t''
slack\t''
atlassian\t''
spotify\t''
zoom\t''
dropbox\t''
line\t''
hydra\t''
zitadel\t''
authentik\t''
dex\t''
buildkite\t''
openai\t''
openrouter\t''
anthropic\t''"
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l issuer -d 'The issuer URL, exactly as the server names itself; endpoints are found by discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l token-endpoint -d 'Where tokens are asked for; overrides discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l authorization-endpoint -d 'Where a person signs in; overrides discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l device-authorization-endpoint -d 'Where a device code is asked for; overrides discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l introspection-endpoint -d 'Where the server tells about a token; overrides discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l revocation-endpoint -d 'Where a token is revoked; overrides discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l userinfo-endpoint -d 'Where the signed-in user is described; overrides discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l end-session-endpoint -d 'Where a person signs out; overrides discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l jwks-uri -d 'Where the server\'s public keys are; overrides discovery' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l pin-hosts -d 'The only hosts that discovered endpoints may be on' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l base-url -d 'The base URL that a preset asks for' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l domain -d 'The domain that a preset asks for' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l region -d 'The region that a preset asks for' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l tenant -d 'The tenant that a preset asks for' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l realm -d 'The realm, pool, environment or application that a preset asks for' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l client-id -d 'The client\'s identifier at the server' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l client-key-id -d 'The `kid` that the server knows the client\'s key by; else the JWK\'s own' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l client-auth -d 'How the client proves itself; else by what there is and what the server\'s metadata offers' -r -f -a "client_secret_basic\t''
client_secret_post\t''
client_secret_jwt\t''
private_key_jwt\t''
tls_client_auth\t''
self_signed_tls_client_auth\t''
none\t''"
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l token-endpoint-auth-signing-alg -d 'What the client\'s assertions are signed with; else by the key and the server\'s metadata' -r -f -a "RS256\t''
RS384\t''
RS512\t''
PS256\t''
PS384\t''
PS512\t''
ES256\t''
ES384\t''
EdDSA\t''
HS256\t''
HS384\t''
HS512\t''"
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l assertion-audience -d 'Whom the client\'s assertions are for: issuer, token_endpoint or a URL; issuer where one is known' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l grant -d 'How a token is got; authorization_code unless the preset says otherwise' -r -f -a "authorization_code\t''
client_credentials\t''
device_code\t''
token_exchange\t''
jwt_bearer\t''"
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l scope -d 'The scopes to ask for, separated by spaces' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l audience -d 'The API the token is for, where the server knows `audience`' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l organization -d 'The organization to ask for (Auth0)' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l resource -d 'The resources the token is for (RFC 8707)' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l token-request-body -d 'The body of token requests; form unless the server wants json' -r -f -a "form\t''
json\t''"
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l token-params -d 'Extra parameters of the token request' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l authorize-params -d 'Extra parameters of the authorization request' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l refresh-params -d 'Extra parameters of the refresh request' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l device-params -d 'Extra parameters of the device authorization request' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l token-pointer -d 'JSON pointer (RFC 6901) to a nested token object in the answer' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l token-type -d 'The server\'s own word for Bearer (eBay: `Application Access Token`)' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l subject -d 'Whose token is handed in: that of a CI job, a variable, a file, a command or another profile' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l subject-audience -d 'The audience that the CI system is asked for, where `subject` names none' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l subject-token-type -d 'What the subject\'s token is: jwt, id_token, access_token, saml2 or a URN' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l actor -d 'Who acts for the subject (RFC 8693)' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l actor-token-type -d 'What the actor\'s token is' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l requested-token-type -d 'What an exchange is to give (RFC 8693)' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l assertion-claims -d 'More claims, or others, of the JWT that `client_key` signs for jwt_bearer: sub, scope' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l redirect-uri -d 'The registered loopback redirect URI, where it must be exact' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l redirect-ports -d 'The registered loopback ports, tried in turn' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l prompt -d 'What the server asks the person again: login, consent, select_account' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l login-hint -d 'Who is going to sign in, so that the server need not ask' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l max-age -d 'How long ago the person may have signed in at the server' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l acr-values -d 'How strongly the person has to be authenticated' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l id-token-signed-response-alg -d 'The one algorithm of ID tokens; HS256 is checked with the client secret, and only taken where it is named here' -r -f -a "RS256\t''
RS384\t''
RS512\t''
PS256\t''
PS384\t''
PS512\t''
ES256\t''
ES384\t''
ES512\t''
EdDSA\t''
HS256\t''
HS384\t''
HS512\t''"
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l auto-login -d 'Let `token get` open the browser on a terminal when a sign-in is due' -r -f -a "true\t''
false\t''"
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l leeway -d 'How long before its end a token counts as expired; 60s' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l default-lifetime -d 'The lifetime of a token whose answer names none' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l send-scope-on-refresh -d 'Whether a refresh names the scope again, as Entra wants it' -r -f -a "true\t''
false\t''"
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l send-redirect-uri-on-refresh -d 'Whether a refresh names the redirect URI again, as GitLab wants it' -r -f -a "true\t''
false\t''"
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l refresh-token-lifetime -d 'How long after sign-in the refresh token works' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l refresh-token-sliding -d 'Whether each refresh starts that lifetime anew, so that nobody is warned of its end' -r -f -a "true\t''
false\t''"
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l hosts -d 'The hosts that this token may be handed to: a host (any port), a host and a port, or *.corp.example for all below it' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l username -d 'The user name beside the token, where git or docker wants one; else what the host is known to want, else oauth2' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l ca-file -d 'PEM file of CAs to trust besides the built-in ones' -r -F
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l timeout -d 'The most that all network work of one command may take; 30s' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l client-secret-env -d 'Take the client secret from this variable' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l client-secret-file -d 'Take the client secret from this file; a secret\'s must be private' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l client-secret-credential -d 'Take the client secret from this systemd credential' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l client-secret-command -d 'Take the client secret from what this program prints, run without a shell; its arguments follow, and `;` ends them' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l client-key-env -d 'Take the client key from this variable' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l client-key-file -d 'Take the client key from this file; a secret\'s must be private' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l client-key-credential -d 'Take the client key from this systemd credential' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l client-key-command -d 'Take the client key from what this program prints, run without a shell; its arguments follow, and `;` ends them' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l client-certificate-env -d 'Take the client certificate from this variable' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l client-certificate-file -d 'Take the client certificate from this file; a secret\'s must be private' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l client-certificate-credential -d 'Take the client certificate from this systemd credential' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l client-certificate-command -d 'Take the client certificate from what this program prints, run without a shell; its arguments follow, and `;` ends them' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l unset -d 'Take this key out' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l json -d 'Tell errors, and what a command reports, as JSON'
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -s v -l verbose -d 'Say on stderr what happens; -vv says more, never a secret'
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l client-secret-stdin -d 'Take the client secret from standard input'
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l client-secret-keyring -d 'Take the client secret from oat\'s store, where `oat profile set-secret` sealed it'
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l client-key-stdin -d 'Take the client key from standard input'
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l client-key-keyring -d 'Take the client key from oat\'s store, where `oat profile set-secret` sealed it'
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l client-certificate-stdin -d 'Take the client certificate from standard input'
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -l client-certificate-keyring -d 'Take the client certificate from oat\'s store, where `oat profile set-secret` sealed it'
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from edit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from remove" -l config -d 'The profile file [env: OAT_CONFIG]' -r -F
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from remove" -l store -d 'Where the store\'s key lives: keyring, env, file, keyutils or none [env: OAT_STORE]' -r -f -a "keyring\t''
env\t''
file\t''
keyutils\t''
none\t''"
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from remove" -l trace -d 'Write every request and answer to this file, secrets taken out' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from remove" -l json -d 'Tell errors, and what a command reports, as JSON'
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Say on stderr what happens; -vv says more, never a secret'
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help'
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from set-secret" -l config -d 'The profile file [env: OAT_CONFIG]' -r -F
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from set-secret" -l store -d 'Where the store\'s key lives: keyring, env, file, keyutils or none [env: OAT_STORE]' -r -f -a "keyring\t''
env\t''
file\t''
keyutils\t''
none\t''"
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from set-secret" -l trace -d 'Write every request and answer to this file, secrets taken out' -r -f
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from set-secret" -l json -d 'Tell errors, and what a command reports, as JSON'
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from set-secret" -s v -l verbose -d 'Say on stderr what happens; -vv says more, never a secret'
complete -c oat -n "__fish_oat_using_subcommand profile; and __fish_seen_subcommand_from set-secret" -s h -l help -d 'Print help'
complete -c oat -n "__fish_oat_using_subcommand sandbox" -l config -d 'The profile file [env: OAT_CONFIG]' -r -F
complete -c oat -n "__fish_oat_using_subcommand sandbox" -l store -d 'Where the store\'s key lives: keyring, env, file, keyutils or none [env: OAT_STORE]' -r -f -a "keyring\t''
env\t''
file\t''
keyutils\t''
none\t''"
complete -c oat -n "__fish_oat_using_subcommand sandbox" -l trace -d 'Write every request and answer to this file, secrets taken out' -r -f
complete -c oat -n "__fish_oat_using_subcommand sandbox" -l port -d 'The loopback port; 0 takes any free one' -r -f
complete -c oat -n "__fish_oat_using_subcommand sandbox" -l alg -d 'How tokens are signed' -r -f -a "ES256\t''
RS256\t''"
complete -c oat -n "__fish_oat_using_subcommand sandbox" -l lifetime -d 'How long tokens live' -r -f
complete -c oat -n "__fish_oat_using_subcommand sandbox" -l refresh-lifetime -d 'How long refresh tokens live, each from when it was issued' -r -f
complete -c oat -n "__fish_oat_using_subcommand sandbox" -l delay -d 'Wait before each token answer' -r -f
complete -c oat -n "__fish_oat_using_subcommand sandbox" -l json -d 'Tell errors, and what a command reports, as JSON'
complete -c oat -n "__fish_oat_using_subcommand sandbox" -s v -l verbose -d 'Say on stderr what happens; -vv says more, never a secret'
complete -c oat -n "__fish_oat_using_subcommand sandbox" -l auto-approve -d 'Sign in as alice and allow everything, without a page'
complete -c oat -n "__fish_oat_using_subcommand sandbox" -l opaque -d 'Hand out opaque tokens instead of JWTs'
complete -c oat -n "__fish_oat_using_subcommand sandbox" -s h -l help -d 'Print help'
complete -c oat -n "__fish_oat_using_subcommand completions" -l config -d 'The profile file [env: OAT_CONFIG]' -r -F
complete -c oat -n "__fish_oat_using_subcommand completions" -l store -d 'Where the store\'s key lives: keyring, env, file, keyutils or none [env: OAT_STORE]' -r -f -a "keyring\t''
env\t''
file\t''
keyutils\t''
none\t''"
complete -c oat -n "__fish_oat_using_subcommand completions" -l trace -d 'Write every request and answer to this file, secrets taken out' -r -f
complete -c oat -n "__fish_oat_using_subcommand completions" -l json -d 'Tell errors, and what a command reports, as JSON'
complete -c oat -n "__fish_oat_using_subcommand completions" -s v -l verbose -d 'Say on stderr what happens; -vv says more, never a secret'
complete -c oat -n "__fish_oat_using_subcommand completions" -s h -l help -d 'Print help'
complete -c oat -n "__fish_oat_using_subcommand man" -l config -d 'The profile file [env: OAT_CONFIG]' -r -F
complete -c oat -n "__fish_oat_using_subcommand man" -l store -d 'Where the store\'s key lives: keyring, env, file, keyutils or none [env: OAT_STORE]' -r -f -a "keyring\t''
env\t''
file\t''
keyutils\t''
none\t''"
complete -c oat -n "__fish_oat_using_subcommand man" -l trace -d 'Write every request and answer to this file, secrets taken out' -r -f
complete -c oat -n "__fish_oat_using_subcommand man" -l json -d 'Tell errors, and what a command reports, as JSON'
complete -c oat -n "__fish_oat_using_subcommand man" -s v -l verbose -d 'Say on stderr what happens; -vv says more, never a secret'
complete -c oat -n "__fish_oat_using_subcommand man" -s h -l help -d 'Print help'
