//! The explanation of each code of Entra ID, when an administrator tests the settings.

use futures_executor::block_on;
use serde_json::{Value, json};

use super::{
    credentials::certificate,
    script::{Asked, Reply, Script, TENANT, nothing, settings, sync_rooms},
};
use crate::{
    error::Error,
    model::{Check, Outcome},
    settings::Settings,
    validate::validate,
};

const NONE: &[&str] = &[];
const TENANT_ID: &str = "/server/tenantId";
const CLIENT_ID: &str = "/server/clientId";
const SECRET: &str = "/server/clientSecret";
const CERTIFICATE: &str = "/server/clientCertificate";
const CLOUD: &str = "/server/cloud";

/// The case that a host acts on.
#[derive(Debug, PartialEq)]
enum Case {
    Unauthorized,
    PermissionMissing,
    Unavailable,
}

use Case::{PermissionMissing, Unauthorized, Unavailable};

/// Returns a tenant where Entra ID refuses with this code and description.
fn refusing(code: u32, words: &str) -> impl Fn(&Asked) -> Reply {
    let body = json!({
        "error": "invalid_request", "error_codes": [code], "trace_id": "t-1",
        "error_description": format!("AADSTS{code}: {words}\r\nTrace ID: t-1"),
    });
    move |asked| match asked.path.ends_with("/token") {
        true => Reply::Json(400, body.clone()),
        false => nothing(),
    }
}

fn entered(server: Value) -> Value {
    let mut settings = json!({"server": {"name": "Contoso", "tenantId": TENANT,
        "clientId": "6731de76-14a6-49ae-97bc-6eba6914391e"}});
    for (field, value) in server.as_object().expect("an object") {
        settings["server"][field] = value.clone();
    }
    settings
}

fn with_secret() -> Value {
    entered(json!({"clientSecret": "not~a~real~secret"}))
}

/// Returns the check of the token, which fails.
fn token_check(settings: &Value, code: u32, words: &str) -> Check {
    let script = Script::new(refusing(code, words));
    let check = block_on(validate(&script, &settings.to_string())).swap_remove(1);
    assert_eq!((check.id.as_str(), check.outcome), ("token", Outcome::Failed), "{code}");
    check
}

/// Returns the error that ends a run.
fn run(settings: &Value, code: u32, words: &str) -> Case {
    let settings = Settings::parse(&settings.to_string()).expect("good settings");
    match sync_rooms(&Script::new(refusing(code, words)), &settings).1 {
        Err(Error::Unauthorized(_)) => Unauthorized,
        Err(Error::PermissionMissing(_)) => PermissionMissing,
        Err(Error::Unavailable(_)) => Unavailable,
        other => panic!("{code}: {other:?}"),
    }
}

/// Checks cause, remedy and marked fields of a code.
#[track_caller]
fn assert_explained(
    settings: &Value,
    (code, words): (u32, &str),
    case: Case,
    summary: &str,
    remedy: &str,
    fields: &[&str],
) {
    let check = token_check(settings, code, words);
    assert!(check.summary.contains(summary), "{code}: {}", check.summary);
    let said = check.remedy.clone().expect("a remedy");
    assert!(said.contains(remedy), "{code}: {said}");
    let marked: Vec<_> = check.fields.iter().map(|field| field.field.as_str()).collect();
    assert_eq!(marked, fields, "{code}");
    assert!(check.fields.iter().all(|field| field.message == check.summary), "{check:?}");
    let detail = check.detail.expect("Microsoft's own words");
    assert!(detail.contains(&format!("AADSTS{code}")) && detail.contains("t-1"), "{detail}");
    assert_eq!(run(settings, code, words), case, "{code}");
}

#[test]
fn case_004_a_tenant_of_another_cloud_leads_to_the_operator() {
    const CROSS: &str = "Confidential Client is not supported in Cross Cloud request.";
    for (code, words) in [
        (90038, "The specified tenant belongs to the National Cloud 'MicrosoftOnline.US'."),
        (90043, "The feature is disabled."),
        (90044, "National Cloud Request Process Switched off."),
        (90051, "The national cloud identifier contains an invalid cloud identifier."),
        (900_382, CROSS),
        (900_383, "Please login to your National Cloud dedicated portal."),
        (900_432, CROSS),
    ] {
        assert_explained(
            &with_secret(),
            (code, words),
            Unauthorized,
            "belongs to another national cloud",
            "Choose the operator of your tenant in the server settings, under Office 365 service \
                operator. The portal of your administrators shows which one it is",
            &[CLOUD],
        );
    }
    assert_explained(
        &with_secret(),
        (
            900_439,
            "Confidential Client requests are not supported on the public endpoint \
                (login.microsoftonline.com) for tenants in the Azure Government cloud.",
        ),
        Unauthorized,
        "belongs to the cloud of the US government, not to the worldwide one",
        "Microsoft, US government L4 (GCC High) or Microsoft, US government L5 (DoD)",
        &[CLOUD],
    );
    assert_explained(
        &entered(json!({"clientSecret": "s~1", "cloud": "us-government-l4"})),
        (900_440, "PublicTenantNotSupportedOnUSGovEndpoint"),
        Unauthorized,
        "belongs to the worldwide cloud, not to that of the US government",
        "Microsoft, worldwide (also GCC)",
        &[CLOUD],
    );
    // The names are those that the wizard shows.
    for name in ["US government L4 (GCC High)", "US government L5 (DoD)", "worldwide (also GCC)"] {
        assert!(crate::settings::SCHEMA.contains(&format!("Microsoft, {name}")), "{name}");
    }
    assert!(crate::settings::SCHEMA.contains("Office 365 service operator"));
}

