//! The results of the button "Test settings".

mod bookings;
mod card_numbers;
mod exchange;
mod scope;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use futures_executor::block_on;
use serde_json::{Value, json};

use super::script::{Asked, Reply, Script, TENANT, nothing, ok, refused};
use crate::{
    host::Failure,
    model::{Check, Outcome},
    validate::validate,
};

const NONE: [&str; 0] = [];

const IDS: [&str; 12] = [
    "settings",
    "token",
    "tenant",
    "permission/User.Read.All",
    "card-number",
    "permission/Group.Read.All",
    "scope",
    "permission/Place.Read.All",
    "permission/Calendars.ReadWrite",
    "rooms",
    "bookings",
    "least-privilege",
];

fn entered(more: Value) -> String {
    let mut settings = json!({"server": {"name": "Contoso", "tenantId": TENANT,
        "clientId": "6731de76-14a6-49ae-97bc-6eba6914391e", "clientSecret": "not~a~real~secret"}});
    for (step, fields) in more.as_object().expect("an object") {
        for (field, value) in fields.as_object().expect("an object") {
            settings[step][field] = value.clone();
        }
    }
    settings.to_string()
}

fn token(roles: &[&str]) -> Reply {
    let claims = BASE64_URL_SAFE_NO_PAD.encode(json!({ "roles": roles }).to_string());
    let token = format!("e30.{claims}.c2ln");
    ok(json!({"token_type": "Bearer", "expires_in": 3599, "access_token": token}))
}

/// Runs the checks in a tenant without errors. `except` can replace an answer.
fn checks(settings: &str, except: impl Fn(&Asked) -> Option<Reply>) -> Vec<Check> {
    let script = Script::new(|asked: &Asked| {
        except(asked).unwrap_or_else(|| match asked.path.as_str() {
            path if path.ends_with("/token") => token(&["Calendars.ReadWrite"]),
            path if path.starts_with("/v1.0/organization") => {
                ok(json!({"value": [{"id": TENANT, "displayName": "Contoso Ltd"}]}))
            }
            path if path.contains("/users/delta") => {
                ok(json!({"value": [], "@odata.deltaLink": "https://graph.microsoft.com/x"}))
            }
            path if path.contains("/groups") => ok(json!({"value": []})),
            path if path.contains("/places/") => ok(json!({"value": [
                {"id": "e1", "placeId": "p1", "emailAddress": "r1@contoso.com"},
                {"id": "e2", "placeId": "p2", "emailAddress": "r2@contoso.com"},
            ]})),
            path if path.contains("/calendarView?") => ok(json!({"value": []})),
            path if path.starts_with("/v1.0/users?") => {
                ok(json!({"value": [{"id": "u1", "mail": "a@contoso.com"}]}))
            }
            _ => nothing(),
        })
    });
    let checks = block_on(validate(&script, settings));
    assert_eq!(
        checks.iter().map(|check| check.id.as_str()).collect::<Vec<_>>(),
        IDS,
        "the same every time"
    );
    checks
}

/// Returns outcome and name of each check that did not pass, without bookings that are off.
fn troubles(checks: &[Check]) -> Vec<String> {
    let is_off = |check: &&Check| check.summary.ends_with("bookings are off in the room settings");
    let troubles = checks.iter().filter(|check| check.outcome != Outcome::Passed && !is_off(check));
    let named = troubles.map(|check| {
        let name = check.id.trim_start_matches("permission/");
        format!("{:?} {name}", check.outcome).to_lowercase()
    });
    named.collect()
}

/// Expects that the check failed, all before it passed, and all after it were skipped.
#[track_caller]
fn assert_stopped(checks: &[Check], id: &str) {
    let outcomes: Vec<_> = checks.iter().map(|check| check.outcome).collect();
    let place = IDS.iter().position(|it| *it == id).expect("it is in the list");
    assert!(outcomes[..place].iter().all(|it| *it == Outcome::Passed), "{checks:?}");
    assert_eq!(outcomes[place], Outcome::Failed);
    assert!(outcomes[place + 1..].iter().all(|it| *it == Outcome::Skipped), "{checks:?}");
}

