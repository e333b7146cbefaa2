//! The arguments of the commands that book rooms.

use std::str::FromStr;

use clap::{Subcommand, ValueEnum, value_parser};
use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
};

use crate::{
    model::{WeekIndex, Weekday},
    store::ReservationState,
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct BookArgs {
    /// Id, e-mail address or name of a room. Repeat it to book several rooms as one meeting
    #[arg(long = "room", value_name = "ROOM", required = true)]
    pub(in crate::cli) rooms: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) time: TimeArgs,
    /// Id, e-mail address or name of the user for whom the rooms are booked
    #[arg(long, value_name = "USER")]
    pub(in crate::cli) organizer: String,
    /// Title of the meeting
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) title: String,
    /// E-mail address of someone to invite. Can be repeated
    #[arg(long, value_name = "EMAIL")]
    pub(in crate::cli) invite: Vec<String>,
    /// Mark the meeting as private
    #[arg(long)]
    pub(in crate::cli) private: bool,
    /// Add a link to an online meeting
    #[arg(long)]
    pub(in crate::cli) online: bool,
    #[command(flatten)]
    pub(in crate::cli) series: SeriesArgs,
    #[command(flatten)]
    pub(in crate::cli) wait: WaitArgs,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct TimeArgs {
    /// Beginning: a time such as 09:00, in the rooms' time zone; a day and a time,
    /// 2027-01-11T09:00; an instant, 2027-01-11T08:00:00Z; or a day, for days without times
    #[arg(long, value_name = "TIME|DAY")]
    pub(in crate::cli) from: Option<Point>,
    /// End, in the same forms; of days, the last one
    #[arg(long, value_name = "TIME|DAY")]
    pub(in crate::cli) to: Option<Point>,
    /// Day of --from and --to, if they are times such as 09:00 [default: today]. Without --from and
    /// --to, the booking takes all of this day
    #[arg(long, value_name = "DAY")]
    pub(in crate::cli) day: Option<Date>,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct SeriesArgs {
    /// Repeat the booking. `once` makes one booking of a series
    #[arg(long, value_enum, value_name = "HOW")]
    pub(in crate::cli) repeat: Option<Repeat>,
    /// Repeat it every N days, weeks, months or years [default: 1]
    #[arg(long, value_name = "N", requires = "repeat",
        value_parser = value_parser!(u32).range(1..=99))]
    pub(in crate::cli) every: Option<u32>,
    /// Days of the week, separated by commas: `mon,wed` [default: that of the first booking]
    #[arg(long, value_name = "DAYS", requires = "repeat", value_enum, value_delimiter = ',')]
    pub(in crate::cli) on: Vec<DayName>,
    /// With `monthly` and `yearly`: which of these days of the month. Without it, the series takes
    /// place on the same day of the month as the first booking
    #[arg(long, value_name = "WHICH", requires = "repeat", value_enum)]
    pub(in crate::cli) nth: Option<Nth>,
    /// Last day of the series [default: it has no end]
    #[arg(long, value_name = "DAY", requires = "repeat", conflicts_with = "count")]
    pub(in crate::cli) until: Option<Date>,
    /// Number of bookings of the series [default: it has no end]
    #[arg(long, value_name = "N", requires = "repeat",
        value_parser = value_parser!(u32).range(1..=999))]
    pub(in crate::cli) count: Option<u32>,
}

