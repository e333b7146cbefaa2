//! Tries the settings, and says what is wrong and what to click.
//!
//! Every permission is probed with a fresh token: what a token says of itself is a hint only.
//! Nothing is changed in the tenant.

use std::{collections::BTreeSet, time::Duration};

use futures_util::future::join4;
use serde_json::Value;

use crate::{
    describe::{CALENDARS, GROUPS, PLACES, Permission, USERS},
    entra::{AccessToken, fields_of},
    error::{Error, FieldError},
    expiry::Expiry,
    graph::{Answer, Graph, Page, Patience},
    host::{Host, Request},
    model::{Check, Outcome},
    payload::{RoomKey, UserReader},
    places::{self, Total},
    remedy,
    rooms::{self, NO_ROOMS, Selection},
    settings::{RoomSelection, Settings, is_guid},
    users,
};

const SETTINGS: &str = "settings";
const TOKEN: &str = "token";
const TENANT: &str = "tenant";
const USERS_READ: &str = "permission/User.Read.All";
const GROUPS_READ: &str = "permission/Group.Read.All";
const PLACES_READ: &str = "permission/Place.Read.All";
const CALENDARS_WRITE: &str = "permission/Calendars.ReadWrite";
const ROOMS: &str = "rooms";

/// How many mailboxes are tried before the calendars count as unproven.
const MAILBOXES: usize = 3;

/// The same checks every time, in the order in which a person reads them.
pub async fn validate<H: Host>(host: &H, settings: &str) -> Vec<Check> {
    let settings = match Settings::parse(settings) {
        Ok(settings) => settings,
        Err(fields) => {
            let rest =
                [TOKEN, TENANT, USERS_READ, GROUPS_READ, PLACES_READ, CALENDARS_WRITE, ROOMS];
            let summary = match fields.len() {
                1 => "A setting is wrong".to_owned(),
                count => format!("{count} settings are wrong"),
            };
            let mut checks = vec![Check { fields, ..failed(SETTINGS, summary) }];
            checks.extend(rest.map(|id| skipped(id, "Not tried, since settings are wrong")));
            return checks;
        }
    };
    let mut checks = vec![check_settings(&settings, host)];
    let graph = Graph::new(host, &settings, Patience::PERSON);
    let token = match graph.token().await {
        Ok(token) => token,
        Err(error) => {
            let rest = [TENANT, USERS_READ, GROUPS_READ, PLACES_READ, CALENDARS_WRITE, ROOMS];
            checks.push(of_refusal(&settings, &error));
            checks.extend(rest.map(|id| skipped(id, "Not tried, since there is no token")));
            return checks;
        }
    };
    let credential = settings.server.credential.name();
    checks.push(passed(TOKEN, format!("Entra ID accepts client ID and {credential}")));

    let (tenant, users, groups, (places, calendars, rooms)) = join4(
        check_tenant(&graph),
        check_users(&graph),
        check_groups(&graph),
        check_places(&graph, &token),
    )
    .await;
    checks.extend([tenant, users, groups, places, calendars, rooms]);
    checks
}

fn check_settings<H: Host>(settings: &Settings, host: &H) -> Check {
    let warned = |field: &str, summary: String, remedy: String| Check {
        remedy: Some(remedy),
        fields: vec![FieldError::new(field, summary.clone())],
        ..warned(SETTINGS, summary)
    };
    if let Some(expiry) = Expiry::of(settings, host.now()) {
        return warned(expiry.field, expiry.summary, expiry.remedy);
    }
    if settings.server.credential.secret().is_some_and(|it| is_guid(it.reveal())) {
        return warned(
            "/server/clientSecret",
            "The client secret looks like a Secret ID; what is needed is its Value".to_owned(),
            remedy::in_portal(remedy::NEW_SECRET, settings.endpoints().portal()),
        );
    }
    passed(SETTINGS, "The settings are complete")
}

async fn check_tenant<H: Host>(graph: &Graph<'_, H>) -> Check {
    let url = graph.endpoints().organization();
    let response = match graph.require(Request::get(url), USERS).await {
        Ok(response) => response,
        // The token came from this tenant; only its name stays unknown.
        Err(Error::PermissionMissing(_)) => {
            return skipped(
                TENANT,
                "The tenant's name cannot be read without User.Read.All; the token is one of this tenant",
            );
        }
        Err(error) => return of_error(TENANT, &error),
    };
    if let Err(error) = Page::read(&response) {
        return of_error(TENANT, &error);
    }
    let organizations = response.json();
    let text = |pointer| organizations.pointer(pointer).and_then(Value::as_str);
    let name = text("/value/0/displayName").unwrap_or("(no name)");
    let expected = &graph.settings().server.tenant_id;
    match text("/value/0/id") {
        Some(id) if is_guid(expected) && !id.eq_ignore_ascii_case(expected) => Check {
            detail: Some(format!("tenant {id}")),
            ..failed(TENANT, format!("Microsoft Graph answers for another tenant, {name}"))
        },
        _ if organizations.pointer("/value/0").is_none() => {
            warned(TENANT, "Microsoft Graph tells nothing of the tenant")
        }
        _ => passed(TENANT, format!("The tenant is {name}")),
    }
}

