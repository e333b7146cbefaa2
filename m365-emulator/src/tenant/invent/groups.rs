//! Invents groups, their members, and a few devices.

use serde_json::{Map, Value, json};

use super::names::SITES;
use super::words::{DEPARTMENTS, GROUPS, GroupKind};
use crate::config::Config;
use crate::error::ControlError;
use crate::random::Random;
use crate::tenant::Tenant;
use crate::tenant::entry::{Entry, Slot};
use crate::tenant::member::Member;

/// Number of devices, all of them in one group.
const DEVICES: usize = 3;

/// Average number of users in a group without a configured number of memberships, apart from the
/// group with all users.
const USUAL_SIZE: usize = 10;

struct Invented {
    kind: GroupKind,
    slot: Slot,
    members: Vec<Member>,
}

impl Invented {
    /// Returns whether groups and devices can be members.
    fn takes_all(&self) -> bool {
        matches!(self.kind, GroupKind::Security | GroupKind::MailEnabledSecurity)
    }
}

/// Invents the groups and their memberships. One group has all users, a few are huge, most are
/// small. Some security groups are members of others, but never of each other. The number of
/// memberships is the configured one, or the largest possible one if that is smaller.
pub(super) fn invent(tenant: &mut Tenant, config: &Config) -> Result<(), ControlError> {
    let mut random = Random::stream(tenant.seed, "groups");
    let mut groups = Vec::with_capacity(config.groups);
    for (number, (name, about, kind)) in names().take(config.groups).enumerate() {
        let kind = kind.unwrap_or_else(|| draw_kind(&mut random));
        let properties = properties(&mut random, &name, about, kind, number, &tenant.domain);
        let slot = tenant.groups.add(random.guid(), &properties, false)?;
        groups.push(Invented { kind, slot, members: Vec::new() });
    }

    let mut random = Random::stream(tenant.seed, "memberships");
    let usual = config.users + groups.len().saturating_sub(1) * USUAL_SIZE.min(config.users);
    let mut left = config.memberships.unwrap_or(usual);
    if let Some(first) = groups.first_mut() {
        let all = left.min(config.users);
        first.members.extend(slots(all).map(Member::user));
        left -= all;
    }
    left -= nest(&mut groups, left, &mut random);
    left -= devices(tenant, &mut groups, left)?;
    add_users(&mut groups, config.users, left, &mut random);
    for group in groups {
        tenant.groups.fill(group.slot, group.members);
    }
    Ok(())
}

/// Makes some groups members of others, in chains of up to three and more groups. Returns the
/// number of memberships.
fn nest(groups: &mut [Invented], limit: usize, random: &mut Random) -> usize {
    let able: Vec<usize> = (0..groups.len()).filter(|at| groups[*at].takes_all()).collect();
    let mut nested = 0;
    for pair in able.windows(2) {
        // Every tenant with enough groups has the first chain of three.
        if nested < limit && (nested < 2 || random.percent(25)) {
            let inner = Member::group(groups[pair[1]].slot);
            groups[pair[0]].members.push(inner);
            nested += 1;
        }
    }
    nested
}

/// Adds the devices to a group. Returns the number of memberships.
fn devices(
    tenant: &mut Tenant,
    groups: &mut [Invented],
    limit: usize,
) -> Result<usize, ControlError> {
    let mut random = Random::stream(tenant.seed, "devices");
    let Some(group) = groups.iter_mut().find(|group| group.takes_all()) else {
        return Ok(0);
    };
    for number in 0..DEVICES.min(limit) {
        let mut device = Entry::new(random.guid(), 0);
        let properties = json!({
            "accountEnabled": true,
            "deviceId": random.guid(),
            "displayName": format!("KIOSK-{:02}", number + 1),
            "operatingSystem": "Windows",
            "operatingSystemVersion": "10.0.26100.4652",
        });
        let properties = properties.as_object().cloned().unwrap_or_default();
        for (property, value) in tenant.device_schema.accept_all(&properties)? {
            device.set(property, &value, 0);
        }
        group.members.extend(Slot::try_from(tenant.devices.len()).map(Member::device));
        tenant.devices.push(device);
    }
    Ok(DEVICES.min(limit))
}

