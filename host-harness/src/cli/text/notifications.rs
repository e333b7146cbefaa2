//! The state of notifications, as text.

use std::io::{self, Write};

use super::{
    indented,
    terminal::{BAD, FAINT, GOOD, Shown},
};
use crate::store::NotificationsView;

pub(in crate::cli) fn notifications(
    out: &mut impl Write,
    view: &NotificationsView,
) -> io::Result<()> {
    let is_off = view.rooms.wanted + view.directory.wanted == 0;
    if is_off {
        writeln!(out, "Notifications are off")?;
        let remedy = "Run `ones-host serve` with a public https address (--public-url), with \
                      bookings on or a schedule";
        return indented(out, "→ ", Some(remedy));
    }
    let style = if view.failing.is_empty() { GOOD } else { BAD };
    writeln!(out, "{style}Notifications{style:#}: {}", view.words())?;
    for failing in &view.failing {
        let since = failing.since.map(|since| format!(", since {since}")).unwrap_or_default();
        writeln!(out, "{BAD}✗{BAD:#} {}{FAINT}{since}{FAINT:#}", Shown(&failing.words()))?;
        let problem = &failing.problem;
        let (summary, code) = (Shown(&problem.summary), Shown(&problem.code));
        writeln!(out, "    {summary} {FAINT}({code}){FAINT:#}")?;
        indented(out, "→ ", problem.remedy.as_deref())?;
    }
    match view.received_at {
        Some(at) => writeln!(out, "Last notification: {at}")?,
        None => writeln!(out, "No notification was received yet")?,
    }
    if view.waiting > 0 {
        writeln!(out, "{}", view.waiting_words())?;
    }
    Ok(())
}
