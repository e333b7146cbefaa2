//! JSON Pointers (RFC 6901) to the settings.

/// Step 1 of the wizard.
pub const SERVER: &str = "/server";
/// Name of the integration.
pub const NAME: &str = "/server/name";
/// Who operates Office 365.
pub const CLOUD: &str = "/server/cloud";
/// Origin of Entra ID in a custom cloud.
pub const CLOUD_AUTHORITY: &str = "/server/cloud/authority";
/// Origin of Microsoft Graph in a custom cloud.
pub const CLOUD_GRAPH: &str = "/server/cloud/graph";
/// GUID or domain of the tenant.
pub const TENANT_ID: &str = "/server/tenantId";
/// GUID of the app.
pub const CLIENT_ID: &str = "/server/clientId";
/// Value of the client secret.
pub const CLIENT_SECRET: &str = "/server/clientSecret";
/// Client certificate and its key.
pub const CLIENT_CERTIFICATE: &str = "/server/clientCertificate";
/// Last day of the client secret.
pub const SECRET_EXPIRES: &str = "/server/secretExpires";

/// Step 2 of the wizard.
pub const ROOMS: &str = "/rooms";
/// Rooms to sync.
pub const ROOM_SELECTION: &str = "/rooms/select";
/// Whether bookings are read.
pub const BOOKINGS: &str = "/rooms/bookings";
/// Number of days ahead for which bookings are read.
pub const BOOKING_DAYS: &str = "/rooms/bookingDays";
/// Who sees the titles of bookings.
pub const BOOKING_TITLES: &str = "/rooms/bookingTitles";
/// In whose calendar bookings are made.
pub const BOOKING_CALENDAR: &str = "/rooms/bookingCalendar";
/// Time zone of rooms that have none.
pub const TIME_ZONE: &str = "/rooms/timeZone";

/// Step 3 of the wizard.
pub const USERS: &str = "/users";
/// Groups of ONES that new users join.
pub const DEFAULT_GROUPS: &str = "/users/defaultGroups";
/// Attribute that contains the card number.
pub const CARD_NUMBER: &str = "/users/cardNumber";
/// Text of the login button.
pub const LOGIN_BUTTON: &str = "/users/loginButton";
/// Whether to sync guests.
pub const INCLUDE_GUESTS: &str = "/users/includeGuests";
/// Whether to sync blocked accounts.
pub const INCLUDE_DISABLED: &str = "/users/includeDisabled";
/// Groups whose members are synced.
pub const ONLY_GROUPS: &str = "/users/onlyGroups";

/// Returns the pointer to an item of a list.
pub fn item(list: &str, index: usize) -> String {
    format!("{list}/{index}")
}

/// Returns the pointer to a member of an object.
pub fn member(object: &str, name: &str) -> String {
    format!("{object}/{}", name.replace('~', "~0").replace('/', "~1"))
}
