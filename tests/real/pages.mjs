// The pages that a person sees at the authorization server: sign-in, consent, device, errors.
//
// oidc-provider has pages of its own for a quick start, but those take any password and want a font from the internet.

/** The one password that opens the door; the login may be any. */
export const password = 'correct';

const escapes = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text) => String(text).replace(/[&<>"']/g, (character) => escapes[character]);

function page(ctx, title, body) {
  ctx.type = 'html';
  ctx.body = `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escaped(title)}</title><link rel="icon" href="data:,">
<style>body{font:16px sans-serif;max-width:24em;margin:3em auto}input{display:block;margin:.2em 0 1em;width:100%}.error{color:#b00}</style>
<h1>${escaped(title)}</h1>${body}</html>`;
}

const signIn = (ctx, { error = '', login = '' } = {}) => page(ctx, 'Sign in', `${error && `<p class="error" role="alert">${error}</p>`}
<form method="post"><label>Login <input name="login" value="${escaped(login)}" autofocus required></label>
<label>Password <input name="password" type="password" required></label><button type="submit" name="answer" value="yes">Sign in</button></form>`);

const consent = (ctx, { params, session }) => page(ctx, 'Consent', `<p><b>${escaped(params.client_id)}</b> wants to act for
<b>${escaped(session.accountId)}</b>: <code>${escaped(params.scope ?? '')}</code></p>
<form method="post"><button type="submit" name="answer" value="yes">Continue</button>
<button type="submit" name="answer" value="no">Cancel</button></form>`);

/** Middleware that asks the person who they are and whether they agree, as the provider says which is due. */
export function interactions(provider) {
  return async (ctx, next) => {
    if (!ctx.path.startsWith('/interaction/')) return next();
    const details = await provider.interactionDetails(ctx.req, ctx.res);
    const signingIn = details.prompt.name === 'login';
    if (ctx.method !== 'POST') return signingIn ? signIn(ctx, { login: details.params.login_hint }) : consent(ctx, details);
    const given = Object.fromEntries(await form(ctx.req));
    if (signingIn && given.password !== password) return signIn(ctx, { error: 'Wrong login or password.', login: given.login });
    const result = signingIn ? { login: { accountId: given.login } } : await agreed(provider, details, given.answer);
    ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, result, { mergeWithLastSubmission: !signingIn && !result.error }));
    ctx.status = 303;
  };
}

async function agreed(provider, { grantId, session, params, prompt: { details } }, answer) {
  if (answer !== 'yes') return { error: 'access_denied', error_description: 'End-User aborted interaction' };
  const grant = (grantId && await provider.Grant.find(grantId))
    || new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  if (details.missingOIDCScope) grant.addOIDCScope(details.missingOIDCScope.join(' '));
  if (details.missingOIDCClaims) grant.addOIDCClaims(details.missingOIDCClaims);
  for (const [indicator, scopes] of Object.entries(details.missingResourceScopes ?? {})) grant.addResourceScope(indicator, scopes.join(' '));
  return { consent: { grantId: await grant.save() } };
}

async function form(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return new URLSearchParams(Buffer.concat(chunks).toString());
}

/** For `features.deviceFlow`: the code typed in, then confirmed. */
export const deviceFlow = {
  enabled: true,
  userCodeInputSource: (ctx, fields, out, error) => page(ctx, 'Device', `<p${error ? ' class="error"' : ''}>${deviceSentence(error)}</p>
${fields}${error?.name === 'AbortedError' ? '' : '<button type="submit" form="op.deviceInputForm">Continue</button>'}`),
  userCodeConfirmSource: (ctx, fields, client, info, code) => page(ctx, 'Confirm the device', `<p>Does your device show <code>${escaped(code)}</code>?</p>
${fields}<button type="submit" form="op.deviceConfirmForm">Continue</button>
<button type="submit" form="op.deviceConfirmForm" name="abort" value="yes">Cancel</button>`),
  successSource: (ctx) => page(ctx, 'Device signed in', '<p>You can close this page.</p>'),
};

function deviceSentence(error) {
  if (!error) return 'Enter the code that your device shows.';
  return error.name === 'AbortedError' ? 'The sign-in was cancelled.' : 'This code does not work. Try again.';
}

/** For `features.rpInitiatedLogout`. */
export const rpInitiatedLogout = {
  enabled: true,
  logoutSource: (ctx, fields) => page(ctx, 'Sign out', `${fields}<button type="submit" form="op.logoutForm" value="yes" name="logout">Sign out</button>
<button type="submit" form="op.logoutForm">Stay</button>`),
  postLogoutSuccessSource: (ctx) => page(ctx, 'Signed out', '<p>You can close this page.</p>'),
};

export const renderError = (ctx, out) => page(ctx, 'Error', `<pre class="error">${escaped(JSON.stringify(out, null, 1))}</pre>`);
