//! The results of syncs.

use std::io::{self, Write};

use super::{
    bookings,
    terminal::{BAD, BOLD, CAUTION, FAINT, GOOD, Shown, pad, plain},
};
use crate::{
    cli::Changes,
    model::{Owed, Summary, owed_since},
    store::{Kind, RunCounts, RunKind, RunRow},
    sync::{Action, Change, Outcome},
    wording::counted,
};

/// Maximum number of unreadable records that are printed.
const UNREADABLE: usize = 20;

pub(in crate::cli) fn outcome(
    out: &mut impl Write,
    name: &str,
    kind: RunKind,
    outcome: &Outcome,
    changes: &Changes,
) -> io::Result<()> {
    let (mode, counts) = (outcome.mode.as_str(), outcome.counts);
    writeln!(out, "{BOLD}{}{BOLD:#}: {}, {mode}", Shown(name), plural(kind))?;
    for (action, kept, more) in changes.each() {
        for it in kept {
            change(out, it)?;
        }
        if more > 0 {
            writeln!(out, "    {FAINT}and {more} more {}{FAINT:#}", past(action))?;
        }
    }
    for it in outcome.unreadable.iter().take(UNREADABLE) {
        writeln!(
            out,
            "  {CAUTION}?{CAUTION:#} {}  {FAINT}{}{FAINT:#}",
            Shown(&it.id),
            Shown(&it.reason)
        )?;
    }
    let more = counts.unreadable.saturating_sub(UNREADABLE as u64);
    if more > 0 {
        writeln!(out, "    {FAINT}and {more} more unreadable{FAINT:#}")?;
    }
    let Summary { requests, throttled, retried, warnings, complete, owed: due, .. } =
        &outcome.summary;
    if !complete {
        writeln!(
            out,
            "  {CAUTION}!{CAUTION:#} The vendor returned fewer records than its own total, so no \
             missing record was removed"
        )?;
    }
    for warning in warnings {
        writeln!(out, "  {CAUTION}!{CAUTION:#} {}", Shown(warning))?;
    }
    owed(out, "  ", *due)?;
    match kind {
        RunKind::Bookings => bookings::counts(out, outcome)?,
        RunKind::Users | RunKind::Rooms => write!(
            out,
            "{}: {} added, {} updated, {} removed, {} held, {} unreadable",
            plural(kind),
            counts.added,
            counts.updated,
            counts.removed,
            counts.held,
            counts.unreadable,
        )?,
    }
    writeln!(
        out,
        " {FAINT}· {}, {throttled} throttled, {retried} sent again{FAINT:#}",
        counted(*requests, "request"),
    )?;
    if kind == RunKind::Users {
        groups(out, &counts)?;
    }
    if changes.dry_run {
        writeln!(out, "This was a dry run: nothing was written")?;
    } else if counts.all_held() > 0 {
        writeln!(
            out,
            "{CAUTION}!{CAUTION:#} {} held. List them with: ones-host removals \
             list. Then run: ones-host removals approve, or ones-host removals discard",
            match counts.all_held() {
                1 => "1 removal is".to_owned(),
                held => format!("{held} removals are"),
            }
        )?;
    }
    Ok(())
}

/// Prints that the vendor reported records that could not be read yet.
fn owed(out: &mut impl Write, indent: &str, owed: Option<Owed>) -> io::Result<()> {
    match owed {
        Some(it) => {
            let sentence = it.sentence(&owed_since(it).to_string());
            writeln!(out, "{indent}{CAUTION}!{CAUTION:#} {sentence}")
        }
        None => Ok(()),
    }
}

/// Prints what a sync of users changed besides users.
fn groups(out: &mut impl Write, counts: &RunCounts) -> io::Result<()> {
    let (groups, members) = (counts.groups, counts.memberships);
    writeln!(
        out,
        "groups: {} added, {} updated, {} removed, {} held; memberships: {} added, {} removed",
        groups.added, groups.updated, groups.removed, groups.held, members.added, members.removed,
    )?;
    match counts.deleted {
        0 => Ok(()),
        count => writeln!(out, "{} permanently deleted", counted(count, "removed user")),
    }
}

