//! Passwords, sessions, sign-ins under way, and patience.

use std::{
    net::IpAddr,
    time::{Duration, Instant, SystemTime},
};

use ones_host::{
    access::{Attempts, Flows, Network, PasswordError, Pending, Sessions, flows, password},
    model::Purpose,
    store::{IntegrationId, SealingKey, Store, StoreOptions},
};
use proptest::prelude::*;
use tempfile::TempDir;

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
        flow: "state and verifier".to_owned(),
        redirect_uri: "https://ones.example/callback".to_owned(),
        purpose: Purpose::SignIn,
    }
}

const COOKIE: &str = "ones-flow-1";

/// Flows of a data folder, as a process that was just started has them.
fn flows(folder: &TempDir) -> Flows {
    Flows::new(&SealingKey::of(folder.path(), |_| None).unwrap())
}

/// What becomes of a cookie that a browser brings back.
fn take(flows: &Flows, sealed: &str, cookie: &str, now: SystemTime) -> Option<Pending> {
    flows.redeem(flows.open(sealed, cookie, now)?, now)
}

#[test]
fn a_sign_in_is_finished_once_by_the_browser_that_began_it() {
    let (folder, now) = (TempDir::new().unwrap(), SystemTime::now());
    let flows = flows(&folder);
    let sealed = [1, 2].map(|it| flows.seal(&pending(it), COOKIE, now).unwrap());
    assert_eq!(take(&flows, &sealed[1], COOKIE, now), Some(pending(2)));
    assert_eq!(take(&flows, &sealed[0], COOKIE, now), Some(pending(1)));
    assert_eq!(take(&flows, &sealed[0], COOKIE, now), None);
    assert_eq!(take(&flows, &sealed[1], COOKIE, now), None);
}

#[test]
fn a_sign_in_lasts_ten_minutes() {
    let (folder, now) = (TempDir::new().unwrap(), SystemTime::now());
    let flows = flows(&folder);
    let sealed = [1, 2].map(|it| flows.seal(&pending(it), COOKIE, now).unwrap());
    let late = now + 10 * MINUTE - Duration::from_secs(2);
    assert_eq!(take(&flows, &sealed[0], COOKIE, late), Some(pending(1)));
    assert_eq!(take(&flows, &sealed[1], COOKIE, now + 10 * MINUTE), None);
}

#[test]
fn a_flood_of_sign_ins_ends_none_that_is_under_way_nor_brings_back_one_that_was_used() {
    let (folder, now) = (TempDir::new().unwrap(), SystemTime::now());
    let flows = flows(&folder);
    let seal = |it| flows.seal(&pending(it), COOKIE, now).unwrap();
    let (first, used) = (seal(1), seal(2));
    assert!(take(&flows, &used, COOKIE, now).is_some());
    for _ in 0..10_500 {
        assert!(take(&flows, &seal(3), COOKIE, now).is_some());
    }
    let late = now + 9 * MINUTE;
    assert_eq!(take(&flows, &used, COOKIE, late), None);
    assert_eq!(take(&flows, &first, COOKIE, late), Some(pending(1)));
}

#[test]
fn a_sign_in_under_way_outlives_a_restart() {
    let (folder, now) = (TempDir::new().unwrap(), SystemTime::now());
    let before = flows(&folder);
    let sealed = [1, 2].map(|it| before.seal(&pending(it), COOKIE, now).unwrap());
    let after = flows(&folder);
    let own = after.seal(&pending(3), COOKIE, now).unwrap();
    assert_eq!(take(&after, &own, COOKIE, now), Some(pending(3)));
    // Both processes count from the same number on, and neither takes one for the other.
    assert_eq!(take(&after, &sealed[0], COOKIE, now), Some(pending(1)));
    assert_eq!(take(&after, &sealed[0], COOKIE, now), None);
    assert_eq!(take(&after, &sealed[1], COOKIE, now), Some(pending(2)));
}

#[test]
fn a_sign_in_of_another_host_or_of_another_cookie_is_none() {
    let (folder, now) = (TempDir::new().unwrap(), SystemTime::now());
    let sealed = flows(&folder).seal(&pending(1), COOKIE, now).unwrap();
    assert_eq!(take(&flows(&TempDir::new().unwrap()), &sealed, COOKIE, now), None);
    assert_eq!(take(&flows(&folder), &sealed, "ones-flow-2", now), None);
    // Settings are sealed with the key of the folder itself.
    assert!(!sealed.contains("verifier"));
}

#[test]
fn a_flow_that_fits_into_no_cookie_is_refused() {
    let (folder, now) = (TempDir::new().unwrap(), SystemTime::now());
    let flows = flows(&folder);
    let of = |size| Pending { flow: "x".repeat(size), ..pending(1) };
    let largest = flows.seal(&of(2_700), COOKIE, now).unwrap();
    assert!(largest.len() <= flows::LARGEST);
    assert_eq!(flows.seal(&of(3 << 10), COOKIE, now).unwrap_err().flow, 3 << 10);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_sign_in_that_was_changed_or_cut_is_none(
        place in 0_usize..4_000,
        letter in "[A-Za-z0-9_-]",
    ) {
        let (folder, now) = (TempDir::new().unwrap(), SystemTime::now());
        let flows = flows(&folder);
        let sealed = flows.seal(&pending(1), COOKIE, now).unwrap();
        let place = place % sealed.len();
        let mut changed = sealed.clone();
        changed.replace_range(place..=place, &letter);
        if changed != sealed {
            prop_assert_eq!(take(&flows, &changed, COOKIE, now), None);
        }
        prop_assert_eq!(take(&flows, &sealed[..place], COOKIE, now), None);
        prop_assert_eq!(take(&flows, &sealed, COOKIE, now), Some(pending(1)));
    }
}

#[test]
fn a_network_is_an_address_or_in_cidr_notation() {
    for (network, within, without) in [
        ("192.0.2.1", "192.0.2.1", "192.0.2.2"),
        ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
        ("10.0.0.0/8", "::ffff:10.1.2.3", "::10.1.2.3"),
        ("192.0.2.128/25", "192.0.2.200", "192.0.2.127"),
        ("fd00::/8", "fdff::1", "fe80::1"),
        ("2001:db8::1", "2001:db8::1", "2001:db8::2"),
        ("0.0.0.0/0", "203.0.113.9", "::1"),
        ("::/0", "2001:db8::1", "192.0.2.1"),
    ] {
        let parsed: Network = network.parse().unwrap();
        assert!(parsed.contains(address(within)), "{within} in {network}");
        assert!(!parsed.contains(address(without)), "{without} not in {network}");
    }
    for wrong in ["", "proxy", "10.0.0.0/33", "10.0.0.0/+8", "10.0.0.0/", "fd00::/129", "10.0.0/8"]
    {
        assert!(wrong.parse::<Network>().is_err(), "{wrong}");
    }
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
