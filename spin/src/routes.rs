//! Routes of the HTTP front end.

use http::{
    HeaderValue, Method, Request, StatusCode,
    header::{ALLOW, CONTENT_SECURITY_POLICY},
};
use http_body::Body;
use http_body_util::Empty;

use crate::{
    answer::{self, Answer},
    bookings,
    host::Host,
    notifications,
    plugin::Plugin,
    problem::Problem,
    request::{self, Options},
    settings, sign_in, sync,
};

/// Paths and their methods. `/sign-in` and `/callback` do not accept `HEAD`, since they begin and
/// end a sign-in.
const ROUTES: [(&str, &str); 17] = [
    ("/", "GET, HEAD"),
    ("/describe", "GET, HEAD"),
    ("/validate", "POST"),
    ("/sync/rooms", "POST"),
    ("/sync/bookings", "POST"),
    ("/sync/users", "POST"),
    ("/sync/users/ack", "POST"),
    ("/book", "POST"),
    ("/book/check", "POST"),
    ("/book/change", "POST"),
    ("/book/cancel", "POST"),
    ("/release", "POST"),
    ("/watch", "POST"),
    ("/unwatch", "POST"),
    (notifications::PATH, "POST"),
    ("/sign-in", "GET"),
    ("/callback", "GET, POST"),
];

/// Answers a request. Errors become answers too.
pub async fn handle<H: Host, P: Plugin, B: Body>(
    host: &H,
    plugin: &P,
    request: Request<B>,
) -> Answer
where
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let head = request.method() == Method::HEAD;
    let answer = route(host, plugin, request).await.unwrap_or_else(Answer::from);
    if head { answer.map(|_| -> answer::Body { Box::pin(Empty::new()) }) } else { answer }
}

async fn route<H: Host, P: Plugin, B: Body>(
    host: &H,
    plugin: &P,
    request: Request<B>,
) -> Result<Answer, Problem>
where
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (parts, body) = request.into_parts();
    match (&parts.method, parts.uri.path()) {
        (&Method::GET | &Method::HEAD, "/") => Ok(page()),
        (&Method::GET | &Method::HEAD, "/describe") => Ok(answer::json(&plugin.describe())),
        (&Method::POST, "/validate") => {
            let options: Options = request::json(&parts.headers, body).await?;
            let settings = settings::read(host, options.settings).await?;
            Ok(answer::json(&plugin.validate(settings.to_string()).await))
        }
        (&Method::POST, "/sync/rooms") => {
            let options = request::json(&parts.headers, body).await?;
            sync::rooms(host, plugin, options, request::preferred_wait(&parts.headers)).await
        }
        (&Method::POST, "/sync/bookings") => {
            let options = request::json(&parts.headers, body).await?;
            sync::bookings(host, plugin, options, request::preferred_wait(&parts.headers)).await
        }
        (&Method::POST, "/sync/users") => {
            let options = request::json(&parts.headers, body).await?;
            sync::users(host, plugin, options, request::preferred_wait(&parts.headers)).await
        }
        (&Method::POST, "/sync/users/ack") => {
            sync::acknowledge(host, request::json(&parts.headers, body).await?).await
        }
        (&Method::POST, "/book") => {
            bookings::book(host, plugin, request::json(&parts.headers, body).await?).await
        }
        (&Method::POST, "/book/check") => {
            bookings::check(host, plugin, request::json(&parts.headers, body).await?).await
        }
        (&Method::POST, "/book/change") => {
            bookings::change(host, plugin, request::json(&parts.headers, body).await?).await
        }
        (&Method::POST, "/book/cancel") => {
            bookings::cancel(host, plugin, request::json(&parts.headers, body).await?).await
        }
        (&Method::POST, "/release") => {
            bookings::release(host, plugin, request::json(&parts.headers, body).await?).await
        }
        (&Method::POST, "/watch") => {
            let watch = request::json(&parts.headers, body).await?;
            notifications::watch(host, plugin, &parts, watch).await
        }
        (&Method::POST, "/unwatch") => {
            notifications::unwatch(host, plugin, request::json(&parts.headers, body).await?).await
        }
        (&Method::POST, notifications::PATH) => {
            notifications::receive(host, plugin, &parts, body).await
        }
        (&Method::GET, "/sign-in") => sign_in::begin(host, plugin, &parts).await,
        (&Method::GET, "/callback") => {
            let query = parts.uri.query().unwrap_or_default();
            let parameters = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
            sign_in::finish(host, plugin, &parts, parameters).await
        }
        (&Method::POST, "/callback") => {
            let parameters = request::form(&parts.headers, body).await?;
            sign_in::finish(host, plugin, &parts, parameters).await
        }
        (method, path) => Ok(no_route(method, path)),
    }
}

fn page() -> Answer {
    let mut page =
        answer::complete(StatusCode::OK, "text/html; charset=utf-8", include_str!("page.html"));
    let policy = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'");
    page.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    page
}

fn no_route(method: &Method, path: &str) -> Answer {
    let Some((_, methods)) = ROUTES.iter().find(|(known, _)| *known == path) else {
        let summary = "There is no such route: GET / lists them";
        return Problem::new(StatusCode::NOT_FOUND, "not-found", summary).into();
    };
    let summary = format!("{path} accepts {methods}, not {method}");
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method", summary);
    let mut answer = Answer::from(problem);
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static(methods));
    answer
}
