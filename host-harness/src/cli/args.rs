//! The arguments of the command line.

mod bookings;
mod reservations;

use std::{net::SocketAddr, path::PathBuf, sync::LazyLock};

use clap::{Parser, Subcommand, ValueEnum, value_parser};
use url::Url;

pub(super) use bookings::{BookingsArgs, BookingsCommand, Moment, RoomArgs, SyncBookingsArgs};

pub(super) use reservations::{
    BookArgs, CancelArgs, ChangeArgs, Point, ReleaseArgs, Repeat, ReservationsArgs,
    ReservationsCommand, SeriesArgs, TimeArgs, WaitArgs,
};

use crate::{
    access::Network,
    store::{Leavers, QUOTA},
    zones,
};

/// Version of this program, and of the database of time zones that it uses.
static VERSION: LazyLock<String> =
    LazyLock::new(|| format!("{} (time zones {})", env!("CARGO_PKG_VERSION"), zones::version()));

/// Runs an integration plugin in place of ONES: tests its settings, syncs rooms, users and bookings
/// from the vendor (e.g. Microsoft), and stores them in a data folder.
///
/// Exit codes: 0 success, with or without warnings; 1 failure, a failed check of `validate`, a
/// difference that `bookings verify` found, or a booking that was declined or is not sent yet; 2
/// wrong usage; 3 synced, but some removals are held
/// until you approve or discard them. Errors are printed on stderr.
#[derive(Debug, Parser)]
#[command(name = "ones-host", version = VERSION.as_str(), about)]
pub(super) struct Args {
    /// Path of the plugin, a WebAssembly component [default: the .wasm file in ./target. If
    /// there are several, the one whose name all other names start with]
    #[arg(long, global = true, value_name = "FILE", env = "ONES_PLUGIN")]
    pub(super) plugin: Option<PathBuf>,

    /// Path of the data folder, which contains the database
    #[arg(long, global = true, value_name = "DIR", env = "ONES_DATA", default_value = "ones-data")]
    pub(super) data: PathBuf,

    /// Path of the settings file (JSON), or `-` for stdin. `${NAME}` in a text is replaced by the
    /// environment variable NAME
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "integration")]
    pub(super) settings: Option<PathBuf>,

    /// Name of an integration in the data folder: the value of its setting `server.name` [default:
    /// the only integration]. `validate` and `sync` then use its stored settings
    #[arg(long, global = true, value_name = "NAME")]
    pub(super) integration: Option<String>,

    /// Format of the output. `json` prints one JSON value, or for lists one value per line, and
    /// prints an error on stdout too, as {"error": …}
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,

    /// Maximum number of removals in one sync that are applied without approval. The higher of this
    /// limit and --max-removals-percent applies
    #[arg(long, global = true, value_name = "N", default_value_t = 10)]
    pub(super) max_removals: u64,

    /// Maximum percentage of the stored records that one sync removes without approval. The higher
    /// of this limit and --max-removals applies
    #[arg(long, global = true, value_name = "P", default_value_t = 10,
        value_parser = value_parser!(u8).range(0..=100))]
    pub(super) max_removals_percent: u8,

    /// Number of minutes that a user, room or group stays after the vendor last listed it,
    /// because the vendor's servers can return old lists. After that time it is removed, unless
    /// reading it by its id finds it. For bookings it is at most 1 minute. A removal that the
    /// vendor reports is applied at once
    #[arg(long, global = true, value_name = "MINUTES", default_value_t = 60,
        value_parser = value_parser!(u64).range(0..=525_600))]
    pub(super) missing_grace: u64,

    /// Memory limit of one plugin call, in MiB
    #[arg(long, global = true, value_name = "MIB", default_value_t = 64,
        value_parser = value_parser!(u64).range(1..=4096))]
    pub(super) memory_limit: u64,

    /// Time limit of one plugin call, in seconds
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 1800,
        value_parser = value_parser!(u64).range(1..=604_800))]
    pub(super) time_limit: u64,

    /// Storage limit of one integration, in MiB
    #[arg(long, global = true, value_name = "MIB", default_value_t = QUOTA >> 20,
        value_parser = value_parser!(u64).range(1..=1 << 20))]
    pub(super) quota: u64,

    /// Log runs and refused requests on stderr. -vv also logs all requests, without their query.
    /// `serve` logs runs and refused requests without this option
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,

    /// Format of the log: lines for users, or one JSON object a line
    #[arg(long, global = true, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub(super) log_format: Format,

    #[command(subcommand)]
    pub(super) command: Command,
}

