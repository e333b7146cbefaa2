//! Results of bookings and subscriptions as JSON.

use ones_records::{BookingOutcome, Explanation, RoomAnswer, Subscription, WatchSubject};
use serde_json::{Value, json};

use crate::problem::Problem;

/// Returns the result of a booking.
pub fn booking(outcome: &BookingOutcome) -> Value {
    let BookingOutcome { ticket, calendar, time, rooms } = outcome;
    let rooms: Vec<_> = rooms
        .iter()
        .map(|answered| json!({ "room": answered.room, "answer": answer(&answered.answer) }))
        .collect();
    json!({ "ticket": ticket, "calendar": calendar, "time": time, "rooms": rooms })
}

fn answer(answer: &RoomAnswer) -> Value {
    match answer {
        RoomAnswer::Pending => json!("pending"),
        RoomAnswer::Accepted(id) => json!({ "accepted": id }),
        RoomAnswer::Partly(partly) => {
            json!({ "partly": { "id": partly.id, "declined": partly.declined } })
        }
        RoomAnswer::Declined(reason) => json!({ "declined": explanation(reason) }),
        RoomAnswer::Conflict(bookings) => json!({ "conflict": bookings }),
        RoomAnswer::Ended(end) => json!({ "ended": end }),
    }
}

/// Returns a reason with the names that a [`Problem`] has.
fn explanation(reason: &Explanation) -> Value {
    let Explanation { code, summary, remedy, detail } = reason;
    json!({ "code": code, "detail": summary, "remedy": remedy, "vendor": detail })
}

/// The result for one subject: what it is about, the subscription, and whether it is new.
pub type Watched = (WatchSubject, Result<Subscription, Problem>, bool);

/// Returns the results of a call of `watch`.
pub fn watched(results: impl IntoIterator<Item = Watched>) -> Value {
    let one = |(subject, subscription, is_new): Watched| match subscription {
        Ok(subscription) => {
            json!({ "subject": subject, "subscription": subscription, "isNew": is_new })
        }
        Err(problem) => json!({ "subject": subject, "failed": problem.to_json() }),
    };
    json!({ "subjects": results.into_iter().map(one).collect::<Vec<_>>() })
}
