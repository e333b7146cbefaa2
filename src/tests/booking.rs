//! The script that an Exchange administrator runs.

use proptest::prelude::*;
use serde_json::json;

use super::script::{TENANT, settings};
use crate::{error::Error, model::BookingPolicy, rooms::booking};

const POLICY: BookingPolicy =
    BookingPolicy { auto_accept: true, window_days: 180, longest_minutes: 480, keep_subject: true };

fn text(rooms: &[&str], policy: BookingPolicy) -> String {
    let rooms: Vec<_> = rooms.iter().map(|room| (*room).to_owned()).collect();
    booking::script(&settings(json!({})), &rooms, policy).expect("a script").text
}

#[track_caller]
fn refused(rooms: &[&str], policy: BookingPolicy) -> (String, String) {
    let rooms: Vec<_> = rooms.iter().map(|room| (*room).to_owned()).collect();
    match booking::script(&settings(json!({})), &rooms, policy) {
        Err(Error::Unexpected(it)) => (it.code, it.summary),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_script_says_what_it_does_and_does_it_for_each_room() {
    let expected = format!(
        r#"# The booking policy of ONES, for 2 rooms of the tenant {TENANT}.
#
# Microsoft Graph cannot set how a room accepts bookings; Exchange Online PowerShell can:
# https://learn.microsoft.com/powershell/module/exchangepowershell/set-calendarprocessing
#
# Run it as a member of the Exchange role group Recipient Management or Organization Management:
#
#     Install-Module ExchangeOnlineManagement -Scope CurrentUser
#     ./ones-room-policy.ps1
#
# If Windows refuses to run a downloaded file: Unblock-File ./ones-room-policy.ps1

$ErrorActionPreference = 'Stop'

$rooms = @(
    'cf100@contoso.com'
    'o''hara@contoso.com'
)

$policy = @{{
    # A room accepts a booking of free time and declines any other.
    AutomateProcessing       = 'AutoAccept'
    AllowConflicts           = $false
    # Number of days ahead; 0 is today only.
    BookingWindowInDays      = 180
    # Maximum length of one booking; 0 is no limit.
    MaximumDurationInMinutes = 480
    # The calendar keeps the subject of a meeting.
    DeleteSubject            = $false
    AddOrganizerToSubject    = $false
    # A private meeting stays private. Exchange's default ($true) removes the mark, so that everyone
    # could read the subjects of private meetings.
    RemovePrivateProperty    = $false
}}

Connect-ExchangeOnline -ShowBanner:$false

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
"#
    );
    assert_eq!(text(&["cf100@contoso.com", "o'hara@contoso.com"], POLICY), expected);
    let rooms = ["cf100@contoso.com".to_owned()];
    let script = booking::script(&settings(json!({})), &rooms, POLICY).expect("a script");
    assert_eq!(script.file_name, "ones-room-policy.ps1");
}

#[test]
fn a_room_that_keeps_subjects_keeps_meetings_private() {
    let room = ["cf100@contoso.com"];
    for auto_accept in [true, false] {
        let keeping = text(&room, BookingPolicy { auto_accept, ..POLICY });
        assert!(keeping.contains("RemovePrivateProperty    = $false\n"), "{keeping}");
        let hiding = BookingPolicy { auto_accept, keep_subject: false, ..POLICY };
        // Where subjects are replaced, what the administrator chose stays.
        assert!(!text(&room, hiding).contains("RemovePrivateProperty"));
    }
}

#[test]
fn the_policy_is_written_in_the_words_of_exchange() {
    let policy = BookingPolicy {
        auto_accept: false,
        window_days: 0,
        longest_minutes: 0,
        keep_subject: false,
    };
    let text = text(&["cf100@contoso.com"], policy);
    for line in [
        "for one room of the tenant",
        "AutomateProcessing       = 'AutoUpdate'",
        "BookingWindowInDays      = 0\n",
        "MaximumDurationInMinutes = 0\n",
        "DeleteSubject            = $true",
        "AddOrganizerToSubject    = $true",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

#[test]
fn the_script_connects_to_the_cloud_of_the_tenant() {
    let connects = |cloud| {
        let settings = settings(json!({"server": {"cloud": cloud}}));
        let text = booking::script(&settings, &["r@contoso.com".to_owned()], POLICY);
        let text = text.expect("a script").text;
        let line = text.lines().find(|it| it.starts_with("Connect-ExchangeOnline"));
        line.expect("it connects").to_owned()
    };
    let default = "Connect-ExchangeOnline -ShowBanner:$false";
    assert_eq!(connects(json!("global")), default);
    let custom = json!({"authority": "https://a.example", "graph": "https://g.example"});
    assert_eq!(connects(custom), default);
    for (cloud, name) in [
        ("us-government-l4", "O365USGovGCCHigh"),
        ("us-government-l5", "O365USGovDoD"),
        ("china-21vianet", "O365China"),
    ] {
        let expected =
            format!("Connect-ExchangeOnline -ExchangeEnvironmentName {name} -ShowBanner:$false");
        assert_eq!(connects(json!(cloud)), expected);
    }
}

#[test]
fn values_that_exchange_does_not_accept_are_refused() {
    let room = ["cf100@contoso.com"];
    assert_eq!(refused(&[], POLICY).0, "no-rooms");
    assert_eq!(refused(&room, BookingPolicy { window_days: 1081, ..POLICY }).0, "booking-window");
    text(&room, BookingPolicy { window_days: 1080, ..POLICY });
    let (code, _) = refused(&room, BookingPolicy { longest_minutes: 1 << 31, ..POLICY });
    assert_eq!(code, "booking-length");
    text(&room, BookingPolicy { longest_minutes: (1 << 31) - 1, ..POLICY });
}

#[test]
fn an_address_with_hidden_characters_is_refused_and_named() {
    for (address, shown) in [
        ("a@contoso.com\n'; Remove-Mailbox b", r#""a@contoso.com\n'; Remove-Mailbox b""#),
        ("a@contoso.com\r", r#""a@contoso.com\r""#),
        ("a\0@contoso.com", r#""a\0@contoso.com""#),
        ("a@contoso.com\u{2028}", r#""a@contoso.com\u{2028}""#),
        ("a\u{200b}@contoso.com", r#""a\u{200b}@contoso.com""#),
        ("a\u{202e}@contoso.com", r#""a\u{202e}@contoso.com""#),
        ("a\u{61c}@contoso.com", r#""a\u{61c}@contoso.com""#),
        ("a\u{180e}@contoso.com", r#""a\u{180e}@contoso.com""#),
        ("a\u{fff9}b\u{fffa}c\u{fffb}@contoso.com", r#""a\u{fff9}b\u{fffa}c\u{fffb}@contoso.com""#),
        ("a\u{e0001}\u{e0041}@contoso.com", r#""a\u{e0001}\u{e0041}@contoso.com""#),
        ("a\u{2066}b\u{2069}@contoso.com", r#""a\u{2066}b\u{2069}@contoso.com""#),
        ("no address", r#""no address""#),
        ("", r#""""#),
    ] {
        let (code, summary) = refused(&["cf100@contoso.com", address], POLICY);
        assert_eq!(code, "room-address");
        assert_eq!(summary, format!("{shown} is not the e-mail address of a room"));
    }
}

#[test]
fn a_script_with_letters_beyond_ascii_has_a_byte_order_mark() {
    // Without the mark it would read the second byte of В as ’, which ends a text.
    assert!(text(&["В@contoso.com"], POLICY).starts_with("\u{feff}# The booking policy"));
    assert!(text(&["B@contoso.com"], POLICY).is_ascii());
}

/// Returns the list of rooms and the text after it, as PowerShell's tokenizer reads the script.
fn read(script: &str) -> (Vec<String>, &str) {
    let is_quote = |it: char| matches!(it, '\'' | '\u{2018}'..='\u{201b}');
    let (_, list) = script.split_once("$rooms = @(\n").expect("a list");
    let mut rooms = Vec::new();
    let mut letters = list.char_indices().peekable();
    loop {
        match letters.next() {
            Some((_, ' ' | '\n')) => {}
            Some((end, ')')) => return (rooms, &list[end..]),
            Some((_, quote)) if is_quote(quote) => {
                let mut room = String::new();
                while let Some((_, letter)) = letters.next() {
                    if is_quote(letter) {
                        // The second of two is what is meant.
                        match letters.next_if(|(_, it)| is_quote(*it)) {
                            Some((_, second)) => room.push(second),
                            None => break,
                        }
                    } else {
                        room.push(letter);
                    }
                }
                rooms.push(room);
            }
            other => panic!("{other:?} is no text"),
        }
    }
}

proptest! {
    #[test]
    fn powershell_reads_exactly_the_addresses(
        rooms in prop::collection::vec("['‘’‚‛\"“”„`$(){};,#@&|<> a-cÄВ字\\\\]{0,12}@", 1..20),
    ) {
        let rooms: Vec<_> = rooms.iter().map(String::as_str).collect();
        let script = text(&rooms, POLICY);
        let (found, rest) = read(&script);
        prop_assert_eq!(found, rooms);
        let harmless = text(&["cf100@contoso.com"], POLICY);
        prop_assert_eq!(rest, read(&harmless).1);
    }
}
