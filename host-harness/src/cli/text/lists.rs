//! Lists of stored records, and decisions about them.

use std::io::{self, Write};

use super::terminal::{BAD, FAINT, Shown, pad, plain};
use crate::{
    store::{Decision, GroupRow, GroupSource, Kind, Leavers, RecordRow, RemovalRow, Removed},
    wording::counted,
};

pub(in crate::cli) fn decided(
    out: &mut impl Write,
    decision: Decision,
    decided: u64,
    held: u64,
) -> io::Result<()> {
    match decision {
        Decision::Approve => writeln!(out, "{decided} removed, {held} still held"),
        Decision::Discard => writeln!(out, "{decided} kept, {held} still held"),
    }
}

pub(in crate::cli) fn held(out: &mut impl Write, row: &RemovalRow) -> io::Result<()> {
    let RemovalRow { kind, id, name, address, reason, held_since } = row;
    writeln!(
        out,
        "{}  {}  {}  {}  {reason}  {FAINT}since {held_since}{FAINT:#}",
        pad(id, 36),
        kind.as_str(),
        pad(name, 28),
        pad(address, 32),
    )
}

pub(in crate::cli) fn record(out: &mut impl Write, kind: Kind, row: &RecordRow) -> io::Result<()> {
    let field = |name: &str| row.record.get(name).map(plain).unwrap_or_default();
    match kind {
        Kind::User => {
            let (name, username) = (field("displayName"), field("username"));
            let what = joined([field("jobTitle"), field("department"), field("office")]);
            write!(out, "{}  {}  {what}", pad(&name, 28), pad(&username, 40))?;
            if !row.groups.is_empty() {
                write!(out, "  {FAINT}[{}]{FAINT:#}", Shown(&row.groups.join(", ")))?;
            }
        }
        // `ones-host groups` prints groups with [`group`], and `bookings` is a command of its own.
        Kind::Group | Kind::Booking => write!(out, "{}", pad(&field("name"), 28))?,
        Kind::Room => {
            let (name, email, seats) = (field("name"), field("email"), field("capacity"));
            let place = joined([field("building"), field("floorLabel"), field("label")]);
            write!(out, "{}  {}  {seats:>4}  {place}", pad(&name, 28), pad(&email, 40))?;
        }
    }
    if let Some((at, reason)) = &row.removed {
        write!(out, "  {BAD}removed {at}, {reason}{BAD:#}")?;
    }
    writeln!(out)
}

pub(in crate::cli) fn group(out: &mut impl Write, row: &GroupRow) -> io::Result<()> {
    let GroupRow { name, description, email, source, members, member_ids, removed, .. } = row;
    let email = email.as_deref().unwrap_or_default();
    write!(out, "{}  {}  {members:>7}", pad(name, 28), pad(email, 40))?;
    match (source, description) {
        (GroupSource::Ones, _) => write!(out, "  {FAINT}[made in ONES]{FAINT:#}")?,
        (GroupSource::Directory, Some(it)) => write!(out, "  {}", Shown(it))?,
        (GroupSource::Directory, None) => {}
    }
    if let Some(Removed { at, reason }) = removed {
        write!(out, "  {BAD}removed {at}, {reason}{BAD:#}")?;
    }
    writeln!(out)?;
    let ids = member_ids.iter().flatten();
    ids.into_iter().try_for_each(|id| writeln!(out, "    {FAINT}{}{FAINT:#}", Shown(id)))
}

pub(in crate::cli) fn leavers(out: &mut impl Write, leavers: Leavers) -> io::Result<()> {
    match leavers {
        Leavers::Disable => writeln!(out, "Removed users cannot sign in. Their records are kept"),
        Leavers::Remove { after_days } => writeln!(
            out,
            "Removed users cannot sign in. Their records are deleted {} after the removal",
            counted(after_days, "day")
        ),
    }
}

fn joined<const N: usize>(parts: [String; N]) -> String {
    let present: Vec<_> =
        parts.into_iter().filter(|part| part != "–" && !part.is_empty()).collect();
    present.join(", ")
}
