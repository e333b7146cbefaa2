//! Microsoft Graph: requests with a token, with patience, within limits.

mod mended;
mod page;
mod patience;
mod refusal;

use std::{
    cell::{Cell, RefCell},
    time::Duration,
};

use http::Uri;

use crate::{
    cloud::Endpoints,
    describe::Permission,
    entra::{self, AccessToken, Proof},
    error::{ANSWER_TOO_LARGE, Error, Explanation},
    host::{Failure, Host, Request, Response, TransportError, uuid},
    model::Summary,
    settings::Settings,
};

use mended::mended;
pub use page::{LoopGuard, Page};
use patience::Verdict;
pub use patience::{Attempts, Patience, Pause, Trouble, is_passing, retry_after, seconds};
pub use refusal::GraphError;

/// One run's conversation with Entra ID and Graph. Gets a token when it first needs one,
/// keeps it for the run, and counts what goes over the wire.
pub struct Graph<'a, H> {
    host: &'a H,
    settings: &'a Settings,
    endpoints: Endpoints,
    patience: Patience,
    token: RefCell<Option<AccessToken>>,
    requests: Cell<u32>,
    throttled: Cell<u32>,
    retried: Cell<u32>,
    /// Requests that were sent again until their time was used up.
    vain: Cell<u32>,
}

/// What Graph made of a request.
#[derive(Debug)]
pub enum Answer {
    /// 2xx.
    Success(Response),
    /// Anything else that is no matter of patience or of the token.
    Refused(GraphError),
}

impl<'a, H: Host> Graph<'a, H> {
    /// Asks nobody yet.
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

