//! Body of an answer, within limits.
//!
//! It is received ahead of its reader, up to a number of bytes, and the reader gets all that has
//! arrived at once: each read of a plugin costs more than copying what it reads.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    task::JoinSet,
    time::timeout,
};
use wasmtime_wasi_http::Error;

use super::failure;

/// Number of bytes that are received ahead of the reader. A single frame can be larger.
const AHEAD: u32 = 256 << 10;

/// Number of frames that are joined at most.
const JOINED: usize = 64;

/// Ends with an error after a number of bytes, or after a time without any.
pub(super) struct Answer {
    received: mpsc::UnboundedReceiver<Received>,
    /// Frames that are not joined yet.
    joining: Vec<Received>,
    /// What comes after the joined frames.
    next: Option<Result<Frame<Bytes>, Error>>,
    /// Number of bytes that are left, where the server announced it.
    left: Option<u64>,
    /// The task that receives. It ends with this value.
    _receiving: JoinSet<()>,
}

/// A frame, with the room that it takes.
struct Received {
    frame: Result<Frame<Bytes>, Error>,
    _room: Option<OwnedSemaphorePermit>,
}

/// Limits on receiving a body.
pub(super) struct Bounds {
    /// Largest size, in bytes.
    pub(super) size: u64,
    /// Longest time without a byte.
    pub(super) idle: Duration,
}

impl Answer {
    /// Begins to receive, on the runtime of the calling task. `permit` is given back after the last
    /// byte.
    pub(super) fn receive(
        body: reqwest::Body,
        bounds: Bounds,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        let (sender, received) = mpsc::unbounded_channel();
        let left = body.size_hint().exact();
        let mut receiving = JoinSet::new();
        receiving.spawn(async move {
            receive(body, bounds, sender).await;
            drop(permit);
        });
        Self { received, joining: Vec::new(), next: None, left, _receiving: receiving }
    }

    /// Joins the frames of data in `joining`, as far as nothing else comes between.
    fn join(&mut self) -> Option<Result<Frame<Bytes>, Error>> {
        let mut frames = self.joining.drain(..).map(|received| received.frame);
        let mut data = match frames.next()?.map(Frame::into_data) {
            Ok(Ok(data)) => data,
            Ok(Err(other)) => return Some(Ok(other)),
            Err(error) => return Some(Err(error)),
        };
        let mut joined = BytesMut::new();
        for frame in frames {
            match frame.map(Frame::into_data) {
                Ok(Ok(more)) => {
                    if joined.is_empty() {
                        joined.extend_from_slice(&data);
                    }
                    joined.extend_from_slice(&more);
                }
                // The last one.
                Ok(Err(other)) => self.next = Some(Ok(other)),
                Err(error) => self.next = Some(Err(error)),
            }
        }
        if !joined.is_empty() {
            data = joined.freeze();
        }
        self.left = self.left.map(|left| left.saturating_sub(data.len() as u64));
        Some(Ok(Frame::data(data)))
    }
}

/// Sends frames until the last one, or the first error.
async fn receive(
    mut body: reqwest::Body,
    bounds: Bounds,
    received: mpsc::UnboundedSender<Received>,
) {
    let Bounds { size, idle } = bounds;
    let (room, mut left) = (Arc::new(Semaphore::new(AHEAD as usize)), size);
    loop {
        let frame = match timeout(idle, body.frame()).await {
            Ok(Some(Ok(frame))) => frame,
            Ok(Some(Err(error))) => return fail(&received, failure::of_body(error)),
            Ok(None) => return,
            Err(_) => return fail(&received, Error::ConnectionReadTimeout),
        };
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        left = match left.checked_sub(bytes as u64) {
            Some(left) => left,
            None => return fail(&received, Error::HttpResponseBodySize(Some(size))),
        };
        let taken = u32::try_from(bytes).unwrap_or(AHEAD).min(AHEAD);
        let room = room.clone().acquire_many_owned(taken).await.ok();
        if received.send(Received { frame: Ok(frame), _room: room }).is_err() {
            return;
        }
    }
}

fn fail(received: &mpsc::UnboundedSender<Received>, error: Error) {
    // The reader may be gone.
    let _ = received.send(Received { frame: Err(error), _room: None });
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if let Some(next) = self.next.take() {
            return Poll::Ready(Some(next));
        }
        let Self { received, joining, .. } = &mut *self;
        ready!(received.poll_recv_many(cx, joining, JOINED));
        Poll::Ready(self.join())
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::new, SizeHint::with_exact)
    }
}
