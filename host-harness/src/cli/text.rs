//! For a person: short, aligned, in colour where it is a terminal.
//!
//! Texts that come from elsewhere pass through [`Shown`] or [`pad`]: a display name must
//! not steer the terminal.

use std::{
    fmt::{self, Display, Write as _},
    io::{self, Write},
};

use anstyle::{AnsiColor, Style};
use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

use super::{Changes, harmless::is_misleading};
use crate::{
    model::{Check, FieldError, Manifest, Outcome as CheckOutcome, Owed, Report, Summary},
    problem::Problem,
    serve::Incident,
    store::{
        Decision, GroupRow, GroupSource, Kind, Leavers, RecordRow, RemovalRow, Removed, RunCounts,
        RunKind, RunRow,
    },
    sync::{Action, Change, Outcome},
};

const GOOD: Style = AnsiColor::Green.on_default();
const CAUTION: Style = AnsiColor::Yellow.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const BOLD: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();

/// So many that could not be read are shown.
const UNREADABLE: usize = 20;

pub(super) fn usage(out: &mut impl Write, message: &str) -> io::Result<()> {
    writeln!(out, "{BAD}error:{BAD:#} {}\n\nFor more information, try '--help'.", Shown(message))
}

pub(super) fn note(out: &mut impl Write, message: &str) -> io::Result<()> {
    writeln!(out, "{FAINT}{message}{FAINT:#}")
}

pub(super) fn problem(
    out: &mut impl Write,
    problem: &Problem,
    network: &[String],
) -> io::Result<()> {
    writeln!(
        out,
        "{BAD}✗{BAD:#} {} {FAINT}({}){FAINT:#}",
        Shown(&problem.summary),
        Shown(&problem.code)
    )?;
    fields(out, &problem.fields)?;
    indented(out, "→ ", problem.remedy.as_deref())?;
    indented(out, "", problem.detail.as_deref())?;
    network_failures(out, network)
}

/// What the page of an incident did not say, under its reference number.
pub(super) fn incident(out: &mut impl Write, incident: &Incident) -> io::Result<()> {
    let of = incident.integration.as_deref().map(|it| format!(" {}", Shown(it)));
    let (at, reference) = (incident.at.strftime("%Y-%m-%dT%H:%M:%SZ"), &incident.reference);
    writeln!(out, "{FAINT}{at}{FAINT:#} {reference}{}", of.unwrap_or_default())?;
    problem(out, &incident.problem, &[])
}

pub(super) fn manifest(out: &mut impl Write, manifest: &Manifest) -> io::Result<()> {
    writeln!(out, "{BOLD}{} {}{BOLD:#}", Shown(&manifest.name), Shown(&manifest.version))?;
    writeln!(out, "\nPermissions that the vendor's administrator must grant:")?;
    let width = manifest.permissions.iter().map(|it| it.name.width()).max().unwrap_or_default();
    for it in &manifest.permissions {
        writeln!(out, "  {}  {}", pad(&it.name, width), Shown(&it.reason))?;
    }
    // One step of the wizard after the other, each with its guide and its fields.
    for (name, step) in members(&manifest.settings_schema) {
        let title = step.get("title").and_then(Value::as_str).unwrap_or(name);
        writeln!(out, "\n{} ({}):", Shown(title), Shown(name))?;
        let guide = step.get("description").and_then(Value::as_str).unwrap_or_default();
        for line in guide.lines() {
            writeln!(out, "  {}", Shown(line))?;
        }
        writeln!(out)?;
        for (name, field) in members(step) {
            let title = field.get("title").and_then(Value::as_str).unwrap_or_default();
            writeln!(out, "  {FAINT}{}{FAINT:#}  {}", pad(name, width), Shown(title))?;
        }
    }
    note(out, "\nTheir whole JSON Schema: --format json")
}

pub(super) fn report(out: &mut impl Write, report: &Report, network: &[String]) -> io::Result<()> {
    let width = report.checks.iter().map(|it| it.id.width()).max().unwrap_or_default();
    for check in &report.checks {
        let Check { id, outcome, summary, remedy, detail, fields: wrong } = check;
        let (style, mark) = match outcome {
            CheckOutcome::Passed => (GOOD, "✓"),
            CheckOutcome::Warned => (CAUTION, "!"),
            CheckOutcome::Failed => (BAD, "✗"),
            CheckOutcome::Skipped => (FAINT, "–"),
        };
        writeln!(out, "{style}{mark}{style:#} {}  {}", pad(id, width), Shown(summary))?;
        fields(out, wrong)?;
        indented(out, "→ ", remedy.as_deref())?;
        indented(out, "", detail.as_deref())?;
    }
    let of = |outcome| report.checks.iter().filter(|it| it.outcome == outcome).count();
    writeln!(
        out,
        "\n{} passed, {} warned, {} failed, {} skipped",
        of(CheckOutcome::Passed),
        of(CheckOutcome::Warned),
        of(CheckOutcome::Failed),
        of(CheckOutcome::Skipped)
    )?;
    network_failures(out, network)
}

