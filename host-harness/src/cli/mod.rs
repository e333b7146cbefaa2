//! The program `ones-host`: its commands and their output.

mod args;
mod bookings;
mod changes;
mod harmless;
mod json;
mod leavers;
mod log;
mod policy;
mod reservations;
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
use jiff::Timestamp;
use tokio::runtime::Runtime;

use crate::{
    error::Error,
    model::Outcome as CheckOutcome,
    plugin::{Client, Limits, LoadError, Plugin, Session},
    problem::Problem,
    serve::ServeError,
    settings::{Settings, SettingsError},
    store::{Decision, IntegrationId, Kind, RunKind, SealingKey, Store, StoreError, StoreOptions},
    sync::{BookingOptions, Limit, Options, SessionSource, Sync},
};
use args::{
    Args, BookingsCommand, Command, Format, RemovalsCommand, RoomArgs, RoomsCommand, SyncCommand,
};
use bookings::{booking_options, select};
use changes::Changes;

/// Exit code of a failure. The cause is on stderr.
const FAILED: u8 = 1;
/// Exit code of wrong usage, the same as clap's.
const USAGE: u8 = 2;
/// Exit code of a sync that held removals.
const HELD: u8 = 3;

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    let args = Args::parse();
    let json = args.format == Format::Json;
    log::start(args.log_level(), args.log_format);
    match (Program { args }).run() {
        Ok(code) => ExitCode::from(code),
        // The reader has closed the pipe in the middle of a list.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(failure) => failure.report(json),
    }
}

/// The reason why a command fails.
enum Failure {
    Usage(String),
    Problem { problem: Box<Problem>, code: u8, network: Vec<String> },
    Output(io::Error),
}

