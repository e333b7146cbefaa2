//! Passwords, sessions, sign-ins under way, and patience.

use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

use ones_host::{
    access::{Attempts, Flows, PasswordError, Pending, Sessions, password},
    model::{Flow, Purpose},
    store::{IntegrationId, Store, StoreOptions},
};

const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);

fn sessions(capacity: usize) -> Sessions<&'static str> {
    Sessions::new(8 * HOUR, HOUR, capacity)
}

#[test]
fn a_session_is_known_by_its_token_alone() {
    let (sessions, now) = (sessions(10), Instant::now());
    let (anna, ben) = (sessions.open("anna", now), sessions.open("ben", now));
    assert_eq!(sessions.get(anna.secret(), now), Some("anna"));
    assert_eq!(sessions.get(ben.secret(), now), Some("ben"));
    assert_eq!(sessions.get("", now), None);
    assert_eq!(sessions.get(&anna.secret()[1..], now), None);
    sessions.close(anna.secret());
    assert_eq!(sessions.get(anna.secret(), now), None);
    assert_eq!(sessions.get(ben.secret(), now), Some("ben"));
}

#[test]
fn a_session_ends_when_it_is_not_used() {
    let (sessions, now) = (sessions(10), Instant::now());
    let token = sessions.open("anna", now);
    assert_eq!(sessions.get(token.secret(), now + 59 * MINUTE), Some("anna"));
    assert_eq!(sessions.get(token.secret(), now + 118 * MINUTE), Some("anna"));
    assert_eq!(sessions.get(token.secret(), now + 178 * MINUTE), None);
}

#[test]
fn a_session_ends_however_much_it_is_used() {
    let (sessions, now) = (sessions(10), Instant::now());
    let token = sessions.open("anna", now);
    for hours in 1..16 {
        sessions.get(token.secret(), now + hours * HOUR / 2);
    }
    assert_eq!(sessions.get(token.secret(), now + 8 * HOUR - MINUTE), Some("anna"));
    assert_eq!(sessions.get(token.secret(), now + 8 * HOUR), None);
}

#[test]
fn where_sessions_are_too_many_the_one_not_used_for_longest_ends() {
    let (sessions, now) = (sessions(2), Instant::now());
    let at = |seconds| now + Duration::from_secs(seconds);
    let anna = sessions.open("anna", now);
    let ben = sessions.open("ben", at(1));
    sessions.get(anna.secret(), at(2));
    let clara = sessions.open("clara", at(3));
    let who = |token: &ones_host::access::Token| sessions.get(token.secret(), at(4));
    assert_eq!((who(&anna), who(&ben), who(&clara)), (Some("anna"), None, Some("clara")));
}

fn pending(number: i64) -> Pending {
    Pending {
        integration: IntegrationId::from(number),
        flow: Flow("state and verifier".to_owned()),
        redirect_uri: "https://ones.example/callback".to_owned(),
        purpose: Purpose::SignIn,
    }
}

#[test]
fn a_sign_in_is_finished_once_by_the_browser_that_began_it() {
    let (flows, now) = (Flows::new(), Instant::now());
    let (one, two) = (flows.begin(pending(1), now), flows.begin(pending(2), now));
    assert_eq!(flows.take("another", now), None);
    assert_eq!(flows.take(two.secret(), now), Some(pending(2)));
    assert_eq!(flows.take(one.secret(), now), Some(pending(1)));
    assert_eq!(flows.take(one.secret(), now), None);
}

#[test]
fn a_sign_in_lasts_ten_minutes() {
    let (flows, now) = (Flows::new(), Instant::now());
    let (one, two) = (flows.begin(pending(1), now), flows.begin(pending(2), now));
    assert_eq!(flows.take(one.secret(), now + 10 * MINUTE - MINUTE / 60), Some(pending(1)));
    assert_eq!(flows.take(two.secret(), now + 10 * MINUTE), None);
}

#[test]
fn of_too_many_sign_ins_the_oldest_goes() {
    let (flows, now) = (Flows::new(), Instant::now());
    let begin = |at: u64| flows.begin(pending(1), now + Duration::from_millis(at));
    let (first, second) = (begin(0), begin(1));
    for at in 2..=10_000 {
        begin(at);
    }
    assert_eq!(flows.take(first.secret(), now), None);
    assert_eq!(flows.take(second.secret(), now), Some(pending(1)));
}

#[test]
fn tokens_are_long_and_never_shown() {
    let (sessions, now) = (sessions(10), Instant::now());
    let (one, two) = (sessions.open("anna", now), sessions.open("anna", now));
    assert_ne!(one, two);
    // 256 bits in base64.
    assert_eq!(one.secret().len(), 43);
    assert!(one.secret().chars().all(|it| it.is_ascii_alphanumeric() || "-_".contains(it)));
    assert_eq!(format!("{one:?}"), "Token([redacted])");
    assert!(!format!("{:?}", pending(1)).contains("verifier"));
}

