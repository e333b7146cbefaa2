//! Requests to Microsoft Graph: with the token, with retries, and with links that are checked.

pub mod batch;
pub mod by_id;
mod links;
mod mended;
mod page;
mod patience;
pub mod places;
mod refusal;
pub mod schedule;

use std::{
    cell::{Cell, RefCell},
    time::Duration,
};

use http::Uri;

use crate::{
    endpoints::Endpoints,
    entra::{self, AccessToken, Proof},
    error::{ANSWER_TOO_LARGE, Error, Explanation},
    host::{Failure, Host, Repeat, Request, Response, TransportError, uuid},
    model::Summary,
    permission::Permission,
    settings::Settings,
};

pub use links::Links;
use mended::mended;
pub use page::{LoopGuard, Page};
use patience::Verdict;
pub use patience::{Attempts, Patience, Pause, Trouble, is_passing, retry_after, seconds};
pub use refusal::GraphError;

/// Sends the requests of one call of the plugin to Entra ID and Graph. Gets a token with the first
/// request, uses it for all others, and counts the requests.
pub struct Graph<'a, H> {
    host: &'a H,
    settings: &'a Settings,
    endpoints: Endpoints,
    patience: Patience,
    token: RefCell<Option<AccessToken>>,
    requests: Cell<u32>,
    throttled: Cell<u32>,
    retried: Cell<u32>,
    /// Number of requests that were repeated without success until their time was used up.
    vain: Cell<u32>,
}

/// The answer of Graph to a request.
#[derive(Debug)]
pub enum Answer {
    /// Status 2xx.
    Success(Response),
    /// Any other status that neither a repetition nor another token changes.
    Refused(GraphError),
}

impl<'a, H: Host> Graph<'a, H> {
    /// Sends no request yet.
    pub fn new(host: &'a H, settings: &'a Settings, patience: Patience) -> Self {
        Self {
            host,
            settings,
            endpoints: settings.endpoints(),
            patience,
            token: RefCell::default(),
            requests: Cell::default(),
            throttled: Cell::default(),
            retried: Cell::default(),
            vain: Cell::default(),
        }
    }

