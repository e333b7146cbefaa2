//! Invents a tenant: the same for the same seed, and as untidy as real tenants are.

mod calendars;
mod groups;
mod names;
mod places;
mod spaces;
mod users;
mod words;

pub(crate) use self::places::time_zone_of;
use self::spaces::Plan;
use self::users::Inventor;
use super::Tenant;
use super::calendar::Calendars;
use super::calendar::clock::Clock;
use super::directory::Directory;
use super::group::Groups;
use super::place::{Kind, Room, RoomList, text};
use super::property::{DEVICE, Schema, USER};
use crate::config::Config;
use crate::error::ControlError;
use crate::random::Random;

/// Number of users for each shared mailbox.
const USERS_PER_SHARED_MAILBOX: usize = 200;

/// Makes the tenant that a configuration asks for.
pub(crate) fn tenant(config: &Config, tenant_id: &str) -> Result<Tenant, ControlError> {
    let initial_domain = format!("contoso.{}", config.cloud.domain_suffix());
    let domain = "contoso.com".to_owned();
    // Entra Connect has its own application, whose id is in the names of its extensions.
    let connect = Random::stream(config.seed, "connect").guid().replace('-', "");
    let pager = format!("extension_{connect}_pager");
    let mut schema = Schema::new(&USER);
    schema.extend(&pager);
    let mut tenant = Tenant {
        id: tenant_id.to_owned(),
        name: "Contoso".to_owned(),
        domain,
        initial_domain,
        cloud: config.cloud,
        seed: config.seed,
        pager,
        directory: Directory::new(schema),
        rooms: Vec::new(),
        workspaces: Vec::new(),
        room_lists: Vec::new(),
        spaces: Vec::new(),
        groups: Groups::new(),
        device_schema: Schema::new(&DEVICE),
        devices: Vec::new(),
        calendars: Calendars::new(config.events, Clock::new(config.now)),
        invented: config.users,
        mixes: 0,
    };

    let mut inventor = tenant.inventor("people");
    for _ in 0..config.users {
        let (id, properties) = inventor.user();
        tenant.directory.add(id, &properties, false)?;
    }
    let mut inventor = tenant.inventor("mailboxes");
    for number in 0..config.users.div_ceil(USERS_PER_SHARED_MAILBOX) {
        let (id, properties) = inventor.shared_mailbox(number);
        tenant.directory.add(id, &properties, false)?;
    }
    places(&mut tenant, config)?;
    groups::invent(&mut tenant, config)?;
    Ok(tenant)
}

fn places(tenant: &mut Tenant, config: &Config) -> Result<(), ControlError> {
    let mut random = Random::stream(tenant.seed, "rooms");
    let mut inventor = tenant.inventor("room mailboxes");
    let buildings = places::buildings(&mut random, &tenant.domain, tenant.cloud);
    let mut lists: Vec<RoomList> = buildings
        .iter()
        .map(|building| RoomList { place: building.list.clone(), rooms: Vec::new() })
        .collect();
    let mut plan = Plan::new(Random::stream(tenant.seed, "spaces"), &buildings);
    for number in 0..config.rooms {
        let building = number % buildings.len();
        let mut place =
            places::room(&mut random, &buildings[building], number, &tenant.domain, tenant.cloud);
        plan.settle(building, &mut place);
        let (user, properties) =
            inventor.room_mailbox(text(&place, "displayName"), text(&place, "emailAddress"));
        tenant.directory.add(user.clone(), &properties, false)?;
        // Some rooms are in no list, and some in two.
        if !random.percent(5) {
            lists[building].rooms.push(text(&place, "id").to_owned());
        }
        if random.percent(3) {
            lists[(building + 1) % buildings.len()].rooms.push(text(&place, "id").to_owned());
        }
        tenant.rooms.push(Room { place, user, in_places: true });
    }
    if !Kind::Workspace.exists_in(tenant.cloud) {
        tenant.room_lists = lists;
        return Ok(());
    }
    for number in 0..config.workspaces {
        let building = number % buildings.len();
        let mut place =
            places::workspace(&mut random, &buildings[building], number, &tenant.domain);
        plan.settle(building, &mut place);
        let (user, properties) =
            inventor.room_mailbox(text(&place, "displayName"), text(&place, "emailAddress"));
        tenant.directory.add(user.clone(), &properties, false)?;
        lists[building].rooms.push(text(&place, "id").to_owned());
        tenant.workspaces.push(Room { place, user, in_places: true });
    }
    tenant.room_lists = lists;
    tenant.spaces = plan.into_spaces();
    Ok(())
}

impl Tenant {
    /// Returns an inventor of users with its own stream of random numbers.
    pub(crate) fn inventor(&self, purpose: &str) -> Inventor {
        let random = Random::stream(self.seed, purpose);
        Inventor::new(random, &self.domain, &self.initial_domain, &self.pager)
    }
}
