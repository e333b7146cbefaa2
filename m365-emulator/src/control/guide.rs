//! What `GET /_emulator/` answers with.

/// Paths of the admin API, each with what it does.
pub(super) const GUIDE: &[(&str, &str)] = &[
    ("GET /_emulator/truth", "Returns the contents of the tenant in numbers, and a digest"),
    ("GET /_emulator/users?$skip=0&$top=100", "Lists users with all their stored properties"),
    ("POST /_emulator/users", "Adds a user; {} invents one"),
    (
        "GET|PATCH /_emulator/users/{id|upn}",
        "Returns a user; PATCH sets properties, including \"@emulator.restMailbox\"",
    ),
    (
        "DELETE /_emulator/users/{id|upn}?permanent=false",
        "Moves a user to the recycle bin, or deletes the user permanently",
    ),
    ("POST /_emulator/users/{id}/restore", "Restores a user from the recycle bin"),
    ("GET|POST /_emulator/rooms", "Lists rooms; POST adds a room and its mailbox"),
    (
        "PATCH|DELETE /_emulator/rooms/{id|email}",
        "Sets properties, or removes a room; with \"@emulator.inPlaces\": false, Places does not \
         know the room",
    ),
    (
        "GET|POST /_emulator/roomLists",
        "Lists room lists, with the ids of their rooms; POST adds one",
    ),
    (
        "PATCH|DELETE /_emulator/roomLists/{id|email}",
        "Sets properties, or removes a room list; \"rooms\": ids or addresses",
    ),
    ("GET|POST /_emulator/workspaces", "Lists workspaces; POST adds a workspace and its mailbox"),
    ("PATCH|DELETE /_emulator/workspaces/{id|email}", "Same as for rooms"),
    (
        "GET|POST /_emulator/buildings",
        "Lists buildings; POST adds one. Same for /_emulator/floors and /_emulator/sections",
    ),
    (
        "PATCH|DELETE /_emulator/buildings/{id}",
        "Sets properties, or removes a building; the places in it stay, with a parentId that does \
         not exist",
    ),
    ("GET|POST /_emulator/groups", "Lists groups; POST adds one, with \"members\": ids"),
    ("GET|PATCH /_emulator/groups/{id}", "Returns a group; PATCH sets properties"),
    (
        "DELETE /_emulator/groups/{id}?permanent=false",
        "Moves a Microsoft 365 group to the recycle bin; deletes other groups permanently",
    ),
    (
        "POST /_emulator/groups/{id}/restore",
        "Restores a group from the recycle bin, with its members",
    ),
    (
        "GET|POST /_emulator/groups/{id}/members",
        "Lists the ids of users, groups and devices; POST takes {\"add\": ids, \"remove\": ids}",
    ),
    (
        "GET /_emulator/memberships",
        "Lists the members of all groups, each group as one line of JSON",
    ),
    (
        "GET|PUT /_emulator/clock",
        "Returns the time in the calendars; PUT sets it, {\"now\": \"2027-01-11T08:00:00Z\"}, or \
         with {} takes that of the machine",
    ),
    (
        "GET /_emulator/calendars/{mailbox}?from=INSTANT&to=INSTANT",
        "Lists the events in a calendar: single ones, occurrences and exceptions, cancelled ones \
         too",
    ),
    (
        "GET|PATCH /_emulator/calendars/{mailbox}/policy",
        "How a room answers requests, as Set-CalendarProcessing has it; also timeZone and access \
         (granted, raop, denied, delegated); the mailbox * stands for all",
    ),
    (
        "POST /_emulator/calendars/{mailbox}/answers",
        "{\"meeting\": ID, \"response\": \"accepted\"|\"tentativelyAccepted\"|\"declined\", \
         \"date\": DATE, \"keep\": false} answers by hand, as a delegate does",
    ),
    (
        "PATCH|DELETE /_emulator/calendars/{mailbox}/events/{meeting}",
        "Changes or deletes the copy of a meeting in one mailbox alone; \"date\", or ?date=, names \
         one occurrence",
    ),
    (
        "POST /_emulator/meetings",
        "Books a meeting: organizer, rooms, attendees, subject, body, location, start, end, \
         timeZone, shownTimeZone, allDay, recurrence, sensitivity, showAs, online, \
         extendedProperties, transactionId, force, unreported; a room as the \
         organizer is a walk-up",
    ),
    (
        "GET|PATCH|DELETE /_emulator/meetings/{id}",
        "Returns how the rooms answered; PATCH changes the meeting; DELETE deletes it from all \
         calendars",
    ),
    (
        "PATCH|DELETE /_emulator/meetings/{id}/occurrences/{date}",
        "Changes or deletes one occurrence, named by the day on which it would start",
    ),
    (
        "POST /_emulator/meetings/{id}/cancel",
        "Cancels a meeting, or with {\"date\": DATE} one occurrence; it stays in the \
         calendars of rooms as cancelled",
    ),
    (
        "POST /_emulator/meetings/{id}/split",
        "{\"from\": DATE, …} ends a series before a day, and makes a changed one from there on",
    ),
    (
        "GET|PUT|POST /_emulator/deliveries",
        "Returns the number of messages to rooms that wait; PUT {\"hold\": true} makes them wait; \
         POST lets them go on, {\"room\": ROOM, \"step\": \"arrive\"|\"answer\"}",
    ),
    (
        "GET /_emulator/subscriptions",
        "Lists the subscriptions to notifications of changes, without their secrets",
    ),
    ("GET /_emulator/subscriptions/{id}/secret", "Returns the clientState of a subscription"),
    (
        "DELETE /_emulator/subscriptions/{id}?announce=true",
        "Ends a subscription as Microsoft does, with a lifecycle notification unless announce is \
         false",
    ),
    (
        "POST /_emulator/subscriptions/{id}/lifecycle",
        "{\"event\": \"missed\"|\"reauthorizationRequired\"|\"subscriptionRemoved\"} sends a \
         lifecycle notification; after reauthorizationRequired, changes are lost until the \
         subscription is renewed or authorized again",
    ),
    (
        "GET|PUT|POST /_emulator/notifications",
        "Lists the notifications that wait; PUT {\"hold\": true} makes them wait; POST {\"step\": \
         \"deliver\"|\"lose\"|\"duplicate\"|\"reverse\", \"subscription\": ID, \"count\": 3} does \
         this with the first three, or with all",
    ),
    (
        "GET|DELETE /_emulator/notifications/deliveries",
        "Lists the requests to the addresses of subscriptions, with the answers; DELETE clears the \
         list",
    ),
    (
        "POST /_emulator/notifications/forged",
        "{\"subscription\": ID, \"clientState\": TEXT} sends a notification to the address of a \
         subscription that Microsoft has not sent; {\"url\": URL, \"item\": {…}} sends any",
    ),
    (
        "POST /_emulator/change",
        "{\"users\": 100, \"meetings\": 50} changes a hundred users, makes fifty changes in \
         calendars of rooms, and lists the changes",
    ),
    ("GET /_emulator/permissions", "Lists the granted application permissions"),
    (
        "PUT|DELETE /_emulator/permissions/{name}",
        "Grants or revokes a permission; tokens that were issued before keep theirs",
    ),
    (
        "GET|POST /_emulator/certificates",
        "Lists the client certificates; POST uploads one as PEM and returns its thumbprint",
    ),
    ("DELETE /_emulator/certificates/{thumbprint}", "Removes a client certificate"),
    (
        "GET|PATCH /_emulator/settings",
        "places, placesProvisioned, roomLists, placesNextLink, exchangeOnline, unlisted, \
         deltaOmitsNull, deltaGroupsPerPage, deltaMembersPerPage, deltaReplays, deltaShuffles, \
         calendarDeltaMasters, calendarDeltaParts, calendarDeltaSplitsSeries, \
         calendarDeltaEmptyPages, iCalUIdPerOccurrence, exchangeLatencyMilliseconds, \
         notifications {lostPercent, doubledPercent, shuffled, delayMilliseconds, perRequest, \
         answerMilliseconds, retryMilliseconds, handshakeMilliseconds, subscriptionsPerPage}, \
         extensionsListed, secretExpired, ownSigningKey, applicationDisabled, \
         tokenLifetimeSeconds, redirectUris",
    ),
    (
        "POST /_emulator/deltaTokens/expire",
        "Makes all delta tokens expire; {\"answer\": \
         \"syncStateNotFound\"|\"resyncRequired\"|\"location\", \"status\": 410|400}",
    ),
    ("POST /_emulator/pageTokens/expire", "Makes all nextLinks of users and groups expire"),
    (
        "POST /_emulator/keys/rotate",
        "Makes a new signing key; with {\"drop\": true}, the earlier keys are no longer published",
    ),
    ("POST /_emulator/codes/expire", "Makes all authorization codes expire"),
    (
        "POST /_emulator/consent",
        "{\"redirectUri\": URL} consents as in the portal, and returns the address that the portal \
         redirects to, without a state",
    ),
    (
        "GET|PUT|POST|DELETE /_emulator/faults",
        "Lists the faults, replaces them, adds one, or removes all",
    ),
    (
        "GET|POST|DELETE /_emulator/lags",
        "Lists the replicas that lag; POST adds one that stays as the tenant is now, {\"of\": \
         [\"user\", \"group\", \"place\", \"memberGroups\", \"listing\", \"calendar\", \
         \"calendarDelta\"], \"times\": 3}; DELETE removes all",
    ),
    (
        "GET|POST|DELETE /_emulator/overrides",
        "Lists the overrides; POST replaces members of answers by JSON text, {\"id\": ID, \
         \"path\": part, \"set\": {name: JSON}}; DELETE removes all",
    ),
    (
        "GET|DELETE /_emulator/requests",
        "Lists the requests to Entra and Graph; DELETE clears the list",
    ),
];