fn change(out: &mut impl Write, change: &Change) -> io::Result<()> {
    let (style, mark) = match change.action {
        Action::Added => (GOOD, "+"),
        Action::Updated => (CAUTION, "~"),
        Action::Removed => (BAD, "−"),
        Action::Held => (BAD, "⏸"),
    };
    write!(
        out,
        "  {style}{mark}{style:#} {}  {FAINT}{}{FAINT:#}",
        pad(&change.name, 28),
        Shown(&change.address)
    )?;
    if change.kind == Kind::Group {
        write!(out, "  group")?;
    }
    if let Some(time) = &change.time {
        write!(out, "  {}", Shown(time))?;
    }
    if let Some(reason) = &change.reason {
        write!(out, "  {}", Shown(reason))?;
    }
    writeln!(out)?;
    for it in &change.fields {
        let (field, before, after) = (Shown(&it.field), plain(&it.before), plain(&it.after));
        writeln!(out, "      {FAINT}{field}:{FAINT:#} {before} → {after}")?;
    }
    Ok(())
}

pub(in crate::cli) fn run(out: &mut impl Write, row: &RunRow) -> io::Result<()> {
    let style = match row.state {
        "done" => GOOD,
        "failed" => BAD,
        _ => CAUTION,
    };
    let peak = row.peak_memory.map(|it| format!(", {:.1} MiB", it as f64 / f64::from(1 << 20)));
    writeln!(
        out,
        "{:>4}  {}  {:5}  {:11}  {style}{:10}{style:#}  +{} ~{} −{}, {} held{}  \
         {FAINT}{}{}{FAINT:#}",
        row.id,
        row.started,
        plural(row.kind),
        row.mode.as_deref().unwrap_or_default(),
        row.state,
        row.added,
        row.updated,
        row.removed,
        row.held,
        other_changes(row),
        counted(row.summary.requests, "request"),
        peak.unwrap_or_default(),
    )?;
    for warning in &row.summary.warnings {
        writeln!(out, "      {CAUTION}!{CAUTION:#} {}", Shown(warning))?;
    }
    owed(out, "      ", row.summary.owed)?;
    bookings::failed_rooms(out, "      ", &row.room_failures, row.rooms.failed)?;
    if let Some(error) = &row.error {
        writeln!(
            out,
            "      {BAD}✗{BAD:#} {} {FAINT}({}){FAINT:#}",
            Shown(&error.summary),
            Shown(&error.code)
        )?;
    }
    Ok(())
}

/// Returns what a run changed besides its own kind of records, empty where it changed nothing else.
fn other_changes(row: &RunRow) -> String {
    let RunRow { groups, memberships, deleted, rooms, .. } = row;
    let mut text = String::new();
    if row.kind == RunKind::Bookings {
        text = format!("; {} read, {} failed", counted(rooms.read, "room"), rooms.failed);
    }
    if (*groups, *memberships) != Default::default() {
        text = format!(
            "; groups +{} ~{} −{}, {} held; memberships +{} −{}",
            groups.added,
            groups.updated,
            groups.removed,
            groups.held,
            memberships.added,
            memberships.removed,
        );
    }
    match deleted {
        0 => text,
        count => text + &format!("; {count} permanently deleted"),
    }
}

fn past(action: Action) -> &'static str {
    match action {
        Action::Added => "added",
        Action::Updated => "updated",
        Action::Removed => "removed",
        Action::Held => "held",
    }
}

fn plural(kind: RunKind) -> &'static str {
    match kind {
        RunKind::Users => "users",
        RunKind::Rooms => "rooms",
        RunKind::Bookings => "bookings",
    }
}