    /// Where to ask.
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// Whoever runs the plugin.
    pub fn host(&self) -> &'a H {
        self.host
    }

    /// The settings of this run.
    pub fn settings(&self) -> &'a Settings {
        self.settings
    }

    /// What went over the wire so far.
    pub fn summary(&self) -> Summary {
        Summary {
            requests: self.requests.get(),
            throttled: self.throttled.get(),
            retried: self.retried.get(),
            complete: true,
            ..Summary::default()
        }
    }

    /// Sends a request with the run's token; one more token is asked for where Graph no
    /// longer takes it.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] where no token is to be had or a fresh one is refused,
    /// [`Error::Throttled`] and [`Error::Unavailable`] where patience ended.
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
                    let refusal = self.discreet(GraphError::read(&response));
                    if refusal.is_about_the_token() {
                        return Err(refusal.unauthorized());
                    }
                    return Ok(Answer::Refused(refusal));
                }
            }
        }
    }

    /// [`Self::ask`], where any refusal is an error. `needs` is the permission that opens
    /// this path.
    ///
    /// # Errors
    /// As [`Self::ask`], and [`GraphError::explain`].
    pub async fn require(&self, request: Request, needs: Permission) -> Result<Response, Error> {
        let mut attempts = self.attempts_at(&request);
        self.require_within(&mut attempts, request, needs).await
    }

    /// [`Self::require`], where the time for waiting is shared with other requests.
    ///
    /// # Errors
    /// As [`Self::require`].
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

    /// A refusal without the token, should the server have repeated it.
    pub fn discreet(&self, refusal: GraphError) -> GraphError {
        match &*self.token.borrow() {
            Some(token) => refusal.without(token.secret()),
            None => refusal,
        }
    }

    /// Counts a request that is sent again, outside of this conversation's own patience.
    pub fn count_again(&self, throttled: bool) {
        let counter = if throttled { &self.throttled } else { &self.retried };
        counter.set(counter.get() + 1);
    }

    /// Words for a refusal of a path that `needs` opens.
    pub fn explain(&self, refusal: GraphError, needs: Permission) -> Error {
        let granted = self.token.borrow().as_ref().and_then(|it| it.hints_at(needs.name));
        refusal.explain(needs, granted, self.endpoints.portal())
    }

    /// A link that Graph gave.
    ///
    /// # Errors
    /// [`Error::Unexpected`] where it leads to another server: the token goes nowhere else.
    pub fn own_link(&self, link: &str) -> Result<Uri, Error> {
        self.endpoints.own_link(link).ok_or_else(|| {
            Error::Unexpected(
                Explanation::new("foreign-link", "Microsoft Graph's next page is said to be on another server; the token was not sent there")
                    .remedy("Check whether a proxy between ONES and Microsoft changes the traffic"),
            )
        })
    }

    /// The run's token, a new one where there is none or it grows old.
    ///
    /// # Errors
    /// [`Proof::new`]'s, [`entra::read_token`]'s, and where patience ended.
    pub async fn token(&self) -> Result<AccessToken, Error> {
        let kept = self.token.borrow().clone();
        if let Some(token) = kept.filter(|it| !it.is_stale(self.host.now())) {
            return Ok(token);
        }
        let proof = Proof::new(self.host, self.settings, &self.endpoints.token().to_string())?;
        let request = entra::token_request(self.settings, &proof);
        let response = self.send(request).await?;
        let token = entra::read_token(self.settings, &proof, &response, self.host.now())?;
        self.token.replace(Some(token.clone()));
        Ok(token)
    }

    /// Sends a request as it is, without the run's token; gives the answer, whatever its status.
    ///
    /// # Errors
    /// [`Error::Throttled`] and [`Error::Unavailable`] where patience ended.
    pub async fn send(&self, request: Request) -> Result<Response, Error> {
        let mut attempts = self.attempts_at(&request);
        self.send_within(&mut attempts, request).await
    }

    /// Sends, again and again where that may help and the time for waiting lasts.
    async fn send_within(
        &self,
        attempts: &mut Attempts,
        request: Request,
    ) -> Result<Response, Error> {
        // By which Microsoft's support finds a request.
        let mut request = request.header("client-request-id", uuid(self.host));
        request.silence = self.patience.silence();
        loop {
            self.requests.set(self.requests.get() + 1);
            let begun = self.host.now();
            let result = self.host.send(request.clone()).await.map(mended);
            let now = self.host.now();
            if let Some(trouble) = Trouble::of(&result, now) {
                // A clock that was set back does not count.
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
        if request.repeatable { self.attempts() } else { Attempts::single() }
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

    /// What Microsoft asked for, to the letter; else between half and all of it, so that many
    /// tenants do not return at once.
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
    let server = request.uri.authority().map_or("", |it| it.as_str());
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
            "Check the network and DNS of the machine that ONES runs on, and the operator in the server settings",
        )),
        Failure::Connection => Error::Unavailable(explanation(
            "connection",
            format!("No connection to {server}"),
            &format!(
                "Check whether {name} is up, and whether a firewall or proxy lets ONES reach it \
                 over {} (port {port})",
                scheme.to_ascii_uppercase()
            ),
        )),
        Failure::Timeout => Error::Unavailable(explanation(
            "timeout",
            format!("{server} does not answer"),
            "Try again; if it stays so, check firewall and proxy",
        )),
        Failure::Protocol => Error::Unavailable(explanation(
            "protocol",
            format!("The answer of {server} broke off or is not HTTP"),
            "Try again; if it stays so, check whether a proxy changes the traffic",
        )),
        Failure::Tls => Error::Unavailable(explanation(
            "certificate",
            format!("The certificate of {server} is not trusted"),
            "If a proxy of your company inspects HTTPS, add its root certificate to those that the machine of ONES trusts",
        )),
        Failure::Denied => Error::Unavailable(explanation(
            "denied",
            format!("The host does not let the plugin ask {scheme}://{server}"),
            "Allow the plugin the origins that it names for these settings",
        )),
        Failure::TooLarge => Error::Unexpected(explanation(
            ANSWER_TOO_LARGE,
            format!("The answer of {server} is larger than any answer of Microsoft"),
            "Check whether a proxy or firewall answers in Microsoft's place",
        )),
    }
}