pub(super) fn outcome(
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
            "  {CAUTION}!{CAUTION:#} The vendor told less than it says there is: nothing was \
             removed for not having been told"
        )?;
    }
    for warning in warnings {
        writeln!(out, "  {CAUTION}!{CAUTION:#} {}", Shown(warning))?;
    }
    owed(out, "  ", *due)?;
    writeln!(
        out,
        "{} added, {} updated, {} removed, {} held, {} unreadable {FAINT}· {}, \
         {throttled} throttled, {retried} sent again{FAINT:#}",
        counts.added,
        counts.updated,
        counts.removed,
        counts.held,
        counts.unreadable,
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
            "{CAUTION}!{CAUTION:#} {} held until somebody decides. See: \
             ones-host removals list. Then: ones-host removals approve, or discard",
            match counts.all_held() {
                1 => "1 removal is".to_owned(),
                held => format!("{held} removals are"),
            }
        )?;
    }
    Ok(())
}

/// What the vendor reported, but did not let be read yet.
fn owed(out: &mut impl Write, indent: &str, owed: Option<Owed>) -> io::Result<()> {
    match owed {
        Some(it) => {
            let sentence = it.sentence(&it.since().to_string());
            writeln!(out, "{indent}{CAUTION}!{CAUTION:#} {sentence}")
        }
        None => Ok(()),
    }
}

/// What a run of people did besides.
fn groups(out: &mut impl Write, counts: &RunCounts) -> io::Result<()> {
    let (groups, members) = (counts.groups, counts.memberships);
    writeln!(
        out,
        "groups: {} added, {} updated, {} removed, {} held; memberships: {} added, {} removed",
        groups.added, groups.updated, groups.removed, groups.held, members.added, members.removed,
    )?;
    match counts.deleted {
        0 => Ok(()),
        1 => writeln!(out, "1 person who had left was deleted for good"),
        many => writeln!(out, "{many} people who had left were deleted for good"),
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

pub(super) fn decided(
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

pub(super) fn held(out: &mut impl Write, row: &RemovalRow) -> io::Result<()> {
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

pub(super) fn record(out: &mut impl Write, kind: Kind, row: &RecordRow) -> io::Result<()> {
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
        // Listed with their members, as [`group`] does.
        Kind::Group => write!(out, "{}", pad(&field("name"), 28))?,
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

pub(super) fn group(out: &mut impl Write, row: &GroupRow) -> io::Result<()> {
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

pub(super) fn leavers(out: &mut impl Write, leavers: Leavers) -> io::Result<()> {
    match leavers {
        Leavers::Disable => writeln!(out, "Who is removed cannot sign in, and is kept"),
        Leavers::Remove { after_days } => writeln!(
            out,
            "Who is removed cannot sign in, and is deleted for good after {}",
            counted(after_days, "day")
        ),
    }
}

/// On a terminal, what would steer it is left out.
pub(super) fn script(out: &mut impl Write, text: &str) -> io::Result<()> {
    text.lines().try_for_each(|it| writeln!(out, "{}", Shown(it)))
}

pub(super) fn run(out: &mut impl Write, row: &RunRow) -> io::Result<()> {
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
        besides(row),
        counted(row.summary.requests, "request"),
        peak.unwrap_or_default(),
    )?;
    for warning in &row.summary.warnings {
        writeln!(out, "      {CAUTION}!{CAUTION:#} {}", Shown(warning))?;
    }
    owed(out, "      ", row.summary.owed)?;
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

/// What a run did to groups and to those who left, where it did something.
fn besides(row: &RunRow) -> String {
    let RunRow { groups, memberships, deleted, .. } = row;
    let mut text = String::new();
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
        count => text + &format!("; {count} deleted for good"),
    }
}

fn fields(out: &mut impl Write, fields: &[FieldError]) -> io::Result<()> {
    fields.iter().try_for_each(|FieldError { field, message }| {
        writeln!(out, "    {}: {}", Shown(field), Shown(message))
    })
}

/// The properties of an object's schema, in their order.
fn members(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema.get("properties").and_then(Value::as_object).into_iter().flatten()
}

fn indented(out: &mut impl Write, mark: &str, text: Option<&str>) -> io::Result<()> {
    for (index, line) in text.into_iter().flat_map(str::lines).map(Shown).enumerate() {
        let mark = if index == 0 { mark } else { "" };
        match mark {
            "" => writeln!(out, "    {FAINT}{line}{FAINT:#}")?,
            mark => writeln!(out, "    {mark}{line}")?,
        }
    }
    Ok(())
}

fn network_failures(out: &mut impl Write, network: &[String]) -> io::Result<()> {
    network.iter().try_for_each(|it| writeln!(out, "    {FAINT}network: {}{FAINT:#}", Shown(it)))
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
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => Shown(text).to_string(),
        other => Shown(&other.to_string()).to_string(),
    }
}

fn joined<const N: usize>(parts: [String; N]) -> String {
    let told: Vec<_> = parts.into_iter().filter(|it| it != "–" && !it.is_empty()).collect();
    told.join(", ")
}

/// A text that comes from elsewhere, in one line, without what would steer the terminal
/// or turn the order of what is read.
struct Shown<'a>(&'a str);

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for it in self.0.chars() {
            match it {
                '\n' | '\t' | '\u{2028}' | '\u{2029}' => f.write_char(' ')?,
                it if is_misleading(it) => {}
                it => f.write_char(it)?,
            }
        }
        Ok(())
    }
}

/// `1 request`, `2 requests`.
pub(super) fn counted(count: impl Into<u64>, what: &str) -> String {
    match count.into() {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    }
}

/// In columns of a terminal, where one character can take two.
fn pad(text: &str, width: usize) -> String {
    let text = Shown(text).to_string();
    let missing = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(missing))
}