#[test]
fn case_004_a_code_that_only_looks_like_one_of_a_cloud_is_of_the_certificate() {
    let settings = entered(json!({ "clientCertificate": certificate() }));
    assert_explained(
        &settings,
        (900_384, "JWT token failed signature validation."),
        Unauthorized,
        "does not accept the signature of the client certificate",
        "Upload certificate",
        &[CERTIFICATE],
    );
    let check = token_check(&with_secret(), 900_385, "New.");
    assert_eq!(check.summary, "Entra ID refused to issue a token");
    assert_eq!(check.fields, [], "what no source explains is not guessed at");
}

#[test]
fn case_004_every_code_of_the_tenant_the_app_and_its_policies_has_a_cause_and_a_remedy() {
    let settings = with_secret();
    for (code, words, case, summary, remedy, fields) in [
        (
            90002,
            "",
            Unauthorized,
            "does not know this tenant",
            "active subscription",
            &[TENANT_ID, CLOUD][..],
        ),
        (900_021, "", Unauthorized, "zeros only", "Copy Directory (tenant) ID", &[TENANT_ID]),
        (900_023, "", Unauthorized, "neither a GUID", "Copy Directory (tenant) ID", &[TENANT_ID]),
        (90019, "", Unauthorized, "does not name one tenant", "Directory (tenant)", &[TENANT_ID]),
        (50128, "", Unauthorized, "does not name one tenant", "Directory (tenant)", &[TENANT_ID]),
        (5_000_224, "", Unauthorized, "closed or deleted", "ask Microsoft's support", &[TENANT_ID]),
        (5_000_225, "", Unauthorized, "blocked the tenant", "within 20 days", NONE),
        (90055, "", Unavailable, "too many", "Wait an hour", NONE),
        (500_021, "", Unauthorized, "proxy of your company", "Restrict-Access-To-Tenants", NONE),
        (50002, "", Unauthorized, "tenant restrictions", "administrator of the proxy", NONE),
        (500_011, "", Unauthorized, "Graph under this address", "Choose the operator", &[CLOUD]),
        (50001, "", Unauthorized, "Graph under this address", "Choose the operator", &[CLOUD]),
        (1_002_012, "", Unauthorized, "Graph under this address", "address of Graph", &[CLOUD]),
        (
            700_011,
            "",
            Unauthorized,
            "no app with this client ID",
            "easily confused",
            &[CLIENT_ID, TENANT_ID],
        ),
        (
            70001,
            "Application with identifier 'x' was not found in the directory.",
            Unauthorized,
            "no app with this client ID",
            "easily confused",
            &[CLIENT_ID],
        ),
        (
            70001,
            "The application is disabled.",
            Unauthorized,
            "disabled in the tenant",
            "Enterprise applications",
            &[CLIENT_ID],
        ),
        (
            7_000_112,
            "",
            Unauthorized,
            "disabled in the tenant",
            "set \"Enabled for users to sign-in\" to Yes",
            &[CLIENT_ID],
        ),
        (1_000_031, "", Unauthorized, "at this time", "deactivate-app-registration", &[CLIENT_ID]),
        (90112, "", Unauthorized, "not a GUID", "Copy Application (client) ID", &[CLIENT_ID]),
        (
            90009,
            "",
            Unauthorized,
            "a token for itself",
            "Copy Application (client) ID",
            &[CLIENT_ID],
        ),
        (
            700_025,
            "",
            Unauthorized,
            "public client",
            "\"Allow public client flows\" to No",
            &[CLIENT_ID],
        ),
        (
            500_014,
            "",
            Unauthorized,
            "Microsoft Graph is disabled",
            "Microsoft applications → Microsoft Graph",
            NONE,
        ),
        (650_052, "", PermissionMissing, "not subscribed to", "Billing → Your products", NONE),
        (650_054, "", PermissionMissing, "no longer in the tenant", "remove the permissions", NONE),
        (
            650_056,
            "",
            PermissionMissing,
            "lists no permission",
            "add those that ONES lists",
            &[CLIENT_ID],
        ),
        (65001, "", PermissionMissing, "must first consent", "Grant admin consent", NONE),
        (501_051, "", PermissionMissing, "any role", "Grant admin consent", NONE),
        (53003, "", Unauthorized, "Conditional Access policy", "Service principal sign-ins", NONE),
        (50131, "", Unauthorized, "Conditional Access policy", "IP addresses of ONES", NONE),
        (
            530_032,
            "",
            Unauthorized,
            "Conditional Access policy",
            "exclude the app's service principal",
            NONE,
        ),
        (530_035, "", Unauthorized, "security defaults", "Sign-in logs", NONE),
        (50196, "", Unavailable, "too many tokens", "Wait an hour", NONE),
        (50000, "", Unavailable, "an error of its own", "support ticket", NONE),
        (90036, "", Unavailable, "an error of its own", "support ticket", NONE),
        (90090, "", Unavailable, "at the moment", "Try again in a few minutes", NONE),
        (1_002_016, "", Unavailable, "TLS 1.0", "TLS 1.2 or later", NONE),
        (
            50012,
            "Invalid client secret is provided.",
            Unauthorized,
            "client secret is wrong",
            "New client secret",
            &[SECRET],
        ),
        (70002, "", Unauthorized, "client secret is wrong", "not the Secret ID", &[SECRET]),
        (7_000_222, "", Unauthorized, "client secret has expired", "New client secret", &[SECRET]),
        (7_000_216, "", Unauthorized, "client secret is missing", "New client secret", &[SECRET]),
        (7_000_218, "", Unauthorized, "client secret is missing", "New client secret", &[SECRET]),
    ] {
        assert_explained(&settings, (code, words), case, summary, remedy, fields);
    }
}

