//! The command line.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Parser, Subcommand, ValueEnum, value_parser};
use url::Url;

use crate::{
    access::Network,
    store::{Leavers, QUOTA},
};

/// Loads an integration plugin and stands in for ONES: tries its settings, syncs rooms
/// and people, and keeps them in a data folder.
///
/// Exit codes: 0 done, warnings included; 1 failed, the cause is on stderr, or a check
/// of `validate` failed; 2 wrong usage; 3 synced, but removals are held until somebody
/// decides on them.
#[derive(Debug, Parser)]
#[command(name = "ones-host", version, about)]
pub(super) struct Args {
    /// The plugin's component [default: the .wasm file in ./target, of several the one that the others are called after]
    #[arg(long, global = true, value_name = "FILE", env = "ONES_PLUGIN")]
    pub(super) plugin: Option<PathBuf>,

    /// Where ONES keeps what plugins tell
    #[arg(long, global = true, value_name = "DIR", env = "ONES_DATA", default_value = "ones-data")]
    pub(super) data: PathBuf,

    /// Settings as JSON, `-` for stdin; `${NAME}` in a text stands for that environment variable
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "integration")]
    pub(super) settings: Option<PathBuf>,

    /// Which integration of the data folder, by its `server.name` [default: the only one].
    /// `validate` and `sync` then take the settings that are kept of it
    #[arg(long, global = true, value_name = "NAME")]
    pub(super) integration: Option<String>,

    /// For a person, or for a program: one JSON value, of lists one a line. A failure is
    /// then also told on stdout, as {"error": …}
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,

    /// So many removals need no person's word, or as many as --max-removals-percent allows, if
    /// that is more
    #[arg(long, global = true, value_name = "N", default_value_t = 10)]
    pub(super) max_removals: u64,

    /// Removals of so many per cent of those that were there before need no person's word, or as
    /// many as --max-removals allows, if that is more
    #[arg(long, global = true, value_name = "P", default_value_t = 10,
        value_parser = value_parser!(u8).range(0..=100))]
    pub(super) max_removals_percent: u8,

    /// Number of minutes after the vendor's last report of a user, room or group during which it
    /// is not removed for being absent, since the vendor's servers lag behind each other. After
    /// that, it is removed where reading it by its id does not find it either. A removal that the
    /// vendor itself reports does not wait
    #[arg(long, global = true, value_name = "MINUTES", default_value_t = 60,
        value_parser = value_parser!(u64).range(0..=525_600))]
    pub(super) missing_grace: u64,

    /// What one call of the plugin may have
    #[arg(long, global = true, value_name = "MIB", default_value_t = 64,
        value_parser = value_parser!(u64).range(1..=4096))]
    pub(super) memory_limit: u64,

    /// What one call of the plugin may take
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 1800,
        value_parser = value_parser!(u64).range(1..=604_800))]
    pub(super) time_limit: u64,

    /// Storage limit of one integration, in MiB
    #[arg(long, global = true, value_name = "MIB", default_value_t = QUOTA >> 20,
        value_parser = value_parser!(u64).range(1..=1 << 20))]
    pub(super) quota: u64,

    /// Log runs, and what is refused, on stderr; with -vv, also requests, without their query.
    /// `serve` logs the former without this option
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
    /// What the plugin says of itself
    Describe,
    /// Try the settings against the vendor; changes nothing there
    Validate,
    /// Bring rooms or people over
    Sync {
        #[command(subcommand)]
        command: SyncCommand,
    },
    /// Removals that are held until somebody decides
    Removals {
        #[command(subcommand)]
        command: Option<RemovalsCommand>,
    },
    /// The rooms that ONES offers
    #[command(args_conflicts_with_subcommands = true)]
    Rooms {
        /// Removed ones as well
        #[arg(long)]
        all: bool,
        #[command(subcommand)]
        command: Option<RoomsCommand>,
    },
    /// The people that ONES offers
    Users {
        /// Removed ones as well
        #[arg(long)]
        all: bool,
    },
    /// The groups of the vendor's directory, and those that were made in ONES
    Groups {
        /// Removed ones as well
        #[arg(long)]
        all: bool,
        /// Who is in them, directly or through other groups
        #[arg(long)]
        members: bool,
    },
    /// What becomes of people who are removed [default: says so]
    Leavers {
        #[command(subcommand)]
        command: Option<LeaversCommand>,
    },
    /// What came of each sync
    Runs,
    /// Pages in a browser: set up integrations, watch them, sync them on schedule; people sign in
    Serve(ServeArgs),
}

#[derive(Debug, clap::Args)]
pub(super) struct ServeArgs {
    /// Where to listen; with port 0, on any that is free
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8700")]
    pub(super) listen: SocketAddr,

    /// The address that browsers know it by, without a path: needed where others than this
    /// machine can reach it
    #[arg(long, value_name = "URL")]
    pub(super) public_url: Option<Url>,

    /// Address or network of a proxy in front of the server. Its `Forwarded` and
    /// `X-Forwarded-For` headers say which client sent a request: clients are counted by their
    /// address, and without this, all clients of a proxy count as one. Can be given several times
    #[arg(long = "trusted-proxy", value_name = "ADDR|CIDR")]
    pub(super) trusted_proxies: Vec<Network>,
}

#[derive(Debug, Subcommand)]
pub(super) enum SyncCommand {
    /// All selected rooms
    Rooms {
        /// Say what would change; write nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// People and groups: all of them at first, then what changed
    Users {
        /// Say what would change; write nothing
        #[arg(long)]
        dry_run: bool,
        /// All of them again
        #[arg(long)]
        full: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum RoomsCommand {
    /// What the vendor's administrator runs so that these rooms take bookings as ONES needs it
    Policy(PolicyArgs),
}

#[derive(Debug, clap::Args)]
pub(super) struct PolicyArgs {
    /// How many days ahead a room can be booked
    #[arg(long, value_name = "N", default_value_t = 180,
        value_parser = value_parser!(u32).range(0..=1080))]
    pub(super) window_days: u32,

    /// Of one booking; 0 for no limit
    #[arg(long, value_name = "N", default_value_t = 24,
        value_parser = value_parser!(u32).range(0..=25_920))]
    pub(super) longest_hours: u32,

    /// Rooms wait for somebody to accept
    #[arg(long)]
    pub(super) no_auto_accept: bool,

    /// Replace the subject of a meeting by the name of its organizer. Without this option, rooms
    /// keep the subject, and a meeting marked private stays private
    #[arg(long)]
    pub(super) hide_subject: bool,

    /// Where to write it [default: stdout]
    #[arg(long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(super) enum LeaversCommand {
    /// They are no longer offered and cannot sign in; what is known of them is kept
    Disable,
    /// And some days later they are deleted for good, when a run of people ends well
    Remove {
        /// So long after their removal
        #[arg(long, value_name = "DAYS",
            value_parser = value_parser!(u16).range(1..=i64::from(Leavers::LONGEST)))]
        after: u16,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum RemovalsCommand {
    /// Which are held
    List,
    /// Remove those with these ids, or all
    Approve {
        #[arg(value_name = "ID")]
        ids: Vec<String>,
    },
    /// Keep those with these ids, or all
    Discard {
        #[arg(value_name = "ID")]
        ids: Vec<String>,
    },
}
