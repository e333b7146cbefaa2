//! The other side of the emulator: what Microsoft's tenants do not have, and tests need.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::entra::certificate::{Certificate, RegisteredCertificate};
use crate::error::ControlError;
use crate::fault::Fault;
use crate::front::Shared;
use crate::graph::cursor::DeltaExpiry;
use crate::request_log::LoggedRequest;
use crate::state::{Settings, State};
use crate::tenant::entry::Removal;
use crate::tenant::mix::Change;
use crate::tenant::place::Kind;
use crate::tenant::property::Schema;

/// A handle to a running emulator, cheap to clone. The HTTP side under `/_emulator/` is these functions.
///
/// Users are named by object id or user principal name, places by `id`, `placeId` or `emailAddress`.
/// Properties are Graph's, as JSON.
#[derive(Clone)]
pub struct Control {
    pub(crate) shared: Shared,
}

/// A JSON object: properties of a user or of a place.
pub type Properties = Map<String, Value>;

/// What there is, in numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Truth {
    /// Users that are not deleted, mailboxes of rooms and shared mailboxes included.
    pub users: usize,
    /// Of these, guests.
    pub guests: usize,
    /// Of these, disabled accounts.
    pub disabled: usize,
    /// Users in the recycle bin.
    pub recycled: usize,
    /// Rooms, those that Places does not know yet included.
    pub rooms: usize,
    /// Workspaces, those that Places does not know yet included.
    pub workspaces: usize,
    /// Room lists.
    pub room_lists: usize,
    /// Buildings.
    pub buildings: usize,
    /// Floors.
    pub floors: usize,
    /// Sections.
    pub sections: usize,
    /// Groups that are not deleted.
    pub groups: usize,
    /// Direct memberships of these.
    pub memberships: usize,
    /// How many changes there were to users.
    pub sequence: u32,
    /// How many changes there were to groups and memberships.
    pub group_sequence: u32,
    /// SHA-256 over all users, places, groups and memberships, in hexadecimal: the same for the same tenant.
    pub digest: String,
    /// The directory extensions of the tenant.
    pub extensions: Vec<String>,
}

