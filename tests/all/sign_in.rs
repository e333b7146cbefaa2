//! Users sign in through the built component, by way of the host's library, without pages.

use std::collections::BTreeMap;

use end_to_end::{Scene, component, press, text};
use m365_emulator::{Config, Fault, IdTokenFault, Then};
use ones_host::{
    model::{Callback, CallbackOutcome, Purpose, Redirect, Refusal, User},
    plugin::{CallError, Client, Limits, Plugin, Session},
    serve::Vendor,
    settings::Settings,
};
use serde_json::json;
use tokio::runtime::Runtime;

const REDIRECT_URI: &str = "http://127.0.0.1:9/sign-in/callback";

/// A host that signs users in.
struct Door {
    scene: Scene,
    runtime: Runtime,
    session: Session,
}

impl Door {
    fn new(scene: Scene) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let session = Self::open(&runtime, &scene);
        Self { scene, runtime, session }
    }

    fn open(runtime: &Runtime, scene: &Scene) -> Session {
        let client = Client::new().expect("a client");
        let plugin = Plugin::load(&component(), Limits::default(), client).expect("a plugin");
        let settings = Settings::parse(&scene.settings.to_string(), |_| None).expect("settings");
        runtime.block_on(Session::open(plugin, settings)).expect("a session")
    }

    fn begin(&self, purpose: Purpose) -> Redirect {
        let begun = self.session.begin_sign_in(REDIRECT_URI, purpose);
        self.runtime.block_on(begun).expect("a place to go to")
    }

    fn handle(
        &self,
        parameters: Vec<(String, String)>,
        flow: Option<String>,
    ) -> Result<CallbackOutcome, CallError> {
        let callback = Callback { redirect_uri: REDIRECT_URI.to_owned(), parameters, flow };
        self.runtime.block_on(self.session.handle_callback(callback))
    }

    /// Signs a user in, from the login page to the end.
    fn sign_in(&self, account: &str) -> Result<CallbackOutcome, CallError> {
        let Redirect { url, flow } = self.begin(Purpose::SignIn);
        self.handle(press(&url, "account", account), Some(flow))
    }

    #[track_caller]
    fn signs_in(&self, account: &str) -> User {
        match self.sign_in(account) {
            Ok(CallbackOutcome::SignedIn(user)) => user,
            other => panic!("{other:?}"),
        }
    }

    /// Returns a user that is neither a guest nor blocked nor a room.
    fn user(&self) -> serde_json::Value {
        self.scene.expected_users().into_values().next().expect("a user")
    }
}