fn check<'a>(checks: &'a [Check], id: &str) -> &'a Check {
    checks.iter().find(|check| check.id == id).expect("it is in the list")
}

#[test]
fn a_healthy_tenant_passes() {
    let checks = checks(&entered(json!({})), |_| None);
    assert_eq!(troubles(&checks), NONE);
}

#[test]
fn wrong_settings_are_all_named_and_nothing_else_is_tried() {
    let checks = checks("{\"server\": {\"name\": 1}}", |_| panic!("no request is sent"));
    assert_stopped(&checks, "settings");
    assert_eq!(checks[0].fields.len(), 4);
}

#[test]
fn a_refused_credential_says_what_to_click() {
    let cases = [
        (7_000_215, "invalid_client", "/server/clientSecret", "copy its Value (not the Secret ID)"),
        (7_000_222, "invalid_client", "/server/clientSecret", "New client secret"),
        (700_016, "unauthorized_client", "/server/clientId", "Application (client) ID"),
        (90002, "invalid_request", "/server/tenantId", "operator"),
        (7_000_229, "invalid_client", "/server/clientId", "Grant admin consent"),
    ];
    for (code, error, field, remedy) in cases {
        let checks = checks(&entered(json!({})), |asked| {
            asked.path.ends_with("/token").then(|| Reply::Json(401, json!({
                "error": error, "error_description": format!("AADSTS{code}: Words.\r\nTrace ID: x"),
                "error_codes": [code], "correlation_id": "0b5c-correlation",
            })))
        });
        assert_stopped(&checks, "token");
        let token = check(&checks, "token");
        assert_eq!(token.fields.first().map(|field| field.field.as_str()), Some(field), "{code}");
        assert!(token.remedy.as_ref().is_some_and(|text| text.contains(remedy)), "{token:?}");
        let detail = token.detail.as_ref().expect("a detail");
        assert!(
            detail.contains(&format!("AADSTS{code}")) && detail.contains("0b5c-correlation"),
            "{detail}"
        );
    }
}

#[test]
fn every_remedy_names_the_portal_of_the_cloud_alone() {
    let custom = json!({"authority": "https://a.example", "graph": "https://g.example"});
    for (cloud, portal) in [
        (json!("global"), "portal.azure.com"),
        (json!("us-government-l4"), "portal.azure.us"),
        (json!("us-government-l5"), "portal.azure.us"),
        (json!("china-21vianet"), "portal.azure.cn"),
        (custom, "portal.azure.com"),
    ] {
        let settings = entered(json!({"server": {"cloud": cloud, "secretExpires": "2027-01-16"}}));
        let checks = checks(&settings, |asked| {
            Some(match asked.path.ends_with("/token") {
                true => token(&["Mail.Read"]),
                false => refused(403, "Authorization_RequestDenied"),
            })
        });
        for id in [
            "settings",
            "permission/User.Read.All",
            "permission/Group.Read.All",
            "permission/Place.Read.All",
            "least-privilege",
        ] {
            let remedy = check(&checks, id).remedy.clone().expect("a remedy");
            let portals: Vec<_> = remedy.match_indices("portal.azure.").collect();
            assert_eq!(portals.len(), 1, "{remedy}");
            assert!(remedy.starts_with(&format!("In {portal}: ")), "{remedy}");
        }
    }
}

