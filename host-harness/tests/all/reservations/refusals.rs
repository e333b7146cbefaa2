//! Refusals: those that end a wish, and those after which it is repeated.

use ones_host::{
    Error,
    model::{Explanation, Refusal},
    plugin::CallError,
    reservations::Answer,
    store::ReservationState,
};

use super::{host::*, outbox::nine, vendor::*};

#[test]
fn an_answer_of_a_plugin_that_is_not_connected_is_repeated() {
    let vendor = Vendor::default();
    let mut host = Host::new(&vendor);
    let made = host.reserve(nine("r1")).unwrap();
    let job = host.take(1).pop().unwrap();
    let (now, error) = (host.now, Error::from(CallError::Overdue));
    let answer = job.not_asked(&error);
    assert!(matches!(answer, Answer::Unclear { .. }), "{answer:?}");
    job.settle(host.store(), answer, now).unwrap();
    assert_eq!(host.get(&made.reference).problem.unwrap().code, "run-overdue");
    host.run_for(1);
    assert_eq!(host.get(&made.reference).state, ReservationState::Confirmed);
}

/// The refusals that say that no meeting was made, and those that say nothing of an earlier
/// attempt.
fn refusals() -> [(Refusal, bool); 4] {
    let explained = || Explanation {
        code: "why".to_owned(),
        summary: "The vendor said no".to_owned(),
        remedy: None,
        detail: None,
    };
    [
        (Refusal::Unexpected(explained()), true),
        (Refusal::Unsupported(explained()), true),
        (Refusal::Unauthorized(explained()), false),
        (Refusal::PermissionMissing(explained()), false),
    ]
}

#[test]
fn a_refusal_ends_a_wish_unless_an_earlier_attempt_may_have_made_a_meeting() {
    for (refusal, is_final) in refusals() {
        let vendor = Vendor::default();
        let mut host = Host::new(&vendor);
        let first = host.reserve(nine("r1")).unwrap();
        host.vendor.refuses = Some(refusal.clone());
        host.run();
        let failed = host.get(&first.reference);
        assert_eq!(failed.state, ReservationState::Failed, "{refusal:?}");
        assert_eq!((failed.waiting, failed.problem.unwrap().code.as_str()), (None, "why"));
        // The same after an attempt whose answer was lost.
        let second = host.reserve(nine("r1")).unwrap();
        host.vendor.fault = Fault::LostAfter;
        host.run();
        host.wait(5);
        host.vendor.refuses = Some(refusal.clone());
        host.run();
        let waits = host.get(&second.reference).waiting.is_some();
        assert_eq!(waits, !is_final, "{refusal:?}");
        if waits {
            host.run_for(1);
            assert_eq!(host.get(&second.reference).state, ReservationState::Confirmed);
        }
    }
}