impl Failure {
    fn report(self, json: bool) -> ExitCode {
        // Where stderr cannot be written either, the exit code is the only result.
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

/// Returns whether the settings file cannot be read, as opposed to one with invalid contents.
fn is_settings_file_missing(error: &Error) -> bool {
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
        let code = if is_settings_file_missing(&error) { USAGE } else { FAILED };
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

/// Returns the exit code of a command. A closed pipe does not change it, since the reader may not
/// need all of the output.
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
            Command::Bookings { command: Some(BookingsCommand::Verify(args)), .. } => {
                self.verify_bookings(args)
            }
            Command::Bookings { args, command: None } => self.bookings(args),
            Command::Conflicts(args) => self.conflicts(args),
            Command::Book(args) => self.book(args),
            Command::Change(args) => self.change(args),
            Command::Cancel(args) => self.cancel(args),
            Command::Release(args) => self.release(args),
            Command::Reservations { command: Some(command), .. } => {
                self.reservations_command(command)
            }
            Command::Reservations { args, command: None } => self.reservations(args),
            Command::Notifications => self.notifications(),
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
        let failed = report.checks.iter().any(|check| check.outcome == CheckOutcome::Failed);
        let out = &mut self.out();
        let written = match self.args.format {
            Format::Text => text::report(out, &report, &network),
            Format::Json => json::value(out, &report),
        };
        ended(if failed { FAILED } else { 0 }, written)
    }

    fn sync(&self, command: &SyncCommand) -> Result<u8, Failure> {
        let settings = self.need_settings("sync")?;
        let all = RoomArgs { rooms: Vec::new() };
        let (kind, dry_run, full, rooms) = match command {
            SyncCommand::Rooms { dry_run } => (RunKind::Rooms, *dry_run, true, &all),
            SyncCommand::Users { dry_run, full } => (RunKind::Users, *dry_run, *full, &all),
            SyncCommand::Bookings(args) => (RunKind::Bookings, args.dry_run, args.full, &args.only),
        };
        let mut bookings = match kind {
            RunKind::Bookings => booking_options(&settings)?,
            RunKind::Rooms | RunKind::Users => BookingOptions::default(),
        };
        let plugin = self.plugin()?;
        // The plugin is loaded first, so that a failure does not leave an empty data folder.
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
        if !rooms.rooms.is_empty() {
            let integration = self.integration(&store)?;
            bookings.rooms = select(&store, integration, rooms)?;
        }
        let default_groups = settings.default_groups();
        let options = self.sync_options();
        bookings.missing_grace = options.bookings.missing_grace;
        let options = Options { full, default_groups, bookings, ..options };
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
        // The store is read first, since opening it for writing creates a missing one.
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

    fn notifications(&self) -> Result<u8, Failure> {
        let (store, integration) = self.stored()?;
        let view = store.notifications(integration, Timestamp::now())?;
        let out = &mut self.out();
        let written = match self.args.format {
            Format::Text => text::notifications(out, &view),
            Format::Json => json::value(out, &view),
        };
        ended(0, written)
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

    /// Returns the settings of the file, or the stored settings of the named integration.
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
                "`{command}` needs settings: pass --settings FILE, or --integration NAME for \
                 stored settings"
            ))),
        }
    }

    /// Returns the output, with colours where stdout is a terminal that supports them and the
    /// format is text.
    fn out(&self) -> Box<dyn Write> {
        match self.args.format {
            Format::Text => Box::new(anstream::stdout().lock()),
            Format::Json => Box::new(io::stdout().lock()),
        }
    }

    /// Opens the store for reading, and returns the integration that the arguments select.
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
                return Err(usage(format!(
                    "the data folder has several integrations: pass --integration NAME with one \
                     of: {many}"
                )));
            }
        };
        store.integration(name)?.ok_or_else(|| {
            usage(format!("there is no integration {name:?}; known: {}", known.join(", ")))
        })
    }

    fn store_options(&self) -> StoreOptions {
        StoreOptions { quota: Some(self.args.quota << 20), ..StoreOptions::default() }
    }

    /// Returns the options of a sync from the arguments.
    fn sync_options(&self) -> Options {
        let Args { max_removals, max_removals_percent, missing_grace, .. } = self.args;
        let missing_grace = Duration::from_secs(missing_grace * 60);
        let mut options = Options {
            limit: Limit { count: max_removals, percent: max_removals_percent },
            missing_grace,
            ..Options::default()
        };
        let bookings = &mut options.bookings;
        bookings.missing_grace = bookings.missing_grace.min(missing_grace);
        options
    }

    fn plugin(&self) -> Result<Plugin, Failure> {
        let file = match &self.args.plugin {
            Some(file) => file.clone(),
            None => built_plugin().ok_or_else(|| {
                usage("no single plugin in ./target: pass --plugin FILE, or set ONES_PLUGIN")
            })?,
        };
        let limits = Limits {
            memory: usize::try_from(self.args.memory_limit << 20).unwrap_or(usize::MAX),
            time: Duration::from_secs(self.args.time_limit),
        };
        let client = Client::new().map_err(LoadError::from)?;
        Ok(Plugin::load(&file, limits, client)?)
    }
}

/// Returns the path of the component in `./target`, so that developers need not pass it. Of
/// several, returns the one whose name starts all other names: `a.wasm` beside `a_variant.wasm`.
fn built_plugin() -> Option<PathBuf> {
    let files = std::fs::read_dir("target").ok()?;
    let components: Vec<_> = files
        .filter_map(|it| Some(it.ok()?.path()))
        .filter(|it| it.extension().is_some_and(|it| it == "wasm"))
        .collect();
    let stem = |path: &PathBuf| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let shortest = components.iter().min_by_key(|it| it.as_os_str().len())?;
    let name = stem(shortest)?;
    let is_variant = |path: &PathBuf| stem(path).is_some_and(|stem| stem.starts_with(&name));
    components.iter().all(is_variant).then(|| shortest.clone())
}

fn runtime() -> Result<Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|it| LoadError::Host(it.to_string()).into())
}
