//! Builds answers, with the headers that all of them have.

use std::{convert::Infallible, pin::Pin};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use http::{
    HeaderValue, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS},
};
use http_body::Frame;
use http_body_util::{Full, StreamBody};

/// An answer whose body is complete, or is produced while it is sent.
pub type Answer = Response<Body>;

/// The body of an answer.
pub type Body = Pin<Box<dyn http_body::Body<Data = Bytes, Error = Infallible>>>;

/// Returns an answer whose body is complete.
pub fn complete(status: StatusCode, content_type: &'static str, text: impl Into<Bytes>) -> Answer {
    answer(status, content_type, Box::pin(Full::new(text.into())))
}

/// Returns an answer with JSON.
pub fn json(value: &serde_json::Value) -> Answer {
    complete(StatusCode::OK, "application/json", value.to_string())
}

/// Returns an answer with lines of JSON. A chunk is requested once the previous one was sent.
pub fn ndjson(chunks: impl Stream<Item = Bytes> + 'static) -> Answer {
    let frames = chunks.map(|chunk| Ok(Frame::data(chunk)));
    answer(StatusCode::OK, "application/x-ndjson", Box::pin(StreamBody::new(frames)))
}

fn answer(status: StatusCode, content_type: &'static str, body: Body) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    // Answers contain personal data.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}
