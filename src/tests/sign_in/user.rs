//! The record of the user who signed in.

use futures_executor::block_on;
use serde_json::{Value, json};

use super::{SignIn, USER_ID, header, settings, signed, signed_in, what};
use crate::{
    directory,
    error::Error,
    host::Failure,
    model::{CallbackOutcome, User, UserChange},
    tests::{
        script::{Reply, Script, TENANT, nothing, ok, refused},
        users::{user, with},
    },
};

fn sign_in(users: Value) -> SignIn {
    SignIn::begin(settings(json!({ "users": users })))
}

/// Returns the outcome where Graph returns this record of the user.
fn with_graph(sign_in: &SignIn, user: &Value) -> Result<CallbackOutcome, Error> {
    sign_in
        .back(&sign_in.callback(), |request| (what(request) == "user").then(|| ok(user.clone())))
        .0
}

/// Returns the outcome where only claims are available.
fn without_graph(sign_in: &SignIn, claims: &Value) -> Result<CallbackOutcome, Error> {
    let token = signed(&header(), claims);
    let answer = |asked: &_| match what(asked) {
        "code" => Some(ok(json!({ "id_token": token }))),
        "user" => Some(refused(403, "Authorization_RequestDenied")),
        _ => None,
    };
    sign_in.back(&sign_in.callback(), answer).0
}

fn by_claims() -> User {
    let text = |it: &str| Some(it.to_owned());
    User {
        id: USER_ID.to_owned(),
        username: "AdeleV@contoso.com".to_owned(),
        display_name: "Adele Vance".to_owned(),
        email: text("adele@contoso.com"),
        given_name: text("Adele"),
        surname: text("Vance"),
        enabled: true,
        ..User::default()
    }
}

