use super::is_file_name;

#[test]
fn a_script_is_called_what_a_file_can_be_anywhere() {
    for name in ["rooms.ps1", "ones_rooms-2.sh", "a"] {
        assert!(is_file_name(name), "{name}");
    }
    let long = "a".repeat(101);
    for name in
        ["", ".", "..", ".profile", "-rf", "../a", "a/b", "a\\b", "C:a", "a\"b", "a\nb", "ä", &long]
    {
        assert!(!is_file_name(name), "{name}");
    }
}