impl Control {
    pub(crate) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.shared.lock())
    }

    pub(crate) fn change<T>(&self, alter: impl FnOnce(&mut State) -> T) -> T {
        alter(&mut self.shared.lock())
    }

    /// Origin of Entra, e.g. `http://127.0.0.1:8365`.
    #[must_use]
    pub fn authority(&self) -> String {
        self.read(|state| state.authority.clone())
    }

    /// Origin of Graph.
    #[must_use]
    pub fn graph(&self) -> String {
        self.read(|state| state.graph.clone())
    }

    /// GUID of the tenant.
    #[must_use]
    pub fn tenant_id(&self) -> String {
        self.read(|state| state.tenant.id.clone())
    }

    /// GUID of the application.
    #[must_use]
    pub fn client_id(&self) -> String {
        self.read(|state| state.registration.client_id.clone())
    }

    /// Value of the application's client secret.
    #[must_use]
    pub fn client_secret(&self) -> String {
        self.read(|state| state.registration.secret.secret().to_owned())
    }

    // ---- the truth ----

    /// What there is, in numbers.
    #[must_use]
    pub fn truth(&self) -> Truth {
        self.read(truth)
    }

    /// All users that are not deleted, with every property that was ever set.
    #[must_use]
    pub fn users(&self) -> Vec<Value> {
        self.read(|state| {
            let directory = &state.tenant.directory;
            directory.present().map(|user| directory.record(user)).collect()
        })
    }

    /// One user, deleted or not; `@removed` tells.
    ///
    /// # Errors
    /// There is no such user.
    pub fn user(&self, key: &str) -> Result<Value, ControlError> {
        self.read(|state| Ok(state.tenant.directory.record(state.tenant.user(key)?)))
    }

    /// All rooms, those that Places does not know yet included.
    #[must_use]
    pub fn rooms(&self) -> Vec<Value> {
        self.read(|state| {
            state.tenant.rooms.iter().map(|room| state.tenant.room_record(room)).collect()
        })
    }

    /// All room lists, each with the ids of its `rooms`.
    #[must_use]
    pub fn room_lists(&self) -> Vec<Value> {
        self.read(|state| {
            state.tenant.room_lists.iter().map(|list| state.tenant.room_list_record(list)).collect()
        })
    }

    // ---- the tenant ----

    /// Adds a user, somebody invented where nothing is given; answers with the object id.
    ///
    /// # Errors
    /// A property is unknown or does not fit, or the user principal name is taken.
    pub fn create_user(&self, properties: Properties) -> Result<String, ControlError> {
        self.change(|state| state.tenant.create_user(properties))
    }

    /// Sets properties of a user. `@emulator.restMailbox` false makes the mailbox one that Exchange Online
    /// does not serve (404 `MailboxNotEnabledForRESTAPI`).
    ///
    /// # Errors
    /// There is no such user, a property is unknown or does not fit, or the user principal name is taken.
    pub fn patch_user(&self, key: &str, properties: Properties) -> Result<(), ControlError> {
        self.change(|state| state.tenant.patch_user(key, properties))
    }

    /// Puts a user into the recycle bin.
    ///
    /// # Errors
    /// There is no such user.
    pub fn delete_user(&self, key: &str) -> Result<(), ControlError> {
        self.change(|state| state.tenant.remove_user(key, Removal::Soft))
    }

    /// Deletes a user for good, from the recycle bin too.
    ///
    /// # Errors
    /// There is no such user.
    pub fn delete_user_permanently(&self, key: &str) -> Result<(), ControlError> {
        self.change(|state| state.tenant.remove_user(key, Removal::Permanent))
    }

    /// Takes a user out of the recycle bin.
    ///
    /// # Errors
    /// There is no such user in it, or the user principal name is taken by now.
    pub fn restore_user(&self, id: &str) -> Result<(), ControlError> {
        self.change(|state| state.tenant.restore_user(id))
    }

    /// Adds a room and the user that is its mailbox; answers with its id. With `@emulator.inPlaces` false,
    /// Places does not know it yet, while the directory does.
    ///
    /// # Errors
    /// A property is unknown, or the id or address is taken.
    pub fn add_room(&self, properties: Properties) -> Result<String, ControlError> {
        self.change(|state| state.tenant.add_room(Kind::Room, properties))
    }

    /// Sets properties of a room; its name and address also of its mailbox. `@emulator.inPlaces` and
    /// `@emulator.restMailbox` say how it stands with the services. Values may be of a wrong type.
    ///
    /// # Errors
    /// There is no such room, or a property is unknown.
    pub fn patch_room(&self, key: &str, properties: Properties) -> Result<(), ControlError> {
        self.change(|state| state.tenant.patch_room(Kind::Room, key, properties))
    }

    /// Removes a room; its mailbox goes to the recycle bin.
    ///
    /// # Errors
    /// There is no such room.
    pub fn remove_room(&self, key: &str) -> Result<(), ControlError> {
        self.change(|state| state.tenant.remove_room(Kind::Room, key))
    }

    /// Adds a room list, `rooms` being ids or addresses of its rooms and workspaces; answers with its id.
    ///
    /// # Errors
    /// A property or room is unknown, or the id is taken.
    pub fn add_room_list(&self, properties: Properties) -> Result<String, ControlError> {
        self.change(|state| state.tenant.add_room_list(properties))
    }

    /// Sets properties of a room list, its `rooms` too.
    ///
    /// # Errors
    /// There is no such list, or a property or room is unknown.
    pub fn patch_room_list(&self, key: &str, properties: Properties) -> Result<(), ControlError> {
        self.change(|state| state.tenant.patch_room_list(key, properties))
    }

    /// Removes a room list; its rooms stay.
    ///
    /// # Errors
    /// There is no such list.
    pub fn remove_room_list(&self, key: &str) -> Result<(), ControlError> {
        self.change(|state| state.tenant.remove_room_list(key))
    }

    /// Changes so many people in a plausible mix of joiners, leavers, renames and moves, nobody twice, and
    /// says what it did. A tenth as many memberships change too, which is not told. Drawn from the seed: the same calls on the same tenant change the same.
    ///
    /// # Errors
    /// A drawn name was given to somebody else by hand.
    pub fn mix(&self, users: usize) -> Result<Vec<Change>, ControlError> {
        self.change(|state| state.tenant.mix(users))
    }

    // ---- the application ----

    /// Application permissions that are granted now. Tokens keep those that were granted when they were issued.
    #[must_use]
    pub fn permissions(&self) -> Vec<&'static str> {
        self.read(|state| state.registration.granted().collect())
    }

    /// Grants an application permission, e.g. `User.Read.All`. One that opens nothing here stands in the tokens all
    /// the same, as `Mail.Read` does.
    ///
    /// # Errors
    /// Graph has none of this name, as far as the emulator knows.
    pub fn grant(&self, permission: &str) -> Result<(), ControlError> {
        self.change(|state| state.registration.set_granted(permission, true))
    }

    /// Takes a grant back.
    ///
    /// # Errors
    /// As with [`Control::grant`].
    pub fn revoke(&self, permission: &str) -> Result<(), ControlError> {
        self.change(|state| state.registration.set_granted(permission, false))
    }

    /// Certificates that the application can prove itself with.
    #[must_use]
    pub fn certificates(&self) -> Vec<RegisteredCertificate> {
        self.read(|state| {
            state.registration.certificates().iter().map(Certificate::record).collect()
        })
    }

    /// Uploads a certificate, beside those that are there: the first one of a PEM text. Whatever else is in it,
    /// its private key for one, is passed over. Answers with its thumbprint (SHA-1, hexadecimal).
    ///
    /// # Errors
    /// There is none, it cannot be read, its key is not one of RSA, or it was uploaded already.
    pub fn add_certificate(&self, pem: &str) -> Result<String, ControlError> {
        let certificate = Certificate::from_pem(pem)?;
        let thumbprint = certificate.thumbprint();
        self.change(|state| state.registration.add_certificate(certificate))?;
        Ok(thumbprint)
    }

    /// Removes a certificate.
    ///
    /// # Errors
    /// There is none of this thumbprint.
    pub fn remove_certificate(&self, thumbprint: &str) -> Result<(), ControlError> {
        self.change(|state| state.registration.remove_certificate(thumbprint))
    }

    /// How the tenant behaves.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.read(|state| state.settings.clone())
    }

    /// Makes the tenant behave otherwise.
    pub fn update_settings(&self, update: impl FnOnce(&mut Settings)) {
        self.change(|state| update(&mut state.settings));
    }

    /// All delta tokens that are out count no more.
    pub fn expire_delta_tokens(&self, expiry: DeltaExpiry) {
        self.change(|state| state.cursors.expire_delta(expiry));
    }

    /// All nextLinks of users and groups that are out count no more.
    pub fn expire_page_tokens(&self) {
        self.change(|state| state.cursors.expire_pages());
    }

    // ---- signing in ----

    /// Makes a new signing key. The earlier ones stay published, or are dropped from what is published; Graph
    /// takes what they signed in both cases.
    pub fn rotate_keys(&self, drop: bool) {
        self.change(|state| state.keys.rotate(drop));
    }

    /// All authorization codes that are out have expired.
    pub fn expire_codes(&self) {
        self.change(|state| state.codes.expire());
    }

    // ---- faults and requests ----

    /// The faults that are set, with what is left of each.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        self.read(|state| state.faults.list().to_vec())
    }

    /// Replaces all faults.
    ///
    /// # Errors
    /// One cannot be sent as HTTP; none is set then.
    pub fn set_faults(&self, faults: Vec<Fault>) -> Result<(), ControlError> {
        self.change(|state| state.faults.set(faults))
    }

    /// Adds a fault behind the others.
    ///
    /// # Errors
    /// It cannot be sent as HTTP.
    pub fn add_fault(&self, fault: Fault) -> Result<(), ControlError> {
        self.change(|state| state.faults.add(fault))
    }

    /// The last 20,000 requests to Entra and Graph, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.read(|state| state.log.entries())
    }

    /// Forgets the requests so far; their count goes on.
    pub fn clear_requests(&self) {
        self.change(|state| state.log.clear());
    }
}