#[test]
fn each_missing_permission_fails_by_itself() {
    let cases = [
        ("/groups", "failed group.read.all", "permission/Group.Read.All"),
        ("/calendarView", "failed calendars.readwrite", "permission/Calendars.ReadWrite"),
    ];
    for (path, expected, id) in cases {
        let checks = checks(&entered(json!({})), |asked| {
            asked.path.contains(path).then(|| refused(403, "ErrorAccessDenied"))
        });
        // The token shows the grant of Calendars.ReadWrite: it only is not honoured yet.
        let word =
            if id.contains("Calendars") { "does not accept it yet" } else { "no admin consent" };
        assert_eq!(troubles(&checks), [expected]);
        assert!(check(&checks, id).summary.contains(word), "{:?}", check(&checks, id));
    }
    let users = checks(&entered(json!({})), |asked| {
        let closed = asked.path.contains("/users/delta") || asked.path.contains("/organization");
        closed.then(|| refused(403, "Authorization_RequestDenied"))
    });
    assert_eq!(troubles(&users), ["skipped tenant", "failed user.read.all"]);
}

#[test]
fn without_rooms_the_calendar_of_a_user_shows_the_permission() {
    let places = |asked: &Asked| {
        let message = r#"{"code":"invalid_permissions","message":"Place.Read.All is needed"}"#;
        let error = json!({"error": {"code": "UnknownError", "message": message}});
        asked.path.contains("/places/").then(|| Reply::Json(403, error))
    };
    let checks = checks(&entered(json!({})), places);
    assert_eq!(troubles(&checks), ["failed place.read.all", "skipped rooms"]);
    let detail = check(&checks, "permission/Place.Read.All").detail.clone().expect("a detail");
    assert!(detail.contains("invalid_permissions"), "the real code: {detail}");
}

#[test]
fn a_mailbox_elsewhere_says_nothing_of_permissions() {
    let on_premises = |asked: &Asked| {
        asked.path.contains("/calendarView?").then(|| refused(404, "MailboxNotEnabledForRESTAPI"))
    };
    let first = checks(&entered(json!({})), |asked| {
        asked.path.contains("/r1@").then(|| refused(404, "MailboxNotEnabledForRESTAPI"))
    });
    assert_eq!(troubles(&first), NONE, "another room will do");
    let checks = checks(&entered(json!({})), on_premises);
    assert_eq!(troubles(&checks), ["warned calendars.readwrite"]);
}

#[test]
fn a_grant_to_read_calendars_only_is_warned_about() {
    let checks = checks(&entered(json!({})), |asked| {
        asked.path.ends_with("/token").then(|| token(&["Calendars.Read"]))
    });
    assert_eq!(troubles(&checks), ["warned calendars.readwrite", "warned least-privilege"]);
}

#[test]
fn calendars_that_a_role_in_exchange_opens_need_no_grant() {
    let roles = ["User.Read.All", "Group.Read.All", "Place.Read.All"];
    let checks =
        checks(&entered(json!({})), |asked| asked.path.ends_with("/token").then(|| token(&roles)));
    assert_eq!(troubles(&checks), NONE);
    let calendars = check(&checks, "permission/Calendars.ReadWrite");
    assert!(calendars.summary.contains("by a role in Exchange"), "{calendars:?}");
}

#[test]
fn rooms_that_are_not_there_are_named() {
    let empty = checks(&entered(json!({})), |asked| {
        asked.path.contains("/places/").then(|| ok(json!({"value": []})))
    });
    assert_eq!(troubles(&empty), ["warned rooms"]);
    let settings = entered(json!({"rooms": {"select": ["p1", "nowhere@contoso.com"]}}));
    let checks = checks(&settings, |_| None);
    let rooms = check(&checks, "rooms");
    assert_eq!(rooms.outcome, Outcome::Warned);
    assert_eq!(rooms.fields[0].field, "/rooms/select/1");
    assert!(rooms.summary.contains("nowhere@contoso.com"), "{rooms:?}");
}

