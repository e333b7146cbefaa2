//! The program: what a person types, and what comes of it.

mod args;
mod changes;
mod harmless;
mod json;
mod leavers;
mod log;
mod policy;
mod serve;
mod stopped;
mod text;

use std::{
    fmt::Display,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use clap::Parser as _;
use tokio::runtime::Runtime;

use crate::{
    error::Error,
    model::Outcome as CheckOutcome,
    plugin::{Client, Limits, LoadError, Plugin, Session},
    problem::Problem,
    serve::ServeError,
    settings::{Settings, SettingsError},
    store::{Decision, IntegrationId, Kind, RunKind, SealingKey, Store, StoreError, StoreOptions},
    sync::{Limit, Options, SessionSource, Sync},
};
use args::{Args, Command, Format, RemovalsCommand, RoomsCommand, SyncCommand};
use changes::Changes;

/// Failed; the cause is on stderr.
const FAILED: u8 = 1;
/// Wrong usage. Also clap's own.
const USAGE: u8 = 2;
/// Done, but removals are held.
const HELD: u8 = 3;

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    let args = Args::parse();
    let json = args.format == Format::Json;
    log::start(args.log_level(), args.log_format);
    match (Program { args }).run() {
        Ok(code) => ExitCode::from(code),
        // In the middle of a list.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(failure) => failure.tell(json),
    }
}

/// Why the program does not do what it was asked.
enum Failure {
    Usage(String),
    Problem { problem: Box<Problem>, code: u8, network: Vec<String> },
    Output(io::Error),
}

impl Failure {
    fn tell(self, json: bool) -> ExitCode {
        // Where not even this can be written, the exit code remains.
        let mut stderr = anstream::stderr().lock();
        match self {
            Self::Usage(message) => {
                let _ = text::usage(&mut stderr, &message);
                ExitCode::from(USAGE)
            }
            Self::Problem { problem, code, network } => {
                let _ = text::problem(&mut stderr, &problem, &network);
                if json {
                    let _ = json::problem(&mut io::stdout().lock(), &problem);
                }
                ExitCode::from(code)
            }
            Self::Output(error) => {
                let _ = text::usage(&mut stderr, &format!("cannot write: {error}"));
                ExitCode::from(FAILED)
            }
        }
    }
}

/// Returns whether the settings cannot be read at all, rather than hold something wrong.
fn names_no_file(error: &Error) -> bool {
    matches!(
        error,
        Error::Settings(SettingsError::Unreadable { cause, .. })
            if cause.kind() != io::ErrorKind::InvalidData
    )
}

impl Failure {
    /// A failure together with why requests failed before it.
    fn after(error: impl Into<Error>, network: Vec<String>) -> Self {
        let error = error.into();
        let code = if names_no_file(&error) { USAGE } else { FAILED };
        Self::Problem { problem: Box::new(error.problem()), code, network }
    }
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::after(error, Vec::new())
    }
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        match error {
            ServeError::Host(error) => error.into(),
            error => {
                let problem = Box::new(error.problem());
                Self::Problem { problem, code: FAILED, network: Vec::new() }
            }
        }
    }
}

fn usage(message: impl Display) -> Failure {
    Failure::Usage(message.to_string())
}

/// Whoever reads may have seen enough: that changes no exit code.
fn ended(code: u8, written: io::Result<()>) -> Result<u8, Failure> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::Output(error)),
        _ => Ok(code),
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

struct Program {
    args: Args,
}

impl Program {
    fn run(self) -> Result<u8, Failure> {
        match &self.args.command {
            Command::Describe => self.describe(),
            Command::Validate => self.validate(),
            Command::Sync { command } => self.sync(command),
            Command::Removals { command } => {
                self.removals(command.as_ref().unwrap_or(&RemovalsCommand::List))
            }
            Command::Rooms { command: Some(RoomsCommand::Policy(args)), .. } => self.policy(args),
            Command::Rooms { all, command: None } => self.records(Kind::Room, *all),
            Command::Users { all } => self.records(Kind::User, *all),
            Command::Groups { all, members } => self.groups(*all, *members),
            Command::Leavers { command } => self.leavers(command.as_ref()),
            Command::Runs => self.runs(),
            Command::Serve(args) => self.serve(args),
        }
    }

    fn describe(&self) -> Result<u8, Failure> {
        let plugin = self.plugin()?;
        let manifest = runtime()?.block_on(plugin.describe())?;
        let out = &mut self.out();
        let written = match self.args.format {
            Format::Text => text::manifest(out, &manifest),
            Format::Json => json::value(out, &manifest),
        };
        ended(0, written)
    }

