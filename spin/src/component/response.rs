//! Answers on their way to the client.

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

/// How often it is looked whether the client is still there while there is nothing to send, in
/// nanoseconds.
const LOOK: u64 = 200_000_000;

/// Gives the answer's head to the host; the body follows as it comes.
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

/// Sends a body to its end, or drops it as soon as the client is gone: with it ends a sync, and
/// what it asks of the vendor. The SDK's own writer would notice with the next batch only.
async fn send_body(mut writer: BodyWriter, mut body: Body) {
    loop {
        let look = pin!(monotonic_clock::wait_for(LOOK));
        let gone = match select(body.frame(), look).await {
            Either::Left((None, _)) => break,
            Either::Left((Some(frame), _)) => {
                let Ok(frame) = frame;
                let data = frame.into_data().unwrap_or_default();
                !writer.stream_writer.write_all(data.into()).await.is_empty()
            }
            // A write of no bytes says whether there is a reader.
            Either::Right(((), _)) => {
                writer.stream_writer.write(Vec::new()).await.0 == StreamResult::Dropped
            }
        };
        if gone {
            return;
        }
    }
    drop(writer.stream_writer);
    // A client that is gone needs no end.
    let _ = writer.result_writer.write(Ok(None)).await;
}
