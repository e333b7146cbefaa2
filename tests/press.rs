//! The vendor's sign-in page, without a browser.

use url::Url;

/// Presses a button of the vendor's page at `url`. Returns the parameters of the address that the
/// vendor redirects the browser to.
#[track_caller]
pub fn press(url: &str, name: &str, value: &str) -> Vec<(String, String)> {
    let mut page = Url::parse(url).expect("an address");
    let mut form: Vec<(String, String)> = page.query_pairs().into_owned().collect();
    form.push((name.to_owned(), value.to_owned()));
    page.set_query(None);
    let agent = ureq::Agent::config_builder().max_redirects(0).http_status_as_error(false).build();
    let pairs = form.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let mut answer = ureq::Agent::new_with_config(agent)
        .post(page.as_str())
        .send_form(pairs)
        .expect("an answer of the vendor");
    let Some(location) = answer.headers().get("location") else {
        panic!("{}: {}", answer.status(), answer.body_mut().read_to_string().unwrap_or_default())
    };
    let location = Url::parse(location.to_str().expect("text")).expect("an address");
    location.query_pairs().into_owned().collect()
}