async fn check_users<H: Host>(graph: &Graph<'_, H>) -> Check {
    let reader = UserReader::new(graph.settings());
    // Plain /users also passes with less than User.Read.All, its delta does not.
    let delta = graph.endpoints().users_delta_latest(reader.select());
    let listing = graph.endpoints().one_user(reader.select());
    let card_number = graph.settings().users.card_number.is_some();
    // An attribute that is kept outside the directory is refused by one or by the other.
    for uri in [Some(delta), card_number.then_some(listing)].into_iter().flatten() {
        let response = match graph.ask(Request::get(uri)).await {
            Ok(Answer::Success(response)) => response,
            Ok(Answer::Refused(refusal)) => {
                return match users::wrong_attribute(graph.settings(), &refusal) {
                    Some(error) => Check {
                        remedy: Some(
                            "Choose another attribute in the user settings, or check its spelling"
                                .to_owned(),
                        ),
                        detail: Some(refusal.detail().to_owned()),
                        ..of_error(USERS_READ, &error)
                    },
                    None => of_error(USERS_READ, &graph.explain(refusal, USERS)),
                };
            }
            Err(error) => return of_error(USERS_READ, &error),
        };
        if let Err(error) = Page::read(&response) {
            return of_error(USERS_READ, &error);
        }
    }
    granted(USERS_READ, USERS, "People can be read")
}

async fn check_groups<H: Host>(graph: &Graph<'_, H>) -> Check {
    let response = graph.require(Request::get(graph.endpoints().one_group()), GROUPS).await;
    match response.and_then(|it| Page::read(&it).map(drop)) {
        Ok(()) => granted(GROUPS_READ, GROUPS, "Groups can be read"),
        Err(error) => of_error(GROUPS_READ, &error),
    }
}

/// Rooms, and the calendar of one of them.
async fn check_places<H: Host>(graph: &Graph<'_, H>, token: &AccessToken) -> (Check, Check, Check) {
    let mut selection = Selection::new(&graph.settings().rooms);
    let mut mailboxes = Vec::new();
    let mut seen = BTreeSet::new();
    let all = graph.settings().rooms == RoomSelection::All;
    let mut on_page = |page: &[&serde_json::value::RawValue]| {
        let before = seen.len();
        for raw in page {
            let place = RoomKey::identify(raw);
            // Of the rooms that ONES is to book.
            if selection.takes(&place) && mailboxes.len() < MAILBOXES {
                mailboxes.extend(place.email);
            }
            seen.insert(place.id);
        }
        seen.len() - before
    };
    let read = if all {
        // A person waits: whether there are any is told by the first page.
        let url = graph.endpoints().rooms(0);
        match graph.require(Request::get(url), PLACES).await {
            Ok(response) => Page::read(&response)
                .map(|page| Total { got: on_page(&page.value), count: page.count }),
            Err(error) => Err(error),
        }
    } else {
        let url = |skip| graph.endpoints().rooms(skip);
        places::each_page(graph, url, async |page| Ok(on_page(page))).await
    };
    let (places, rooms) = match read {
        Err(error) => {
            (of_error(PLACES_READ, &error), skipped(ROOMS, "Not tried, since rooms cannot be read"))
        }
        Ok(total) => {
            (granted(PLACES_READ, PLACES, "Rooms can be read"), check_rooms(total, all, &selection))
        }
    };
    let calendars = check_calendars(graph, token, mailboxes).await;
    (places, calendars, rooms)
}

fn check_rooms(total: Total, all: bool, selection: &Selection<'_>) -> Check {
    let count = total.got;
    let fields: Vec<_> = selection
        .missing()
        .map(|(index, room)| {
            FieldError::new(format!("/rooms/select/{index}"), rooms::not_found(room))
        })
        .collect();
    if count == 0 {
        return Check {
            remedy: Some(
                "Ask your Exchange administrator for room mailboxes, and whether they are hidden from the address lists"
                    .to_owned(),
            ),
            fields,
            ..warned(ROOMS, NO_ROOMS)
        };
    }
    match (fields.len(), all) {
        (0, true) => passed(
            ROOMS,
            match total.count {
                Some(counted) => format!("{counted} rooms"),
                // Only the first page was read.
                None if count >= places::PAGE => format!("{count} rooms or more"),
                None => format!("{count} rooms"),
            },
        ),
        (0, false) => {
            passed(ROOMS, format!("All chosen rooms are among the {count} of the tenant"))
        }
        (missing, _) => {
            let names: Vec<_> = selection.missing().map(|(_, room)| room).collect();
            Check {
                remedy: Some("Choose the rooms anew in the room settings; a change can take up to 48 hours to show".to_owned()),
                fields,
                ..warned(ROOMS, format!("{missing} of the chosen rooms were not found: {}", names.join(", ")))
            }
        }
    }
}

