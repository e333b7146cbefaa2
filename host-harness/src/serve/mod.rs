//! The face of the host: pages for the administrator and for those who sign in.
//!
//! - `admin`: set-up, log-in, the wizard, and what became of each integration.
//! - `people`: the login page, the way to the vendor and back, a page of one's own.
//! - `connections`: how many may be open, and for how long.
//! - `guard`: what every request passes.
//! - `incidents`: failures whose cause only the administrator may see.
//! - `view`: what the templates print.
//!
//! Every page works without JavaScript, and every text of a plugin is escaped.

mod admin;
mod app;
mod bounds;
mod client;
mod connections;
mod cookies;
mod departures;
mod error;
mod failure;
mod guard;
mod incidents;
mod people;
mod refused;
mod sessions;
mod site;
mod vendor;
mod view;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{
    access::Network,
    runner::{Connect, Runner},
    store::{SealingKey, Store},
    sync,
};
use app::{App, Given};
pub use bounds::Bounds;
use bounds::LARGEST_BODY;
pub use error::ServeError;
use incidents::Incidents;
pub use incidents::{Incident, Log};
use site::Site;
pub use vendor::{Asked, Vendor};

/// So long requests under way may take when the server ends.
const GRACE: Duration = Duration::from_secs(5);

/// How to serve.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; port 0 for any.
    pub listen: SocketAddr,
    /// What browsers call it. Where there is none, it is for this machine alone.
    pub public_url: Option<Url>,
    /// Proxies in front of it, whose `Forwarded` and `X-Forwarded-For` are believed.
    pub trusted_proxies: Vec<Network>,
    /// Limits on what clients use of it.
    pub bounds: Bounds,
    /// Takes the causes of failures that only the administrator may see.
    pub log: Log,
    /// How syncs run: when removals are applied.
    pub sync: sync::Options,
}

/// A server that listens.
pub struct Server {
    listener: TcpListener,
    app: Arc<App>,
    set_up: Option<String>,
}

impl Server {
    /// Listens. Connections wait until [`Self::run`].
    ///
    /// # Errors
    /// [`ServeError`]; also those of the plugin, when it is asked to describe itself, and of
    /// the store.
    pub async fn bind(
        store: Store,
        vendor: impl Vendor + Connect + Clone,
        key: SealingKey,
        options: Options,
    ) -> Result<Self, ServeError> {
        let manifest = vendor.describe().await?;
        let listener = site::listen(options.listen, options.public_url.is_some()).await?;
        let site = Site::new(&listener, options.public_url)?;
        vendor.keep_from_own_pages(site.address(), &site.url());
        let runner = Runner::new(store.another()?, vendor.clone(), key.clone(), options.sync);
        let slow = store.another()?;
        let given = Given {
            bounds: options.bounds,
            proxies: options.trusted_proxies,
            incidents: Incidents::new(options.log),
        };
        let app = App::new((store, slow), vendor, key, manifest, runner, site, given);
        let set_up = app.begin_set_up()?.map(|code| app.site.set_up(&code));
        Ok(Self { listener, app: Arc::new(app), set_up })
    }

    /// Where browsers find it, without a slash at the end.
    pub fn url(&self) -> String {
        self.app.site.url()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.app.site.address()
    }

    /// Where the password is set, as long as there is none: with a code for this once.
    pub fn set_up(&self) -> Option<&str> {
        self.set_up.as_deref()
    }

    /// Serves and follows the schedules, until `end`; then cancels what is under way.
    pub async fn run(self, end: impl Future<Output = ()>) {
        let runner = self.app.runner.clone();
        let schedule = tokio::spawn({
            let runner = runner.clone();
            async move { runner.follow_schedule().await }
        });
        let stopping = CancellationToken::new();
        let router = router(self.app.clone());
        let serving = connections::serve(self.listener, self.app, router, stopping.clone());
        let ending = async {
            end.await;
            stopping.cancel();
            tokio::join!(runner.stop(), tokio::time::sleep(GRACE));
        };
        tokio::select! {
            // It ends when it is told to, and when all requests are answered.
            () = serving => {}
            () = ending => {}
        }
        runner.stop().await;
        // Ends by itself, with the runner.
        let _ = schedule.await;
    }
}

fn router(app: Arc<App>) -> Router {
    Router::new()
        .merge(people::routes())
        .merge(admin::routes())
        .route(
            "/assets/style.css",
            get(|| asset("text/css", include_str!("../../assets/style.css"))),
        )
        .route(
            "/assets/script.js",
            get(|| asset("text/javascript", include_str!("../../assets/script.js"))),
        )
        .route(
            "/assets/icon.svg",
            get(|| asset("image/svg+xml", include_str!("../../assets/icon.svg"))),
        )
        .fallback(|| async { failure::Failure::not_found() })
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(middleware::from_fn_with_state(app.clone(), guard::check))
        .with_state(app)
}

async fn asset(kind: &'static str, text: &'static str) -> Response {
    // Asked for every time, so that a newer program is not seen in older clothes.
    let headers =
        [(CONTENT_TYPE, format!("{kind}; charset=utf-8")), (CACHE_CONTROL, "no-cache".to_owned())];
    (headers, text).into_response()
}