    fn validate(&self) -> Result<u8, Failure> {
        let settings = self.need_settings("validate")?;
        let plugin = self.plugin()?;
        let (report, network) = runtime()?.block_on(async {
            let session = Session::open(plugin, settings).await?;
            let report = session.validate().await;
            let network = session.network_failures();
            match report {
                Ok(report) => Ok((report, network)),
                Err(error) => Err(Failure::after(error, network)),
            }
        })?;
        let failed = report.checks.iter().any(|it| it.outcome == CheckOutcome::Failed);
        let out = &mut self.out();
        let written = match self.args.format {
            Format::Text => text::report(out, &report, &network),
            Format::Json => json::value(out, &report),
        };
        ended(if failed { FAILED } else { 0 }, written)
    }

    fn sync(&self, command: &SyncCommand) -> Result<u8, Failure> {
        let settings = self.need_settings("sync")?;
        let (kind, dry_run, full) = match *command {
            SyncCommand::Rooms { dry_run } => (RunKind::Rooms, dry_run, true),
            SyncCommand::Users { dry_run, full } => (RunKind::Users, dry_run, full),
        };
        let plugin = self.plugin()?;
        // The plugin first: a folder that nothing can be put into is not created.
        let runtime = runtime()?;
        let session = runtime.block_on(Session::open(plugin, settings.clone()))?;
        session.accepted()?;
        let name = settings.name()?;
        let mut store = if dry_run {
            Store::rehearse(&self.args.data)?
        } else {
            Store::open(&self.args.data, self.store_options())?
        };
        if let Some(folder) = store.temporary() {
            runtime.spawn(stopped::remove(folder.to_owned()));
        }
        let options =
            Options { full, default_groups: settings.default_groups(), ..self.cautious() };
        let mut source = SessionSource::new(session.clone(), runtime.handle().clone());
        let mut changes = Changes::new(&self.args, dry_run);
        let sync = Sync::new(&mut store, &mut source, &mut changes, options);
        let outcome = sync.named(kind, name);
        changes.finish();
        let outcome = outcome.map_err(|error| Failure::after(error, session.network_failures()))?;
        let out = &mut self.out();
        let written = match self.args.format {
            Format::Text => text::outcome(out, name, kind, &outcome, &changes),
            Format::Json => json::outcome(out, kind, &outcome, &changes),
        };
        ended(if outcome.counts.all_held() > 0 { HELD } else { 0 }, written)
    }

    fn removals(&self, command: &RemovalsCommand) -> Result<u8, Failure> {
        let (decision, ids) = match command {
            RemovalsCommand::List => return self.held(),
            RemovalsCommand::Approve { ids } => (Decision::Approve, ids),
            RemovalsCommand::Discard { ids } => (Decision::Discard, ids),
        };
        // Looked up first: opening for writing would create what is not there.
        let (store, integration) = self.stored()?;
        drop(store);
        let mut store = Store::open(&self.args.data, self.store_options())?;
        let decided = store.decide(integration, decision, ids)?;
        let held = store.held(integration)?;
        let out = &mut self.out();
        let written = match self.args.format {
            Format::Text => text::decided(out, decision, decided, held),
            Format::Json => json::decided(out, decision, decided, held),
        };
        ended(0, written)
    }

    fn held(&self) -> Result<u8, Failure> {
        let (store, integration) = self.stored()?;
        let out = &mut self.out();
        let mut count = 0;
        store.each_held(integration, |row| {
            count += 1;
            match self.args.format {
                Format::Text => text::held(out, &row),
                Format::Json => json::value(out, &row),
            }
            .map_err(Failure::Output)
        })?;
        if count == 0 && self.args.format == Format::Text {
            text::note(&mut anstream::stderr().lock(), "no removals are held")
                .map_err(Failure::Output)?;
        }
        Ok(0)
    }

    fn records(&self, kind: Kind, all: bool) -> Result<u8, Failure> {
        let (store, integration) = self.stored()?;
        let out = &mut io::BufWriter::new(self.out());
        store.each_record(integration, kind, all, |row| {
            match self.args.format {
                Format::Text => text::record(out, kind, &row),
                Format::Json => json::value(out, &row.to_json(kind)),
            }
            .map_err(Failure::Output)
        })?;
        out.flush().map_err(Failure::Output)?;
        Ok(0)
    }

    fn groups(&self, all: bool, members: bool) -> Result<u8, Failure> {
        let (store, integration) = self.stored()?;
        let out = &mut io::BufWriter::new(self.out());
        store.each_group(integration, all, members, |row| {
            match self.args.format {
                Format::Text => text::group(out, &row),
                Format::Json => json::value(out, &row),
            }
            .map_err(Failure::Output)
        })?;
        out.flush().map_err(Failure::Output)?;
        Ok(0)
    }

