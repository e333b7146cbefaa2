//! The fields of the settings: the types that are parsed, and the source of `schema.json`.
//!
//! The wizard shows the doc comments to administrators.

use serde::{Deserialize, Deserializer, de::Error};
use serde_json::Value;

use super::entry::Entry;

/// How ONES connects to Office 365.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(test, schemars(title = "Office 365"))]
#[cfg_attr(test, schemars(extend("required" = ["server"], "additionalProperties" = false)))]
pub(super) struct Form {
    pub(super) server: Entry<Server>,
    pub(super) rooms: Entry<Rooms>,
    pub(super) users: Entry<Users>,
}

/// # Server settings
///
/// ONES signs in to Office 365 as an application that your company registers for it.
///
/// 1. Open the Azure portal (portal.azure.com, portal.azure.us or portal.azure.cn) and go to
///    **Microsoft Entra ID → App registrations → New registration**. Enter any name.
/// 2. From the **Overview** of the new registration, copy *Application (client) ID* and
///    *Directory (tenant) ID* into the fields of this page.
/// 3. Under **API permissions → Add a permission → Microsoft Graph → Application permissions**,
///    add `Calendars.ReadWrite`, `Group.Read.All`, `Place.Read.All` and `User.Read.All`.
/// 4. Click **Grant admin consent for …**. Until then the permissions are in the list, but have no
///    effect: their status is *Not granted*.
/// 5. Under **Certificates & secrets → Client secrets → New client secret**, add a secret and
///    copy its *Value* at once: it is shown only now. The *Secret ID* next to it is not the secret.
///
/// A certificate is safer than a secret. Create one with
/// `openssl req -x509 -newkey rsa:2048 -nodes -days 365 -subj /CN=ONES -keyout key.pem
/// -out certificate.pem`, add `certificate.pem` under **Certificates & secrets → Certificates →
/// Upload certificate**, and enter the text of both files as *Client certificate*.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(test, schemars(inline, extend("required" = ["name", "tenantId", "clientId"])))]
#[cfg_attr(test, schemars(extend("additionalProperties" = false)))]
pub(super) struct Server {
    /// Name of this integration in ONES, e.g. the name of your company.
    #[cfg_attr(test, schemars(title = "Name", length(min = 1, max = 100)))]
    pub(super) name: Entry<String>,
    #[cfg_attr(test, schemars(title = "Office 365 service operator", extend("default" = "global")))]
    pub(super) cloud: Entry<CloudForm>,
    /// *Directory (tenant) ID* of the app registration, or a domain of the tenant.
    #[cfg_attr(test, schemars(title = "Tenant ID", length(min = 1)))]
    pub(super) tenant_id: Entry<String>,
    /// *Application (client) ID* of the app registration.
    #[cfg_attr(test, schemars(title = "Client ID", extend("format" = "uuid")))]
    pub(super) client_id: Entry<String>,
    /// *Value* of the client secret, not its *Secret ID*. Enter a secret or a certificate.
    #[cfg_attr(test, schemars(title = "Client secret", length(min = 1)))]
    #[cfg_attr(test, schemars(extend("writeOnly" = true)))]
    pub(super) client_secret: Entry<String>,
    /// Instead of a secret: the text of the certificate and of its RSA private key (PEM).
    #[cfg_attr(test, schemars(title = "Client certificate", length(min = 1)))]
    #[cfg_attr(test, schemars(extend("writeOnly" = true)))]
    #[cfg_attr(test, schemars(extend("contentMediaType" = "application/x-pem-file")))]
    pub(super) client_certificate: Entry<String>,
    /// Day on which the client secret expires, as the portal shows it. ONES warns 30 days before.
    #[cfg_attr(test, schemars(title = "Secret expires on", extend("format" = "date")))]
    pub(super) secret_expires: Entry<String>,
}

/// The operator of your company's Office 365. Most companies use the first.
#[derive(Debug)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(untagged, inline))]
pub(super) enum CloudForm {
    Named(CloudName),
    Custom(CustomCloud),
}

// Derived code for untagged enums would try one variant after the other, with twice the code.
impl<'de> Deserialize<'de> for CloudForm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let form = match value {
            Value::Object(_) => CustomCloud::deserialize(value).map(Self::Custom),
            name => CloudName::deserialize(name).map(Self::Named),
        };
        form.map_err(D::Error::custom)
    }
}

#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(test, schemars(inline))]
pub(super) enum CloudName {
    /// Microsoft, worldwide (also GCC)
    Global,
    /// Microsoft, US government L4 (GCC High)
    #[serde(rename = "us-government-l4")]
    UsGovernmentL4,
    /// Microsoft, US government L5 (DoD)
    #[serde(rename = "us-government-l5")]
    UsGovernmentL5,
    /// 21Vianet, mainland China
    #[serde(rename = "china-21vianet")]
    China21Vianet,
}

/// Other servers, e.g. those of a test tenant
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(test, schemars(inline, extend("required" = ["authority", "graph"])))]
#[cfg_attr(test, schemars(extend("additionalProperties" = false)))]
pub(super) struct CustomCloud {
    /// Address of Entra ID without a path, e.g. `https://login.microsoftonline.com`.
    #[cfg_attr(test, schemars(title = "Authority", extend("format" = "uri")))]
    pub(super) authority: Entry<String>,
    /// Address of Microsoft Graph without a path, e.g. `https://graph.microsoft.com`.
    #[cfg_attr(test, schemars(title = "Graph", extend("format" = "uri")))]
    pub(super) graph: Entry<String>,
}

