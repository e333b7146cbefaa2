//! The client secret or client certificate.
//!
//! Sources in addition to the list of codes:
//! <https://learn.microsoft.com/entra/workload-id/troubleshoot-revoked-credentials>; the names of
//! the codes for certificates in `Constants.cs` of AzureAD/microsoft-identity-web.

use super::{Cause, ROW, When};
use crate::{
    remedy::{CLOCK, NEW_CERTIFICATE, NEW_SECRET, PROXY},
    settings::pointer::{CLIENT_CERTIFICATE, CLIENT_ID, CLIENT_SECRET, CLOUD, TENANT_ID},
};

const SECRET: Cause =
    Cause { when: When::Secret, remedy: NEW_SECRET, fields: &[CLIENT_SECRET], ..ROW };

const CERTIFICATE: Cause = Cause {
    when: When::Certificate,
    remedy: NEW_CERTIFICATE,
    fields: &[CLIENT_CERTIFICATE],
    ..ROW
};

const CREATED: Option<&str> = Some("the client secret was created");
const UPLOADED: Option<&str> = Some("the certificate was uploaded");

pub(super) const ROWS: &[Cause] = &[
    Cause {
        codes: &[50012, 70002, 7_000_215],
        summary: "The client secret is wrong; most often its Secret ID was copied instead of its \
            Value",
        fresh: CREATED,
        ..SECRET
    },
    Cause { codes: &[7_000_222], summary: "The client secret has expired", ..SECRET },
    Cause { codes: &[7_000_216, 7_000_218], summary: "The client secret is missing", ..SECRET },
    Cause { codes: &[7_005_003], summary: "The client secret has been revoked", ..SECRET },
    Cause {
        errors: &["invalid_client"],
        summary: "Entra ID does not accept the client secret",
        fresh: CREATED,
        ..SECRET
    },
    Cause {
        codes: &[700_027],
        words: &["revoked"],
        summary: "The client certificate has been revoked",
        ..CERTIFICATE
    },
    Cause {
        codes: &[700_027],
        words: &["key used is expired", "is expired"],
        summary: "The client certificate has expired",
        ..CERTIFICATE
    },
    Cause {
        codes: &[700_027],
        words: &["key was not found", "is not registered"],
        summary: "The app registration does not have this client certificate",
        fresh: UPLOADED,
        ..CERTIFICATE
    },
    Cause {
        codes: &[50006, 50012, 50027, 700_027, 900_384],
        summary: "Entra ID does not accept the signature of the client certificate",
        fresh: UPLOADED,
        ..CERTIFICATE
    },
    Cause { codes: &[7_000_222], summary: "The client certificate has expired", ..CERTIFICATE },
    Cause {
        codes: &[1_000_502, 7_000_274],
        summary: "The client certificate is not valid now: it has expired, or is not valid yet",
        ..CERTIFICATE
    },
    Cause {
        codes: &[7_000_214, 7_000_277, 7_005_004],
        summary: "The client certificate has been revoked",
        ..CERTIFICATE
    },
    Cause {
        codes: &[50032],
        summary: "The key of the client certificate is too weak",
        ..CERTIFICATE
    },
    Cause {
        codes: &[700_030],
        words: &["different cloud"],
        summary: "The client certificate was issued in another cloud",
        ..CERTIFICATE
    },
    Cause {
        codes: &[700_030],
        summary: "The subject of the client certificate is not one that the tenant allows",
        ..CERTIFICATE
    },
    Cause {
        errors: &["invalid_client"],
        summary: "Entra ID does not accept the client certificate",
        fresh: UPLOADED,
        ..CERTIFICATE
    },
    // The clock of ONES is wrong, not the certificate.
    Cause {
        codes: &[500_133, 700_024],
        summary: "The assertion that ONES signed with the certificate is not valid by Microsoft's \
            clock",
        remedy: CLOCK,
        fields: &[],
        ..CERTIFICATE
    },
    Cause {
        codes: &[50048, 700_021],
        summary: "The client ID differs from the one in the assertion that ONES signed",
        remedy: "Copy Application (client) ID from {portal}: Microsoft Entra ID → App \
            registrations → your app → Overview",
        fields: &[CLIENT_ID],
        ..CERTIFICATE
    },
    Cause {
        codes: &[700_023],
        summary: "The assertion that ONES signed with the certificate is for another sign-in \
            server",
        remedy: "Check that the operator is the one of your tenant, and that Directory (tenant) ID \
            is that of {portal}: Microsoft Entra ID → App registrations → your app → Overview",
        fields: &[TENANT_ID, CLOUD],
        ..CERTIFICATE
    },
    Cause {
        codes: &[7_000_216, 7_000_218],
        summary: "The assertion that ONES signed with the certificate did not reach Entra ID",
        remedy: PROXY,
        ..CERTIFICATE
    },
];
