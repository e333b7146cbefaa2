//! Why a request failed: WASI's code for the plugin, and words for users.

use std::{error::Error as StdError, io};

use rustls::pki_types::InvalidDnsNameError;
use wasmtime_wasi_http::Error;

use super::resolver::DnsFailure;

/// Returns the code, and the words for users. Neither has the path of the URL.
pub(super) fn explain(error: reqwest::Error) -> (Error, String) {
    let error = error.without_url();
    let mut text = chain_text(&error);
    // Its type is private to hyper-util.
    if text.ends_with("proxy authorization required") {
        text += ": the proxy answered 407; give name and password in HTTPS_PROXY";
    }
    (code(&error, Error::ConnectionTerminated), text)
}

/// Returns the code of a body that ended too early.
pub(super) fn of_body(error: reqwest::Error) -> Error {
    code(&error.without_url(), Error::HttpResponseIncomplete)
}

/// `broken_off` is the code for a connection that ended too early.
fn code(error: &reqwest::Error, broken_off: Error) -> Error {
    let mut io_error = None;
    for cause in causes(error) {
        if let Some(error) = cause.downcast_ref::<DnsFailure>() {
            return Error::DnsError { rcode: Some(error.to_string()), info_code: None };
        }
        if let Some(error) = cause.downcast_ref::<InvalidDnsNameError>() {
            return Error::DnsError { rcode: Some(error.to_string()), info_code: None };
        }
        if let Some(error) = cause.downcast_ref::<rustls::Error>() {
            return tls(error);
        }
        if let Some(error) = cause.downcast_ref::<hyper::Error>() {
            if error.is_incomplete_message() {
                return broken_off;
            }
            if error.is_parse_too_large() {
                return Error::HttpResponseHeaderSectionSize(None);
            }
            if error.is_parse() {
                return Error::HttpProtocolError;
            }
        }
        io_error = cause.downcast_ref::<io::Error>().or(io_error);
    }
    match io_error.map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => Error::ConnectionRefused,
        Some(io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable) => {
            Error::DestinationUnavailable
        }
        Some(
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof,
        ) => broken_off,
        Some(io::ErrorKind::TimedOut) => Error::ConnectionTimeout,
        _ if error.is_timeout() => Error::ConnectionTimeout,
        _ => Error::InternalError(Some(chain_text(error))),
    }
}

fn tls(error: &rustls::Error) -> Error {
    match error {
        rustls::Error::InvalidCertificate(_)
        | rustls::Error::NoCertificatesPresented
        | rustls::Error::UnsupportedNameType => Error::TlsCertificateError,
        rustls::Error::AlertReceived(alert) => Error::TlsAlertReceived {
            alert_id: Some(u8::from(*alert)),
            alert_message: Some(format!("{alert:?}")),
        },
        _ => Error::TlsProtocolError,
    }
}

/// Returns the error, its cause, the cause of that, and so on.
fn causes<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn StdError + 'static)| {
        let error = *error;
        // The source of an `io::Error` is that of the error it wraps, which would be left out.
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner as &(dyn StdError + 'static)),
            None => error.source(),
        }
    })
}

/// Returns all causes in one line, each once.
pub(super) fn chain_text(error: &(dyn StdError + 'static)) -> String {
    let mut text = String::new();
    for cause in causes(error) {
        let cause = cause.to_string();
        if text.ends_with(&cause) {
            continue;
        }
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&cause);
    }
    text
}