#[test]
fn a_secret_is_warned_about_before_it_expires() {
    // The script's clock stands at 2027-01-15.
    for (expires, outcome) in [
        ("2027-02-15", Outcome::Passed),
        ("2027-02-14", Outcome::Warned),
        ("2027-01-15", Outcome::Warned),
        ("2026-12-31", Outcome::Warned),
    ] {
        let checks = checks(&entered(json!({"server": {"secretExpires": expires}})), |_| None);
        assert_eq!(checks[0].outcome, outcome, "{expires}: {:?}", checks[0]);
    }
    let id = "0b9ef1b4-9a1f-4d0b-a5a5-5e0d4c9a7c9e";
    let checks = checks(&entered(json!({"server": {"clientSecret": id}})), |_| None);
    assert_eq!(checks[0].fields[0].field, "/server/clientSecret", "it looks like a Secret ID");
}

const UNREACHABLE: [&str; 6] = [
    "failed tenant",
    "failed user.read.all",
    "failed group.read.all",
    "failed place.read.all",
    "skipped calendars.readwrite",
    "skipped rooms",
];

#[test]
fn an_unreachable_graph_fails_everything_but_the_token() {
    let checks = checks(&entered(json!({})), |asked| {
        (!asked.path.ends_with("/token")).then_some(Reply::Fail(Failure::Connection))
    });
    assert_eq!(troubles(&checks), UNREACHABLE);
}

#[test]
fn a_page_of_html_proves_no_permission() {
    let html = || Reply::Raw(200, vec![("content-type", "text/html")], "<html>".to_owned());
    let checks = checks(&entered(json!({})), |asked| (!asked.path.ends_with("/token")).then(html));
    assert_eq!(troubles(&checks), UNREACHABLE);
}

#[test]
fn the_calendar_of_a_chosen_room_is_tried_and_another_where_one_is_closed() {
    let settings = entered(json!({"rooms": {"select": ["p2"]}}));
    let denied = |room: &'static str| {
        move |asked: &Asked| {
            let closed = asked.path.contains(room) && asked.path.contains("/calendarView?");
            closed.then(|| refused(403, "ErrorAccessDenied"))
        }
    };
    assert_eq!(troubles(&checks(&settings, denied("/r1@"))), NONE, "r1 is not chosen");
    assert_eq!(troubles(&checks(&settings, denied("/r2@"))), ["failed calendars.readwrite"]);
    let all = entered(json!({}));
    assert_eq!(troubles(&checks(&all, denied("/r1@"))), NONE, "another room will do");
}

#[test]
fn the_check_of_another_tenant_fails() {
    let checks = checks(&entered(json!({})), |asked| {
        asked.path.contains("/organization").then(|| {
            ok(json!({"value": [
                {"id": "00000000-0000-0000-0000-000000000000", "displayName": "Fabrikam"}
            ]}))
        })
    });
    assert_eq!(check(&checks, "tenant").outcome, Outcome::Failed);
}

#[test]
fn a_missing_permission_says_what_it_costs() {
    let checks = checks(&entered(json!({})), |asked| {
        (!asked.path.ends_with("/token")).then(|| refused(403, "Authorization_RequestDenied"))
    });
    for (id, costs) in [
        ("User.Read.All", "users are not synced; rooms are still synced"),
        ("Group.Read.All", "groups are not synced"),
        ("Place.Read.All", "rooms are not synced"),
    ] {
        let check = check(&checks, &format!("permission/{id}"));
        assert!(check.summary.contains(&format!(". Without it: {costs}")), "{check:?}");
    }
    let calendars = self::checks(&entered(json!({})), |asked| {
        asked.path.contains("/calendarView").then(|| refused(403, "ErrorAccessDenied"))
    });
    let calendars = check(&calendars, "permission/Calendars.ReadWrite");
    assert!(calendars.summary.contains(". Without it: rooms cannot be booked"), "{calendars:?}");
}

