//! Answers, and the headers that all of them have.

use std::{convert::Infallible, pin::Pin};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use http::{
    HeaderValue, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS},
};
use http_body::Frame;
use http_body_util::{Full, StreamBody};

/// An answer, whole or as it comes.
pub type Answer = Response<Body>;

/// The body of an answer.
pub type Body = Pin<Box<dyn http_body::Body<Data = Bytes, Error = Infallible>>>;

/// One that is there at once.
pub fn whole(status: StatusCode, content_type: &'static str, text: impl Into<Bytes>) -> Answer {
    answer(status, content_type, Box::pin(Full::new(text.into())))
}

/// JSON.
pub fn json(value: &serde_json::Value) -> Answer {
    whole(StatusCode::OK, "application/json", value.to_string())
}

/// Lines of JSON. The next chunk is asked for when the one before was taken.
pub fn ndjson(chunks: impl Stream<Item = Bytes> + 'static) -> Answer {
    let frames = chunks.map(|it| Ok(Frame::data(it)));
    answer(StatusCode::OK, "application/x-ndjson", Box::pin(StreamBody::new(frames)))
}

fn answer(status: StatusCode, content_type: &'static str, body: Body) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    // Directories and people are in there.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}
