//! What the button "Test settings" says.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use futures_executor::block_on;
use serde_json::{Value, json};

use super::script::{Asked, Reply, Script, TENANT, nothing, ok, refused};
use crate::{
    host::Failure,
    model::{Check, Outcome},
    validate::validate,
};

const IDS: [&str; 8] = [
    "settings",
    "token",
    "tenant",
    "permission/User.Read.All",
    "permission/Group.Read.All",
    "permission/Place.Read.All",
    "permission/Calendars.ReadWrite",
    "rooms",
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

/// A tenant where all is well, but for what `except` says.
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
    assert_eq!(checks.iter().map(|it| it.id).collect::<Vec<_>>(), IDS, "the same every time");
    checks
}

fn outcomes(checks: &[Check]) -> String {
    let letter = |it: &Check| match it.outcome {
        Outcome::Passed => 'p',
        Outcome::Warned => 'w',
        Outcome::Failed => 'f',
        Outcome::Skipped => 's',
    };
    checks.iter().map(letter).collect()
}

fn check<'a>(checks: &'a [Check], id: &str) -> &'a Check {
    checks.iter().find(|it| it.id == id).expect("it is in the list")
}

#[test]
fn a_healthy_tenant_passes() {
    assert_eq!(outcomes(&checks(&entered(json!({})), |_| None)), "pppppppp");
}

#[test]
fn wrong_settings_are_all_named_and_nothing_else_is_tried() {
    let checks = checks("{\"server\": {\"name\": 1}}", |_| panic!("nobody is asked"));
    assert_eq!(outcomes(&checks), "fsssssss");
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
        assert_eq!(outcomes(&checks), "pfssssss", "{code}");
        let token = check(&checks, "token");
        assert_eq!(token.fields.first().map(|it| it.field.as_str()), Some(field), "{code}");
        assert!(token.remedy.as_ref().is_some_and(|it| it.contains(remedy)), "{token:?}");
        let detail = token.detail.as_ref().expect("a detail");
        assert!(
            detail.contains(&format!("AADSTS{code}")) && detail.contains("0b5c-correlation"),
            "{detail}"
        );
    }
}

#[test]
fn the_portal_is_that_of_the_cloud() {
    let settings = entered(json!({"server": {"cloud": "china-21vianet"}}));
    let checks = checks(&settings, |asked| {
        asked.path.contains("/groups").then(|| refused(403, "Authorization_RequestDenied"))
    });
    let remedy = check(&checks, "permission/Group.Read.All").remedy.clone().expect("a remedy");
    assert!(remedy.contains("portal.azure.cn") && remedy.contains("Group.Read.All"), "{remedy}");
}

#[test]
fn each_missing_permission_fails_by_itself() {
    let cases = [
        ("/groups", "ppppfppp", "permission/Group.Read.All"),
        ("/calendarView", "ppppppfp", "permission/Calendars.ReadWrite"),
    ];
    for (path, expected, id) in cases {
        let checks = checks(&entered(json!({})), |asked| {
            asked.path.contains(path).then(|| refused(403, "ErrorAccessDenied"))
        });
        // The token shows the grant of Calendars.ReadWrite: it only is not honoured yet.
        let word =
            if id.contains("Calendars") { "does not honour it yet" } else { "no admin consent" };
        assert_eq!(outcomes(&checks), expected);
        assert!(check(&checks, id).summary.contains(word), "{:?}", check(&checks, id));
    }
    let users = checks(&entered(json!({})), |asked| {
        let closed = asked.path.contains("/users/delta") || asked.path.contains("/organization");
        closed.then(|| refused(403, "Authorization_RequestDenied"))
    });
    assert_eq!(outcomes(&users), "ppsfpppp");
}

#[test]
fn without_rooms_a_persons_calendar_shows_the_permission() {
    let places = |asked: &Asked| {
        asked.path.contains("/places/").then(|| Reply::Json(403, json!({"error": {
            "code": "UnknownError", "message": "{\"code\":\"invalid_permissions\",\"message\":\"Place.Read.All is needed\"}",
        }})))
    };
    let checks = checks(&entered(json!({})), places);
    assert_eq!(outcomes(&checks), "pppppfps");
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
    assert_eq!(outcomes(&first), "pppppppp", "another room will do");
    assert_eq!(outcomes(&checks(&entered(json!({})), on_premises)), "ppppppwp");
}

#[test]
fn a_grant_to_read_calendars_only_is_warned_about() {
    let checks = checks(&entered(json!({})), |asked| {
        asked.path.ends_with("/token").then(|| token(&["Calendars.Read"]))
    });
    assert_eq!(outcomes(&checks), "ppppppwp");
}

#[test]
fn rooms_that_are_not_there_are_named() {
    let empty = checks(&entered(json!({})), |asked| {
        asked.path.contains("/places/").then(|| ok(json!({"value": []})))
    });
    assert_eq!(outcomes(&empty), "pppppppw");
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

#[test]
fn an_unreachable_graph_fails_everything_but_the_token() {
    let checks = checks(&entered(json!({})), |asked| {
        (!asked.path.ends_with("/token")).then_some(Reply::Fail(Failure::Connection))
    });
    assert_eq!(outcomes(&checks), "ppffffss");
}

#[test]
fn a_page_of_html_proves_no_permission() {
    let html = || Reply::Raw(200, vec![("content-type", "text/html")], "<html>".to_owned());
    let checks = checks(&entered(json!({})), |asked| (!asked.path.ends_with("/token")).then(html));
    assert_eq!(outcomes(&checks), "ppffffss");
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
    assert_eq!(outcomes(&checks(&settings, denied("/r1@"))), "pppppppp", "r1 is not chosen");
    assert_eq!(outcomes(&checks(&settings, denied("/r2@"))), "ppppppfp");
    let all = entered(json!({}));
    assert_eq!(outcomes(&checks(&all, denied("/r1@"))), "pppppppp", "another room will do");
}

#[test]
fn a_foreign_tenant_fails() {
    let checks = checks(&entered(json!({})), |asked| {
        asked.path.contains("/organization").then(|| {
            ok(json!({"value": [
                {"id": "00000000-0000-0000-0000-000000000000", "displayName": "Fabrikam"}
            ]}))
        })
    });
    assert_eq!(check(&checks, "tenant").outcome, Outcome::Failed);
}
