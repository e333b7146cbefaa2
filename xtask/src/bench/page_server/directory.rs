//! Users and groups, each made from its number alone, in the shape of Microsoft Graph.
//!
//! Sources: <https://learn.microsoft.com/graph/api/resources/user>,
//! <https://learn.microsoft.com/graph/api/group-delta>.

const GIVEN: [&str; 16] = [
    "Adele", "Alex", "Diego", "Grady", "Isaiah", "Johanna", "Joni", "Jürgen", "Lee", "Lidia",
    "Lynne", "Megan", "Miriam", "Nestor", "Patti", "Zoë",
];

const SURNAMES: [&str; 16] = [
    "Archie",
    "Bowen",
    "Fernandez",
    "Graham",
    "Gu",
    "Holloway",
    "Johnson",
    "Langer",
    "Lorenz",
    "Müller",
    "Robbins",
    "Siciliani",
    "Sherman",
    "Vance",
    "Wilber",
    "Ødegård",
];

const TITLES: [&str; 8] = [
    "Retail Manager",
    "Marketing Assistant",
    "HR Manager",
    "Designer",
    "Director",
    "Senior Engineer",
    "Attorney",
    "Product Manager",
];

const DEPARTMENTS: [&str; 8] =
    ["Retail", "Marketing", "Human Resources", "Engineering", "R&D", "Legal", "Sales", "Finance"];

/// Returns a user in JSON. One that was changed has another job title.
pub(super) fn user(number: u64, change: u64) -> String {
    let random = scramble(number);
    let (given, surname) = (pick(&GIVEN, random), pick(&SURNAMES, random >> 8));
    let (title, department) = (pick(&TITLES, random >> 16), pick(&DEPARTMENTS, random >> 24));
    let title = if change == 0 { title.to_owned() } else { format!("{title} {change}") };
    let address = format!("u{number}@contoso.com");
    // As in a real tenant, not every user has everything.
    let or_null = |bits: u64, text: String| match random >> bits & 3 {
        0 => "null".to_owned(),
        _ => format!(r#""{text}""#),
    };
    let office = or_null(32, format!("{}/{:04}", random >> 36 & 31, random >> 41 & 2047));
    let mobile = or_null(34, format!("+1 425 555 {:04}", number % 10_000));
    let phones = if random >> 52 & 3 == 0 { r#""+1 425 555 0100""# } else { "" };
    let language = or_null(54, "en-US".to_owned());
    let members = [
        format!(r#"{{"id":"{}","userPrincipalName":"{address}""#, id(number)),
        format!(r#""displayName":"{given} {surname}","mail":"{address}","givenName":"{given}""#),
        format!(r#""surname":"{surname}","jobTitle":"{title}","department":"{department}""#),
        format!(r#""officeLocation":{office},"mobilePhone":{mobile},"businessPhones":[{phones}]"#),
        format!(r#""preferredLanguage":{language},"employeeId":"{number}","accountEnabled":true"#),
        format!(r#""userType":"Member","proxyAddresses":["SMTP:{address}"]}}"#),
    ];
    members.join(",")
}

/// Returns a group in JSON, with 200 of the tenant's users as members.
pub(super) fn group(number: u64, users: u64) -> String {
    let mut members = String::new();
    for member in 0..200 {
        if !members.is_empty() {
            members.push(',');
        }
        // A different part of the users for each group, so that each user is in ten.
        let user = (number * 200 + member) % users.max(1);
        let user = id(user);
        members.push_str(&format!(r##"{{"@odata.type":"#microsoft.graph.user","id":"{user}"}}"##));
    }
    let group = id(number ^ GROUP);
    let names = format!(r#""displayName":"Group {number}","description":null,"mail":null"#);
    format!(r#"{{"id":"{group}",{names},"members@delta":[{members}]}}"#)
}

/// Keeps the ids of groups apart from those of users.
const GROUP: u64 = 1 << 63;

/// Returns a GUID.
fn id(number: u64) -> String {
    let (high, low) = (scramble(number), scramble(!number));
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 52,
        low & 0xffff_ffff_ffff
    )
}

fn pick<'a>(words: &[&'a str], random: u64) -> &'a str {
    usize::try_from(random).ok().and_then(|random| words.get(random % words.len())).unwrap_or(&"")
}

/// Returns a number that looks like chance and is the same every time (SplitMix64).
fn scramble(number: u64) -> u64 {
    let number = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ number >> 31
}

#[test]
fn a_user_is_as_long_as_the_documents_say() {
    let length = (0..200_799).map(|number| user(number, 0).len()).sum::<usize>() / 200_799;
    assert_eq!(length, 448);
    assert_eq!(user(7, 0), user(7, 0));
    assert_ne!(user(7, 0), user(7, 1));
}
