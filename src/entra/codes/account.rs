//! The account with which a user signs in, and the decision of the user.

use super::{Case, Cause, ROW, When};

/// The user starts from the login page or, for consent, from the settings.
const START_AGAIN: &str = "Start again in ONES";

const DECLINED: Cause = Cause { when: When::SignIn, case: Case::Declined, ..ROW };

const NOT_OF_THE_TENANT: Cause = Cause {
    summary: "This account does not belong to the tenant",
    remedy: "Sign in with an account of your company, or ask to be invited to the tenant",
    ..DECLINED
};

const AGAIN: Cause = Cause {
    summary: "Microsoft requires the user to sign in again",
    remedy: START_AGAIN,
    ..DECLINED
};

pub(super) const ROWS: &[Cause] = &[
    Cause {
        codes: &[65004],
        errors: &["access_denied"],
        summary: "The user declined what Microsoft asked for",
        remedy: "Start again in ONES, and accept what Microsoft asks for",
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
        summary: "This account is locked after too many failed sign-ins, or attacks came from \
            this IP address",
        remedy: "Wait some time and start again in ONES. An administrator finds the reason in \
            {portal}: Microsoft Entra ID → Sign-in logs",
        ..DECLINED
    },
    Cause {
        codes: &[50055, 50144],
        summary: "The password of this account has expired",
        remedy: "Change the password, then start again in ONES",
        ..DECLINED
    },
    Cause {
        codes: &[50056, 50064, 50126],
        summary: "The user name or the password is wrong",
        remedy: START_AGAIN,
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
        summary: "The code from the browser was used before, is too old, or was never issued",
        remedy: START_AGAIN,
        ..DECLINED
    },
    Cause {
        codes: &[20001, 20012, 20033, 40008, 40009, 40015],
        case: Case::Unavailable,
        summary: "The identity provider that stores the accounts of your company reports an error",
        remedy: "Start again in ONES in a few minutes. If the error remains, ask an \
            administrator of your company",
        ..DECLINED
    },
];
