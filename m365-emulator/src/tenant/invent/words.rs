//! What jobs, rooms, mailboxes and groups are called.

/// Departments, and what people there are called.
pub(super) const DEPARTMENTS: &[(&str, &[&str])] = &[
    (
        "Sales",
        &[
            "Account Executive",
            "Regional Sales Manager",
            "Sales Engineer",
            "Inside Sales Representative",
        ],
    ),
    (
        "Engineering",
        &[
            "Software Engineer",
            "Senior Software Engineer",
            "Engineering Manager",
            "Site Reliability Engineer",
        ],
    ),
    ("Human Resources", &["Recruiter", "HR Business Partner", "Payroll Specialist"]),
    ("Finance", &["Accountant", "Controller", "Financial Analyst"]),
    ("Legal & Compliance", &["Counsel", "Data Protection Officer", "Paralegal"]),
    ("Marketing", &["Product Marketing Manager", "Designer", "Content Strategist"]),
    ("Forschung und Entwicklung", &["Werkstoffprüfer", "Entwicklungsingenieurin", "Laborleiter"]),
    ("Facilities", &["Facilities Coordinator", "Receptionist", "Security Officer"]),
    ("IT", &["Systems Administrator", "Service Desk Analyst", "Identity Architect"]),
    ("Customer Success", &["Customer Success Manager", "Support Engineer", "Technical Writer"]),
];

/// Whom guests come from.
pub(super) const PARTNERS: &[&str] =
    &["fabrikam.com", "adatum.com", "gmail.com", "tailspintoys.co.uk", "woodgrove.example"];

/// What a meeting room can have at the wall.
pub(super) const DEVICES: &[&str] =
    &["Surface Hub 2S", "Poly Studio X50", "Logitech Rally Bar", "Crestron Flex", "Neat Board"];

/// What is said of rooms.
pub(super) const TAGS: &[&str] = &[
    "whiteboard",
    "nice view",
    "bean bags",
    "standing",
    "quiet",
    "video",
    "catering",
    "no windows",
];

/// What rooms are called, by number beyond these.
pub(super) const ROOMS: &[&str] = &[
    "Ada",
    "Babbage",
    "Curie",
    "Dijkstra",
    "Euler",
    "Franklin",
    "Gauss",
    "Hopper",
    "Ibn al-Haytham",
    "Joule",
    "Kepler",
    "Lovelace",
    "Meitner",
    "Noether",
    "Oppenheimer",
    "Pascal",
    "Quine",
    "Röntgen",
    "Sagan",
    "Turing",
];

/// Mailboxes that many people read.
pub(super) const SHARED: &[&str] = &[
    "Accounts Payable",
    "Info",
    "Reception",
    "Careers",
    "Press",
    "Support",
    "Newsletter",
    "Facilities Desk",
];

/// Accounts that nobody is behind.
pub(super) const SERVICES: &[&str] =
    &["svc-backup", "svc-scanner", "svc-sql", "svc-print", "svc-deploy"];

/// What a group is for, which decides how it can be mailed and who can be in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GroupKind {
    Microsoft365,
    Security,
    /// Security, with members that a rule decides.
    Dynamic,
    MailEnabledSecurity,
    Distribution,
}

/// Groups that every company has, beside one for each department.
pub(super) const GROUPS: &[(&str, &str, GroupKind)] = &[
    ("All Company", "Everyone", GroupKind::Microsoft365),
    ("Golf Assist", "Self help community for golf", GroupKind::Microsoft365),
    ("Café & Kantine", "What is on the menu", GroupKind::Distribution),
    ("Works Council", "Elected, and busy", GroupKind::Security),
    ("Fire Wardens", "Know where the exits are", GroupKind::Security),
    ("読書会", "毎月第一金曜日", GroupKind::Microsoft365),
    ("Project Ölspur", "Do not ask", GroupKind::MailEnabledSecurity),
    ("VPN Users", "Grants access from elsewhere", GroupKind::Dynamic),
];