    fn runs(&self) -> Result<u8, Failure> {
        let (store, integration) = self.stored()?;
        let out = &mut self.out();
        store.each_run(integration, |row| {
            match self.args.format {
                Format::Text => text::run(out, &row),
                Format::Json => json::value(out, &row),
            }
            .map_err(Failure::Output)
        })?;
        Ok(0)
    }

    /// Those of the file, or those that are kept of the integration that is named.
    fn need_settings(&self, command: &str) -> Result<Settings, Failure> {
        let Args { settings, integration, data, .. } = &self.args;
        match (settings, integration) {
            (Some(file), _) => Ok(Settings::read(file, variable)?),
            (None, Some(name)) => {
                let (store, id) = self.stored()?;
                let key = SealingKey::of(data, variable)?;
                let none = || StoreError::NoSettings { name: name.clone() };
                Ok(store.settings(id, &key)?.ok_or_else(none)?)
            }
            (None, None) => Err(usage(format!(
                "`{command}` needs settings: give them with --settings FILE, or with \
                 --integration NAME where they are kept"
            ))),
        }
    }

    /// A terminal is asked whether it takes colours; JSON is written as it is.
    fn out(&self) -> Box<dyn Write> {
        match self.args.format {
            Format::Text => Box::new(anstream::stdout().lock()),
            Format::Json => Box::new(io::stdout().lock()),
        }
    }

    /// The store, and the integration that the arguments select.
    fn stored(&self) -> Result<(Store, IntegrationId), Failure> {
        let store = Store::read(&self.args.data)?;
        let integration = self.integration(&store)?;
        Ok((store, integration))
    }

    fn integration(&self, store: &Store) -> Result<IntegrationId, Failure> {
        let known = store.integrations()?;
        let named = match self.args.settings.as_deref() {
            Some(file) => Some(Settings::read_name(file, variable)?),
            None => self.args.integration.clone(),
        };
        let asked = named.as_deref();
        let name = match (asked, known.as_slice()) {
            (Some(name), _) => name,
            (None, [only]) => only,
            (None, []) => {
                let folder = self.args.data.display().to_string();
                return Err(StoreError::Missing { folder }.into());
            }
            (None, many) => {
                let many = many.join(", ");
                return Err(usage(format!("which one? Give --integration NAME, one of: {many}")));
            }
        };
        store.integration(name)?.ok_or_else(|| {
            usage(format!("there is no integration {name:?}; known: {}", known.join(", ")))
        })
    }

    fn store_options(&self) -> StoreOptions {
        StoreOptions { quota: Some(self.args.quota << 20), ..StoreOptions::default() }
    }

    /// When removals are applied, as the arguments say.
    fn cautious(&self) -> Options {
        let Args { max_removals, max_removals_percent, missing_grace, .. } = self.args;
        Options {
            limit: Limit { count: max_removals, percent: max_removals_percent },
            missing_grace: Duration::from_secs(missing_grace * 60),
            ..Options::default()
        }
    }

    fn plugin(&self) -> Result<Plugin, Failure> {
        let file = match &self.args.plugin {
            Some(file) => file.clone(),
            None => built_plugin()
                .ok_or_else(|| usage("which plugin? Give --plugin FILE, or set ONES_PLUGIN"))?,
        };
        let limits = Limits {
            memory: usize::try_from(self.args.memory_limit << 20).unwrap_or(usize::MAX),
            time: Duration::from_secs(self.args.time_limit),
        };
        let client = Client::new().map_err(LoadError::from)?;
        Ok(Plugin::load(&file, limits, client)?)
    }
}

/// The one component that was built here, so that a developer need not name it. Of several, the one
/// that all others are called after: `a.wasm` where there are `a_with_this.wasm` and the like.
fn built_plugin() -> Option<PathBuf> {
    let files = std::fs::read_dir("target").ok()?;
    let components: Vec<_> = files
        .filter_map(|it| Some(it.ok()?.path()))
        .filter(|it| it.extension().is_some_and(|it| it == "wasm"))
        .collect();
    let stem = |it: &PathBuf| it.file_stem().map(|it| it.to_string_lossy().into_owned());
    let shortest = components.iter().min_by_key(|it| it.as_os_str().len())?;
    let name = stem(shortest)?;
    let is_variant = |it: &PathBuf| stem(it).is_some_and(|it| it.starts_with(&name));
    components.iter().all(is_variant).then(|| shortest.clone())
}

fn runtime() -> Result<Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|it| LoadError::Host(it.to_string()).into())
}