#[derive(Debug, Clone, Copy, clap::Args)]
pub(in crate::cli) struct WaitArgs {
    /// Number of seconds to wait for the answer. What is not answered then is stored, and sent or
    /// asked about again by `serve` and by `reservations send`
    #[arg(long, value_name = "SECONDS", default_value_t = 30,
        value_parser = value_parser!(u64).range(0..=86_400))]
    pub(in crate::cli) wait: u64,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct ChangeArgs {
    /// Reference of the booking, as `book` and `reservations` print it
    #[arg(value_name = "REFERENCE")]
    pub(in crate::cli) reference: String,
    /// Id, e-mail address or name of a room, in place of the present rooms. Can be repeated
    #[arg(long = "room", value_name = "ROOM")]
    pub(in crate::cli) rooms: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) time: TimeArgs,
    /// Title of the meeting
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) title: Option<String>,
    /// E-mail address of someone to invite, in place of those who are invited. Can be repeated
    #[arg(long, value_name = "EMAIL", conflicts_with = "invite_nobody")]
    pub(in crate::cli) invite: Vec<String>,
    /// Invite no one
    #[arg(long)]
    pub(in crate::cli) invite_nobody: bool,
    /// Mark the meeting as private. Only its organizer can remove the mark
    #[arg(long)]
    pub(in crate::cli) private: bool,
    /// Add a link to an online meeting. "false" works only in a room's own calendar
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true",
        require_equals = true)]
    pub(in crate::cli) online: Option<bool>,
    #[command(flatten)]
    pub(in crate::cli) series: SeriesArgs,
    #[command(flatten)]
    pub(in crate::cli) wait: WaitArgs,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct CancelArgs {
    /// Reference of the booking
    #[arg(value_name = "REFERENCE")]
    pub(in crate::cli) reference: String,
    /// Cancel one booking of a series: its day, or the day and time at which it begins
    #[arg(long, value_name = "DAY|TIME")]
    pub(in crate::cli) occurrence: Option<Point>,
    /// Text for everyone who is invited
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(in crate::cli) comment: String,
    #[command(flatten)]
    pub(in crate::cli) wait: WaitArgs,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct ReleaseArgs {
    /// Id, e-mail address or name of the room
    #[arg(long, value_name = "ROOM")]
    pub(in crate::cli) room: String,
    /// Id of the booking or of the series in this room, as `bookings --format json` prints it
    #[arg(value_name = "BOOKING")]
    pub(in crate::cli) booking: String,
    /// Text for the organizer of the meeting
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) comment: String,
    #[command(flatten)]
    pub(in crate::cli) wait: WaitArgs,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct ReservationsArgs {
    /// Only those of this room, by its id, e-mail address or name
    #[arg(long, value_name = "ROOM")]
    pub(in crate::cli) room: Option<String>,
    /// Only those of this user, by id, e-mail address or name
    #[arg(long, value_name = "USER")]
    pub(in crate::cli) organizer: Option<String>,
    /// Only those with this state
    #[arg(long, value_name = "STATE", value_parser = state)]
    pub(in crate::cli) state: Option<ReservationState>,
    /// Only those that are not over, and neither declined, cancelled nor failed
    #[arg(long)]
    pub(in crate::cli) open: bool,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ReservationsCommand {
    /// Show one booking that was made in ONES, with its history: who did what, and when
    Show {
        /// Reference of the booking
        #[arg(value_name = "REFERENCE")]
        reference: String,
    },
    /// Send what waits, and ask about the rooms that have not answered
    Send(WaitArgs),
}

fn state(text: &str) -> Result<ReservationState, String> {
    let known = ReservationState::ALL.into_iter();
    known.clone().find(|state| state.as_str() == text).ok_or_else(|| {
        let names: Vec<_> = known.map(ReservationState::as_str).collect();
        format!("it is none of {}", names.join(", "))
    })
}

/// How a booking is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Repeat {
    Once,
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum DayName {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl DayName {
    pub(in crate::cli) fn weekday(self) -> Weekday {
        match self {
            Self::Mon => Weekday::Monday,
            Self::Tue => Weekday::Tuesday,
            Self::Wed => Weekday::Wednesday,
            Self::Thu => Weekday::Thursday,
            Self::Fri => Weekday::Friday,
            Self::Sat => Weekday::Saturday,
            Self::Sun => Weekday::Sunday,
        }
    }
}

/// Which of several days of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Nth {
    First,
    Second,
    Third,
    Fourth,
    Last,
}

impl Nth {
    pub(in crate::cli) fn index(self) -> WeekIndex {
        match self {
            Self::First => WeekIndex::First,
            Self::Second => WeekIndex::Second,
            Self::Third => WeekIndex::Third,
            Self::Fourth => WeekIndex::Fourth,
            Self::Last => WeekIndex::Last,
        }
    }
}

/// A beginning or an end, as it is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Point {
    /// `09:00`, on a day that another argument has.
    Clock(Time),
    /// `2027-01-11T09:00`, in the rooms' time zone.
    Local(DateTime),
    /// `2027-01-11T08:00:00Z`.
    Instant(Timestamp),
    /// `2027-01-11`.
    Day(Date),
}

impl FromStr for Point {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // Each form alone: jiff would also read the day or the time of a longer text.
        if let Some(day) = text.parse::<Date>().ok().filter(|day| day.to_string() == text) {
            return Ok(Self::Day(day));
        }
        if let Ok(instant) = text.parse::<Timestamp>() {
            return Ok(Self::Instant(instant));
        }
        if text.len() <= "23:59:59".len()
            && let Ok(time) = text.parse::<Time>()
        {
            return Ok(Self::Clock(time));
        }
        match text.parse::<DateTime>() {
            Ok(local) if text.contains(['T', 't', ' ']) => Ok(Self::Local(local)),
            _ => Err("it is neither a time such as 09:00 or 2027-01-11T09:00, nor a day such as \
                      2027-01-11, nor an instant such as 2027-01-11T08:00:00Z"
                .to_owned()),
        }
    }
}
