//! The account that a user signs in with, and what the user did.

use super::{Case, Cause, ROW, When};

/// From the login page or, for consent, from the settings.
const BEGIN_AGAIN: &str = "Begin again in ONES";

const DECLINED: Cause = Cause { when: When::SignIn, case: Case::Declined, ..ROW };

const NOT_OF_THE_TENANT: Cause = Cause {
    summary: "This account is not one of the tenant",
    remedy: "Sign in with an account of your company, or ask to be invited to the tenant",
    ..DECLINED
};

const AGAIN: Cause = Cause {
    summary: "Microsoft wants the person to sign in anew",
    remedy: BEGIN_AGAIN,
    ..DECLINED
};

pub(super) const ROWS: &[Cause] = &[
    Cause {
        codes: &[65004],
        errors: &["access_denied"],
        summary: "What Microsoft asked for was declined",
        remedy: "Begin again in ONES, and accept what Microsoft asks for",
        ..DECLINED
    },
    Cause {
        codes: &[50057],
        summary: "This account is blocked",
        remedy: "Ask an administrator of your company to enable it",
        ..DECLINED
    },
    Cause {
        codes: &[50053],
        summary: "This account is locked after too many failed sign-ins, or the address is one \
            that attacks came from",
        remedy: "Wait a while and begin again in ONES; an administrator finds the reason in \
            {portal}: Microsoft Entra ID → Sign-in logs",
        ..DECLINED
    },
    Cause {
        codes: &[50055, 50144],
        summary: "The password of this account has expired",
        remedy: "Change the password, then begin again in ONES",
        ..DECLINED
    },
    Cause {
        codes: &[50056, 50064, 50126],
        summary: "User name or password are wrong",
        remedy: BEGIN_AGAIN,
        ..DECLINED
    },
    // "The user account has been deleted from the directory", says Microsoft of 500341.
    Cause {
        codes: &[16003, 50014, 50020, 50034, 51004, 90072, 500_208, 500_341],
        ..NOT_OF_THE_TENANT
    },
    Cause {
        codes: &[16000],
        words: &["does not exist in tenant", "doesn't exist in tenant"],
        ..NOT_OF_THE_TENANT
    },
    Cause {
        codes: &[16000, 16001, 50058, 50089, 50132, 50133, 50173],
        errors: &["login_required", "interaction_required", "account_selection_required"],
        ..AGAIN
    },
    Cause {
        codes: &[54005, 70000, 70008, 501_481, 700_005],
        errors: &["invalid_grant"],
        case: Case::Rejected,
        summary: "The code that the browser brought is used up, too old, or was never given",
        remedy: BEGIN_AGAIN,
        ..DECLINED
    },
    Cause {
        codes: &[20001, 20012, 20033, 40008, 40009, 40015],
        case: Case::Unavailable,
        summary: "The identity provider that your company's accounts are kept with has troubles",
        remedy: "Begin again in ONES in a few minutes; if it stays so, ask an administrator of \
            your company",
        ..DECLINED
    },
];