/// Reads a calendar: writing cannot be tried without leaving something behind.
async fn check_calendars<H: Host>(
    graph: &Graph<'_, H>,
    token: &AccessToken,
    mut mailboxes: Vec<String>,
) -> Check {
    if mailboxes.is_empty() {
        mailboxes = some_mailboxes(graph).await;
    }
    let now = graph.host().now();
    let time = |it| humantime::format_rfc3339_seconds(it).to_string();
    let (start, end) = (time(now), time(now + Duration::from_secs(60)));
    let mut elsewhere = None;
    let mut denied = None;
    for mailbox in mailboxes {
        let uri = graph.endpoints().calendar_view(&mailbox, &start, &end);
        let answer = match graph.ask(Request::get(uri)).await {
            Ok(answer) => answer,
            Err(error) => return of_error(CALENDARS_WRITE, &error),
        };
        match answer {
            Answer::Success(response) => {
                return match Page::read(&response) {
                    Ok(_) => readable_calendar(graph, token),
                    Err(error) => of_error(CALENDARS_WRITE, &error),
                };
            }
            // An Exchange policy can open some mailboxes and close others: the next may do.
            Answer::Refused(refusal) if refusal.status == 403 => denied = Some(refusal),
            Answer::Refused(refusal) if refusal.is_mailbox_elsewhere() => elsewhere = Some(refusal),
            Answer::Refused(refusal) => {
                return of_error(CALENDARS_WRITE, &graph.explain(refusal, CALENDARS));
            }
        }
    }
    match (denied, elsewhere) {
        (Some(refusal), _) => of_error(CALENDARS_WRITE, &graph.explain(refusal, CALENDARS)),
        (None, None) => {
            skipped(CALENDARS_WRITE, "Not tried: there is no mailbox whose calendar could be read")
        }
        (None, Some(refusal)) => Check {
            remedy: Some(
                "Check that the rooms have mailboxes in Exchange Online, not on premises"
                    .to_owned(),
            ),
            detail: Some(refusal.detail().to_owned()),
            ..warned(
                CALENDARS_WRITE,
                "Not proven: none of the mailboxes tried is in Exchange Online",
            )
        },
    }
}

fn readable_calendar<H: Host>(graph: &Graph<'_, H>, token: &AccessToken) -> Check {
    match token.hints_at(CALENDARS.name) {
        Some(true) => granted(
            CALENDARS_WRITE,
            CALENDARS,
            "Calendars can be read, and the token allows to write",
        ),
        None => {
            granted(CALENDARS_WRITE, CALENDARS, "Reading calendars is proven; writing is not tried")
        }
        Some(false) => Check {
            remedy: Some(remedy::grant(CALENDARS.name, graph.endpoints().portal())),
            ..warned(
                CALENDARS_WRITE,
                "Reading calendars is proven, but the token does not allow to write: rooms could not be booked",
            )
        },
    }
}

/// Where there are no rooms, people have calendars too.
async fn some_mailboxes<H: Host>(graph: &Graph<'_, H>) -> Vec<String> {
    let Ok(response) = graph.require(Request::get(graph.endpoints().some_users()), USERS).await
    else {
        return Vec::new();
    };
    let page = response.json();
    let users = page.get("value").and_then(Value::as_array).into_iter().flatten();
    let with_mail = users.filter(|it| it.get("mail").is_some_and(Value::is_string));
    let ids = with_mail.filter_map(|it| it.get("id")?.as_str().map(str::to_owned));
    ids.take(MAILBOXES).collect()
}

/// No token, and the fields that are to blame.
fn of_refusal(settings: &Settings, error: &Error) -> Check {
    let check = of_error(TOKEN, error);
    let Some(explanation) = error.explanation() else {
        return check;
    };
    let fields = fields_of(&explanation.code, settings).iter();
    let fields = fields.map(|it| FieldError::new(*it, explanation.summary.clone())).collect();
    Check { fields, ..check }
}

fn of_error(id: &'static str, error: &Error) -> Check {
    match error {
        Error::InvalidSettings(fields) => {
            Check { fields: fields.clone(), ..failed(id, "A setting is wrong") }
        }
        Error::Throttled(seconds) => Check {
            remedy: Some(format!("Test again in {seconds} seconds")),
            ..failed(id, "Microsoft asks for patience: too many requests at the moment")
        },
        Error::Cancelled => failed(id, "Cancelled"),
        Error::Unauthorized(it)
        | Error::PermissionMissing(it)
        | Error::Unavailable(it)
        | Error::Unexpected(it)
        | Error::Rejected(it)
        | Error::Declined(it)
        | Error::Unsupported(it) => Check {
            remedy: it.remedy.clone(),
            detail: Some(match &it.detail {
                Some(detail) => format!("{}; {detail}", it.code),
                None => it.code.clone(),
            }),
            ..failed(id, it.summary.clone())
        },
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
    let summary = summary.into();
    Check { id, outcome, summary, remedy: None, detail: None, fields: Vec::new() }
}
