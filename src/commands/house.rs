//! What every command stands on: environment, profile file, store and world, opened when they are needed.

use std::cell::RefCell;
#[cfg(unix)]
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use directories::ProjectDirs;

use crate::cli::words::{Chosen, Common, SANDBOX_PORT};
use crate::commands::runner;
use crate::config::{Config, Text};
use crate::environment::Environment;
use crate::error::{Error, Kind, Result};
use crate::keys::{Key, Value};
use crate::name::ProfileName;
use crate::plan::Plan;
use crate::plan::choice::SANDBOX;
use crate::sandbox::keys::signing_key;
use crate::sandbox::state::{Options, Sandbox};
use crate::sandbox::{ledger, listen};
use crate::secret::{SecretReference, WireSecret};
use crate::store::files;
use crate::store::keys::KeyPlace;
use crate::store::record::Access;
use crate::store::{Settings, Store};
use crate::time::Seconds;
use crate::world::rehearsal::Rehearsal;
use crate::world::terminal::Terminal;
use crate::world::{self, Machine, Network};

/// In the cache: which state of the profile file was read whole and found good.
const CHECKED: &str = "config.checked";

/// The surroundings of one command.
pub struct House {
    /// `--config`, `--json`, `-v`
    pub common: Common,
    /// The variables.
    pub environment: Environment,
    /// stderr.
    pub terminal: Terminal,
    /// How many words of the command line, behind the program's name, are oat's own: `oat exec` has a command behind them.
    pub own_words: usize,
    /// Whether the command line does not say whose token this is about: another program's request does.
    pub by_request: bool,
    /// The store, where it was looked into before: a keyring is not asked twice.
    opened: RefCell<Option<Store>>,
}

impl House {
    /// Opens nothing.
    pub fn new(common: Common) -> House {
        let terminal = Terminal { verbose: common.verbose, json: common.json };
        House {
            common,
            environment: Environment::process(),
            terminal,
            own_words: usize::MAX,
            by_request: false,
            opened: RefCell::default(),
        }
    }

    /// The words by which another process of this program renews the token of `whose`, which is this plan's or one that hands its token
    /// in: those of this one, or, where they do not say whose token that is, ones that do. And whether the `OAT_…` variables are about it.
    #[cfg(unix)]
    pub fn line(&self, plan: &Plan, whose: &Plan) -> (Vec<OsString>, bool) {
        let own = whose.profile == plan.profile;
        if self.by_request || !own {
            let words = ["token", "get", whose.profile.as_str()].map(OsString::from);
            return (words.into_iter().chain(self.common.line()).collect(), own);
        }
        let mut line: Vec<OsString> = std::env::args_os().skip(1).take(self.own_words).collect();
        if self.own_words != usize::MAX {
            line.push(plan.profile.as_str().into());
        }
        (line, own)
    }

    /// The profile file's path: `--config`, else `OAT_CONFIG`, else the user's configuration folder.
    pub fn config_path(&self) -> Result<PathBuf> {
        if let Some(path) = &self.common.config {
            return Ok(path.clone());
        }
        if let Some(path) = self.environment.get("OAT_CONFIG") {
            return Ok(path.into());
        }
        match folders() {
            Some(folders) => Ok(folders.config_dir().join("config.toml")),
            None => Err(Error::new(Kind::Config, "there is no home folder, so there is no place for the config file")
                .hint("set OAT_CONFIG to a file, and OAT_STATE to a private folder")),
        }
    }

    /// The profile file; a missing one is empty.
    pub fn config(&self) -> Result<Config> {
        // R91: an absolute path, or one that the user named; never one that was found in the working directory.
        match self.config_path() {
            Ok(path) => Config::load(&path),
            // Without a home folder, the environment may say it all.
            Err(error) if self.environment.starting_with("OAT_").is_empty() => Err(error),
            Err(_) => Ok(Config { path: "none: there is no home folder".into(), ..Config::default() }),
        }
    }

    /// The profile file, as far as the chosen profile needs it. The first command after a change reads it whole, so that a
    /// mistake anywhere in it is told; those that follow leave the other profiles out.
    fn config_for(&self, chosen: &Chosen) -> Result<Config> {
        // A subject of the command line may be any other profile.
        let names_another = ["subject", "actor"]
            .into_iter()
            .filter_map(Key::named)
            .any(|key| chosen.flags.iter().any(|(flag, _)| flag.name == key.name) || self.environment.get(&key.variable()).is_some());
        if names_another {
            return self.config();
        }
        match chosen.profile.clone().or_else(|| self.environment.get("OAT_PROFILE")) {
            Some(name) => self.config_as_far_as(&|_| Some(name.clone())),
            None => self.config(),
        }
    }

    /// The profile file, as far as the profile with this issuer needs it, where one says so word for word; else whole.
    pub fn config_for_issuer(&self, issuer: &str) -> Result<Config> {
        self.config_as_far_as(&|text| text.with_issuer(issuer).map(str::to_string))
    }