/// Returns case and code of a refusal.
#[track_caller]
fn refused(outcome: Result<CallbackOutcome, CallError>) -> (&'static str, String) {
    match outcome {
        Err(CallError::Refused(Refusal::Rejected(it))) => ("rejected", it.code),
        Err(CallError::Refused(Refusal::Declined(it))) => ("declined", it.code),
        Err(CallError::Refused(Refusal::Unexpected(it))) => ("unexpected", it.code),
        Err(CallError::Refused(Refusal::Unauthorized(it))) => ("unauthorized", it.code),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_user_of_a_sign_in_equals_the_user_of_a_sync() {
    let mut scene = Scene::new(20, 2);
    scene.set("/users/cardNumber", json!("employeeId"));
    let door = Door::new(scene);
    door.scene.sync("users");
    let known = door.user();
    let user = door.signs_in(&text(&known, "userPrincipalName"));
    let mut synced = door.scene.synced_users().remove(&user.id).expect("the same id");
    synced.as_object_mut().expect("an object").remove("groups");
    assert_eq!(serde_json::to_value(&user).expect("JSON"), synced);
}

#[test]
fn many_sign_ins_ask_microsoft_for_the_configuration_once() {
    let door = Door::new(Scene::new(20, 2));
    door.scene.clear_requests();
    for _ in 0..20 {
        door.begin(Purpose::SignIn);
    }
    let asked: Vec<_> = door.scene.requests().into_iter().map(|it| it.path).collect();
    assert_eq!(asked.len(), 1, "{asked:#?}");
    assert!(asked[0].ends_with("/.well-known/openid-configuration"), "{asked:#?}");
    // What it said then is good enough to sign in with.
    door.signs_in(&text(&door.user(), "userPrincipalName"));
}

#[test]
fn a_callback_makes_four_requests() {
    let door = Door::new(Scene::new(20, 2));
    let known = text(&door.user(), "userPrincipalName");
    let Redirect { url, flow } = door.begin(Purpose::SignIn);
    let brought = press(&url, "account", &known);
    door.scene.clear_requests();
    assert!(door.handle(brought, Some(flow)).is_ok());
    let asked: Vec<_> = door.scene.requests().into_iter().map(|it| it.path).collect();
    let ends = ["/oauth2/v2.0/token", "/discovery/v2.0/keys", "/oauth2/v2.0/token", ""];
    assert_eq!(asked.len(), ends.len(), "{asked:#?}");
    assert!(asked.iter().zip(ends).all(|(path, end)| path.ends_with(end)), "{asked:#?}");
    assert!(asked[3].starts_with("/v1.0/users/"), "{asked:#?}");
}

#[test]
fn a_callback_costs_one_instance() {
    let door = Door::new(Scene::new(20, 2));
    let known = text(&door.user(), "userPrincipalName");
    let client = Client::new().expect("a client");
    let plugin = Plugin::load(&component(), Limits::default(), client).expect("a plugin");
    let settings =
        || Settings::parse(&door.scene.settings.to_string(), |_| None).expect("settings");
    let begun = Vendor::begin_sign_in(&plugin, settings(), REDIRECT_URI, Purpose::SignIn);
    let Redirect { url, flow } = door.runtime.block_on(begun).expect("a place to go to");
    let parameters = press(&url, "account", &known);
    let before = plugin.instances();
    let callback = Callback { redirect_uri: REDIRECT_URI.to_owned(), parameters, flow: Some(flow) };
    let handled = Vendor::handle_callback(&plugin, settings(), callback);
    assert!(door.runtime.block_on(handled).is_ok());
    assert_eq!(plugin.instances() - before, 1);
}

#[test]
fn without_the_permission_to_read_users_the_user_comes_from_the_token() {
    let door = Door::new(Scene::new(20, 2));
    door.scene.revoke("User.Read.All").expect("a permission");
    let known = door.user();
    let user = door.signs_in(&text(&known, "userPrincipalName"));
    assert_eq!(user.id, text(&known, "id"));
    assert_eq!(user.display_name, text(&known, "displayName"));
    assert_eq!(user.job_title, None);
}

#[test]
fn a_token_that_is_wrong_in_any_way_is_rejected() {
    let door = Door::new(Scene::new(20, 2));
    let known = text(&door.user(), "userPrincipalName");
    let expected: BTreeMap<_, _> = [
        (IdTokenFault::WrongKey, "id-token-signature"),
        (IdTokenFault::UnknownKid, "id-token-unknown-key"),
        (IdTokenFault::WrongIssuer, "id-token-issuer"),
        (IdTokenFault::WrongAudience, "id-token-audience"),
        (IdTokenFault::WrongTenant, "id-token-tenant"),
        (IdTokenFault::WrongNonce, "id-token-nonce"),
        (IdTokenFault::WithoutNonce, "id-token-nonce"),
        (IdTokenFault::Expired, "id-token-expired"),
        (IdTokenFault::NotYetValid, "id-token-not-yet-valid"),
        (IdTokenFault::WithoutOid, "id-token-without-oid"),
        (IdTokenFault::Version1, "id-token-issuer"),
        (IdTokenFault::AlgNone, "id-token-malformed"),
        (IdTokenFault::Hs256, "id-token-algorithm"),
        (IdTokenFault::KeysRotated, "id-token-unknown-key"),
    ]
    .into_iter()
    .map(|(fault, code)| (format!("{fault:?}"), (fault, code)))
    .collect();
    for (name, (fault, code)) in expected {
        door.scene.add_fault(Fault::once("/token", Then::IdToken(fault))).expect("a fault");
        assert_eq!(refused(door.sign_in(&known)), ("rejected", code.to_owned()), "{name}");
    }
    door.scene
        .add_fault(Fault::once("/token", Then::IdToken(IdTokenFault::Huge)))
        .expect("a fault");
    let huge = refused(door.sign_in(&known));
    assert_eq!(huge, ("unexpected", "answer-too-large".to_owned()));
    door.signs_in(&known);
}

#[test]
fn a_key_that_is_new_since_the_browser_left_is_found() {
    let door = Door::new(Scene::new(20, 2));
    let known = text(&door.user(), "userPrincipalName");
    let Redirect { url, flow } = door.begin(Purpose::SignIn);
    let brought = press(&url, "account", &known);
    door.scene.rotate_keys(true);
    assert!(door.handle(brought, Some(flow)).is_ok());
}

#[test]
fn a_callback_that_belongs_to_no_sign_in_of_this_browser_sends_no_request() {
    let door = Door::new(Scene::new(20, 2));
    let known = text(&door.user(), "userPrincipalName");
    let mine = door.begin(Purpose::SignIn);
    let other = door.begin(Purpose::SignIn);
    let brought = press(&other.url, "account", &known);
    door.scene.clear_requests();
    let outcome = door.handle(brought.clone(), Some(mine.flow));
    assert_eq!(refused(outcome), ("rejected", "state-mismatch".to_owned()));
    let outcome = door.handle(brought, None);
    assert_eq!(refused(outcome), ("rejected", "no-sign-in".to_owned()));
    assert_eq!(door.scene.requests().len(), 0);
}

#[test]
fn a_code_can_be_used_once() {
    let door = Door::new(Scene::new(20, 2));
    let known = text(&door.user(), "userPrincipalName");
    let Redirect { url, flow } = door.begin(Purpose::SignIn);
    let brought = press(&url, "account", &known);
    assert!(door.handle(brought.clone(), Some(flow.clone())).is_ok());
    assert_eq!(refused(door.handle(brought, Some(flow))), ("rejected", "AADSTS54005".to_owned()));
}

#[test]
fn a_cancelled_sign_in_is_declined() {
    let door = Door::new(Scene::new(20, 2));
    let Redirect { url, flow } = door.begin(Purpose::SignIn);
    let outcome = door.handle(press(&url, "cancel", "true"), Some(flow));
    assert_eq!(refused(outcome), ("declined", "AADSTS65004".to_owned()));
}

#[test]
fn guests_sign_in_only_where_the_settings_include_them() {
    let mut scene = Scene::new(60, 2);
    let guest = scene
        .users()
        .into_iter()
        .find(|it| it["userType"].as_str() == Some("Guest") && it["accountEnabled"] == json!(true));
    let guest = text(&guest.expect("a guest"), "userPrincipalName");
    let door = Door::new(Scene::new(60, 2));
    assert_eq!(refused(door.sign_in(&guest)), ("declined", "guest".to_owned()));
    scene.set("/users/includeGuests", json!(true));
    assert!(Door::new(scene).signs_in(&guest).guest);
}

#[test]
fn consent_grants_the_permissions() {
    let door = Door::new(Scene::new(5, 1));
    for permission in door.scene.permissions() {
        door.scene.revoke(permission).expect("a permission");
    }
    let Redirect { url, flow } = door.begin(Purpose::Consent);
    let declined = door.handle(press(&url, "cancel", "true"), Some(flow));
    assert_eq!(refused(declined), ("declined", "AADSTS65004".to_owned()));
    assert_eq!(door.scene.permissions().len(), 0);
    let Redirect { url, flow } = door.begin(Purpose::Consent);
    let outcome = door.handle(press(&url, "accept", "true"), Some(flow)).expect("consent");
    assert_eq!(outcome, CallbackOutcome::ConsentGranted);
    assert_eq!(door.scene.permissions().len(), 4);
}

#[test]
fn users_of_the_china_cloud_sign_in_under_its_own_issuer() {
    let cloud = m365_emulator::Cloud::ALL.into_iter().find(|it| it.name() == "china-21vianet");
    let config = Config { users: 20, cloud: cloud.expect("China"), ..Config::default() };
    let door = Door::new(Scene::with(config));
    let known = door.user();
    assert_eq!(door.signs_in(&text(&known, "userPrincipalName")).id, text(&known, "id"));
}

#[test]
fn case_038_an_app_with_its_own_signing_key_signs_users_in() {
    let door = Door::new(Scene::new(20, 2));
    door.scene.update_settings(|settings| settings.own_signing_key = true);
    let known = text(&door.user(), "userPrincipalName");
    let user = door.signs_in(&known);
    assert_eq!(user.id, text(&door.user(), "id"));
    // An unknown key is still refused.
    let fault = Fault::once("/token", Then::IdToken(IdTokenFault::UnknownKid));
    door.scene.add_fault(fault).expect("a fault");
    let outcome = refused(door.sign_in(&known));
    assert_eq!(outcome, ("rejected", "id-token-unknown-key".to_owned()));
}

#[test]
fn case_029_a_connection_that_is_reset_once_does_not_end_a_sign_in() {
    let mut door = Door::new(Scene::new(20, 2));
    let known = text(&door.user(), "userPrincipalName");
    for path in ["/.well-known/openid-configuration", "/discovery/v2.0/keys", "/v1.0/users/"] {
        // One that knows neither the configuration nor the keys yet.
        door.session = Door::open(&door.runtime, &door.scene);
        door.scene.set_faults(vec![Fault::once(path, Then::Close {})]).expect("a fault");
        let user = door.signs_in(&known);
        assert_eq!(user.display_name, text(&door.user(), "displayName"), "{path}");
        assert!(door.scene.faults().iter().all(|fault| fault.times == Some(0)), "{path}");
    }
}
