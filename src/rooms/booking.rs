//! What Graph cannot set: how rooms take bookings. Exchange Online PowerShell can.
//!
//! Sources: <https://learn.microsoft.com/powershell/module/exchangepowershell/set-calendarprocessing>,
//! <https://learn.microsoft.com/powershell/module/exchangepowershell/connect-exchangeonline>.

use crate::{
    cloud::Cloud,
    error::{Error, Explanation},
    model::{BookingPolicy, Script},
    settings::Settings,
};

/// What the file is called.
const FILE_NAME: &str = "ones-room-policy.ps1";

/// The most of `BookingWindowInDays`.
const LONGEST_WINDOW: u32 = 1080;

/// The most of `MaximumDurationInMinutes`, an Int32.
const LONGEST_BOOKING: u32 = i32::MAX.unsigned_abs();

/// All that PowerShell takes for a single quotation mark: in a quoted text, each is written twice.
///
/// Source: <https://learn.microsoft.com/powershell/scripting/lang-spec/chapter-02>,
/// single-quote-character.
const QUOTES: [char; 5] = ['\'', '\u{2018}', '\u{2019}', '\u{201a}', '\u{201b}'];

/// An Exchange Online PowerShell script that applies the policy to the rooms with these e-mail
/// addresses. One that fails does not stop the others.
///
/// # Errors
/// [`Error::Unexpected`] for no rooms, for what is no e-mail address, and for a policy that
/// Exchange does not take.
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
    let list: Vec<_> = rooms.iter().map(|it| format!("    {}\n", quoted(it))).collect();
    let (processing, meaning) = match policy.auto_accept {
        true => ("AutoAccept", "A room accepts what is free and declines what is taken."),
        false => (
            "AutoUpdate",
            "What is asked for is tentative until a person answers for the room; Exchange minds what\n    # follows only with AutoAccept.",
        ),
    };
    // By default, Exchange removes the private mark of a meeting along with its subject. A room
    // that keeps the one must keep the other, or everybody reads the subjects of private meetings.
    let subject = match policy.keep_subject {
        true => {
            "# The calendar keeps the subject of a meeting.
    DeleteSubject            = $false
    AddOrganizerToSubject    = $false
    # A meeting marked private stays private. Exchange's default ($true) removes the mark, and
    # then the subjects of private meetings are shown to everybody.
    RemovePrivateProperty    = $false"
        }
        false => {
            "# The calendar says who called a meeting, not what it is called.
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
# Microsoft Graph cannot set how a room takes bookings; Exchange Online PowerShell can:
# https://learn.microsoft.com/powershell/module/exchangepowershell/set-calendarprocessing
#
# Run it as a member of the Exchange role group Recipient Management or Organization Management:
#
#     Install-Module ExchangeOnlineManagement -Scope CurrentUser
#     ./{FILE_NAME}
#
# Where Windows refuses to run a file that was downloaded: Unblock-File ./{FILE_NAME}

$ErrorActionPreference = 'Stop'

$rooms = @(
{list})

$policy = @{{
    # {meaning}
    AutomateProcessing       = '{processing}'
    AllowConflicts           = $false
    # How many days ahead; 0 is today.
    BookingWindowInDays      = {window_days}
    # Of one booking; 0 is no limit.
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
    throw "$failed of $($rooms.Count) rooms failed: the warnings above say why"
}}
Write-Host "All $($rooms.Count) rooms follow the policy"
"#,
        list = list.concat(),
    );
    // Without this mark, Windows PowerShell 5.1 reads bytes of other letters as quotation marks.
    let mark = if text.is_ascii() { "" } else { "\u{feff}" };
    Ok(Script { file_name: FILE_NAME.to_owned(), text: format!("{mark}{text}") })
}

fn check(rooms: &[String], policy: BookingPolicy) -> Result<(), Error> {
    let refused = |code, summary: String, remedy: &str| {
        Err(Error::Unexpected(Explanation::new(code, summary).remedy(remedy)))
    };
    if rooms.is_empty() {
        let summary = "There are no rooms to write a script for";
        return refused("no-rooms", summary.to_owned(), "Sync rooms first");
    }
    if let Some(room) = rooms.iter().find(|it| !it.contains('@') || it.chars().any(is_unseen)) {
        // Escaped: what cannot be seen is the point.
        let summary = format!("{room:?} is not the e-mail address of a room");
        return refused("room-address", summary, "Correct the address, or leave the room out");
    }
    let BookingPolicy { window_days, longest_minutes, .. } = policy;
    if window_days > LONGEST_WINDOW {
        return refused(
            "booking-window",
            format!("Rooms can be booked {LONGEST_WINDOW} days ahead at most, not {window_days}"),
            "Choose a shorter window",
        );
    }
    if longest_minutes > LONGEST_BOOKING {
        return refused(
            "booking-length",
            format!("A booking has {LONGEST_BOOKING} minutes at most, not {longest_minutes}"),
            "Choose fewer minutes, or 0 for no limit",
        );
    }
    Ok(())
}

/// Whether a character ends a line for some, is not drawn, or turns the reading direction: who
/// looks at the script before running it would not see what it says.
///
/// Source: the property Default_Ignorable_Code_Point of
/// <https://www.unicode.org/Public/17.0.0/ucd/DerivedCoreProperties.txt>, and line separators
/// (U+2028, U+2029) and interlinear annotations (U+FFF9 to U+FFFB).
fn is_unseen(letter: char) -> bool {
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

/// A text that PowerShell takes to the letter.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("'");
    for letter in text.chars() {
        quoted.extend(QUOTES.contains(&letter).then_some(letter));
        quoted.push(letter);
    }
    quoted.push('\'');
    quoted
}

/// What `Connect-ExchangeOnline` calls the cloud; `None` for the one that it takes by itself.
fn environment(cloud: &Cloud) -> Option<&'static str> {
    match cloud {
        Cloud::Global | Cloud::Custom { .. } => None,
        Cloud::UsGovernmentL4 => Some("O365USGovGCCHigh"),
        Cloud::UsGovernmentL5 => Some("O365USGovDoD"),
        Cloud::China21Vianet => Some("O365China"),
    }
}
