// A person at a real browser: headless Chromium at one URL, then a report, then gone; for tests.
//
//   node browser.mjs --script SCRIPT --out FOLDER [--login NAME] [--code USER_CODE] [--chromium PATH] [--seconds N] URL
//
// sign-in                fills in what is asked, agrees, and reports the page that the redirect ends on
// deny                   the same, and says no as soon as a page lets it
// wrong-password-first   the same as sign-in, after one wrong password
// close-tab              looks at the first page and closes the browser
// redirect               signs in, but the redirect goes nowhere: it is in the report, as on another machine
// device                 follows the verification URI, types the code where it is asked for, agrees
//
// FOLDER/page.json is written last and at once, whatever happens: {"url", "title", "text", "status", "headers", "html_bytes",
// "landed_at" (when the redirect left for it, in milliseconds since 1970), "location" (the address bar at the end), "history" (its
// entries), "console" (errors and warnings on the last page), "foreign" (what the last page asked of other origins), "steps" ([{"url",
// "title", "text"}] of the pages before), "redirect_url" or "error"}.
// FOLDER/page.png and FOLDER/page-dark.png show the last page. Nothing is printed: `oat` gives its browser no output.
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { password } from './pages.mjs';

const { values: given, positionals: [url] } = parseArgs({
  allowPositionals: true,
  options: {
    script: { type: 'string' },
    out: { type: 'string' },
    login: { type: 'string', default: 'alice' },
    code: { type: 'string' },
    chromium: { type: 'string', default: '/usr/bin/chromium' },
    seconds: { type: 'string', default: '45' },
  },
});

// A page that goes on after so many buttons goes round in circles.
const mostSteps = 10;
const denial = /\b(deny|cancel|refuse|decline|reject|abort)\b/i;
const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'];

let browser;
const report = { steps: [] };
mkdirSync(given.out, { recursive: true });
// Chromium leaves sockets and profiles lying about, and an empty profile is what is wanted.
const folder = mkdtempSync(join(tmpdir(), 'oat-browser-'));
process.env.TMPDIR = folder;
process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
// Whatever hangs, a test learns why and no browser stays behind: Chromium ends with its pipe.
setTimeout(() => end(`not done in ${given.seconds} s`), Number(given.seconds) * 1000).unref();
try {
  await visit();
  await end();
} catch (error) {
  await end(error.stack);
}

async function end(error) {
  if (error) report.error = error;
  const [draft, file] = [join(given.out, 'page.json.new'), join(given.out, 'page.json')];
  writeFileSync(draft, JSON.stringify(report, null, 1));
  renameSync(draft, file);
  const leave = () => process.exit(error ? 1 : 0);
  // A browser that does not close in time is killed by playwright as this process goes.
  setTimeout(leave, 3_000).unref();
  await browser?.close();
  leave();
}

async function visit() {
  browser = await chromium.launch({ executablePath: given.chromium, args: flags, timeout: 20_000 });
  const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 900, height: 600 } });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  const redirect = new URL(url).searchParams.get('redirect_uri');
  const home = redirect && new URL(redirect).origin;
  const heard = listen(page, home);
  if (given.script === 'redirect') await catchRedirect(context, page, home);
  await page.goto(url);
  if (given.script === 'close-tab') return remember(page);
  await walk(page, home);
  if (report.redirect_url) return undefined;
  return describe(page, heard);
}

/** Presses on until the browser is back where it was sent from, or there is nothing left to press. */
async function walk(page, home) {
  const typed = { wrong: given.script === 'wrong-password-first' };
  const there = () => report.redirect_url || new URL(page.url()).origin === home;
  for (let step = 0; step < mostSteps; step += 1) {
    await page.waitForLoadState('load');
    if (there()) return;
    // A page without a button may send itself on, also while it is looked at.
    const going = onward(page);
    const button = await choice(page).catch(() => null);
    const moved = button ? await press(page, button, typed) : await going;
    if (there()) return;
    if (!moved && home) throw new Error(`nothing more to press at ${page.url()}: ${await text(page)}`);
    if (!moved) return;
  }
  throw new Error(`still at ${page.url()} after ${mostSteps} pages`);
}

