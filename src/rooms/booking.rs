//! The script that sets how rooms accept bookings: Exchange Online PowerShell can, Graph cannot.
//!
//! Sources:
//! <https://learn.microsoft.com/powershell/module/exchangepowershell/set-calendarprocessing>,
//! <https://learn.microsoft.com/powershell/module/exchangepowershell/connect-exchangeonline>.

use crate::{
    cloud::Cloud,
    error::{Error, Explanation},
    model::{BookingPolicy, Script},
    settings::Settings,
};

/// Name of the file.
const FILE_NAME: &str = "ones-room-policy.ps1";

/// Maximum of `BookingWindowInDays`.
const LONGEST_WINDOW: u32 = 1080;

/// Maximum of `MaximumDurationInMinutes`, an Int32.
const LONGEST_BOOKING: u32 = i32::MAX.unsigned_abs();

/// The characters that PowerShell reads as a single quotation mark: in a quoted text, each is
/// written twice.
///
/// Source: <https://learn.microsoft.com/powershell/scripting/lang-spec/chapter-02>,
/// single-quote-character.
const QUOTES: [char; 5] = ['\'', '\u{2018}', '\u{2019}', '\u{201a}', '\u{201b}'];

/// Returns an Exchange Online PowerShell script that applies the policy to the rooms with these
/// e-mail addresses. It continues after a room that fails.
///
/// # Errors
/// [`Error::Unexpected`] for an empty list, for a text that is not an e-mail address, and for a
/// policy that Exchange does not accept.
pub fn script(
    settings: &Settings,
    rooms: &[String],
    policy: BookingPolicy,
) -> Result<Script, Error> {
    check(rooms, policy)?;
    let count = match rooms.len() {
        1 => "one room".to_owned(),
        more => format!("{more} rooms"),
    };
    let tenant = &settings.server.tenant_id;
    let list: Vec<_> = rooms.iter().map(|room| format!("    {}\n", quoted(room))).collect();
    let (processing, meaning) = match policy.auto_accept {
        true => ("AutoAccept", "A room accepts a booking of free time and declines any other."),
        false => (
            "AutoUpdate",
            "A booking is tentative until a delegate of the room answers it.\n    # Exchange \
                applies the settings below only with AutoAccept.",
        ),
    };
    // By default, Exchange removes the subject of a meeting and its private mark. Where the subject
    // is kept, the mark must be kept, or everyone can read the subjects of private meetings.
    let subject = match policy.keep_subject {
        true => {
            "# The calendar keeps the subject of a meeting.
    DeleteSubject            = $false
    AddOrganizerToSubject    = $false
    # A private meeting stays private. Exchange's default ($true) removes the mark, so that everyone
    # could read the subjects of private meetings.
    RemovePrivateProperty    = $false"
        }
        false => {
            "# The calendar shows the organizer of a meeting instead of its subject.
    DeleteSubject            = $true
    AddOrganizerToSubject    = $true"
        }
    };
    let BookingPolicy { window_days, longest_minutes, .. } = policy;
    let environment = match environment(&settings.server.cloud) {
        Some(name) => format!(" -ExchangeEnvironmentName {name}"),
        None => String::new(),
    };
    let text = format!(
        r#"# The booking policy of ONES, for {count} of the tenant {tenant}.
#
# Microsoft Graph cannot set how a room accepts bookings; Exchange Online PowerShell can:
# https://learn.microsoft.com/powershell/module/exchangepowershell/set-calendarprocessing
#
# Run it as a member of the Exchange role group Recipient Management or Organization Management:
#
#     Install-Module ExchangeOnlineManagement -Scope CurrentUser
#     ./{FILE_NAME}
#
# If Windows refuses to run a downloaded file: Unblock-File ./{FILE_NAME}

$ErrorActionPreference = 'Stop'

$rooms = @(
{list})

$policy = @{{
    # {meaning}
    AutomateProcessing       = '{processing}'
    AllowConflicts           = $false
    # Number of days ahead; 0 is today only.
    BookingWindowInDays      = {window_days}
    # Maximum length of one booking; 0 is no limit.
    MaximumDurationInMinutes = {longest_minutes}
    {subject}
}}

Connect-ExchangeOnline{environment} -ShowBanner:$false

$failed = 0
try {{
    foreach ($room in $rooms) {{
        try {{
            Set-CalendarProcessing -Identity $room @policy -ErrorAction Stop
            Write-Host "${{room}}: done"
        }}
        catch {{
            $failed++
            Write-Warning "${{room}}: $($_.Exception.Message)"
        }}
    }}
}}
finally {{
    Disconnect-ExchangeOnline -Confirm:$false
}}

if ($failed) {{
    throw "$failed of $($rooms.Count) rooms failed: the warnings above show the reasons"
}}
Write-Host "All $($rooms.Count) rooms have the policy"
"#,
        list = list.concat(),
    );
    // Without a byte order mark, Windows PowerShell 5.1 can read other letters as quotation marks.
    let mark = if text.is_ascii() { "" } else { "\u{feff}" };
    Ok(Script { file_name: FILE_NAME.to_owned(), text: format!("{mark}{text}") })
}

fn check(rooms: &[String], policy: BookingPolicy) -> Result<(), Error> {
    let refused = |code, summary: String, remedy: &str| {
        Err(Error::Unexpected(Explanation::new(code, summary).remedy(remedy)))
    };
    if rooms.is_empty() {
        let summary = "The list of rooms for the script is empty";
        return refused("no-rooms", summary.to_owned(), "Sync rooms first");
    }
    if let Some(room) =
        rooms.iter().find(|room| !room.contains('@') || room.chars().any(is_invisible))
    {
        // Escaped, so that invisible characters can be seen.
        let summary = format!("{room:?} is not the e-mail address of a room");
        return refused("room-address", summary, "Correct the address, or leave the room out");
    }
    let BookingPolicy { window_days, longest_minutes, .. } = policy;
    if window_days > LONGEST_WINDOW {
        return refused(
            "booking-window",
            format!("Rooms can be booked at most {LONGEST_WINDOW} days ahead, not {window_days}"),
            "Choose a shorter window",
        );
    }
    if longest_minutes > LONGEST_BOOKING {
        return refused(
            "booking-length",
            format!("A booking can have at most {LONGEST_BOOKING} minutes, not {longest_minutes}"),
            "Choose fewer minutes, or 0 for no limit",
        );
    }
    Ok(())
}

/// Returns whether a character can end a line, is not drawn, or changes the reading direction: an
/// administrator who checks the script before running it would not see what it does.
///
/// Source: the property Default_Ignorable_Code_Point of
/// <https://www.unicode.org/Public/17.0.0/ucd/DerivedCoreProperties.txt>, and line separators
/// (U+2028, U+2029) and interlinear annotations (U+FFF9 to U+FFFB).
fn is_invisible(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// Quotes a text so that PowerShell reads it unchanged.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("'");
    for letter in text.chars() {
        quoted.extend(QUOTES.contains(&letter).then_some(letter));
        quoted.push(letter);
    }
    quoted.push('\'');
    quoted
}

/// Returns the name of the cloud for `Connect-ExchangeOnline`; `None` for its default.
fn environment(cloud: &Cloud) -> Option<&'static str> {
    match cloud {
        Cloud::Global | Cloud::Custom { .. } => None,
        Cloud::UsGovernmentL4 => Some("O365USGovGCCHigh"),
        Cloud::UsGovernmentL5 => Some("O365USGovDoD"),
        Cloud::China21Vianet => Some("O365China"),
    }
}
