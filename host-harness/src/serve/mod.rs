//! The web server: pages for the administrator, and for end users who sign in.
//!
//! - `admin`: set-up, log-in, the wizard, and the state of each integration.
//! - `user`: the sign-in page, the redirects to the vendor and back, and the user's own page.
//! - `bookings`: when rooms are taken, for both. `reservations`: bookings that are made in ONES.
//! - `connections`: limits on the number and the duration of connections.
//! - `guard`: checks of every request.
//! - `notifications`: where vendors report changes.
//! - `incidents`: failures whose cause only the administrator may see.
//! - `view`: the parts of the templates.
//!
//! Every page works without JavaScript, and every text of a plugin is escaped.

mod admin;
mod app;
mod bookings;
mod bounds;
mod client;
mod connections;
mod cookies;
mod departures;
mod error;
mod failure;
mod guard;
mod incidents;
mod notifications;
mod refused;
mod reservations;
mod sessions;
mod site;
mod user;
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
    notifications::Notifications,
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

/// Time that open requests have left when the server stops.
const GRACE: Duration = Duration::from_secs(5);

/// Options of a server.
#[derive(Debug, Clone)]
pub struct Options {
    /// Address to listen on. Port 0 selects any free port.
    pub listen: SocketAddr,
    /// URL under which browsers reach the server. Without it, only this machine can reach it.
    pub public_url: Option<Url>,
    /// Proxies in front of the server. It trusts their headers `Forwarded` and `X-Forwarded-For`.
    pub trusted_proxies: Vec<Network>,
    /// Limits on the resources that clients use.
    pub bounds: Bounds,
    /// Receives the failures whose cause only the administrator may see.
    pub log: Log,
    /// Options of each sync, such as the limits on removals.
    pub sync: sync::Options,
    /// Time from a run of bookings to the next, for integrations that have them on. Without it,
    /// only an administrator starts such runs.
    pub bookings_interval: Option<Duration>,
}

/// A server that listens on its address.
pub struct Server {
    listener: TcpListener,
    app: Arc<App>,
    set_up: Option<String>,
}

impl Server {
    /// Starts to listen. Connections wait until [`Self::run`].
    ///
    /// # Errors
    /// [`ServeError`] where the address or the URL cannot be used; an error of the plugin where it
    /// does not return its manifest; an error of the store.
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
        runner.read_bookings_every(options.bookings_interval);
        let slow = store.another()?;
        let given = Given {
            bounds: options.bounds,
            proxies: options.trusted_proxies,
            incidents: Incidents::new(options.log),
        };
        let notifications = Notifications::new(
            store.another()?,
            vendor.clone(),
            key.clone(),
            runner.clone(),
            site.reachable(),
        )?;
        let background = (runner, notifications);
        let app = App::new((store, slow), vendor, key, manifest, background, site, given);
        let set_up = app.begin_set_up()?.map(|code| app.site.set_up(&code));
        Ok(Self { listener, app: Arc::new(app), set_up })
    }

    /// Returns the URL for browsers, without a slash at the end.
    pub fn url(&self) -> String {
        self.app.site.url()
    }

    /// Returns the address that the server listens on.
    pub fn address(&self) -> SocketAddr {
        self.app.site.address()
    }

    /// Returns the link to set the administrator's password. It can be used once. `None` where a
    /// password is set.
    pub fn set_up(&self) -> Option<&str> {
        self.set_up.as_deref()
    }

    /// Serves pages and starts scheduled syncs until `end`, then cancels open requests and syncs.
    pub async fn run(self, end: impl Future<Output = ()>) {
        let runner = self.app.runner.clone();
        let schedule = tokio::spawn({
            let runner = runner.clone();
            async move { runner.follow_schedule().await }
        });
        let notifications = self.app.notifications.clone();
        let upkeep = tokio::spawn({
            let notifications = notifications.clone();
            async move { notifications.keep_up().await }
        });
        let stopping = CancellationToken::new();
        let router = router(self.app.clone());
        let serving = connections::serve(self.listener, self.app, router, stopping.clone());
        let ending = async {
            end.await;
            stopping.cancel();
            notifications.stop();
            tokio::join!(runner.stop(), tokio::time::sleep(GRACE));
        };
        tokio::select! {
            // Ends after `stopping`, when all requests are answered.
            () = serving => {}
            () = ending => {}
        }
        runner.stop().await;
        // They end when the runner and the notifications have stopped.
        let _ = tokio::join!(schedule, upkeep);
    }
}

fn router(app: Arc<App>) -> Router {
    Router::new()
        .merge(user::routes())
        .merge(admin::routes())
        .route(
            "/assets/style.css",
            get(|| asset("text/css", include_str!("../../assets/style.css"))),
        )
        .route("/assets/timeline.css", get(|| asset("text/css", &bookings::SHEET)))
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
        // Vendors have no session, and their requests are no forms.
        .merge(notifications::routes())
        .with_state(app)
}

async fn asset(kind: &'static str, text: &'static str) -> Response {
    // Requested every time, so that browsers do not combine new pages with an old style sheet.
    let headers =
        [(CONTENT_TYPE, format!("{kind}; charset=utf-8")), (CACHE_CONTROL, "no-cache".to_owned())];
    (headers, text).into_response()
}
