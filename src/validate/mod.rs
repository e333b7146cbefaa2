//! Checks the settings against the tenant, and names the remedy for each error.
//!
//! Every permission is tried with a new token: the roles in a token are only a hint. The checks
//! change nothing in the tenant.

mod bookings;
mod calendars;
mod card_number;
mod least_privilege;
mod permissions;
mod rooms;
mod scope;

use futures_util::future::join4;

use crate::{
    entra::fields_to_blame,
    error::{Error, FieldError},
    expiry::Expiry,
    graph::{Graph, Patience},
    host::Host,
    model::{Check, Outcome},
    permission::Permission,
    remedy,
    settings::{Settings, is_guid, pointer},
};

const SETTINGS: &str = "settings";
const TOKEN: &str = "token";
const TENANT: &str = "tenant";
const USERS_READ: &str = "permission/User.Read.All";
const CARD_NUMBER: &str = "card-number";
const GROUPS_READ: &str = "permission/Group.Read.All";
const SCOPE: &str = "scope";
const PLACES_READ: &str = "permission/Place.Read.All";
const CALENDARS_WRITE: &str = "permission/Calendars.ReadWrite";
const ROOMS: &str = "rooms";
const BOOKINGS: &str = "bookings";
const LEAST_PRIVILEGE: &str = "least-privilege";

/// All checks, in the order in which they are shown. Each call returns all of them.
const ALL: [&str; 12] = [
    SETTINGS,
    TOKEN,
    TENANT,
    USERS_READ,
    CARD_NUMBER,
    GROUPS_READ,
    SCOPE,
    PLACES_READ,
    CALENDARS_WRITE,
    ROOMS,
    BOOKINGS,
    LEAST_PRIVILEGE,
];

/// Runs all checks that can run, also after one failed.
pub async fn validate<H: Host>(host: &H, settings: &str) -> Vec<Check> {
    let settings = match Settings::parse(settings) {
        Ok(settings) => settings,
        Err(fields) => {
            let summary = match fields.len() {
                1 => "A setting is wrong".to_owned(),
                count => format!("{count} settings are wrong"),
            };
            let wrong = Check { fields, ..failed(SETTINGS, summary) };
            return skip_others(vec![wrong], "Not tested, because a setting is wrong");
        }
    };
    let mut checks = vec![check_settings(&settings, host)];
    let graph = Graph::new(host, &settings, Patience::INTERACTIVE);
    let token = match graph.token().await {
        Ok(token) => token,
        Err(error) => {
            checks.push(token_refused(&settings, &error));
            return skip_others(checks, "Not tested, because Entra ID refused the sign-in");
        }
    };
    let credential = settings.server.credential.name();
    checks.push(passed(TOKEN, format!("Entra ID accepts client ID and {credential}")));

    let users_checks = async {
        let users = permissions::users(&graph).await;
        let card_number = card_number::check(&graph, &users).await;
        (users, card_number)
    };
    let groups_checks = async {
        let groups = permissions::groups(&graph).await;
        let scope = scope::check(&graph, &token, &groups).await;
        (groups, scope)
    };
    let (tenant, (users, card_number), (groups, scope), (places, calendars, rooms, bookings)) =
        join4(
            permissions::tenant(&graph),
            users_checks,
            groups_checks,
            rooms::check(&graph, &token),
        )
        .await;
    let least_privilege = least_privilege::check(&graph, &token);
    checks.extend([
        tenant,
        users,
        card_number,
        groups,
        scope,
        places,
        calendars,
        rooms,
        bookings,
        least_privilege,
    ]);
    checks
}

/// Returns the checks that ran, and all others as skipped.
fn skip_others(mut checks: Vec<Check>, why: &str) -> Vec<Check> {
    checks.extend(ALL.iter().skip(checks.len()).map(|id| skipped(id, why)));
    checks
}

fn check_settings<H: Host>(settings: &Settings, host: &H) -> Check {
    let warned = |field: &str, summary: String, remedy: String| Check {
        remedy: Some(remedy),
        fields: vec![FieldError::new(field, summary.clone())],
        ..warned(SETTINGS, summary)
    };
    if let Some(expiry) = Expiry::find(settings, host.now()) {
        return warned(expiry.field, expiry.summary, expiry.remedy);
    }
    if settings.server.credential.secret().is_some_and(|secret| is_guid(secret.reveal())) {
        return warned(
            pointer::CLIENT_SECRET,
            "The client secret looks like a Secret ID; enter its Value instead".to_owned(),
            remedy::in_portal(remedy::NEW_SECRET, settings.endpoints().portal()),
        );
    }
    passed(SETTINGS, "The settings are complete")
}

/// Returns the check of the token, with the fields that can be wrong.
fn token_refused(settings: &Settings, error: &Error) -> Check {
    let check = failed_by(TOKEN, error);
    let Some(explanation) = error.explanation() else {
        return check;
    };
    let fields = fields_to_blame(&explanation.code, settings).iter();
    let fields = fields.map(|field| FieldError::new(*field, explanation.summary.clone())).collect();
    Check { fields, ..check }
}

/// Returns a failed check with the cause and remedy of an error.
fn failed_by(id: &'static str, error: &Error) -> Check {
    match error {
        Error::InvalidSettings(fields) => {
            Check { fields: fields.clone(), ..failed(id, "A setting is wrong") }
        }
        Error::Throttled(seconds) => Check {
            remedy: Some(format!("Test again in {seconds} seconds")),
            ..failed(id, "Microsoft limits the number of requests at the moment")
        },
        Error::Cancelled => failed(id, "Cancelled"),
        Error::Unauthorized(it)
        | Error::PermissionMissing(it)
        | Error::Unavailable(it)
        | Error::Unexpected(it)
        | Error::Rejected(it)
        | Error::Declined(it)
        | Error::Unsupported(it)
        | Error::Conflict(it)
        | Error::Other(it) => Check {
            remedy: it.remedy.clone(),
            detail: Some(match &it.detail {
                Some(detail) => format!("{}; {detail}", it.code),
                None => it.code.clone(),
            }),
            ..failed(id, it.summary.clone())
        },
    }
}

/// Returns the check of a permission that was refused, with what does not work without it.
fn not_granted(id: &'static str, permission: Permission, error: &Error) -> Check {
    let check = failed_by(id, error);
    match error {
        // No administrator of the app can grant it, and ONES works without.
        Error::Unsupported(_) => Check { outcome: Outcome::Warned, ..check },
        Error::PermissionMissing(_) => Check {
            summary: format!("{}. Without it: {}", check.summary, permission.without),
            ..check
        },
        _ => check,
    }
}

fn granted(id: &'static str, permission: Permission, proof: &str) -> Check {
    debug_assert!(id.ends_with(permission.name));
    passed(id, format!("{} is granted: {proof}", permission.name))
}

fn passed(id: &'static str, summary: impl Into<String>) -> Check {
    check(id, Outcome::Passed, summary)
}

fn warned(id: &'static str, summary: impl Into<String>) -> Check {
    check(id, Outcome::Warned, summary)
}

fn failed(id: &'static str, summary: impl Into<String>) -> Check {
    check(id, Outcome::Failed, summary)
}

fn skipped(id: &'static str, summary: impl Into<String>) -> Check {
    check(id, Outcome::Skipped, summary)
}

fn check(id: &'static str, outcome: Outcome, summary: impl Into<String>) -> Check {
    let (id, summary) = (id.to_owned(), summary.into());
    Check { id, outcome, summary, remedy: None, detail: None, fields: Vec::new() }
}