impl Args {
    /// Returns the level of the log.
    pub(super) fn log_level(&self) -> u8 {
        let own = u8::from(matches!(self.command, Command::Serve(_)));
        self.verbose.saturating_add(own)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Print the plugin's name, version, permissions and settings
    Describe,
    /// Test the settings with requests to the vendor that change nothing
    Validate,
    /// Copy rooms, users or bookings from the vendor to the data folder
    Sync {
        #[command(subcommand)]
        command: SyncCommand,
    },
    /// List, approve or discard held removals
    Removals {
        #[command(subcommand)]
        command: Option<RemovalsCommand>,
    },
    /// List the synced rooms
    #[command(args_conflicts_with_subcommands = true)]
    Rooms {
        /// Also list removed rooms
        #[arg(long)]
        all: bool,
        #[command(subcommand)]
        command: Option<RoomsCommand>,
    },
    /// List the synced users
    Users {
        /// Also list removed users
        #[arg(long)]
        all: bool,
    },
    /// List the groups of the vendor's directory and the groups made in ONES
    Groups {
        /// Also list removed groups
        #[arg(long)]
        all: bool,
        /// Also list the members, direct members and members of nested groups
        #[arg(long)]
        members: bool,
    },
    /// Show or change what happens to the records of removed users
    Leavers {
        #[command(subcommand)]
        command: Option<LeaversCommand>,
    },
    /// List the bookings of the synced rooms, or compare them with the calendars
    #[command(args_conflicts_with_subcommands = true)]
    Bookings {
        #[command(flatten)]
        args: BookingsArgs,
        #[command(subcommand)]
        command: Option<BookingsCommand>,
    },
    /// List bookings that take the same room at the same time
    Conflicts(RoomArgs),
    /// Book rooms for a user, and wait for their answer
    Book(BookArgs),
    /// Change a booking that was made in ONES: move it, end it early, rename it, swap rooms
    Change(ChangeArgs),
    /// Cancel a booking that was made in ONES, or one booking of a series
    Cancel(CancelArgs),
    /// Make a room free again, also if another user booked it. The meeting continues without the
    /// room
    Release(ReleaseArgs),
    /// List the bookings that were made in ONES, show one of them, or send what waits
    #[command(args_conflicts_with_subcommands = true)]
    Reservations {
        #[command(flatten)]
        args: ReservationsArgs,
        #[command(subcommand)]
        command: Option<ReservationsCommand>,
    },
    /// Show whether the vendor notifies the server about changes, and why not
    Notifications,
    /// List the results of all syncs
    Runs,
    /// Run the web server, where administrators set up integrations and people sign in
    Serve(ServeArgs),
}

#[derive(Debug, clap::Args)]
pub(super) struct ServeArgs {
    /// Address to listen on; port 0 selects a free port
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8700")]
    pub(super) listen: SocketAddr,

    /// URL of the server for browsers, without a path. Required if other machines can reach the
    /// server
    #[arg(long, value_name = "URL")]
    pub(super) public_url: Option<Url>,

    /// Number of minutes from a sync of bookings to the next, for integrations that have bookings
    /// on
    #[arg(long, value_name = "MINUTES", default_value_t = 5,
        value_parser = value_parser!(u64).range(1..=1440))]
    pub(super) bookings_interval: u64,

    /// Address or network of a proxy in front of the server. The server reads the client's address
    /// from the proxy's headers `Forwarded` and `X-Forwarded-For`. Without this option, all clients
    /// of a proxy count as one client. Can be repeated
    #[arg(long = "trusted-proxy", value_name = "ADDR|CIDR")]
    pub(super) trusted_proxies: Vec<Network>,
}

#[derive(Debug, Subcommand)]
pub(super) enum SyncCommand {
    /// Sync all selected rooms
    Rooms {
        /// Print the changes without storing them
        #[arg(long)]
        dry_run: bool,
    },
    /// Sync users and groups: all of them the first time, later only the changes
    Users {
        /// Print the changes without storing them
        #[arg(long)]
        dry_run: bool,
        /// Read all users and groups again, not only the changes
        #[arg(long)]
        full: bool,
    },
    /// Sync the bookings of the synced rooms: all of them the first time, later only the changes
    Bookings(SyncBookingsArgs),
}

#[derive(Debug, Subcommand)]
pub(super) enum RoomsCommand {
    /// Print a script that sets the booking rules of the rooms as ONES needs them. An administrator
    /// of the vendor runs it
    Policy(PolicyArgs),
}

#[derive(Debug, clap::Args)]
pub(super) struct PolicyArgs {
    /// Maximum number of days that a room can be booked in advance
    #[arg(long, value_name = "N", default_value_t = 180,
        value_parser = value_parser!(u32).range(0..=1080))]
    pub(super) window_days: u32,

    /// Maximum length of a booking, in hours; 0 for no limit
    #[arg(long, value_name = "N", default_value_t = 24,
        value_parser = value_parser!(u32).range(0..=25_920))]
    pub(super) longest_hours: u32,

    /// Do not let rooms accept bookings automatically
    #[arg(long)]
    pub(super) no_auto_accept: bool,

    /// Replace the subject of a meeting by the name of its organizer. Without this option, the
    /// room's calendar keeps the subject, and a meeting marked private stays private
    #[arg(long)]
    pub(super) hide_subject: bool,

    /// Path of the file to write [default: stdout]
    #[arg(long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(super) enum LeaversCommand {
    /// Keep the records of removed users. The users are not listed and cannot sign in
    Disable,
    /// Delete the records of removed users after some days, at the end of a successful sync of
    /// users
    Remove {
        /// Number of days between the removal and the deletion
        #[arg(long, value_name = "DAYS",
            value_parser = value_parser!(u16).range(1..=i64::from(Leavers::LONGEST)))]
        after: u16,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum RemovalsCommand {
    /// List the held removals
    List,
    /// Remove the records with these ids, or all held ones
    Approve {
        /// Ids of held removals [default: all of them]
        #[arg(value_name = "ID")]
        ids: Vec<String>,
    },
    /// Keep the records with these ids, or all held ones
    Discard {
        /// Ids of held removals [default: all of them]
        #[arg(value_name = "ID")]
        ids: Vec<String>,
    },
}
