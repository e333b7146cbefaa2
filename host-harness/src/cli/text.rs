//! Output as text: short, in columns, with colours on a terminal.
//!
//! Texts from plugins and settings pass through [`terminal::Shown`] or [`terminal::pad`], so that a
//! display name cannot control the terminal.

mod bookings;
mod lists;
mod notifications;
mod reservations;
mod runs;
mod terminal;

use std::io::{self, Write};

use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

use crate::{
    model::{Check, FieldError, Manifest, Outcome as CheckOutcome, Report},
    problem::Problem,
    serve::Incident,
};
pub(super) use bookings::{conflict, listed, unknown_rooms, verified};
pub(super) use lists::{decided, group, held, leavers, record};
pub(super) use notifications::notifications;
pub(super) use reservations::{history, release, reservation, reservation_line};
pub(super) use runs::{outcome, run};
use terminal::{BAD, BOLD, CAUTION, FAINT, GOOD, Shown, pad};

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

/// Prints the cause of an incident, with its reference number.
pub(super) fn incident(out: &mut impl Write, incident: &Incident) -> io::Result<()> {
    let integration = incident.integration.as_deref().map(|name| format!(" {}", Shown(name)));
    let (at, reference) = (incident.at.strftime("%Y-%m-%dT%H:%M:%SZ"), &incident.reference);
    writeln!(out, "{FAINT}{at}{FAINT:#} {reference}{}", integration.unwrap_or_default())?;
    problem(out, &incident.problem, &[])
}

pub(super) fn manifest(out: &mut impl Write, manifest: &Manifest) -> io::Result<()> {
    writeln!(out, "{BOLD}{} {}{BOLD:#}", Shown(&manifest.name), Shown(&manifest.version))?;
    if let Some(version) = &manifest.time_zones {
        writeln!(out, "Time zones: {}", Shown(version))?;
    }
    writeln!(out, "\nPermissions that the vendor's administrator must grant:")?;
    let width = manifest.permissions.iter().map(|it| it.name.width()).max().unwrap_or_default();
    for it in &manifest.permissions {
        writeln!(out, "  {}  {}", pad(&it.name, width), Shown(&it.reason))?;
    }
    // Each step of the wizard, with its guide and its fields.
    for (name, step) in members(&manifest.schema()) {
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
    note(out, "\nFor the JSON Schema of the settings, use --format json")
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
    let count = |outcome| report.checks.iter().filter(|check| check.outcome == outcome).count();
    writeln!(
        out,
        "\n{} passed, {} warned, {} failed, {} skipped",
        count(CheckOutcome::Passed),
        count(CheckOutcome::Warned),
        count(CheckOutcome::Failed),
        count(CheckOutcome::Skipped)
    )?;
    network_failures(out, network)
}

/// Prints a script on a terminal, without characters that would control it.
pub(super) fn script(out: &mut impl Write, text: &str) -> io::Result<()> {
    text.lines().try_for_each(|it| writeln!(out, "{}", Shown(it)))
}

fn fields(out: &mut impl Write, fields: &[FieldError]) -> io::Result<()> {
    fields.iter().try_for_each(|FieldError { field, message }| {
        writeln!(out, "    {}: {}", Shown(field), Shown(message))
    })
}

/// Returns the properties of an object's schema, in their order.
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