/// Distributes the given number of memberships of users among all groups except the first.
fn add_users(groups: &mut [Invented], users: usize, memberships: usize, random: &mut Random) {
    let Some((_, groups)) = groups.split_first_mut() else {
        return;
    };
    let huge = groups.len() / 1000 + usize::from(groups.len() > 50);
    let weights: Vec<usize> = (0..groups.len())
        .map(|number| match number < huge {
            true => groups.len() / 3,
            false => 1 + random.below(4) * random.below(4) * random.below(4),
        })
        .collect();
    let total: usize = weights.iter().sum::<usize>().max(1);
    let mut sizes: Vec<usize> = weights
        .iter()
        .map(|weight| (memberships as u128 * *weight as u128 / total as u128) as usize)
        .map(|size| size.min(users))
        .collect();
    // Memberships that are left after rounding, and after groups that already have all users.
    let mut left = memberships.saturating_sub(sizes.iter().sum());
    while left > 0 && sizes.iter().any(|size| *size < users) {
        let share = left.div_ceil(sizes.len());
        for size in &mut sizes {
            let more = share.min(users - *size).min(left);
            *size += more;
            left -= more;
        }
    }
    for (group, size) in groups.iter_mut().zip(sizes) {
        group.members.extend(draw(users, size, random));
    }
}

/// Draws different users: every n-th from a random one on, where n and the number of users have no
/// common divisor.
fn draw(users: usize, count: usize, random: &mut Random) -> Vec<Member> {
    let start = random.below(users);
    let mut step = 1 + random.below(users);
    while gcd(step, users) != 1 {
        step += 1;
    }
    let chosen = (0..count).map(|number| (start + number * step) % users);
    chosen.filter_map(|at| Slot::try_from(at).ok().map(Member::user)).collect()
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn slots(count: usize) -> std::ops::Range<Slot> {
    0..Slot::try_from(count).unwrap_or(Slot::MAX)
}

/// Returns the names of groups, with descriptions and kinds where these are fixed.
fn names() -> impl Iterator<Item = (String, Option<&'static str>, Option<GroupKind>)> {
    let named =
        GROUPS.iter().map(|(name, about, kind)| ((*name).to_owned(), Some(*about), Some(*kind)));
    let departments = SITES.iter().flat_map(|site| {
        DEPARTMENTS
            .iter()
            .map(move |(department, _)| (format!("{department} {}", site.city), None, None))
    });
    let numbered = (1..).map(|number| (format!("Project {number:04}"), None, None));
    named.chain(departments).chain(numbered)
}

fn draw_kind(random: &mut Random) -> GroupKind {
    match random.below(100) {
        0..40 => GroupKind::Microsoft365,
        40..70 => GroupKind::Security,
        70..75 => GroupKind::Dynamic,
        75..85 => GroupKind::MailEnabledSecurity,
        _ => GroupKind::Distribution,
    }
}

/// Returns the properties of a group
/// (<https://learn.microsoft.com/graph/api/resources/groups-overview>).
fn properties(
    random: &mut Random,
    name: &str,
    about: Option<&str>,
    kind: GroupKind,
    number: usize,
    domain: &str,
) -> Map<String, Value> {
    let unified = kind == GroupKind::Microsoft365;
    let mailed = !matches!(kind, GroupKind::Security | GroupKind::Dynamic);
    let alias = format!("group{}", number + 1);
    let created = format!("20{}-{:02}-11T02:21:05Z", 15 + random.below(10), 1 + random.below(12));
    let types: &[&str] = match kind {
        GroupKind::Microsoft365 => &["Unified"],
        GroupKind::Dynamic => &["DynamicMembership"],
        _ => &[],
    };
    let mut group = json!({
        "createdDateTime": created,
        "displayName": name,
        "groupTypes": types,
        "mailEnabled": mailed,
        "mailNickname": alias,
        "renewedDateTime": created,
        "securityEnabled": !unified && kind != GroupKind::Distribution,
    });
    if let Some(about) = about {
        group["description"] = about.into();
    }
    if mailed {
        let mail = format!("{alias}@{domain}");
        group["proxyAddresses"] = json!([format!("SMTP:{mail}")]);
        group["mail"] = mail.into();
    }
    if unified {
        group["visibility"] = "Public".into();
    }
    if kind == GroupKind::Dynamic {
        group["membershipRule"] = "user.accountEnabled -eq true".into();
        group["membershipRuleProcessingState"] = "On".into();
    }
    group.as_object().cloned().unwrap_or_default()
}
