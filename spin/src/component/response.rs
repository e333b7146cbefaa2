//! Sends answers to the client.

use std::pin::pin;

use futures_util::future::{Either, select};
use http_body_util::BodyExt as _;
use spin_sdk::{
    wasip3::{
        clocks::monotonic_clock,
        http::types::{ErrorCode, Fields, Response},
        http_compat::BodyWriter,
    },
    wit_bindgen::{self, StreamResult},
};

use crate::answer::{Answer, Body};

/// How often to check whether the client has left while there is nothing to send, in nanoseconds.
const CHECK_INTERVAL: u64 = 200_000_000;

/// Returns the head of an answer to the host, and sends the body afterwards.
pub(super) fn send(answer: Answer) -> Result<Response, ErrorCode> {
    let (parts, body) = answer.into_parts();
    let pairs = parts.headers.iter();
    let headers: Vec<_> =
        pairs.map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
    let headers = Fields::from_list(&headers).map_err(|_| ErrorCode::InternalError(None))?;
    let (writer, contents, trailers) = BodyWriter::new();
    let (response, _sent) = Response::new(headers, Some(contents), trailers);
    response.set_status_code(parts.status.as_u16()).map_err(|()| ErrorCode::InternalError(None))?;
    wit_bindgen::spawn(send_body(writer, body));
    Ok(response)
}

/// Sends a body to its end, or drops it as soon as the client has left. Dropping it ends a sync and
/// its requests to the vendor. The writer of the SDK would notice with the next batch only.
async fn send_body(mut writer: BodyWriter, mut body: Body) {
    loop {
        let check = pin!(monotonic_clock::wait_for(CHECK_INTERVAL));
        let has_left = match select(body.frame(), check).await {
            Either::Left((None, _)) => break,
            Either::Left((Some(frame), _)) => {
                let Ok(frame) = frame;
                let data = frame.into_data().unwrap_or_default();
                !writer.stream_writer.write_all(data.into()).await.is_empty()
            }
            // A write of no bytes returns whether there still is a reader.
            Either::Right(((), _)) => {
                writer.stream_writer.write(Vec::new()).await.0 == StreamResult::Dropped
            }
        };
        if has_left {
            return;
        }
    }
    drop(writer.stream_writer);
    // Fails where the client has left, which does not matter here.
    let _ = writer.result_writer.write(Ok(None)).await;
}
