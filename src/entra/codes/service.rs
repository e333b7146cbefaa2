//! Errors of Microsoft's servers, and of proxies on the way.

use super::{Case, Cause, ROW};

pub(super) const ROWS: &[Cause] = &[
    Cause {
        codes: &[50033, 90006, 90012, 90024, 90033, 90090],
        errors: &["temporarily_unavailable", "server_error"],
        case: Case::Passing,
        summary: "Entra ID cannot issue a token at the moment",
        remedy: "Try again in a few minutes",
        ..ROW
    },
    Cause {
        codes: &[50000, 70012, 90036, 90091, 90092],
        case: Case::Unavailable,
        summary: "Entra ID reports an error of its own",
        remedy: "Try again in a few minutes; if the error remains, open a support ticket at \
            Microsoft with the detail",
        ..ROW
    },
    // https://learn.microsoft.com/troubleshoot/entra/entra-id/ad-dmn-services/enable-support-tls-environment
    Cause {
        codes: &[1_002_016],
        case: Case::Unavailable,
        summary: "Entra ID is reached over TLS 1.0, TLS 1.1 or 3DES, which it no longer accepts",
        remedy: "Check whether a proxy between ONES and Microsoft terminates TLS; it must use \
            TLS 1.2 or later",
        ..ROW
    },
];