fn truth(state: &State) -> Truth {
    let tenant = &state.tenant;
    let directory = &tenant.directory;
    let count = |name: &str, json: &str| {
        let property = directory.schema.find(name).unwrap_or_default();
        directory.present().filter(|user| user.json(property) == Some(json)).count()
    };
    Truth {
        users: directory.present().count(),
        guests: count("userType", "\"Guest\""),
        disabled: count("accountEnabled", "false"),
        recycled: directory
            .slots()
            .iter()
            .filter(|user| user.removed == Some(Removal::Soft))
            .count(),
        rooms: tenant.rooms.len(),
        workspaces: tenant.workspaces.len(),
        room_lists: tenant.room_lists.len(),
        buildings: tenant.spaces(Kind::Building).count(),
        floors: tenant.spaces(Kind::Floor).count(),
        sections: tenant.spaces(Kind::Section).count(),
        groups: tenant.groups.present().count(),
        memberships: tenant.groups.present().map(|(_, group)| group.members().len()).sum(),
        sequence: directory.sequence(),
        group_sequence: tenant.groups.sequence(),
        digest: digest(state, &directory.schema),
        extensions: directory.schema.extensions().to_vec(),
    }
}

fn digest(state: &State, schema: &Schema) -> String {
    let tenant = &state.tenant;
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    for user in tenant.directory.present() {
        context.update(user.id.as_bytes());
        for held in user.held() {
            context.update(schema.name(held.property).as_bytes());
            context.update(held.json.as_bytes());
        }
    }
    let rooms = tenant.bookables().map(|room| tenant.room_record(room));
    let lists = tenant.room_lists.iter().map(|list| tenant.room_list_record(list));
    let spaces = tenant.spaces.iter().map(|space| Value::Object(space.place.clone()));
    for record in rooms.chain(lists).chain(spaces) {
        context.update(record.to_string().as_bytes());
    }
    for (_, group) in tenant.groups.present() {
        context.update(group.record(&tenant.groups.schema).to_string().as_bytes());
        for member in group.members() {
            context.update(&member.number().to_be_bytes());
        }
    }
    context.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