fn declined(outcome: Result<CallbackOutcome, Error>) -> String {
    match outcome {
        Err(Error::Declined(why)) => {
            assert!(why.remedy.is_some());
            why.code
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_sign_in_returns_the_record_that_a_sync_would_report() {
    let sign_in = sign_in(json!({"cardNumber": "extensionAttribute3"}));
    let user = with(user(USER_ID), "jobTitle", json!("Retail Manager"));
    let attributes = json!({"extensionAttribute3": "0042"});
    let user = with(user, "onPremisesExtensionAttributes", attributes);
    let signed_in = signed_in(with_graph(&sign_in, &user));
    assert_eq!(signed_in.card_number.as_deref(), Some("0042"));

    let script = Script::new(|asked| match asked.path.as_str() {
        "/v1.0/$batch" => ok(json!({"responses": [{"id": "0", "status": 200, "body": user}]})),
        path if path.contains("/places/") => ok(json!({"value": []})),
        _ => nothing(),
    });
    let ids = [USER_ID.to_owned()];
    let read = block_on(directory::read_users(&script, &sign_in.settings, &ids)).expect("a record");
    assert_eq!(read, [UserChange::User(signed_in)]);
}

#[test]
fn a_card_number_that_is_not_found_does_not_prevent_a_sign_in() {
    let sign_in = sign_in(json!({"cardNumber": "pager"}));
    let user = with(user(USER_ID), "jobTitle", json!("Retail Manager"));
    let signed_in = signed_in(with_graph(&sign_in, &user));
    assert_eq!(signed_in.job_title.as_deref(), Some("Retail Manager"));
    assert_eq!(signed_in.card_number, None);
}

#[test]
fn the_user_is_identified_by_id_and_never_by_address() {
    let sign_in = sign_in(json!({}));
    let mut claims = sign_in.claims_with("email", json!("ceo@contoso.com"));
    claims["preferred_username"] = json!("ceo@contoso.com");
    claims["upn"] = json!("ceo@contoso.com");
    claims["sub"] = json!("00000000-0000-0000-0000-00000000000a");
    let token = signed(&header(), &claims);
    let (outcome, asked) = sign_in.back(&sign_in.callback(), |request| {
        (what(request) == "code").then(|| ok(json!({ "id_token": token })))
    });
    assert_eq!(signed_in(outcome).id, USER_ID);
    let path = &asked.last().expect("a request").path;
    assert!(path.starts_with(&format!("/v1.0/users/{USER_ID}?$select=id,")), "{path}");
}

#[test]
fn where_graph_returns_no_record_the_claims_are_used() {
    let sign_in = sign_in(json!({}));
    let replies: [fn() -> Reply; 12] = [
        || refused(401, "InvalidAuthenticationToken"),
        || refused(403, "Authorization_RequestDenied"),
        || refused(404, "Request_ResourceNotFound"),
        || Reply::Raw(429, vec![("retry-after", "10")], String::new()),
        || refused(500, "generalException"),
        || Reply::Raw(503, vec![("retry-after", "1")], String::new()),
        || Reply::Fail(Failure::Timeout),
        || Reply::Fail(Failure::Denied),
        || Reply::Raw(200, Vec::new(), "<h1>Log in</h1>".to_owned()),
        || ok(json!({"id": USER_ID})),
        || ok(json!({"error": {"code": "x"}})),
        || ok(user("another")),
    ];
    for (index, reply) in replies.into_iter().enumerate() {
        let (outcome, asked) =
            sign_in.back(&sign_in.callback(), |request| (what(request) == "user").then(reply));
        assert_eq!(signed_in(outcome), by_claims(), "{index}");
        assert_eq!(asked.iter().filter(|request| what(request) == "code").count(), 1, "{index}");
    }
    let no_token: [fn() -> Reply; 3] = [
        || Reply::Json(400, json!({"error": "invalid_client"})),
        || Reply::Raw(503, Vec::new(), String::new()),
        || Reply::Fail(Failure::Timeout),
    ];
    for reply in no_token {
        let (outcome, asked) =
            sign_in.back(&sign_in.callback(), |request| (what(request) == "token").then(reply));
        assert_eq!(signed_in(outcome), by_claims());
        assert!(asked.iter().all(|request| what(request) != "user"), "there is no token");
    }
}

#[test]
fn missing_and_empty_claims_are_replaced() {
    let sign_in = sign_in(json!({}));
    let names = ["name", "preferred_username", "email", "given_name", "family_name"];
    for nothing in [json!(null), json!("")] {
        let mut claims = sign_in.claims();
        names.iter().for_each(|name| claims[*name] = nothing.clone());
        let user = signed_in(without_graph(&sign_in, &claims));
        let bare = User {
            id: USER_ID.to_owned(),
            username: USER_ID.to_owned(),
            display_name: USER_ID.to_owned(),
            enabled: true,
            ..User::default()
        };
        assert_eq!(user, bare);
    }
    let unnamed = without_graph(&sign_in, &sign_in.claims_with("name", json!(null)));
    assert_eq!(signed_in(unnamed).display_name, "AdeleV@contoso.com");
}

#[test]
fn guests_sign_in_where_the_settings_say_so() {
    let guest = with(user(USER_ID), "userType", json!("Guest"));
    assert_eq!(declined(with_graph(&sign_in(json!({})), &guest)), "guest");
    let taken = signed_in(with_graph(&sign_in(json!({"includeGuests": true})), &guest));
    assert!(taken.guest);
}

#[test]
fn blocked_accounts_sign_in_where_the_settings_say_so() {
    let blocked = with(user(USER_ID), "accountEnabled", json!(false));
    assert_eq!(declined(with_graph(&sign_in(json!({})), &blocked)), "account-disabled");
    let taken = signed_in(with_graph(&sign_in(json!({"includeDisabled": true})), &blocked));
    assert!(!taken.enabled);
    let blocked_guest = with(blocked, "userType", json!("Guest"));
    for some in [json!({"includeDisabled": true}), json!({"includeGuests": true})] {
        declined(with_graph(&sign_in(some), &blocked_guest));
    }
}

#[test]
fn guests_are_recognized_by_the_home_tenant_in_the_claims() {
    let home =
        |sign_in: &SignIn, idp: Value| without_graph(sign_in, &sign_in.claims_with("idp", idp));
    let all = sign_in(json!({}));
    for idp in [
        json!("https://sts.windows.net/72f988bf-86f1-41af-91ab-2d7cd011db47/"),
        json!("live.com"),
        json!("google.com"),
        json!("mail"),
    ] {
        assert_eq!(declined(home(&all, idp.clone())), "guest", "{idp}");
        assert!(signed_in(home(&sign_in(json!({"includeGuests": true})), idp)).guest);
    }
    for idp in [
        json!(null),
        json!(format!("https://sts.windows.net/{TENANT}/")),
        json!(format!("https://login.microsoftonline.com/{TENANT}/v2.0")),
    ] {
        assert!(!signed_in(home(&all, idp.clone())).guest, "{idp}");
    }
}

#[test]
fn only_members_of_the_groups_can_sign_in() {
    let group = "00000000-0000-4000-8000-000000000001";
    let sign_in = sign_in(json!({"onlyGroups": [group]}));
    let check = |groups: Value| {
        move |asked: &crate::tests::script::Asked| match what(asked) {
            "user" if asked.path.ends_with("/checkMemberGroups") => {
                assert_eq!(asked.body, json!({"groupIds": [group]}).to_string());
                Some(ok(json!({ "value": groups })))
            }
            "user" => Some(ok(user(USER_ID))),
            _ => None,
        }
    };
    let admitted = sign_in.back(&sign_in.callback(), check(json!([group]))).0;
    assert_eq!(signed_in(admitted).id, USER_ID);
    let refused_one = sign_in.back(&sign_in.callback(), check(json!([]))).0;
    assert_eq!(declined(refused_one), "not-in-groups");
    // Who cannot be looked up is not let in.
    let blind = sign_in.back(&sign_in.callback(), |asked| {
        (what(asked) == "user").then(|| refused(403, "Authorization_RequestDenied"))
    });
    assert!(matches!(blind.0, Err(Error::PermissionMissing(_))), "{:?}", blind.0);
}
