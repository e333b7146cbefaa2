//! Invents a tenant: the same for the same seed, and as untidy as real ones are.

mod groups;
mod names;
pub(crate) mod people;
pub(crate) mod places;
mod spaces;
mod words;

use self::people::People;
use self::spaces::Plan;
use super::Tenant;
use super::directory::Directory;
use super::group::Groups;
use super::place::{Kind, Room, RoomList, text};
use super::property::{DEVICE, Schema, USER};
use crate::config::Config;
use crate::error::ControlError;
use crate::random::Random;

/// One shared mailbox to so many people.
const PEOPLE_PER_SHARED_MAILBOX: usize = 200;

/// Makes the tenant that a configuration asks for.
pub(crate) fn tenant(config: &Config, tenant_id: &str) -> Result<Tenant, ControlError> {
    let initial_domain = format!("contoso.{}", config.cloud.domain_suffix());
    let domain = "contoso.com".to_owned();
    // Entra Connect writes its extensions under an application of its own, not under the one that reads.
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
        invented: config.users,
        mixes: 0,
    };

    let mut people = tenant.people("people");
    for _ in 0..config.users {
        let (id, properties) = people.person();
        tenant.directory.add(id, &properties, false)?;
    }
    let mut mailboxes = tenant.people("mailboxes");
    for number in 0..config.users.div_ceil(PEOPLE_PER_SHARED_MAILBOX) {
        let (id, properties) = mailboxes.shared_mailbox(number);
        tenant.directory.add(id, &properties, false)?;
    }
    places(&mut tenant, config)?;
    groups::invent(&mut tenant, config)?;
    Ok(tenant)
}

fn places(tenant: &mut Tenant, config: &Config) -> Result<(), ControlError> {
    let mut random = Random::stream(tenant.seed, "rooms");
    let mut people = tenant.people("room mailboxes");
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
            people.room_mailbox(text(&place, "displayName"), text(&place, "emailAddress"));
        tenant.directory.add(user.clone(), &properties, false)?;
        // Not every room is in a list; some are in two.
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
            people.room_mailbox(text(&place, "displayName"), text(&place, "emailAddress"));
        tenant.directory.add(user.clone(), &properties, false)?;
        lists[building].rooms.push(text(&place, "id").to_owned());
        tenant.workspaces.push(Room { place, user, in_places: true });
    }
    tenant.room_lists = lists;
    tenant.spaces = plan.into_spaces();
    Ok(())
}

impl Tenant {
    /// Draws people from a stream of their own.
    pub(crate) fn people(&self, purpose: &str) -> People {
        let random = Random::stream(self.seed, purpose);
        People::new(random, &self.domain, &self.initial_domain, &self.pager)
    }
}
