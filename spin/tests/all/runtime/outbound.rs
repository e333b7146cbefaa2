//! Requests of the plugin: to the origins that `spin.toml` allows.

use std::sync::{Arc, atomic::Ordering};

use http_body_util::BodyExt as _;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use url::Url;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use super::Lent;

pub(super) struct Outbound {
    lent: Arc<Lent>,
    client: Client<HttpConnector, WasiBody>,
}

type Sent = Result<(http::Response<WasiBody>, Io), Error>;
type Io = Box<dyn Future<Output = Result<(), Error>> + Send>;

impl Outbound {
    pub(super) fn new(lent: Arc<Lent>) -> Self {
        Self { lent, client: Client::builder(TokioExecutor::new()).build_http() }
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
        if !self.lent.allowed.contains(&origin.ascii_serialization()) {
            return Box::new(async { Err(Error::HttpRequestDenied) });
        }
        let answer = self.client.request(request);
        let waiting = Unanswered::new(self.lent.clone());
        Box::new(async {
            let _waiting = waiting;
            let answer = answer.await.map_err(|_| Error::ConnectionRefused)?;
            let broken = |_: hyper::Error| Error::HttpProtocolError;
            let answer = answer.map(|body| body.map_err(broken).boxed_unsync());
            Ok((answer, Box::new(async { Ok(()) }) as Io))
        })
    }
}

/// Counts a request for as long as its answer is waited for.
struct Unanswered(Arc<Lent>);

impl Unanswered {
    fn new(lent: Arc<Lent>) -> Self {
        lent.unanswered.fetch_add(1, Ordering::SeqCst);
        Self(lent)
    }
}

impl Drop for Unanswered {
    fn drop(&mut self) {
        self.0.unanswered.fetch_sub(1, Ordering::SeqCst);
    }
}