    fn config_as_far_as(&self, profile: &dyn Fn(&Text) -> Option<String>) -> Result<Config> {
        let (Ok(path), Some(cache)) = (self.config_path(), self.cache()) else { return self.config() };
        // Read once: it may be a pipe.
        let Some(text) = Text::read(&path)? else { return Ok(Config { path, ..Config::default() }) };
        if !text.long() {
            return text.parse();
        }
        // One file for all profile files: whoever keeps several gets each of them read whole in turn.
        let stamp = format!("{} {}", path.display(), text.stamp);
        if world::cache::peek(&cache, CHECKED).is_some_and(|checked| checked == stamp.as_bytes())
            && let Some(config) = profile(&text).and_then(|name| text.parse_only(&name)).filter(|config| !config.chained())
        {
            return Ok(config);
        }
        let config = text.parse()?;
        if text.settled {
            world::cache::remember(&cache, CHECKED, stamp.as_bytes());
        }
        Ok(config)
    }

    /// The plan for the chosen profile, and the profile file behind it.
    pub fn plan(&self, chosen: &Chosen) -> Result<(Plan, Config)> {
        let config = self.config_for(chosen)?;
        Ok((self.plan_of(chosen, &config)?, config))
    }

    /// The plan for the chosen profile of this profile file.
    pub fn plan_of(&self, chosen: &Chosen, config: &Config) -> Result<Plan> {
        let mut plan = Plan::make(chosen, config, &self.environment)?;
        if plan.in_sandbox() {
            let store = self.store(config)?;
            if store.load_access(&ProfileName::parse(SANDBOX)?).is_ok_and(|loaded| by_person(loaded.access.as_ref())) {
                plan = Plan::of_person(chosen, config, &self.environment)?;
            }
            // It may have asked the keyring, which is not asked twice.
            self.opened.replace(Some(store));
        }
        self.told_plan(&plan);
        Ok(plan)
    }

    /// The same, for someone who signs in: the built-in profile, a machine's own else, then becomes that of a person.
    pub fn plan_of_person(&self, chosen: &Chosen) -> Result<(Plan, Config)> {
        let config = self.config_for(chosen)?;
        let plan = Plan::of_person(chosen, &config, &self.environment)?;
        self.told_plan(&plan);
        Ok((plan, config))
    }

    /// The variables that hold a client's secret, of whatever profile: none of them is a browser's business.
    pub fn secret_variables(&self, plan: &Plan) -> Vec<String> {
        let others = self.config().map(|config| config.profiles).unwrap_or_default();
        let values = others.into_iter().flat_map(|profile| profile.settings).map(|setting| setting.value);
        let all = values.chain(plan.settings.all.iter().map(|setting| setting.value.clone()));
        all.filter_map(|value| if let Value::Secret(SecretReference::Env(name)) = value { Some(name) } else { None }).collect()
    }

    /// What the store has to say, told.
    pub fn told_by(&self, store: &Store) {
        store.notes().iter().for_each(|note| self.terminal.warn(note));
    }

    /// Has the CI runner that reads this log mask a token, before anything of it is printed. Fails with `Invalid` for a token that
    /// the runner would obey.
    pub fn mask(&self, token: &str) -> Result<()> {
        if let Some(lines) = runner::masks(&self.environment, token)? {
            self.terminal.command(&lines);
        }
        Ok(())
    }

    fn told_plan(&self, plan: &Plan) {
        if self.terminal.verbose == 0 {
            return;
        }
        self.terminal.trace(
            1,
            &format!(
                "profile `{}`, grant {}, server {}",
                plan.profile,
                plan.grant.name(),
                plan.server().split('?').next().unwrap_or_default()
            ),
        );
        for setting in &plan.settings.all {
            self.terminal.trace(2, &format!("`{}` from {}", setting.key.name, setting.origin.describe(setting.key)));
        }
    }

    /// The state folder: `OAT_STATE`, else the user's own.
    pub fn state_folder(&self) -> Option<PathBuf> {
        match self.environment.get("OAT_STATE") {
            Some(folder) => Some(folder.into()),
            // R83: no fall-back to a shared place such as /tmp.
            None => folders().map(|folders| folders.state_dir().unwrap_or_else(|| folders.data_local_dir()).to_path_buf()),
        }
    }

