//! Refusals of Exchange, each with a sentence and a remedy.

use super::{MARA, ROOM, book, code, exchange::Exchange, request};
use crate::error::Error;

/// Returns the error of a booking whose request is refused.
fn refusal(status: u16, code: &'static str) -> Error {
    let exchange = Exchange::default();
    exchange.state.borrow_mut().refusals = [(status, code)].into();
    let error = book(&exchange, &request()).expect_err("a refusal");
    assert!(exchange.copies(MARA).is_empty() && exchange.copies(ROOM).is_empty());
    error
}

#[test]
fn a_full_mailbox_and_an_illegal_move_are_definite_errors_with_a_remedy() {
    for (status, name) in [
        (507, "ErrorQuotaExceeded"),
        (403, "ErrorQuotaExceeded"),
        (400, "ErrorOccurrenceCrossingBoundary"),
    ] {
        let error = refusal(status, name);
        let explanation = error.explanation().expect("an explanation");
        assert!(matches!(error, Error::Other(_)), "{error:?}");
        assert_eq!(code(&error), name);
        assert!(explanation.remedy.is_some() && explanation.detail.is_some());
    }
}

#[test]
fn any_other_refusal_is_an_error_too() {
    let error = refusal(400, "ErrorInvalidRequest");
    assert!(matches!(error, Error::Unexpected(_)), "{error:?}");
}