/** Whether the page is left for another in the next seconds. */
function onward(page, timeout = 2_000) {
  return page.waitForEvent('framenavigated', { predicate: (frame) => frame === page.mainFrame(), timeout }).then(() => true, () => false);
}

async function press(page, button, typed) {
  await remember(page);
  await fill(page, typed);
  const [moved] = await Promise.all([onward(page, 15_000), button.click({ noWaitAfter: true })]);
  return moved;
}

/** The button that this script presses: the one that says no where there is one to be pressed, else the first that does not. */
async function choice(page) {
  const buttons = await page.locator('button:not([type=button]):not([type=reset]):visible, input[type=submit]:visible').all();
  const words = await Promise.all(buttons.map((button) => button.evaluate((it) => it.innerText || it.value)));
  if (given.script === 'deny') {
    const no = words.findIndex((word) => denial.test(word));
    if (no >= 0) return buttons[no];
  }
  return buttons[words.findIndex((word) => !denial.test(word))];
}

async function fill(page, typed) {
  for (const field of await page.locator('input:visible').all()) {
    const { type, name } = await field.evaluate((it) => ({ type: it.type, name: `${it.name} ${it.id}` }));
    if (type === 'password') {
      await field.fill(typed.wrong ? 'wrong' : password);
      typed.wrong = false;
    } else if (/code/i.test(name)) {
      if (given.code) await field.fill(given.code);
    } else if (['text', 'email', 'search'].includes(type)) {
      await field.fill(given.login);
    }
  }
}

async function remember(page) {
  const { origin, pathname } = new URL(page.url());
  report.steps.push({ url: origin + pathname, title: await page.title(), text: await text(page) });
}

function text(page) {
  return page.locator('body').innerText();
}

/** Playwright's own routes do not see what a server redirects to; the protocol below does. */
async function catchRedirect(context, page, home) {
  const wire = await context.newCDPSession(page);
  wire.on('Fetch.requestPaused', async ({ requestId, request }) => {
    // Told once the browser has its answer: a request that is paused when the browser is closed goes out after all.
    // Without an icon of its own the page would have the browser ask for one, past this protocol.
    const body = btoa('<link rel="icon" href="data:,">nothing listens here');
    const responseHeaders = [{ name: 'Content-Type', value: 'text/html' }];
    await wire.send('Fetch.fulfillRequest', { requestId, responseCode: 200, responseHeaders, body }).catch(() => {});
    report.redirect_url ??= request.url;
  });
  await wire.send('Fetch.enable', { patterns: [{ urlPattern: `${home}/*` }] });
}

/** Notes what happens from the moment the browser is on the last page; where there is no home, all of it. */
function listen(page, home) {
  const heard = { console: [], foreign: [], landing: null };
  const landed = () => !home || heard.landing !== null;
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (home && origin === home && request.isNavigationRequest()) {
      heard.landing = request;
      report.landed_at ??= Date.now();
    } else if (home && landed() && origin !== home && protocol !== 'data:') {
      heard.foreign.push(request.url());
    }
  });
  page.on('console', (message) => {
    if (landed() && ['error', 'warning'].includes(message.type())) heard.console.push(message.text());
  });
  page.on('pageerror', (error) => { if (landed()) heard.console.push(String(error)); });
  return heard;
}

async function describe(page, heard) {
  // Late scripts, icons and refreshes belong to the page as well.
  await page.waitForLoadState('networkidle').catch(() => {});
  const answer = await heard.landing?.response();
  const body = await answer?.body().catch(() => null);
  await page.screenshot({ path: join(given.out, 'page.png') });
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.screenshot({ path: join(given.out, 'page-dark.png') });
  Object.assign(report, {
    url: answer?.url() ?? page.url(),
    status: answer?.status(),
    headers: answer && await answer.allHeaders(),
    html_bytes: body?.length ?? Buffer.byteLength(await page.content()),
    title: await page.title(),
    text: await text(page),
    location: page.url(),
    history: await page.evaluate(() => window.history.length),
    console: heard.console,
    foreign: heard.foreign,
  });
}
