//! The arguments of the commands on bookings.

use std::str::FromStr;

use clap::Subcommand;
use jiff::{Timestamp, civil::Date};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct RoomArgs {
    /// Id, e-mail address or name of a room [default: all rooms]. Can be repeated
    #[arg(long = "room", value_name = "ROOM")]
    pub(in crate::cli) rooms: Vec<String>,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct SyncBookingsArgs {
    #[command(flatten)]
    pub(in crate::cli) only: RoomArgs,
    /// Print the changes without storing them
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
    /// Read all bookings again, not only the changes
    #[arg(long)]
    pub(in crate::cli) full: bool,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct BookingsArgs {
    #[command(flatten)]
    pub(in crate::cli) only: RoomArgs,
    /// First day, in each room's time zone, or a time such as 2027-01-11T09:00:00Z [default: today]
    #[arg(long, value_name = "DAY|TIME")]
    pub(in crate::cli) from: Option<Moment>,
    /// Last day, in each room's time zone, or the time until which bookings are listed [default:
    /// six days after the first day]
    #[arg(long, value_name = "DAY|TIME")]
    pub(in crate::cli) to: Option<Moment>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum BookingsCommand {
    /// Read all bookings of the rooms again, and compare them with the stored ones. Nothing is
    /// stored
    Verify(RoomArgs),
}

/// A day, or an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Moment {
    Day(Date),
    Instant(Timestamp),
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // A day alone: jiff would also read the day of a date with a time.
        let day = text.parse::<Date>().ok().filter(|day| day.to_string() == text);
        match (day, text.parse()) {
            (Some(day), _) => Ok(Self::Day(day)),
            (None, Ok(instant)) => Ok(Self::Instant(instant)),
            (None, Err(_)) => Err("it is neither a day such as 2027-01-11 nor a time such as \
                     2027-01-11T09:00:00Z"
                .to_owned()),
        }
    }
}