    /// Returns the URLs of the tenant.
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// Returns the program that runs the plugin.
    pub fn host(&self) -> &'a H {
        self.host
    }

    /// Returns the settings.
    pub fn settings(&self) -> &'a Settings {
        self.settings
    }

    /// Returns the number of requests so far.
    pub fn summary(&self) -> Summary {
        Summary {
            requests: self.requests.get(),
            throttled: self.throttled.get(),
            retried: self.retried.get(),
            complete: true,
            ..Summary::default()
        }
    }

    /// Sends a request with the token. Gets a new token once where Graph no longer accepts it.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] where Entra ID issues no token or Graph refuses a new one,
    /// [`Error::Throttled`] and [`Error::Unavailable`] where the time for waiting ended.
    pub async fn ask(&self, request: Request) -> Result<Answer, Error> {
        let mut attempts = self.attempts_at(&request);
        self.ask_within(&mut attempts, request).await
    }

    async fn ask_within(&self, attempts: &mut Attempts, request: Request) -> Result<Answer, Error> {
        let mut renewed = false;
        loop {
            let token = self.token().await?;
            let request = request
                .clone()
                .header("authorization", token.authorization())
                .header("accept", "application/json");
            let response = self.send_within(attempts, request).await?;
            match response.status {
                200..=299 => return Ok(Answer::Success(response)),
                401 if !renewed => {
                    renewed = true;
                    self.token.take();
                }
                _ => {
                    let refusal = self.without_token(GraphError::read(&response));
                    if refusal.is_about_the_token() {
                        return Err(refusal.unauthorized());
                    }
                    return Ok(Answer::Refused(refusal));
                }
            }
        }
    }

    /// Does the same as [`Self::ask`], with an error for any refusal. `needs` is the permission for
    /// the path.
    ///
    /// # Errors
    /// Those of [`Self::ask`] and [`GraphError::explain`].
    pub async fn require(&self, request: Request, needs: Permission) -> Result<Response, Error> {
        let mut attempts = self.attempts_at(&request);
        self.require_within(&mut attempts, request, needs).await
    }

    /// Does the same as [`Self::require`], within the time for waiting of `attempts`.
    ///
    /// # Errors
    /// Those of [`Self::require`].
    pub async fn require_within(
        &self,
        attempts: &mut Attempts,
        request: Request,
        needs: Permission,
    ) -> Result<Response, Error> {
        match self.ask_within(attempts, request).await? {
            Answer::Success(response) => Ok(response),
            Answer::Refused(refusal) => Err(self.explain(refusal, needs)),
        }
    }

    /// Returns a refusal with the token removed: the server may have repeated it.
    pub fn without_token(&self, refusal: GraphError) -> GraphError {
        match &*self.token.borrow() {
            Some(token) => refusal.without(token.secret()),
            None => refusal,
        }
    }

    /// Counts a request that a caller sends again.
    pub fn count_again(&self, throttled: bool) {
        let counter = if throttled { &self.throttled } else { &self.retried };
        counter.set(counter.get() + 1);
    }

    /// Returns the error for a refusal. `needs` is the permission for the path.
    pub fn explain(&self, refusal: GraphError, needs: Permission) -> Error {
        let granted = self.token.borrow().as_ref().and_then(|token| token.hints_at(needs.name));
        refusal.explain(needs, granted, self.endpoints.portal())
    }

    /// Parses a link that Graph returned.
    ///
    /// # Errors
    /// [`Error::Unexpected`] where it leads to another server, to which the token must not be sent.
    pub fn own_link(&self, link: &str) -> Result<Uri, Error> {
        self.endpoints.own_link(link).ok_or_else(|| {
            Error::Unexpected(
                Explanation::new(
                    "foreign-link",
                    "Microsoft Graph's link to the next page leads to another server; ONES did not \
                        send the token there",
                )
                .remedy("Check whether a proxy between ONES and Microsoft changes the traffic"),
            )
        })
    }

    /// Returns the token. Gets a new one where there is none, or where it expires soon.
    ///
    /// # Errors
    /// Those of [`Proof::new`], [`entra::read_token`] and [`Self::send`].
    pub async fn token(&self) -> Result<AccessToken, Error> {
        let stored = self.token.borrow().clone();
        if let Some(token) = stored.filter(|token| !token.is_stale(self.host.now())) {
            return Ok(token);
        }
        let proof = Proof::new(self.host, self.settings, &self.endpoints.token().to_string())?;
        let request = entra::token_request(self.settings, &proof);
        let response = self.send(request).await?;
        let token = entra::read_token(self.settings, &proof, &response, self.host.now())?;
        self.token.replace(Some(token.clone()));
        Ok(token)
    }

    /// Sends a request without the token; returns the answer, whatever its status.
    ///
    /// # Errors
    /// [`Error::Throttled`] and [`Error::Unavailable`] where the time for waiting ended.
    pub async fn send(&self, request: Request) -> Result<Response, Error> {
        let mut attempts = self.attempts_at(&request);
        self.send_within(&mut attempts, request).await
    }

    /// Sends a request, and repeats it where that can help and the time for waiting lasts.
    async fn send_within(
        &self,
        attempts: &mut Attempts,
        request: Request,
    ) -> Result<Response, Error> {
        // Microsoft's support finds a request by this id.
        let mut request = request.header("client-request-id", uuid(self.host));
        request.silence = self.patience.silence();
        loop {
            self.requests.set(self.requests.get() + 1);
            let begun = self.host.now();
            let result = self.host.send(request.clone()).await.map(mended);
            let now = self.host.now();
            if let Some(trouble) = Trouble::find(&result, now) {
                // The clock can have been set back meanwhile.
                attempts.took(now.duration_since(begun).unwrap_or_default());
                if self.again(attempts, &trouble).await? {
                    continue;
                }
            }
            return result.map_err(|error| explain_failure(&request, &error));
        }
    }

    /// The attempts at a request that can be sent again, none of them made yet.
    pub fn attempts(&self) -> Attempts {
        Attempts::new(self.patience, self.vain.get())
    }

    fn attempts_at(&self, request: &Request) -> Attempts {
        match request.repeat {
            Repeat::Always => self.attempts(),
            Repeat::IfNotProcessed => Attempts::if_not_processed(self.patience),
            Repeat::Never => Attempts::single(),
        }
    }

    /// Waits, counts, and returns true where the request is to be sent again; returns false where
    /// the last answer is the result.
    ///
    /// # Errors
    /// [`Error::Throttled`] where Microsoft limits the requests for longer than there is patience.
    pub async fn again(&self, attempts: &mut Attempts, trouble: &Trouble) -> Result<bool, Error> {
        match attempts.judge(trouble, |pause| self.length(pause)) {
            Verdict::Again(pause) => {
                self.count_again(trouble.throttled);
                self.host.sleep(pause).await;
                Ok(true)
            }
            Verdict::GiveUp(seconds) => Err(Error::Throttled(seconds)),
            Verdict::Final => {
                let in_vain = u32::from(attempts.could_repeat());
                self.vain.set(self.vain.get().saturating_add(in_vain));
                Ok(false)
            }
        }
    }

    /// Returns the length of a pause: exactly the one that Microsoft asked for; otherwise between
    /// half and all of the back-off, so that many tenants do not come back at the same time.
    pub fn length(&self, pause: Pause) -> Duration {
        match pause {
            Pause::Asked(time) => time,
            Pause::Guessed(time) => {
                #[expect(clippy::cast_precision_loss, reason = "chance needs no precision")]
                let share = (self.host.random() >> 11) as f64 / (1_u64 << 53) as f64;
                time.mul_f64(0.5 + share / 2.0)
            }
        }
    }
}

