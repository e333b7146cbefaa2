//! Free and busy times of mailboxes (`getSchedule`).
//!
//! Source: <https://learn.microsoft.com/graph/api/calendar-getschedule>. The page names 20
//! mailboxes; the service takes 100 (microsoftgraph/microsoft-graph-docs#7047), and 62 days
//! (#19703).

use serde_json::{Value, json};

use super::{Answer, Graph};
use crate::{
    error::{Error, Explanation},
    host::{Host, Request},
    permission::CALENDARS,
};

/// Maximum number of mailboxes in one request.
pub const MAILBOXES: usize = 100;

/// Number of mailboxes through which a request is tried. A policy of Exchange can keep the app out
/// of some.
const TRIED: usize = 3;

/// Requests the schedules of mailboxes between two RFC 3339 times, 62 days at most. Returns one
/// result for each of them, in their order: the object `scheduleInformation`, or why Graph did not
/// report it.
///
/// # Errors
/// Those of [`Graph::require`].
pub async fn read<H: Host>(
    graph: &Graph<'_, H>,
    mailboxes: &[String],
    (start, end): (&str, &str),
) -> Result<Vec<Result<Value, Error>>, Error> {
    let mut schedules = Vec::with_capacity(mailboxes.len());
    for chunk in mailboxes.chunks(MAILBOXES) {
        let answer = request(graph, chunk, (start, end)).await?;
        let known = answer.get("value").and_then(Value::as_array);
        let known = known.map(Vec::as_slice).unwrap_or_default();
        schedules.extend(chunk.iter().map(|mailbox| find(known, mailbox)));
    }
    Ok(schedules)
}

async fn request<H: Host>(
    graph: &Graph<'_, H>,
    mailboxes: &[String],
    (start, end): (&str, &str),
) -> Result<Value, Error> {
    // The dates are universal time, so their offset is not part of the text.
    let time = |time: &str| json!({"dateTime": time.trim_end_matches('Z'), "timeZone": "UTC"});
    let body = json!({
        "schedules": mailboxes, "startTime": time(start), "endTime": time(end),
        "availabilityViewInterval": 60,
    });
    let mut refused = None;
    for mailbox in mailboxes.iter().take(TRIED) {
        let body = body.to_string().into_bytes();
        let request = Request::post(graph.endpoints().schedule(mailbox), "application/json", body)
            .header("prefer", "outlook.timezone=\"UTC\"");
        match graph.ask(request).await? {
            Answer::Success(response) => return Ok(response.json()),
            Answer::Refused(refusal) if matches!(refusal.status, 403 | 404) => {
                refused = Some(refusal);
            }
            Answer::Refused(refusal) => return Err(graph.explain(refusal, CALENDARS)),
        }
    }
    match refused {
        Some(refusal) => Err(graph.explain(refusal, CALENDARS)),
        None => Ok(Value::Null),
    }
}

/// Finds the schedule of a mailbox.
fn find(known: &[Value], mailbox: &str) -> Result<Value, Error> {
    let lower_case = mailbox.to_lowercase();
    let is_its = |schedule: &&Value| {
        let address = schedule["scheduleId"].as_str().unwrap_or_default();
        address.to_lowercase() == lower_case
    };
    let schedule = known.iter().find(is_its).ok_or_else(|| {
        unknown("not-reported", &format!("Microsoft Graph did not report {mailbox}"))
    })?;
    match schedule.get("error").filter(|error| !error.is_null()) {
        None => Ok(schedule.clone()),
        Some(error) => {
            let code = error["responseCode"].as_str().unwrap_or("unknown");
            let summary = format!("Exchange cannot look up the times of {mailbox}");
            Err(unknown(code, &summary))
        }
    }
}

/// Returns the error of a mailbox whose times are not known.
fn unknown(code: &str, summary: &str) -> Error {
    let code: String = code.chars().take(100).collect();
    Error::Unavailable(
        Explanation::new(code, summary)
            .remedy("Check in the Exchange admin center that the mailbox exists and has a licence"),
    )
}
