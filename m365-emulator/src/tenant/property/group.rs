//! The properties of `microsoft.graph.group`.

use super::Kind::{Collection, Complex, Flag, Text};
use super::{EntityType, Property, elsewhere, stored};

/// Groups. Source of names and kinds: <https://graph.microsoft.com/v1.0/$metadata>; of the default:
/// the samples of <https://learn.microsoft.com/graph/api/group-list>; of the stores:
/// <https://learn.microsoft.com/graph/api/group-get> ("returned only on $select", "only for a
/// single group").
pub(crate) const GROUP: EntityType = EntityType {
    name: "group",
    properties: PROPERTIES,
    default: DEFAULT,
    basic: &[],
    texts: &["displayName", "mail", "mailNickname"],
    flags: &["mailEnabled", "securityEnabled"],
};

const PROPERTIES: &[Property] = &[
    stored("deletedDateTime", Text),
    stored("classification", Text),
    stored("createdDateTime", Text),
    stored("description", Text),
    stored("displayName", Text),
    stored("expirationDateTime", Text),
    stored("groupTypes", Collection),
    stored("isAssignableToRole", Flag),
    stored("mail", Text),
    stored("mailEnabled", Flag),
    stored("mailNickname", Text),
    stored("membershipRule", Text),
    stored("membershipRuleProcessingState", Text),
    stored("onPremisesLastSyncDateTime", Text),
    stored("onPremisesSecurityIdentifier", Text),
    stored("onPremisesSyncEnabled", Flag),
    stored("preferredDataLocation", Text),
    stored("preferredLanguage", Text),
    stored("proxyAddresses", Collection),
    stored("renewedDateTime", Text),
    stored("resourceBehaviorOptions", Collection),
    stored("resourceProvisioningOptions", Collection),
    stored("securityEnabled", Flag),
    stored("theme", Text),
    stored("visibility", Text),
    stored("onPremisesProvisioningErrors", Collection),
    // The following are returned only with `$select`.
    elsewhere("allowExternalSenders", Flag),
    stored("assignedLabels", Collection),
    stored("assignedLicenses", Collection),
    elsewhere("autoSubscribeNewMembers", Flag),
    stored("hasMembersWithLicenseErrors", Flag),
    elsewhere("hideFromAddressLists", Flag),
    elsewhere("hideFromOutlookClients", Flag),
    elsewhere("isArchived", Flag),
    elsewhere("isSubscribedByMail", Flag),
    stored("licenseProcessingState", Complex),
    stored("onPremisesDomainName", Text),
    stored("onPremisesNetBiosName", Text),
    stored("onPremisesSamAccountName", Text),
    stored("securityIdentifier", Text),
    stored("serviceProvisioningErrors", Collection),
    stored("uniqueName", Text),
    elsewhere("unseenCount", Text),
];

const DEFAULT: &[&str] = &[
    "deletedDateTime",
    "classification",
    "createdDateTime",
    "description",
    "displayName",
    "expirationDateTime",
    "groupTypes",
    "isAssignableToRole",
    "mail",
    "mailEnabled",
    "mailNickname",
    "membershipRule",
    "membershipRuleProcessingState",
    "onPremisesLastSyncDateTime",
    "onPremisesSecurityIdentifier",
    "onPremisesSyncEnabled",
    "preferredDataLocation",
    "preferredLanguage",
    "proxyAddresses",
    "renewedDateTime",
    "resourceBehaviorOptions",
    "resourceProvisioningOptions",
    "securityEnabled",
    "theme",
    "visibility",
    "onPremisesProvisioningErrors",
];
