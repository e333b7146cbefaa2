//! Body of an answer, within limits.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, Sleep},
};
use wasmtime_wasi_http::Error;

use super::failure;

/// Ends with an error after a number of bytes, or after a time without any.
pub(super) struct Answer {
    body: reqwest::Body,
    left: u64,
    limit: u64,
    idle: Duration,
    deadline: Pin<Box<Sleep>>,
    /// Given back after the last byte.
    permit: Option<OwnedSemaphorePermit>,
}

impl Answer {
    pub(super) fn new(
        body: reqwest::Body,
        limit: u64,
        idle: Duration,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        let deadline = Box::pin(tokio::time::sleep(idle));
        Self { body, left: limit, limit, idle, deadline, permit: Some(permit) }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                let size = frame.data_ref().map_or(0, |it| it.len() as u64);
                match self.left.checked_sub(size) {
                    Some(left) => self.left = left,
                    None => {
                        let limit = self.limit;
                        return Poll::Ready(Some(Err(Error::HttpResponseBodySize(Some(limit)))));
                    }
                }
                let deadline = Instant::now() + self.idle;
                self.deadline.as_mut().reset(deadline);
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(failure::of_body(error)))),
            Poll::Ready(None) => {
                self.permit = None;
                Poll::Ready(None)
            }
            Poll::Pending => {
                std::task::ready!(self.deadline.as_mut().poll(cx));
                Poll::Ready(Some(Err(Error::ConnectionReadTimeout)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
