//! Requests of the plugin, to allowed origins only.

use std::sync::{Arc, atomic::Ordering};

use http_body_util::BodyExt as _;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use url::Url;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use super::Resources;

pub(super) struct Outbound {
    resources: Arc<Resources>,
    client: Client<HttpConnector, WasiBody>,
}

type Sent = Result<(http::Response<WasiBody>, Io), Error>;
type Io = Box<dyn Future<Output = Result<(), Error>> + Send>;

impl Outbound {
    pub(super) fn new(resources: Arc<Resources>) -> Self {
        Self { resources, client: Client::builder(TokioExecutor::new()).build_http() }
    }
}

impl WasiHttpHooks for Outbound {
    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        _: Option<RequestOptions>,
        _: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        let origin = Url::parse(&request.uri().to_string()).unwrap().origin();
        if !self.resources.allowed.contains(&origin.ascii_serialization()) {
            return Box::new(async { Err(Error::HttpRequestDenied) });
        }
        let answer = self.client.request(request);
        let pending = PendingRequest::new(self.resources.clone());
        Box::new(async {
            let _pending = pending;
            let answer = answer.await.map_err(|_| Error::ConnectionRefused)?;
            let broken = |_: hyper::Error| Error::HttpProtocolError;
            let answer = answer.map(|body| body.map_err(broken).boxed_unsync());
            Ok((answer, Box::new(async { Ok(()) }) as Io))
        })
    }
}

/// Counts a request until its answer is there.
struct PendingRequest(Arc<Resources>);

impl PendingRequest {
    fn new(resources: Arc<Resources>) -> Self {
        resources.pending_requests.fetch_add(1, Ordering::SeqCst);
        Self(resources)
    }
}

impl Drop for PendingRequest {
    fn drop(&mut self) {
        self.0.pending_requests.fetch_sub(1, Ordering::SeqCst);
    }
}