#[test]
fn a_cloud_without_places_still_has_users() {
    let answers = [
        (404, "ResourceNotFound", "Words"),
        (400, "BadRequest", "Resource not found for the segment 'places'."),
        (501, "NotImplemented", "Words"),
    ];
    for (status, code, message) in answers {
        let checks = checks(&entered(json!({})), |asked| {
            let error = json!({"error": {"code": code, "message": message}});
            asked.path.contains("/places/").then(|| Reply::Json(status, error))
        });
        assert_eq!(troubles(&checks), ["warned place.read.all", "skipped rooms"], "{status}");
        let places = check(&checks, "permission/Place.Read.All");
        assert!(places.summary.contains("rooms cannot be synced, users can"), "{places:?}");
        assert!(places.detail.as_ref().is_some_and(|text| text.contains(code)), "{places:?}");
    }
}

#[test]
fn unneeded_permissions_are_named_with_a_remedy() {
    let granted = |card_number: &str, more: &[&str]| {
        let needed = ["Calendars.ReadWrite", "Group.Read.All", "Place.Read.All", "User.Read.All"];
        let roles = [&needed[..], more].concat();
        let settings = entered(json!({"users": {"cardNumber": card_number}}));
        let checks =
            checks(&settings, |asked| asked.path.ends_with("/token").then(|| token(&roles)));
        check(&checks, "least-privilege").clone()
    };
    let least = granted("employeeId", &[]);
    assert_eq!(least.outcome, Outcome::Passed);
    let remedy = least.remedy.expect("the way to less");
    assert!(remedy.contains("permissions-exo/application-rbac"), "{remedy}");
    assert!(remedy.contains("which gives access to all mailboxes"), "{remedy}");

    let more = granted("employeeId", &["Mail.ReadWrite", "Directory.Read.All"]);
    assert_eq!(more.outcome, Outcome::Warned);
    assert!(more.summary.ends_with(": Mail.ReadWrite, Directory.Read.All"), "{more:?}");
    let remedy = more.remedy.expect("what to click");
    assert!(remedy.contains("Mail.ReadWrite, Directory.Read.All, click Revoke"), "{remedy}");
    assert!(remedy.contains("permissions-exo/application-rbac"), "{remedy}");

    let looked_up = granted("pager", &["Directory.Read.All"]);
    assert_eq!(looked_up.outcome, Outcome::Passed);
    assert!(looked_up.summary.contains("serves only"), "{looked_up:?}");
    assert_eq!(granted("pager", &["Mail.Read"]).outcome, Outcome::Warned);
}

#[test]
fn the_remedy_grants_a_missing_permission_before_it_removes_its_replacement() {
    let granted = |roles: &[&str], users: Value| {
        let settings = entered(json!({ "users": users }));
        let checks =
            checks(&settings, |asked| asked.path.ends_with("/token").then(|| token(roles)));
        check(&checks, "least-privilege").clone()
    };
    let rest = ["Calendars.ReadWrite", "Place.Read.All", "User.Read.All"];
    // Microsoft's least for groups.
    let less = granted(&[&rest[..], &["GroupMember.Read.All"]].concat(), json!({}));
    assert_eq!(less.outcome, Outcome::Passed, "{less:?}");
    let stands = granted(&[&rest[..], &["Directory.Read.All"]].concat(), json!({}));
    let remedy = stands.remedy.expect("what to click");
    assert!(remedy.contains("Before that, grant Group.Read.All"), "{remedy}");
    let all = [&rest[..], &["Group.Read.All", "Member.Read.Hidden"]].concat();
    assert_eq!(granted(&all, json!({})).outcome, Outcome::Warned);
    let limited = json!({"onlyGroups": ["00000000-0000-4000-8000-000000000001"]});
    assert_eq!(granted(&all, limited).outcome, Outcome::Passed);
}

#[test]
fn a_token_that_cannot_be_read_says_nothing_of_privileges() {
    let checks = checks(&entered(json!({})), |asked| {
        asked.path.ends_with("/token").then(|| {
            ok(json!({"token_type": "Bearer", "expires_in": 3599, "access_token": "opaque"}))
        })
    });
    assert_eq!(troubles(&checks), ["skipped least-privilege"]);
}