/// # Room settings
///
/// ONES reads the room mailboxes of Exchange. Sync all of them, or only those that users book in
/// ONES. Rooms that are hidden from the address lists are not found. It can take up to 48 hours
/// until a new room is found.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(test, schemars(inline, extend("additionalProperties" = false)))]
pub(super) struct Rooms {
    #[cfg_attr(test, schemars(title = "Rooms to sync", extend("default" = "all")))]
    pub(super) select: Entry<SelectForm>,
    /// Whether ONES reads the calendars of these rooms. This needs the permission
    /// `Calendars.ReadWrite`.
    #[cfg_attr(test, schemars(title = "Bookings", extend("default" = "off")))]
    pub(super) bookings: Entry<BookingsForm>,
    /// Number of days ahead for which ONES reads bookings, from 1 to 365. Exchange accepts bookings
    /// up to 180 days ahead, unless your Exchange administrator changed this.
    #[cfg_attr(test, schemars(title = "Days ahead", extend("type" = "integer")))]
    #[cfg_attr(test, schemars(range(min = 1, max = 365), extend("default" = 180)))]
    pub(super) booking_days: Entry<i64>,
    /// Who sees the titles of bookings. Titles and organizers of private meetings never come to
    /// ONES.
    #[cfg_attr(test, schemars(title = "Titles of bookings", extend("default" = "hidden")))]
    pub(super) booking_titles: Entry<TitlesForm>,
    /// In whose calendar ONES makes the bookings that users make in ONES.
    #[cfg_attr(test, schemars(title = "Calendar of bookings", extend("default" = "organizer")))]
    pub(super) booking_calendar: Entry<CalendarForm>,
    /// Time zone of rooms for which Exchange has none. Enter its IANA name, e.g. `Europe/Berlin`.
    #[cfg_attr(test, schemars(title = "Time zone", extend("type" = ["string", "null"])))]
    #[cfg_attr(test, schemars(extend("default" = null)))]
    pub(super) time_zone: Entry<String>,
}

/// Whether bookings are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(test, schemars(inline))]
pub(super) enum BookingsForm {
    /// Off: ONES does not read calendars
    Off,
    /// On: bookings of the rooms come to ONES
    On,
}

/// Who sees titles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(test, schemars(inline))]
pub(super) enum TitlesForm {
    /// Only administrators of ONES
    Hidden,
    /// All users who are signed in to ONES
    Shown,
}

/// In whose calendar bookings are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(test, schemars(inline))]
pub(super) enum CalendarForm {
    /// The user's: the room is invited, and its rules in Exchange decide. If ONES cannot use the
    /// user's calendar, it uses the room's
    Organizer,
    /// Always the room's: ONES itself checks that the room is free. The rules of the room in
    /// Exchange do not apply
    Room,
}

/// All rooms, or only those that you choose.
#[derive(Debug)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(untagged, inline))]
pub(super) enum SelectForm {
    All(All),
    /// Ids or e-mail addresses of rooms.
    #[cfg_attr(test, schemars(title = "Chosen rooms"))]
    Chosen(#[cfg_attr(test, schemars(length(min = 1), extend("x-choices" = true)))] Vec<String>),
}

impl<'de> Deserialize<'de> for SelectForm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let form = match value {
            Value::Array(_) => Vec::deserialize(value).map(Self::Chosen),
            word => All::deserialize(word).map(Self::All),
        };
        form.map_err(D::Error::custom)
    }
}

#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(test, schemars(inline))]
pub(super) enum All {
    /// All rooms
    All,
}

/// # User settings
///
/// Choose here which users ONES syncs, and which attribute contains their card numbers.
///
/// To let users sign in with their Microsoft account, register the address to which their browsers
/// return: in the app registration, open **Authentication → Add a platform → Web**, paste the
/// redirect URI of this page into **Redirect URIs**, and click **Configure**.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(test, schemars(inline, extend("additionalProperties" = false)))]
pub(super) struct Users {
    /// Groups of ONES that each new user joins. Enter one group per line.
    #[cfg_attr(test, schemars(title = "Default groups", extend("default" = [])))]
    pub(super) default_groups: Entry<Vec<String>>,
    /// The attribute of a user that contains the number of the access card: `employeeId`,
    /// `faxNumber`, `extensionAttribute1` to `extensionAttribute15`, or the full name of another
    /// attribute. `pager` works only if Entra Connect syncs it as a directory extension. If this is
    /// empty, card numbers are not synced.
    #[cfg_attr(test, schemars(title = "Card number", extend("type" = ["string", "null"])))]
    #[cfg_attr(test, schemars(extend("default" = null, "x-choices" = true)))]
    pub(super) card_number: Entry<String>,
    /// Text of the button on the sign-in page.
    #[cfg_attr(test, schemars(title = "Login button name", length(min = 1, max = 100)))]
    #[cfg_attr(test, schemars(extend("default" = super::LOGIN_BUTTON)))]
    pub(super) login_button: Entry<String>,
    /// Also sync users of other companies who were invited to the tenant.
    #[cfg_attr(test, schemars(title = "Include guests", extend("default" = false)))]
    pub(super) include_guests: Entry<bool>,
    /// Also sync accounts that are blocked from signing in.
    #[cfg_attr(test, schemars(title = "Include disabled accounts", extend("default" = false)))]
    pub(super) include_disabled: Entry<bool>,
    /// Sync only members of these groups and of the groups in them. If this is empty, ONES syncs
    /// all users.
    #[cfg_attr(test, schemars(title = "Only these groups"))]
    #[cfg_attr(test, schemars(extend("default" = [], "x-choices" = true)))]
    pub(super) only_groups: Entry<Vec<String>>,
}