fn explain_failure(request: &Request, error: &TransportError) -> Error {
    let server = request.uri.authority().map_or("", |authority| authority.as_str());
    let name = request.uri.host().unwrap_or_default();
    let (scheme, own_port) = match request.uri.scheme_str() {
        Some("http") => ("http", 80),
        _ => ("https", 443),
    };
    let port = request.uri.port_u16().unwrap_or(own_port);
    let explanation = |code: &str, summary: String, remedy: &str| {
        Explanation::new(code, summary).remedy(remedy).detail(error.detail.clone())
    };
    match error.failure {
        Failure::Dns => Error::Unavailable(explanation(
            "dns",
            format!("The name {name} cannot be resolved"),
            "Check the network and DNS of the machine that ONES runs on, and the operator in the \
                server settings",
        )),
        Failure::Connection => Error::Unavailable(explanation(
            "connection",
            format!("No connection to {server}"),
            &format!(
                "Check whether {name} is running, and whether a firewall or proxy lets ONES reach \
                 it over {} (port {port})",
                scheme.to_ascii_uppercase()
            ),
        )),
        Failure::Timeout => Error::Unavailable(explanation(
            "timeout",
            format!("{server} does not answer"),
            "Try again. If the error remains, check firewall and proxy",
        )),
        Failure::Protocol => Error::Unavailable(explanation(
            "protocol",
            format!("The answer of {server} is incomplete or is not HTTP"),
            "Try again. If the error remains, check whether a proxy changes the traffic",
        )),
        Failure::Tls => Error::Unavailable(explanation(
            "certificate",
            format!("The certificate of {server} is not trusted"),
            "If a proxy of your company inspects HTTPS, add its root certificate to those that the \
                machine that ONES runs on trusts",
        )),
        Failure::Denied => Error::Unavailable(explanation(
            "denied",
            format!("The host does not allow requests of the plugin to {scheme}://{server}"),
            "Allow the origins that the plugin names for these settings",
        )),
        Failure::TooLarge => Error::Unexpected(explanation(
            ANSWER_TOO_LARGE,
            format!("The answer of {server} is larger than any answer of Microsoft"),
            "Check whether a proxy or firewall answers instead of Microsoft",
        )),
    }
}
