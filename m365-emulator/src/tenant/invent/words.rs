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

/// Groups that every company has, beside one for each department.
pub(super) const GROUPS: &[(&str, &str)] = &[
    ("All Company", "Everyone"),
    ("Golf Assist", "Self help community for golf"),
    ("Café & Kantine", "What is on the menu"),
    ("Works Council", "Elected, and busy"),
    ("Fire Wardens", "Know where the exits are"),
    ("読書会", "毎月第一金曜日"),
    ("Project Ölspur", "Do not ask"),
    ("VPN Users", "Grants access from elsewhere"),
];