    /// The store, as `OAT_STORE` or `[store]` says; nothing is read or made yet.
    pub fn store(&self, config: &Config) -> Result<Store> {
        if let Some(store) = self.opened.take() {
            return Ok(store);
        }
        let named = self.common.store.clone().or_else(|| self.environment.get("OAT_STORE"));
        let key = match named.as_deref().or(config.store.key.as_deref()) {
            None => KeyPlace::Keyring,
            Some(name) => KeyPlace::parse(name).ok_or_else(|| {
                let name = crate::text::escape(name);
                Error::new(Kind::Config, format!("OAT_STORE is `{name}`, which is no place for a key"))
                    .hint(format!("one of {}", crate::keys::STORE_KEYS.join(", ")))
            })?,
        };
        let (folder, key) = match self.state_folder() {
            Some(folder) => (folder, key),
            None => {
                self.terminal.warn("there is no home folder, so nothing is kept; set OAT_STATE to a private folder");
                (PathBuf::new(), KeyPlace::None)
            }
        };
        let bus = || self.environment.get("XDG_RUNTIME_DIR").is_some_and(|folder| PathBuf::from(folder).join("bus").exists());
        Ok(Store::new(Settings {
            folder,
            key,
            key_cache: config.store.key_cache.unwrap_or(Seconds(15 * 60)),
            keyring_patience: Duration::from_secs(if self.environment.in_ci() { 2 } else { 4 }),
            env_key: self.environment.get("OAT_STORE_KEY").map(WireSecret::new),
            bus: key == KeyPlace::Keyring && (self.environment.get("DBUS_SESSION_BUS_ADDRESS").is_some() || bus()),
        }))
    }

    /// Gives back what [`House::store`] gave.
    pub fn keep_open(&self, store: Store) {
        self.opened.replace(Some(store));
    }

    /// Where files for a command may lie, the best place first: a private XDG_RUNTIME_DIR, which ends with the session; the state folder.
    pub fn outbox_folders(&self) -> Vec<PathBuf> {
        let runtime = self.environment.get("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|folder| files::private_folder(folder));
        let folders = [runtime.map(|folder| folder.join("oat")), self.state_folder().map(|folder| folder.join("exec"))];
        folders.into_iter().flatten().collect()
    }

    /// The world for a plan. For the built-in profile, the embedded server is started before the first request.
    pub fn world(&self, plan: &Plan) -> Machine {
        self.world_of(plan, false)
    }

    /// The same; with `auto_approve` the embedded server asks nobody.
    pub fn world_of(&self, plan: &Plan, auto_approve: bool) -> Machine {
        let network = Network { timeout: plan.timeout, ca_file: plan.ca_file.clone(), trace: self.common.trace.clone() };
        // There is another program's request on standard input, or what the command of `oat exec` is to read.
        let taken = self.by_request || self.own_words != usize::MAX;
        Machine::new(network, self.cache(), &self.environment, self.terminal, self.sandbox(plan, auto_approve)).with_stdin(taken)
    }

    /// A world for a plan that nothing leaves: what would be sent is noted.
    pub fn rehearsal(&self, plan: &Plan) -> Rehearsal {
        Rehearsal::new(self.cache(), plan.issuer.as_ref().map(|issuer| issuer.as_str()).unwrap_or_default(), &self.environment)
    }

    /// The world without a plan.
    pub fn machine(&self, network: Network) -> Machine {
        Machine::new(network, self.cache(), &self.environment, self.terminal, None)
    }

    fn cache(&self) -> Option<PathBuf> {
        self.state_folder().map(|folder| folder.join("metadata"))
    }

    /// How to start the embedded server, where the plan is for it.
    fn sandbox(&self, plan: &Plan, auto_approve: bool) -> Option<world::Starter> {
        let folder = self.state_folder();
        plan.in_sandbox().then(|| Box::new(move || start(folder, auto_approve)) as world::Starter)
    }
}

/// Whether a person's session is kept here.
fn by_person(access: Option<&Access>) -> bool {
    access.is_some_and(|access| access.signed_in.is_some())
}

/// Starts the embedded server on a free loopback port, under the issuer of `oat sandbox`, with the same key.
fn start(folder: Option<PathBuf>, auto_approve: bool) -> Result<(String, u16)> {
    let trouble = |error: std::io::Error| Error::new(Kind::Unavailable, "cannot start the embedded server on loopback").because(error);
    let authority = format!("127.0.0.1:{SANDBOX_PORT}");
    let alg = crate::jose::jwa::Alg::Es256;
    let mut options = Options::new(format!("http://{authority}"));
    let key = match &folder {
        Some(folder) => {
            ledger::read(folder)?;
            signing_key(folder, alg)?
        }
        None => {
            return Err(Error::new(Kind::Config, "there is no home folder for the sandbox's key").hint("set OAT_STATE to a private folder"));
        }
    };
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).map_err(trouble)?;
    let port = listener.local_addr().map_err(trouble)?.port();
    // Its process ends with the command; a sign-in does not.
    options.sessions = folder;
    options.auto_approve = auto_approve;
    let sandbox = Arc::new(Sandbox::new(options, key));
    std::thread::spawn(move || listen::serve(listener, sandbox, world::now, None));
    Ok((authority, port))
}

fn folders() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", "oat")
}