#[test]
fn case_004_every_code_of_a_certificate_has_a_cause_and_a_remedy() {
    const UPLOAD: &str = "Certificates → Upload certificate";
    let settings = entered(json!({ "clientCertificate": certificate() }));
    for (code, words, summary, remedy, fields) in [
        (50012, "", "does not accept the signature", UPLOAD, &[CERTIFICATE][..]),
        (50027, "", "does not accept the signature", UPLOAD, &[CERTIFICATE]),
        (50032, "", "too weak", UPLOAD, &[CERTIFICATE]),
        (
            700_030,
            "Invalid certificate - subject name in certificate isn't authorized.",
            "subject",
            UPLOAD,
            &[CERTIFICATE],
        ),
        (
            700_030,
            "Invalid certificate - the issuer of the certificate is from a different cloud \
                instance.",
            "another cloud",
            UPLOAD,
            &[CERTIFICATE],
        ),
        (1_000_502, "", "not valid now", UPLOAD, &[CERTIFICATE]),
        (7_000_274, "", "not valid now", UPLOAD, &[CERTIFICATE]),
        (7_000_277, "", "has been revoked", UPLOAD, &[CERTIFICATE]),
        (500_133, "", "by Microsoft's clock", "Correct the clock", &[]),
        (50048, "", "client ID differs from the one", "Application (client) ID", &[CLIENT_ID]),
        (700_023, "", "another sign-in server", "operator", &[TENANT_ID, CLOUD]),
    ] {
        assert_explained(&settings, (code, words), Unauthorized, summary, remedy, fields);
    }
}

#[test]
fn case_022_what_was_made_just_now_is_given_a_minute_first() {
    let first = |settings: &Value, code, words: &str, fresh: &str| {
        let remedy = token_check(settings, code, words).remedy.expect("a remedy");
        let start = format!(
            "If {fresh} within the last few minutes, wait a minute and test again. Otherwise: "
        );
        let rest = remedy.strip_prefix(&start);
        rest.unwrap_or_else(|| panic!("{code}: {remedy}")).to_owned()
    };
    let secret = first(&with_secret(), 7_000_215, "", "the client secret was created");
    assert!(secret.contains("New client secret, then copy its Value"), "{secret}");
    let app = first(&with_secret(), 700_016, "", "the app was registered");
    assert!(app.starts_with("Compare Application (client) ID"), "{app}");
    let fresh = "the app was registered or consent was granted";
    let principal = first(&with_secret(), 7_000_229, "", fresh);
    assert!(principal.ends_with("Grant admin consent"), "{principal}");
    let consent = first(&with_secret(), 65001, "", "consent was granted");
    assert!(consent.ends_with("Grant admin consent"), "{consent}");
    let settings = entered(json!({ "clientCertificate": certificate() }));
    let unknown = "The certificate used to sign the client assertion is not registered on \
        application. [Reason - The key was not found.]";
    let certificate = first(&settings, 700_027, unknown, "the certificate was uploaded");
    assert!(certificate.contains("Upload certificate"), "{certificate}");
    // What has expired was not made just now.
    for (code, words) in [(7_000_222, ""), (700_027, "The key used is expired.")] {
        let remedy = token_check(&settings, code, words).remedy.expect("a remedy");
        assert!(!remedy.contains("wait a minute"), "{remedy}");
    }
}

#[test]
fn case_022_a_permission_that_was_granted_just_now_is_given_a_minute() {
    let script = Script::new(|asked: &Asked| match asked.path.ends_with("/token") {
        true => nothing(),
        false => super::script::refused(403, "Authorization_RequestDenied"),
    });
    let Err(Error::PermissionMissing(why)) = sync_rooms(&script, &settings(json!({}))).1 else {
        panic!("it is missing");
    };
    let remedy = why.remedy.expect("a remedy");
    assert!(
        remedy.ends_with(
            "then click Grant admin consent. If that was done within the last few \
            minutes, wait a minute and test again"
        ),
        "{remedy}"
    );
}
