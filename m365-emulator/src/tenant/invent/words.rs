//! Names of jobs, rooms, mailboxes and groups.

/// Departments, and job titles in them.
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

/// Domains of guests.
pub(super) const PARTNERS: &[&str] =
    &["fabrikam.com", "adatum.com", "gmail.com", "tailspintoys.co.uk", "woodgrove.example"];

/// Devices of meeting rooms.
pub(super) const DEVICES: &[&str] =
    &["Surface Hub 2S", "Poly Studio X50", "Logitech Rally Bar", "Crestron Flex", "Neat Board"];

/// Tags of rooms.
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

/// Names of rooms. Further rooms have a number too.
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

/// Names of shared mailboxes.
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

/// Names of service accounts.
pub(super) const SERVICES: &[&str] =
    &["svc-backup", "svc-scanner", "svc-sql", "svc-print", "svc-deploy"];

/// Kinds of groups, which differ in whether they have an address, and in possible members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GroupKind {
    Microsoft365,
    Security,
    /// Security, with members by a rule.
    Dynamic,
    MailEnabledSecurity,
    Distribution,
}

/// Names, descriptions and kinds of the first groups. One group for each department follows.
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