#[test]
fn a_password_is_stored_as_a_hash_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path(), StoreOptions::default()).unwrap();
    assert_eq!(store.password().unwrap(), None);
    for password in ["correct horse", "battery staple"] {
        let phc = password::hash(password).unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(!phc.contains(password));
        store.set_password(&phc).unwrap();
        let stored = store.password().unwrap().unwrap();
        assert!(password::verify(password, &stored));
        assert!(!password::verify("correct horsf", &stored));
        assert!(!password::verify("", &stored));
    }
    assert_ne!(password::hash("correct horse"), password::hash("correct horse"));
}

#[test]
fn a_password_is_neither_short_nor_endless() {
    assert_eq!(password::hash("elf letters"), Err(PasswordError::TooShort));
    // Characters count, not bytes.
    assert_eq!(password::hash("äöüäöüäöüäö"), Err(PasswordError::TooShort));
    assert!(password::hash("äöüäöüäöüäöü").is_ok());
    assert_eq!(password::hash(&"x".repeat(1_025)), Err(PasswordError::TooLong));
}

#[test]
fn what_is_no_hash_fits_no_password() {
    for phc in ["", "plain", "$argon2id$v=19$m=19456,t=2,p=1$", "$scrypt$ln=1$c2FsdA$aGFzaA"] {
        assert!(!password::verify("plain", phc), "{phc}");
        assert!(!password::verify("", phc), "{phc}");
    }
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// Fails as often, and says how long to wait then.
#[track_caller]
fn fail(attempts: &Attempts, from: &str, times: u32, now: Instant) -> Option<Duration> {
    for _ in 0..times {
        attempts.begin(address(from), now).unwrap();
    }
    attempts.begin(address(from), now).err()
}

#[test]
fn after_five_failures_one_waits_longer_each_time() {
    let (attempts, start) = (Attempts::default(), Instant::now());
    let mut now = start;
    let mut wait = fail(&attempts, "192.0.2.1", 5, now).unwrap();
    let mut waits = vec![wait.as_secs()];
    for _ in 0..9 {
        let early = now + wait - Duration::from_secs(1);
        assert_eq!(attempts.begin(address("192.0.2.1"), early), Err(Duration::from_secs(1)));
        now += wait;
        wait = fail(&attempts, "192.0.2.1", 1, now).unwrap();
        waits.push(wait.as_secs());
    }
    assert_eq!(waits, [30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]);
}

#[test]
fn a_success_is_worth_five_attempts() {
    let (attempts, now) = (Attempts::default(), Instant::now());
    for _ in 0..4 {
        attempts.begin(address("192.0.2.1"), now).unwrap();
    }
    attempts.succeeded(address("192.0.2.1"));
    assert!(fail(&attempts, "192.0.2.1", 5, now).is_some());
}

#[test]
fn failures_are_forgotten_after_a_day() {
    let (attempts, now) = (Attempts::default(), Instant::now());
    assert!(fail(&attempts, "192.0.2.1", 5, now).is_some());
    assert!(fail(&attempts, "192.0.2.1", 5, now + 24 * HOUR).is_some());
}

#[test]
fn each_network_has_attempts_of_its_own() {
    let (attempts, now) = (Attempts::default(), Instant::now());
    assert!(fail(&attempts, "192.0.2.1", 5, now).is_some());
    assert_eq!(attempts.begin(address("192.0.2.2"), now), Ok(()));
    // The same in another notation.
    assert!(attempts.begin(address("::ffff:192.0.2.1"), now).is_err());
    assert!(fail(&attempts, "2001:db8::1", 5, now).is_some());
    assert!(attempts.begin(address("2001:db8::ffff:2"), now).is_err());
    assert_eq!(attempts.begin(address("2001:db8:0:1::1"), now), Ok(()));
}

#[test]
fn of_too_many_addresses_the_quietest_is_forgotten() {
    let (attempts, now) = (Attempts::default(), Instant::now());
    let at = |seconds| now + Duration::from_secs(seconds);
    assert!(fail(&attempts, "192.0.2.1", 5, now).is_some());
    assert!(fail(&attempts, "192.0.2.2", 5, at(1)).is_some());
    for number in 0..9_999_u32 {
        attempts.begin(IpAddr::from((0x0a00_0000 | number).to_be_bytes()), at(2)).unwrap();
    }
    assert_eq!(attempts.begin(address("192.0.2.1"), at(2)), Ok(()));
    // That one took the place of the other.
    assert_eq!(attempts.begin(address("192.0.2.2"), at(2)), Ok(()));
}
