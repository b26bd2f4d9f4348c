module completions {

  def "nu-complete oat store" [] {
    [ "keyring" "env" "file" "keyutils" "none" ]
  }

  # OAuth 2.0 and OpenID Connect tokens for shells, people and CI
  export extern oat [
    --config: path            # The profile file [env: OAT_CONFIG]
    --json                    # Tell errors, and what a command reports, as JSON
    --store: string@"nu-complete oat store" # Where the store's key lives: keyring, env, file, keyutils or none [env: OAT_STORE]
    --trace: string           # Write every request and answer to this file, secrets taken out
    --verbose(-v)             # Say on stderr what happens; -vv says more, never a secret
    --help(-h)                # Print help
    --version(-V)             # Print version
  ]

  def "nu-complete oat token store" [] {
    [ "keyring" "env" "file" "keyutils" "none" ]
  }

  # Hand out tokens
  export extern "oat token" [
    --config: path            # The profile file [env: OAT_CONFIG]
    --json                    # Tell errors, and what a command reports, as JSON
    --store: string@"nu-complete oat token store" # Where the store's key lives: keyring, env, file, keyutils or none [env: OAT_STORE]
    --trace: string           # Write every request and answer to this file, secrets taken out
    --verbose(-v)             # Say on stderr what happens; -vv says more, never a secret
    --help(-h)                # Print help
  ]

  def "nu-complete oat token get store" [] {
    [ "keyring" "env" "file" "keyutils" "none" ]
  }

  def "nu-complete oat token get provider" [] {
    [ "vericerts" "auth0" "abbyy-vantage" "google" "google-sts" "google-service-account" "entra" "okta" "keycloak" "github" "gitlab" "cognito" "pingone" "salesforce" "slack" "atlassian" "spotify" "zoom" "dropbox" "line" "hydra" "zitadel" "authentik" "dex" "buildkite" "openai" "openrouter" "anthropic" ]
  }

  def "nu-complete oat token get client_auth" [] {
    [ "client_secret_basic" "client_secret_post" "client_secret_jwt" "private_key_jwt" "tls_client_auth" "self_signed_tls_client_auth" "none" ]
  }

  def "nu-complete oat token get token_endpoint_auth_signing_alg" [] {
    [ "RS256" "RS384" "RS512" "PS256" "PS384" "PS512" "ES256" "ES384" "EdDSA" "HS256" "HS384" "HS512" ]
  }

  def "nu-complete oat token get grant" [] {
    [ "authorization_code" "client_credentials" "device_code" "token_exchange" "jwt_bearer" ]
  }

  def "nu-complete oat token get token_request_body" [] {
    [ "form" "json" ]
  }

  def "nu-complete oat token get id_token_signed_response_alg" [] {
    [ "RS256" "RS384" "RS512" "PS256" "PS384" "PS512" "ES256" "ES384" "ES512" "EdDSA" "HS256" "HS384" "HS512" ]
  }

  def "nu-complete oat token get auto_login" [] {
    [ "true" "false" ]
  }

  def "nu-complete oat token get send_scope_on_refresh" [] {
    [ "true" "false" ]
  }

  def "nu-complete oat token get send_redirect_uri_on_refresh" [] {
    [ "true" "false" ]
  }

  def "nu-complete oat token get refresh_token_sliding" [] {
    [ "true" "false" ]
  }

  def "nu-complete oat token get format" [] {
    [ "raw" "json" "bearer" "header" "env" "dotenv" "curl" ]
  }

  def "nu-complete oat token get shell" [] {
    [ "sh" "fish" "powershell" "cmd" "nu" ]
  }

  # Print a valid access token: the kept one while it is good, else a new one
  export extern "oat token get" [
    --config: path            # The profile file [env: OAT_CONFIG]
    --json                    # Tell errors, and what a command reports, as JSON
    --store: string@"nu-complete oat token get store" # Where the store's key lives: keyring, env, file, keyutils or none [env: OAT_STORE]
    --trace: string           # Write every request and answer to this file, secrets taken out
    --verbose(-v)             # Say on stderr what happens; -vv says more, never a secret
    --provider: string@"nu-complete oat token get provider" # A preset: the endpoints and quirks of a known provider
    --issuer: string          # The issuer URL, exactly as the server names itself; endpoints are found by discovery
    --token-endpoint: string  # Where tokens are asked for; overrides discovery
    --authorization-endpoint: string # Where a person signs in; overrides discovery
    --device-authorization-endpoint: string # Where a device code is asked for; overrides discovery
    --introspection-endpoint: string # Where the server tells about a token; overrides discovery
    --revocation-endpoint: string # Where a token is revoked; overrides discovery
    --userinfo-endpoint: string # Where the signed-in user is described; overrides discovery
    --end-session-endpoint: string # Where a person signs out; overrides discovery
    --jwks-uri: string        # Where the server's public keys are; overrides discovery
    --pin-hosts: string       # The only hosts that discovered endpoints may be on
    --base-url: string        # The base URL that a preset asks for
    --domain: string          # The domain that a preset asks for
    --region: string          # The region that a preset asks for
    --tenant: string          # The tenant that a preset asks for
    --realm: string           # The realm, pool, environment or application that a preset asks for
    --client-id: string       # The client's identifier at the server
    --client-key-id: string   # The `kid` that the server knows the client's key by; else the JWK's own
    --client-auth: string@"nu-complete oat token get client_auth" # How the client proves itself; else by what there is and what the server's metadata offers
    --token-endpoint-auth-signing-alg: string@"nu-complete oat token get token_endpoint_auth_signing_alg" # What the client's assertions are signed with; else by the key and the server's metadata
    --assertion-audience: string # Whom the client's assertions are for: issuer, token_endpoint or a URL; issuer where one is known
    --grant: string@"nu-complete oat token get grant" # How a token is got; authorization_code unless the preset says otherwise
    --scope: string           # The scopes to ask for, separated by spaces
    --audience: string        # The API the token is for, where the server knows `audience`
    --organization: string    # The organization to ask for (Auth0)
    --resource: string        # The resources the token is for (RFC 8707)
    --token-request-body: string@"nu-complete oat token get token_request_body" # The body of token requests; form unless the server wants json
    --token-params: string    # Extra parameters of the token request
    --authorize-params: string # Extra parameters of the authorization request
    --refresh-params: string  # Extra parameters of the refresh request
    --device-params: string   # Extra parameters of the device authorization request
    --token-pointer: string   # JSON pointer (RFC 6901) to a nested token object in the answer
    --token-type: string      # The server's own word for Bearer (eBay: `Application Access Token`)
    --subject: string         # Whose token is handed in: that of a CI job, a variable, a file, a command or another profile
    --subject-audience: string # The audience that the CI system is asked for, where `subject` names none
    --subject-token-type: string # What the subject's token is: jwt, id_token, access_token, saml2 or a URN
    --actor: string           # Who acts for the subject (RFC 8693)
    --actor-token-type: string # What the actor's token is
    --requested-token-type: string # What an exchange is to give (RFC 8693)
    --assertion-claims: string # More claims, or others, of the JWT that `client_key` signs for jwt_bearer: sub, scope
    --redirect-uri: string    # The registered loopback redirect URI, where it must be exact
    --redirect-ports: string  # The registered loopback ports, tried in turn
    --prompt: string          # What the server asks the person again: login, consent, select_account
    --login-hint: string      # Who is going to sign in, so that the server need not ask
    --max-age: string         # How long ago the person may have signed in at the server
    --acr-values: string      # How strongly the person has to be authenticated
    --id-token-signed-response-alg: string@"nu-complete oat token get id_token_signed_response_alg" # The one algorithm of ID tokens; HS256 is checked with the client secret, and only taken where it is named here
    --auto-login: string@"nu-complete oat token get auto_login" # Let `token get` open the browser on a terminal when a sign-in is due
    --leeway: string          # How long before its end a token counts as expired; 60s
    --default-lifetime: string # The lifetime of a token whose answer names none
    --send-scope-on-refresh: string@"nu-complete oat token get send_scope_on_refresh" # Whether a refresh names the scope again, as Entra wants it
    --send-redirect-uri-on-refresh: string@"nu-complete oat token get send_redirect_uri_on_refresh" # Whether a refresh names the redirect URI again, as GitLab wants it
    --refresh-token-lifetime: string # How long after sign-in the refresh token works
    --refresh-token-sliding: string@"nu-complete oat token get refresh_token_sliding" # Whether each refresh starts that lifetime anew, so that nobody is warned of its end
    --hosts: string           # The hosts that this token may be handed to: a host (any port), a host and a port, or *.corp.example for all below it
    --username: string        # The user name beside the token, where git or docker wants one; else what the host is known to want, else oauth2
    --ca-file: path           # PEM file of CAs to trust besides the built-in ones
    --timeout: string         # The most that all network work of one command may take; 30s
    --client-secret-env: string # Take the client secret from this variable
    --client-secret-file: string # Take the client secret from this file; a secret's must be private
    --client-secret-credential: string # Take the client secret from this systemd credential
    --client-secret-command: string # Take the client secret from what this program prints, run without a shell; its arguments follow, and `;` ends them
    --client-secret-stdin     # Take the client secret from standard input
    --client-secret-keyring   # Take the client secret from oat's store, where `oat profile set-secret` sealed it
    --client-key-env: string  # Take the client key from this variable
    --client-key-file: string # Take the client key from this file; a secret's must be private
    --client-key-credential: string # Take the client key from this systemd credential
    --client-key-command: string # Take the client key from what this program prints, run without a shell; its arguments follow, and `;` ends them
    --client-key-stdin        # Take the client key from standard input
    --client-key-keyring      # Take the client key from oat's store, where `oat profile set-secret` sealed it
    --client-certificate-env: string # Take the client certificate from this variable
    --client-certificate-file: string # Take the client certificate from this file; a secret's must be private
    --client-certificate-credential: string # Take the client certificate from this systemd credential
    --client-certificate-command: string # Take the client certificate from what this program prints, run without a shell; its arguments follow, and `;` ends them
    --client-certificate-stdin # Take the client certificate from standard input
    --client-certificate-keyring # Take the client certificate from oat's store, where `oat profile set-secret` sealed it
    --format(-f): string@"nu-complete oat token get format" # How the token is printed [default: raw]
    --shell: string@"nu-complete oat token get shell" # The shell that --format env speaks to [default: sh]
    --name: string            # The variable of --format env and dotenv, and of --to dotenv [default: OAT_ACCESS_TOKEN]
    --min-ttl: string         # The token must be good for at least this long, such as 10m
    --force                   # Ask the server, whatever the cache says
    --require-store           # Fail when the token cannot be kept
    --require-scope           # Fail when the server grants less scope than was asked for
    --login                   # On a terminal, sign in where that is needed
    --to: string              # Hand the token on, and print nothing: github-env=NAME, github-output=NAME, ado-var=NAME, file=PATH, dotenv=PATH
    --explain                 # Tell what would be used and sent, and why; nothing is
    --help(-h)                # Print help (see more with '--help')
    profile?: string          # The profile [env: OAT_PROFILE; else default_profile, else the only one]
  ]

  def "nu-complete oat token subject store" [] {
    [ "keyring" "env" "file" "keyutils" "none" ]
  }

  # Print the token that a CI system gives to the job, for a tool that wants that one
  export extern "oat token subject" [
    --config: path            # The profile file [env: OAT_CONFIG]
    --json                    # Tell errors, and what a command reports, as JSON
    --store: string@"nu-complete oat token subject store" # Where the store's key lives: keyring, env, file, keyutils or none [env: OAT_STORE]
    --trace: string           # Write every request and answer to this file, secrets taken out
    --verbose(-v)             # Say on stderr what happens; -vv says more, never a secret
    --ca-file: path           # PEM file of CAs to trust besides the built-in ones
    --timeout: string         # The most that all network work of one command may take; 30s
    --audience: string        # Whom the token is to be for
    --out: string             # Write it to this file, mode 0600, instead of printing it
    --help(-h)                # Print help (see more with '--help')
    source?: string           # A source, such as github-actions or env:NAME, or a profile with a subject [env: OAT_SUBJECT, OAT_PROFILE; else auto]
  ]

  def "nu-complete oat exec store" [] {
    [ "keyring" "env" "file" "keyutils" "none" ]
  }

  def "nu-complete oat exec provider" [] {
    [ "vericerts" "auth0" "abbyy-vantage" "google" "google-sts" "google-service-account" "entra" "okta" "keycloak" "github" "gitlab" "cognito" "pingone" "salesforce" "slack" "atlassian" "spotify" "zoom" "dropbox" "line" "hydra" "zitadel" "authentik" "dex" "buildkite" "openai" "openrouter" "anthropic" ]
  }

  def "nu-complete oat exec client_auth" [] {
    [ "client_secret_basic" "client_secret_post" "client_secret_jwt" "private_key_jwt" "tls_client_auth" "self_signed_tls_client_auth" "none" ]
  }

  def "nu-complete oat exec token_endpoint_auth_signing_alg" [] {
    [ "RS256" "RS384" "RS512" "PS256" "PS384" "PS512" "ES256" "ES384" "EdDSA" "HS256" "HS384" "HS512" ]
  }

  def "nu-complete oat exec grant" [] {
    [ "authorization_code" "client_credentials" "device_code" "token_exchange" "jwt_bearer" ]
  }

  def "nu-complete oat exec token_request_body" [] {
    [ "form" "json" ]
  }

  def "nu-complete oat exec id_token_signed_response_alg" [] {
    [ "RS256" "RS384" "RS512" "PS256" "PS384" "PS512" "ES256" "ES384" "ES512" "EdDSA" "HS256" "HS384" "HS512" ]
  }

  def "nu-complete oat exec auto_login" [] {
    [ "true" "false" ]
  }

  def "nu-complete oat exec send_scope_on_refresh" [] {
    [ "true" "false" ]
  }

  def "nu-complete oat exec send_redirect_uri_on_refresh" [] {
    [ "true" "false" ]
  }

  def "nu-complete oat exec refresh_token_sliding" [] {
    [ "true" "false" ]
  }

  # Run a command with a token in its environment, or in a file that is kept fresh for it
  export extern "oat exec" [
    --config: path            # The profile file [env: OAT_CONFIG]
    --json                    # Tell errors, and what a command reports, as JSON
    --store: string@"nu-complete oat exec store" # Where the store's key lives: keyring, env, file, keyutils or none [env: OAT_STORE]
    --trace: string           # Write every request and answer to this file, secrets taken out
    --verbose(-v)             # Say on stderr what happens; -vv says more, never a secret
    --provider: string@"nu-complete oat exec provider" # A preset: the endpoints and quirks of a known provider
    --issuer: string          # The issuer URL, exactly as the server names itself; endpoints are found by discovery
    --token-endpoint: string  # Where tokens are asked for; overrides discovery
    --authorization-endpoint: string # Where a person signs in; overrides discovery
    --device-authorization-endpoint: string # Where a device code is asked for; overrides discovery
    --introspection-endpoint: string # Where the server tells about a token; overrides discovery
    --revocation-endpoint: string # Where a token is revoked; overrides discovery
    --userinfo-endpoint: string # Where the signed-in user is described; overrides discovery
    --end-session-endpoint: string # Where a person signs out; overrides discovery
    --jwks-uri: string        # Where the server's public keys are; overrides discovery
    --pin-hosts: string       # The only hosts that discovered endpoints may be on
    --base-url: string        # The base URL that a preset asks for
    --domain: string          # The domain that a preset asks for
    --region: string          # The region that a preset asks for
    --tenant: string          # The tenant that a preset asks for
    --realm: string           # The realm, pool, environment or application that a preset asks for
    --client-id: string       # The client's identifier at the server
    --client-key-id: string   # The `kid` that the server knows the client's key by; else the JWK's own
    --client-auth: string@"nu-complete oat exec client_auth" # How the client proves itself; else by what there is and what the server's metadata offers
    --token-endpoint-auth-signing-alg: string@"nu-complete oat exec token_endpoint_auth_signing_alg" # What the client's assertions are signed with; else by the key and the server's metadata
    --assertion-audience: string # Whom the client's assertions are for: issuer, token_endpoint or a URL; issuer where one is known
    --grant: string@"nu-complete oat exec grant" # How a token is got; authorization_code unless the preset says otherwise
    --scope: string           # The scopes to ask for, separated by spaces
    --audience: string        # The API the token is for, where the server knows `audience`
    --organization: string    # The organization to ask for (Auth0)
    --resource: string        # The resources the token is for (RFC 8707)
    --token-request-body: string@"nu-complete oat exec token_request_body" # The body of token requests; form unless the server wants json
    --token-params: string    # Extra parameters of the token request
    --authorize-params: string # Extra parameters of the authorization request
    --refresh-params: string  # Extra parameters of the refresh request
    --device-params: string   # Extra parameters of the device authorization request
    --token-pointer: string   # JSON pointer (RFC 6901) to a nested token object in the answer
    --token-type: string      # The server's own word for Bearer (eBay: `Application Access Token`)
    --subject: string         # Whose token is handed in: that of a CI job, a variable, a file, a command or another profile
    --subject-audience: string # The audience that the CI system is asked for, where `subject` names none
    --subject-token-type: string # What the subject's token is: jwt, id_token, access_token, saml2 or a URN
    --actor: string           # Who acts for the subject (RFC 8693)
    --actor-token-type: string # What the actor's token is
    --requested-token-type: string # What an exchange is to give (RFC 8693)
    --assertion-claims: string # More claims, or others, of the JWT that `client_key` signs for jwt_bearer: sub, scope
    --redirect-uri: string    # The registered loopback redirect URI, where it must be exact
    --redirect-ports: string  # The registered loopback ports, tried in turn
    --prompt: string          # What the server asks the person again: login, consent, select_account
    --login-hint: string      # Who is going to sign in, so that the server need not ask
    --max-age: string         # How long ago the person may have signed in at the server
    --acr-values: string      # How strongly the person has to be authenticated
    --id-token-signed-response-alg: string@"nu-complete oat exec id_token_signed_response_alg" # The one algorithm of ID tokens; HS256 is checked with the client secret, and only taken where it is named here
    --auto-login: string@"nu-complete oat exec auto_login" # Let `token get` open the browser on a terminal when a sign-in is due
    --leeway: string          # How long before its end a token counts as expired; 60s
    --default-lifetime: string # The lifetime of a token whose answer names none
    --send-scope-on-refresh: string@"nu-complete oat exec send_scope_on_refresh" # Whether a refresh names the scope again, as Entra wants it
    --send-redirect-uri-on-refresh: string@"nu-complete oat exec send_redirect_uri_on_refresh" # Whether a refresh names the redirect URI again, as GitLab wants it
    --refresh-token-lifetime: string # How long after sign-in the refresh token works
    --refresh-token-sliding: string@"nu-complete oat exec refresh_token_sliding" # Whether each refresh starts that lifetime anew, so that nobody is warned of its end
    --hosts: string           # The hosts that this token may be handed to: a host (any port), a host and a port, or *.corp.example for all below it
    --username: string        # The user name beside the token, where git or docker wants one; else what the host is known to want, else oauth2
    --ca-file: path           # PEM file of CAs to trust besides the built-in ones
    --timeout: string         # The most that all network work of one command may take; 30s
    --client-secret-env: string # Take the client secret from this variable
    --client-secret-file: string # Take the client secret from this file; a secret's must be private
    --client-secret-credential: string # Take the client secret from this systemd credential
    --client-secret-command: string # Take the client secret from what this program prints, run without a shell; its arguments follow, and `;` ends them
    --client-secret-stdin     # Take the client secret from standard input
    --client-secret-keyring   # Take the client secret from oat's store, where `oat profile set-secret` sealed it
    --client-key-env: string  # Take the client key from this variable
    --client-key-file: string # Take the client key from this file; a secret's must be private
    --client-key-credential: string # Take the client key from this systemd credential
    --client-key-command: string # Take the client key from what this program prints, run without a shell; its arguments follow, and `;` ends them
    --client-key-stdin        # Take the client key from standard input
    --client-key-keyring      # Take the client key from oat's store, where `oat profile set-secret` sealed it
    --client-certificate-env: string # Take the client certificate from this variable
    --client-certificate-file: string # Take the client certificate from this file; a secret's must be private
    --client-certificate-credential: string # Take the client certificate from this systemd credential
    --client-certificate-command: string # Take the client certificate from what this program prints, run without a shell; its arguments follow, and `;` ends them
    --client-certificate-stdin # Take the client certificate from standard input
    --client-certificate-keyring # Take the client certificate from oat's store, where `oat profile set-secret` sealed it
    --env: string             # The variable that gets the token, of another profile if one is named [default: OAT_ACCESS_TOKEN]
    --file-env: string        # The variable that gets the path of a private file with the token, kept fresh until the command ends
    --min-ttl: string         # The token must be good for at least this long when the command starts, such as 10m
    --require-scope           # Fail when the server grants less scope than was asked for
    --login                   # On a terminal, sign in where that is needed
    --help(-h)                # Print help (see more with '--help')
    profile?: string          # The profile [env: OAT_PROFILE; else default_profile, else the only one]
  ]

  def "nu-complete oat login store" [] {
    [ "keyring" "env" "file" "keyutils" "none" ]
  }

  def "nu-complete oat login provider" [] {
    [ "vericerts" "auth0" "abbyy-vantage" "google" "google-sts" "google-service-account" "entra" "okta" "keycloak" "github" "gitlab" "cognito" "pingone" "salesforce" "slack" "atlassian" "spotify" "zoom" "dropbox" "line" "hydra" "zitadel" "authentik" "dex" "buildkite" "openai" "openrouter" "anthropic" ]
  }

  def "nu-complete oat login client_auth" [] {
    [ "client_secret_basic" "client_secret_post" "client_secret_jwt" "private_key_jwt" "tls_client_auth" "self_signed_tls_client_auth" "none" ]
  }

  def "nu-complete oat login token_endpoint_auth_signing_alg" [] {
    [ "RS256" "RS384" "RS512" "PS256" "PS384" "PS512" "ES256" "ES384" "EdDSA" "HS256" "HS384" "HS512" ]
  }

  def "nu-complete oat login grant" [] {
    [ "authorization_code" "client_credentials" "device_code" "token_exchange" "jwt_bearer" ]
  }

  def "nu-complete oat login token_request_body" [] {
    [ "form" "json" ]
  }

  def "nu-complete oat login id_token_signed_response_alg" [] {
    [ "RS256" "RS384" "RS512" "PS256" "PS384" "PS512" "ES256" "ES384" "ES512" "EdDSA" "HS256" "HS384" "HS512" ]
  }

  def "nu-complete oat login auto_login" [] {
    [ "true" "false" ]
  }

  def "nu-complete oat login send_scope_on_refresh" [] {
    [ "true" "false" ]
  }

  def "nu-complete oat login send_redirect_uri_on_refresh" [] {
    [ "true" "false" ]
  }

  def "nu-complete oat login refresh_token_sliding" [] {
    [ "true" "false" ]
  }

  # Sign in, so that tokens can be had without you for as long as the server allows
  export extern "oat login" [
    --config: path            # The profile file [env: OAT_CONFIG]
    --json                    # Tell errors, and what a command reports, as JSON
    --store: string@"nu-complete oat login store" # Where the store's key lives: keyring, env, file, keyutils or none [env: OAT_STORE]
    --trace: string           # Write every request and answer to this file, secrets taken out
    --verbose(-v)             # Say on stderr what happens; -vv says more, never a secret
    --provider: string@"nu-complete oat login provider" # A preset: the endpoints and quirks of a known provider
    --issuer: string          # The issuer URL, exactly as the server names itself; endpoints are found by discovery
    --token-endpoint: string  # Where tokens are asked for; overrides discovery
    --authorization-endpoint: string # Where a person signs in; overrides discovery
    --device-authorization-endpoint: string # Where a device code is asked for; overrides discovery
    --introspection-endpoint: string # Where the server tells about a token; overrides discovery
    --revocation-endpoint: string # Where a token is revoked; overrides discovery
    --userinfo-endpoint: string # Where the signed-in user is described; overrides discovery
    --end-session-endpoint: string # Where a person signs out; overrides discovery
    --jwks-uri: string        # Where the server's public keys are; overrides discovery
    --pin-hosts: string       # The only hosts that discovered endpoints may be on
    --base-url: string        # The base URL that a preset asks for
    --domain: string          # The domain that a preset asks for
    --region: string          # The region that a preset asks for
    --tenant: string          # The tenant that a preset asks for
    --realm: string           # The realm, pool, environment or application that a preset asks for
    --client-id: string       # The client's identifier at the server
    --client-key-id: string   # The `kid` that the server knows the client's key by; else the JWK's own
    --client-auth: string@"nu-complete oat login client_auth" # How the client proves itself; else by what there is and what the server's metadata offers
    --token-endpoint-auth-signing-alg: string@"nu-complete oat login token_endpoint_auth_signing_alg" # What the client's assertions are signed with; else by the key and the server's metadata
    --assertion-audience: string # Whom the client's assertions are for: issuer, token_endpoint or a URL; issuer where one is known
    --grant: string@"nu-complete oat login grant" # How a token is got; authorization_code unless the preset says otherwise
    --scope: string           # The scopes to ask for, separated by spaces
    --audience: string        # The API the token is for, where the server knows `audience`
    --organization: string    # The organization to ask for (Auth0)
    --resource: string        # The resources the token is for (RFC 8707)
    --token-request-body: string@"nu-complete oat login token_request_body" # The body of token requests; form unless the server wants json
    --token-params: string    # Extra parameters of the token request
    --authorize-params: string # Extra parameters of the authorization request
    --refresh-params: string  # Extra parameters of the refresh request
    --device-params: string   # Extra parameters of the device authorization request
    --token-pointer: string   # JSON pointer (RFC 6901) to a nested token object in the answer
    --token-type: string      # The server's own word for Bearer (eBay: `Application Access Token`)
    --subject: string         # Whose token is handed in: that of a CI job, a variable, a file, a command or another profile
    --subject-audience: string # The audience that the CI system is asked for, where `subject` names none
    --subject-token-type: string # What the subject's token is: jwt, id_token, access_token, saml2 or a URN
    --actor: string           # Who acts for the subject (RFC 8693)
    --actor-token-type: string # What the actor's token is
    --requested-token-type: string # What an exchange is to give (RFC 8693)
    --assertion-claims: string # More claims, or others, of the JWT that `client_key` signs for jwt_bearer: sub, scope
    --redirect-uri: string    # The registered loopback redirect URI, where it must be exact
    --redirect-ports: string  # The registered loopback ports, tried in turn
    --prompt: string          # What the server asks the person again: login, consent, select_account
    --login-hint: string      # Who is going to sign in, so that the server need not ask
    --max-age: string         # How long ago the person may have signed in at the server
    --acr-values: string      # How strongly the person has to be authenticated
    --id-token-signed-response-alg: string@"nu-complete oat login id_token_signed_response_alg" # The one algorithm of ID tokens; HS256 is checked with the client secret, and only taken where it is named here
    --auto-login: string@"nu-complete oat login auto_login" # Let `token get` open the browser on a terminal when a sign-in is due
    --leeway: string          # How long before its end a token counts as expired; 60s
    --default-lifetime: string # The lifetime of a token whose answer names none
    --send-scope-on-refresh: string@"nu-complete oat login send_scope_on_refresh" # Whether a refresh names the scope again, as Entra wants it
    --send-redirect-uri-on-refresh: string@"nu-complete oat login send_redirect_uri_on_refresh" # Whether a refresh names the redirect URI again, as GitLab wants it
    --refresh-token-lifetime: string # How long after sign-in the refresh token works
    --refresh-token-sliding: string@"nu-complete oat login refresh_token_sliding" # Whether each refresh starts that lifetime anew, so that nobody is warned of its end
    --hosts: string           # The hosts that this token may be handed to: a host (any port), a host and a port, or *.corp.example for all below it
    --username: string        # The user name beside the token, where git or docker wants one; else what the host is known to want, else oauth2
    --ca-file: path           # PEM file of CAs to trust besides the built-in ones
    --client-secret-env: string # Take the client secret from this variable
    --client-secret-file: string # Take the client secret from this file; a secret's must be private
    --client-secret-credential: string # Take the client secret from this systemd credential
    --client-secret-command: string # Take the client secret from what this program prints, run without a shell; its arguments follow, and `;` ends them
    --client-secret-stdin     # Take the client secret from standard input
    --client-secret-keyring   # Take the client secret from oat's store, where `oat profile set-secret` sealed it
    --client-key-env: string  # Take the client key from this variable
    --client-key-file: string # Take the client key from this file; a secret's must be private
    --client-key-credential: string # Take the client key from this systemd credential
    --client-key-command: string # Take the client key from what this program prints, run without a shell; its arguments follow, and `;` ends them
    --client-key-stdin        # Take the client key from standard input
    --client-key-keyring      # Take the client key from oat's store, where `oat profile set-secret` sealed it
    --client-certificate-env: string # Take the client certificate from this variable
    --client-certificate-file: string # Take the client certificate from this file; a secret's must be private
    --client-certificate-credential: string # Take the client certificate from this systemd credential
    --client-certificate-command: string # Take the client certificate from what this program prints, run without a shell; its arguments follow, and `;` ends them
    --client-certificate-stdin # Take the client certificate from standard input
    --client-certificate-keyring # Take the client certificate from oat's store, where `oat profile set-secret` sealed it
    --no-browser              # Open no browser; the address is printed
    --paste                   # Open no browser, and read the address that the browser ends at from standard input
    --device                  # Sign in on any device, with a code
    --timeout: string         # How long the sign-in may take [env: OAT_LOGIN_TIMEOUT; default: 5m]
    --auto-approve            # With the profile `sandbox`: its server asks nobody, for scripts
    --help(-h)                # Print help (see more with '--help')
    profile?: string          # The profile [env: OAT_PROFILE; else default_profile, else the only one]
  ]

  def "nu-complete oat logout store" [] {
    [ "keyring" "env" "file" "keyutils" "none" ]
  }

  # Have the server forget a session's tokens, and forget them here
  export extern "oat logout" [
    --config: path            # The profile file [env: OAT_CONFIG]
    --json                    # Tell errors, and what a command reports, as JSON
    --store: string@"nu-complete oat logout store" # Where the store's key lives: keyring, env, file, keyutils or none [env: OAT_STORE]
    --trace: string           # Write every request and answer to this file, secrets taken out
    --verbose(-v)             # Say on stderr what happens; -vv says more, never a secret
    --all                     # Every profile with something kept
    --local                   # Forget here only; the server is not asked
    --browser                 # Sign out at the server too, in the browser
    --help(-h)                # Print help
    profile?: string          # The profile [env: OAT_PROFILE; else default_profile, else the only one]
  ]

  def "nu-complete oat status store" [] {
    [ "keyring" "env" "file" "keyutils" "none" ]
  }

  # Show every session: who, until when, kept where
  export extern "oat status" [
    --config: path            # The profile file [env: OAT_CONFIG]
    --json                    # Tell errors, and what a command reports, as JSON
    --store: string@"nu-complete oat status store" # Where the store's key lives: keyring, env, file, keyutils or none [env: OAT_STORE]
    --trace: string           # Write every request and answer to this file, secrets taken out
    --verbose(-v)             # Say on stderr what happens; -vv says more, never a secret
    --help(-h)                # Print help
  ]

  def "nu-complete oat refresh store" [] {
    [ "keyring" "env" "file" "keyutils" "none" ]
  }

  # Renew the token now, whatever the cache says
  export extern "oat refresh" [
    --config: path            # The profile file [env: OAT_CONFIG]
    --json                    # Tell errors, and what a command reports, as JSON
    --store: string@"nu-complete oat refresh store" # Where the store's key lives: keyring, env, file, keyutils or none [env: OAT_STORE]
    --trace: string           # Write every request and answer to this file, secrets taken out
    --verbose(-v)             # Say on stderr what happens; -vv says more, never a secret
    --ca-file: path           # PEM file of CAs to trust besides the built-in ones
    --timeout: string         # The most that all network work of one command may take; 30s
    --print                   # Print the new token
    --require-store           # Fail when the token cannot be kept
    --help(-h)                # Print help (see more with '--help')
    profile?: string          # The profile [env: OAT_PROFILE; else default_profile, else the only one]
  ]

  def "nu-complete oat inspect store" [] {
    [ "keyring" "env" "file" "keyutils" "none" ]
  }

  # Show what a token says, whether it holds, and why an API refused it
  export extern "oat inspect" [
    --config: path            # The profile file [env: OAT_CONFIG]
    --json                    # Tell errors, and what a command reports, as JSON
    --store: string@"nu-complete oat inspect store" # Where the store's key lives: keyring, env, file, keyutils or none [env: OAT_STORE]
    --trace: string           # Write every request and answer to this file, secrets taken out
    --verbose(-v)             # Say on stderr what happens; -vv says more, never a secret
    --ca-file: path           # PEM file of CAs to trust besides the built-in ones
    --timeout: string         # The most that all network work of one command may take; 30s
    --id-token                # Look at the ID token
    --refresh-token           # Tell the facts of the refresh token, and nothing in it
    --profile: string         # With `-`: the profile whose issuer, keys and client the token is checked with
    --issuer: string          # Who must have issued it; without a URL, whom the token names. The keys are found by discovery
    --offline                 # Ask nobody, and check nothing but what other flags name
    --jwks: string            # Check the signature with this JWK set
    --key: string             # Check the signature with this PEM public key or certificate, JWK or JWK set
    --secret-from: string     # Check HS256, HS384 or HS512: env:NAME, file:PATH, credential:NAME, stdin or profile
    --signature-only          # Check nothing but the signature, over any payload
    --audience: string        # `aud` must have this
    --require-scope: string   # The token must have this scope
    --introspect              # Ask the server what it says of the token (RFC 7662)
    --userinfo                # Ask the server who the token is about (OpenID Connect)
    --for: string             # Ask this API, without the token, what it wants, and compare
    --send                    # With --for: send the token there too
    --claim: string           # Print one claim alone; /outer/inner for one within another
    --header                  # Print the header alone, as JSON
    --help(-h)                # Print help (see more with '--help')
    source?: string           # A profile, or `-` for standard input; two to compare [env: OAT_PROFILE]
  ]

  def "nu-complete oat credential store" [] {
    [ "keyring" "env" "file" "keyutils" "none" ]
  }

  def "nu-complete oat credential dialect" [] {
    [ "kubectl" "git" "docker" "bazel" "cargo" "go" "terraform" "setup" ]
  }

  # Answer another program that asks for a token: kubectl, git, docker, bazel, cargo, go, terraform
  export extern "oat credential" [
    --config: path            # The profile file [env: OAT_CONFIG]
    --json                    # Tell errors, and what a command reports, as JSON
    --store: string@"nu-complete oat credential store" # Where the store's key lives: keyring, env, file, keyutils or none [env: OAT_STORE]
    --trace: string           # Write every request and answer to this file, secrets taken out
    --verbose(-v)             # Say on stderr what happens; -vv says more, never a secret
    --id-token                # kubectl: the ID token of the sign-in, in place of the access token
    --login                   # kubectl: sign in where that is needed and kubectl says that a person is there
    --help(-h)                # Print help
    dialect: string@"nu-complete oat credential dialect" # Who asks; or `setup`, for what to write where
    words?: string            # A profile, then what the other program says itself; behind `setup`, a dialect and a profile [env: OAT_PROFILE]
  ]

  def "nu-complete oat jwks store" [] {
    [ "keyring" "env" "file" "keyutils" "none" ]
  }

  # List the keys that a server signs with
  export extern "oat jwks" [
    --config: path            # The profile file [env: OAT_CONFIG]
    --json                    # Tell errors, and what a command reports, as JSON
    --store: string@"nu-complete oat jwks store" # Where the store's key lives: keyring, env, file, keyutils or none [env: OAT_STORE]
    --trace: string           # Write every request and answer to this file, secrets taken out
    --verbose(-v)             # Say on stderr what happens; -vv says more, never a secret
    --ca-file: path           # PEM file of CAs to trust besides the built-in ones
    --timeout: string         # The most that all network work of one command may take; 30s
    --help(-h)                # Print help (see more with '--help')
    server?: string           # An issuer's URL, or a profile [env: OAT_PROFILE]
  ]

  def "nu-complete oat profile store" [] {
    [ "keyring" "env" "file" "keyutils" "none" ]
  }

  # Write and read the profile file
  export extern "oat profile" [
    --config: path            # The profile file [env: OAT_CONFIG]
    --json                    # Tell errors, and what a command reports, as JSON
    --store: string@"nu-complete oat profile store" # Where the store's key lives: keyring, env, file, keyutils or none [env: OAT_STORE]
    --trace: string           # Write every request and answer to this file, secrets taken out
    --verbose(-v)             # Say on stderr what happens; -vv says more, never a secret
    --help(-h)                # Print help
  ]

  def "nu-complete oat profile add store" [] {
    [ "keyring" "env" "file" "keyutils" "none" ]
  }

  def "nu-complete oat profile add provider" [] {
    [ "vericerts" "auth0" "abbyy-vantage" "google" "google-sts" "google-service-account" "entra" "okta" "keycloak" "github" "gitlab" "cognito" "pingone" "salesforce" "slack" "atlassian" "spotify" "zoom" "dropbox" "line" "hydra" "zitadel" "authentik" "dex" "buildkite" "openai" "openrouter" "anthropic" ]
  }

  def "nu-complete oat profile add client_auth" [] {
    [ "client_secret_basic" "client_secret_post" "client_secret_jwt" "private_key_jwt" "tls_client_auth" "self_signed_tls_client_auth" "none" ]
  }

  def "nu-complete oat profile add token_endpoint_auth_signing_alg" [] {
    [ "RS256" "RS384" "RS512" "PS256" "PS384" "PS512" "ES256" "ES384" "EdDSA" "HS256" "HS384" "HS512" ]
  }

  def "nu-complete oat profile add grant" [] {
    [ "authorization_code" "client_credentials" "device_code" "token_exchange" "jwt_bearer" ]
  }

  def "nu-complete oat profile add token_request_body" [] {
    [ "form" "json" ]
  }

  def "nu-complete oat profile add id_token_signed_response_alg" [] {
    [ "RS256" "RS384" "RS512" "PS256" "PS384" "PS512" "ES256" "ES384" "ES512" "EdDSA" "HS256" "HS384" "HS512" ]
  }

  def "nu-complete oat profile add auto_login" [] {
    [ "true" "false" ]
  }

  def "nu-complete oat profile add send_scope_on_refresh" [] {
    [ "true" "false" ]
  }

  def "nu-complete oat profile add send_redirect_uri_on_refresh" [] {
    [ "true" "false" ]
  }

  def "nu-complete oat profile add refresh_token_sliding" [] {
    [ "true" "false" ]
  }

  # Write a new profile
  export extern "oat profile add" [
    --config: path            # The profile file [env: OAT_CONFIG]
    --json                    # Tell errors, and what a command reports, as JSON
    --store: string@"nu-complete oat profile add store" # Where the store's key lives: keyring, env, file, keyutils or none [env: OAT_STORE]
    --trace: string           # Write every request and answer to this file, secrets taken out
    --verbose(-v)             # Say on stderr what happens; -vv says more, never a secret
    --provider: string@"nu-complete oat profile add provider" # A preset: the endpoints and quirks of a known provider
    --issuer: string          # The issuer URL, exactly as the server names itself; endpoints are found by discovery
    --token-endpoint: string  # Where tokens are asked for; overrides discovery
    --authorization-endpoint: string # Where a person signs in; overrides discovery
    --device-authorization-endpoint: string # Where a device code is asked for; overrides discovery
    --introspection-endpoint: string # Where the server tells about a token; overrides discovery
    --revocation-endpoint: string # Where a token is revoked; overrides discovery
    --userinfo-endpoint: string # Where the signed-in user is described; overrides discovery
    --end-session-endpoint: string # Where a person signs out; overrides discovery
    --jwks-uri: string        # Where the server's public keys are; overrides discovery
    --pin-hosts: string       # The only hosts that discovered endpoints may be on
    --base-url: string        # The base URL that a preset asks for
    --domain: string          # The domain that a preset asks for
    --region: string          # The region that a preset asks for
    --tenant: string          # The tenant that a preset asks for
    --realm: string           # The realm, pool, environment or application that a preset asks for
    --client-id: string       # The client's identifier at the server
    --client-key-id: string   # The `kid` that the server knows the client's key by; else the JWK's own
    --client-auth: string@"nu-complete oat profile add client_auth" # How the client proves itself; else by what there is and what the server's metadata offers
    --token-endpoint-auth-signing-alg: string@"nu-complete oat profile add token_endpoint_auth_signing_alg" # What the client's assertions are signed with; else by the key and the server's metadata
    --assertion-audience: string # Whom the client's assertions are for: issuer, token_endpoint or a URL; issuer where one is known
    --grant: string@"nu-complete oat profile add grant" # How a token is got; authorization_code unless the preset says otherwise
    --scope: string           # The scopes to ask for, separated by spaces
    --audience: string        # The API the token is for, where the server knows `audience`
    --organization: string    # The organization to ask for (Auth0)
    --resource: string        # The resources the token is for (RFC 8707)
    --token-request-body: string@"nu-complete oat profile add token_request_body" # The body of token requests; form unless the server wants json
    --token-params: string    # Extra parameters of the token request
    --authorize-params: string # Extra parameters of the authorization request
    --refresh-params: string  # Extra parameters of the refresh request
    --device-params: string   # Extra parameters of the device authorization request
    --token-pointer: string   # JSON pointer (RFC 6901) to a nested token object in the answer
    --token-type: string      # The server's own word for Bearer (eBay: `Application Access Token`)
    --subject: string         # Whose token is handed in: that of a CI job, a variable, a file, a command or another profile
    --subject-audience: string # The audience that the CI system is asked for, where `subject` names none
    --subject-token-type: string # What the subject's token is: jwt, id_token, access_token, saml2 or a URN
    --actor: string           # Who acts for the subject (RFC 8693)
    --actor-token-type: string # What the actor's token is
    --requested-token-type: string # What an exchange is to give (RFC 8693)
    --assertion-claims: string # More claims, or others, of the JWT that `client_key` signs for jwt_bearer: sub, scope
    --redirect-uri: string    # The registered loopback redirect URI, where it must be exact
    --redirect-ports: string  # The registered loopback ports, tried in turn
    --prompt: string          # What the server asks the person again: login, consent, select_account
    --login-hint: string      # Who is going to sign in, so that the server need not ask
    --max-age: string         # How long ago the person may have signed in at the server
    --acr-values: string      # How strongly the person has to be authenticated
    --id-token-signed-response-alg: string@"nu-complete oat profile add id_token_signed_response_alg" # The one algorithm of ID tokens; HS256 is checked with the client secret, and only taken where it is named here
    --auto-login: string@"nu-complete oat profile add auto_login" # Let `token get` open the browser on a terminal when a sign-in is due
    --leeway: string          # How long before its end a token counts as expired; 60s
    --default-lifetime: string # The lifetime of a token whose answer names none
    --send-scope-on-refresh: string@"nu-complete oat profile add send_scope_on_refresh" # Whether a refresh names the scope again, as Entra wants it
    --send-redirect-uri-on-refresh: string@"nu-complete oat profile add send_redirect_uri_on_refresh" # Whether a refresh names the redirect URI again, as GitLab wants it
    --refresh-token-lifetime: string # How long after sign-in the refresh token works
    --refresh-token-sliding: string@"nu-complete oat profile add refresh_token_sliding" # Whether each refresh starts that lifetime anew, so that nobody is warned of its end
    --hosts: string           # The hosts that this token may be handed to: a host (any port), a host and a port, or *.corp.example for all below it
    --username: string        # The user name beside the token, where git or docker wants one; else what the host is known to want, else oauth2
    --ca-file: path           # PEM file of CAs to trust besides the built-in ones
    --timeout: string         # The most that all network work of one command may take; 30s
    --client-secret-env: string # Take the client secret from this variable
    --client-secret-file: string # Take the client secret from this file; a secret's must be private
    --client-secret-credential: string # Take the client secret from this systemd credential
    --client-secret-command: string # Take the client secret from what this program prints, run without a shell; its arguments follow, and `;` ends them
    --client-secret-stdin     # Take the client secret from standard input
    --client-secret-keyring   # Take the client secret from oat's store, where `oat profile set-secret` sealed it
    --client-key-env: string  # Take the client key from this variable
    --client-key-file: string # Take the client key from this file; a secret's must be private
    --client-key-credential: string # Take the client key from this systemd credential
    --client-key-command: string # Take the client key from what this program prints, run without a shell; its arguments follow, and `;` ends them
    --client-key-stdin        # Take the client key from standard input
    --client-key-keyring      # Take the client key from oat's store, where `oat profile set-secret` sealed it
    --client-certificate-env: string # Take the client certificate from this variable
    --client-certificate-file: string # Take the client certificate from this file; a secret's must be private
    --client-certificate-credential: string # Take the client certificate from this systemd credential
    --client-certificate-command: string # Take the client certificate from what this program prints, run without a shell; its arguments follow, and `;` ends them
    --client-certificate-stdin # Take the client certificate from standard input
    --client-certificate-keyring # Take the client certificate from oat's store, where `oat profile set-secret` sealed it
    --help(-h)                # Print help (see more with '--help')
    profile: string           # The new profile's name
  ]

  def "nu-complete oat profile list store" [] {
    [ "keyring" "env" "file" "keyutils" "none" ]
  }

  # Name every profile
  export extern "oat profile list" [
    --config: path            # The profile file [env: OAT_CONFIG]
    --json                    # Tell errors, and what a command reports, as JSON
    --store: string@"nu-complete oat profile list store" # Where the store's key lives: keyring, env, file, keyutils or none [env: OAT_STORE]
    --trace: string           # Write every request and answer to this file, secrets taken out
    --verbose(-v)             # Say on stderr what happens; -vv says more, never a secret
    --help(-h)                # Print help
  ]

  def "nu-complete oat profile show store" [] {
    [ "keyring" "env" "file" "keyutils" "none" ]
  }

  # Show a profile's values and where each came from
  export extern "oat profile show" [
    --config: path            # The profile file [env: OAT_CONFIG]
    --json                    # Tell errors, and what a command reports, as JSON
    --store: string@"nu-complete oat profile show store" # Where the store's key lives: keyring, env, file, keyutils or none [env: OAT_STORE]
    --trace: string           # Write every request and answer to this file, secrets taken out
    --verbose(-v)             # Say on stderr what happens; -vv says more, never a secret
    --help(-h)                # Print help
    profile?: string          # The profile [env: OAT_PROFILE; else default_profile, else the only one]
  ]

  def "nu-complete oat profile edit store" [] {
    [ "keyring" "env" "file" "keyutils" "none" ]
  }

  def "nu-complete oat profile edit provider" [] {
    [ "vericerts" "auth0" "abbyy-vantage" "google" "google-sts" "google-service-account" "entra" "okta" "keycloak" "github" "gitlab" "cognito" "pingone" "salesforce" "slack" "atlassian" "spotify" "zoom" "dropbox" "line" "hydra" "zitadel" "authentik" "dex" "buildkite" "openai" "openrouter" "anthropic" ]
  }

  def "nu-complete oat profile edit client_auth" [] {
    [ "client_secret_basic" "client_secret_post" "client_secret_jwt" "private_key_jwt" "tls_client_auth" "self_signed_tls_client_auth" "none" ]
  }

  def "nu-complete oat profile edit token_endpoint_auth_signing_alg" [] {
    [ "RS256" "RS384" "RS512" "PS256" "PS384" "PS512" "ES256" "ES384" "EdDSA" "HS256" "HS384" "HS512" ]
  }

  def "nu-complete oat profile edit grant" [] {
    [ "authorization_code" "client_credentials" "device_code" "token_exchange" "jwt_bearer" ]
  }

  def "nu-complete oat profile edit token_request_body" [] {
    [ "form" "json" ]
  }

  def "nu-complete oat profile edit id_token_signed_response_alg" [] {
    [ "RS256" "RS384" "RS512" "PS256" "PS384" "PS512" "ES256" "ES384" "ES512" "EdDSA" "HS256" "HS384" "HS512" ]
  }

  def "nu-complete oat profile edit auto_login" [] {
    [ "true" "false" ]
  }

  def "nu-complete oat profile edit send_scope_on_refresh" [] {
    [ "true" "false" ]
  }

  def "nu-complete oat profile edit send_redirect_uri_on_refresh" [] {
    [ "true" "false" ]
  }

  def "nu-complete oat profile edit refresh_token_sliding" [] {
    [ "true" "false" ]
  }

  # Change a profile's keys; comments are kept
  export extern "oat profile edit" [
    --config: path            # The profile file [env: OAT_CONFIG]
    --json                    # Tell errors, and what a command reports, as JSON
    --store: string@"nu-complete oat profile edit store" # Where the store's key lives: keyring, env, file, keyutils or none [env: OAT_STORE]
    --trace: string           # Write every request and answer to this file, secrets taken out
    --verbose(-v)             # Say on stderr what happens; -vv says more, never a secret
    --provider: string@"nu-complete oat profile edit provider" # A preset: the endpoints and quirks of a known provider
    --issuer: string          # The issuer URL, exactly as the server names itself; endpoints are found by discovery
    --token-endpoint: string  # Where tokens are asked for; overrides discovery
    --authorization-endpoint: string # Where a person signs in; overrides discovery
    --device-authorization-endpoint: string # Where a device code is asked for; overrides discovery
    --introspection-endpoint: string # Where the server tells about a token; overrides discovery
    --revocation-endpoint: string # Where a token is revoked; overrides discovery
    --userinfo-endpoint: string # Where the signed-in user is described; overrides discovery
    --end-session-endpoint: string # Where a person signs out; overrides discovery
    --jwks-uri: string        # Where the server's public keys are; overrides discovery
    --pin-hosts: string       # The only hosts that discovered endpoints may be on
    --base-url: string        # The base URL that a preset asks for
    --domain: string          # The domain that a preset asks for
    --region: string          # The region that a preset asks for
    --tenant: string          # The tenant that a preset asks for
    --realm: string           # The realm, pool, environment or application that a preset asks for
    --client-id: string       # The client's identifier at the server
    --client-key-id: string   # The `kid` that the server knows the client's key by; else the JWK's own
    --client-auth: string@"nu-complete oat profile edit client_auth" # How the client proves itself; else by what there is and what the server's metadata offers
    --token-endpoint-auth-signing-alg: string@"nu-complete oat profile edit token_endpoint_auth_signing_alg" # What the client's assertions are signed with; else by the key and the server's metadata
    --assertion-audience: string # Whom the client's assertions are for: issuer, token_endpoint or a URL; issuer where one is known
    --grant: string@"nu-complete oat profile edit grant" # How a token is got; authorization_code unless the preset says otherwise
    --scope: string           # The scopes to ask for, separated by spaces
    --audience: string        # The API the token is for, where the server knows `audience`
    --organization: string    # The organization to ask for (Auth0)
    --resource: string        # The resources the token is for (RFC 8707)
    --token-request-body: string@"nu-complete oat profile edit token_request_body" # The body of token requests; form unless the server wants json
    --token-params: string    # Extra parameters of the token request
    --authorize-params: string # Extra parameters of the authorization request
    --refresh-params: string  # Extra parameters of the refresh request
    --device-params: string   # Extra parameters of the device authorization request
    --token-pointer: string   # JSON pointer (RFC 6901) to a nested token object in the answer
    --token-type: string      # The server's own word for Bearer (eBay: `Application Access Token`)
    --subject: string         # Whose token is handed in: that of a CI job, a variable, a file, a command or another profile
    --subject-audience: string # The audience that the CI system is asked for, where `subject` names none
    --subject-token-type: string # What the subject's token is: jwt, id_token, access_token, saml2 or a URN
    --actor: string           # Who acts for the subject (RFC 8693)
    --actor-token-type: string # What the actor's token is
    --requested-token-type: string # What an exchange is to give (RFC 8693)
    --assertion-claims: string # More claims, or others, of the JWT that `client_key` signs for jwt_bearer: sub, scope
    --redirect-uri: string    # The registered loopback redirect URI, where it must be exact
    --redirect-ports: string  # The registered loopback ports, tried in turn
    --prompt: string          # What the server asks the person again: login, consent, select_account
    --login-hint: string      # Who is going to sign in, so that the server need not ask
    --max-age: string         # How long ago the person may have signed in at the server
    --acr-values: string      # How strongly the person has to be authenticated
    --id-token-signed-response-alg: string@"nu-complete oat profile edit id_token_signed_response_alg" # The one algorithm of ID tokens; HS256 is checked with the client secret, and only taken where it is named here
    --auto-login: string@"nu-complete oat profile edit auto_login" # Let `token get` open the browser on a terminal when a sign-in is due
    --leeway: string          # How long before its end a token counts as expired; 60s
    --default-lifetime: string # The lifetime of a token whose answer names none
    --send-scope-on-refresh: string@"nu-complete oat profile edit send_scope_on_refresh" # Whether a refresh names the scope again, as Entra wants it
    --send-redirect-uri-on-refresh: string@"nu-complete oat profile edit send_redirect_uri_on_refresh" # Whether a refresh names the redirect URI again, as GitLab wants it
    --refresh-token-lifetime: string # How long after sign-in the refresh token works
    --refresh-token-sliding: string@"nu-complete oat profile edit refresh_token_sliding" # Whether each refresh starts that lifetime anew, so that nobody is warned of its end
    --hosts: string           # The hosts that this token may be handed to: a host (any port), a host and a port, or *.corp.example for all below it
    --username: string        # The user name beside the token, where git or docker wants one; else what the host is known to want, else oauth2
    --ca-file: path           # PEM file of CAs to trust besides the built-in ones
    --timeout: string         # The most that all network work of one command may take; 30s
    --client-secret-env: string # Take the client secret from this variable
    --client-secret-file: string # Take the client secret from this file; a secret's must be private
    --client-secret-credential: string # Take the client secret from this systemd credential
    --client-secret-command: string # Take the client secret from what this program prints, run without a shell; its arguments follow, and `;` ends them
    --client-secret-stdin     # Take the client secret from standard input
    --client-secret-keyring   # Take the client secret from oat's store, where `oat profile set-secret` sealed it
    --client-key-env: string  # Take the client key from this variable
    --client-key-file: string # Take the client key from this file; a secret's must be private
    --client-key-credential: string # Take the client key from this systemd credential
    --client-key-command: string # Take the client key from what this program prints, run without a shell; its arguments follow, and `;` ends them
    --client-key-stdin        # Take the client key from standard input
    --client-key-keyring      # Take the client key from oat's store, where `oat profile set-secret` sealed it
    --client-certificate-env: string # Take the client certificate from this variable
    --client-certificate-file: string # Take the client certificate from this file; a secret's must be private
    --client-certificate-credential: string # Take the client certificate from this systemd credential
    --client-certificate-command: string # Take the client certificate from what this program prints, run without a shell; its arguments follow, and `;` ends them
    --client-certificate-stdin # Take the client certificate from standard input
    --client-certificate-keyring # Take the client certificate from oat's store, where `oat profile set-secret` sealed it
    --unset: string           # Take this key out
    --help(-h)                # Print help (see more with '--help')
    profile: string           # The profile
  ]

  def "nu-complete oat profile remove store" [] {
    [ "keyring" "env" "file" "keyutils" "none" ]
  }

  # Take a profile away, with what is stored for it
  export extern "oat profile remove" [
    --config: path            # The profile file [env: OAT_CONFIG]
    --json                    # Tell errors, and what a command reports, as JSON
    --store: string@"nu-complete oat profile remove store" # Where the store's key lives: keyring, env, file, keyutils or none [env: OAT_STORE]
    --trace: string           # Write every request and answer to this file, secrets taken out
    --verbose(-v)             # Say on stderr what happens; -vv says more, never a secret
    --help(-h)                # Print help
    profile: string           # The profile [env: OAT_PROFILE; else default_profile, else the only one]
  ]

  def "nu-complete oat profile set-secret store" [] {
    [ "keyring" "env" "file" "keyutils" "none" ]
  }

  # Seal a client secret or key, read from standard input or a hidden prompt
  export extern "oat profile set-secret" [
    --config: path            # The profile file [env: OAT_CONFIG]
    --json                    # Tell errors, and what a command reports, as JSON
    --store: string@"nu-complete oat profile set-secret store" # Where the store's key lives: keyring, env, file, keyutils or none [env: OAT_STORE]
    --trace: string           # Write every request and answer to this file, secrets taken out
    --verbose(-v)             # Say on stderr what happens; -vv says more, never a secret
    --help(-h)                # Print help
    profile: string           # The profile [env: OAT_PROFILE; else default_profile, else the only one]
  ]

  def "nu-complete oat sandbox store" [] {
    [ "keyring" "env" "file" "keyutils" "none" ]
  }

  def "nu-complete oat sandbox alg" [] {
    [ "ES256" "RS256" ]
  }

  # Serve a small authorization server on loopback, for trying and testing
  export extern "oat sandbox" [
    --config: path            # The profile file [env: OAT_CONFIG]
    --json                    # Tell errors, and what a command reports, as JSON
    --store: string@"nu-complete oat sandbox store" # Where the store's key lives: keyring, env, file, keyutils or none [env: OAT_STORE]
    --trace: string           # Write every request and answer to this file, secrets taken out
    --verbose(-v)             # Say on stderr what happens; -vv says more, never a secret
    --port: string            # The loopback port; 0 takes any free one
    --alg: string@"nu-complete oat sandbox alg" # How tokens are signed
    --lifetime: string        # How long tokens live
    --refresh-lifetime: string # How long refresh tokens live, each from when it was issued
    --auto-approve            # Sign in as alice and allow everything, without a page
    --opaque                  # Hand out opaque tokens instead of JWTs
    --delay: string           # Wait before each token answer
    --help(-h)                # Print help
  ]

  def "nu-complete oat completions shell" [] {
    [ "bash" "zsh" "fish" "powershell" "elvish" "nushell" ]
  }

  def "nu-complete oat completions store" [] {
    [ "keyring" "env" "file" "keyutils" "none" ]
  }

  # Print a shell's completion file
  export extern "oat completions" [
    --config: path            # The profile file [env: OAT_CONFIG]
    --json                    # Tell errors, and what a command reports, as JSON
    --store: string@"nu-complete oat completions store" # Where the store's key lives: keyring, env, file, keyutils or none [env: OAT_STORE]
    --trace: string           # Write every request and answer to this file, secrets taken out
    --verbose(-v)             # Say on stderr what happens; -vv says more, never a secret
    --help(-h)                # Print help
    shell: string@"nu-complete oat completions shell" # The shell
  ]

  def "nu-complete oat man store" [] {
    [ "keyring" "env" "file" "keyutils" "none" ]
  }

  # Print a manual page
  export extern "oat man" [
    --config: path            # The profile file [env: OAT_CONFIG]
    --json                    # Tell errors, and what a command reports, as JSON
    --store: string@"nu-complete oat man store" # Where the store's key lives: keyring, env, file, keyutils or none [env: OAT_STORE]
    --trace: string           # Write every request and answer to this file, secrets taken out
    --verbose(-v)             # Say on stderr what happens; -vv says more, never a secret
    --help(-h)                # Print help
    page?: string             # A command, as in `oat man token get`, or `config`
  ]

}

export use completions *
