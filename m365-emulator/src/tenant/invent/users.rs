//! Invents users: employees, guests, service accounts, and mailboxes.

use serde_json::{Map, Value, json};

use super::names::{self, SITES, Site};
use super::words::{DEPARTMENTS, PARTNERS, SERVICES, SHARED};
use crate::random::Random;

/// Properties of a user that has no id yet.
pub(crate) type Properties = Map<String, Value>;

/// Invents users of one company.
pub(crate) struct Inventor {
    random: Random,
    domain: String,
    initial_domain: String,
    /// Name of the directory extension with pager numbers.
    pager: String,
    /// Number of users so far, so that no two have the same user principal name.
    count: usize,
}

impl Inventor {
    pub(crate) fn new(random: Random, domain: &str, initial_domain: &str, pager: &str) -> Self {
        Self {
            random,
            domain: domain.to_owned(),
            initial_domain: initial_domain.to_owned(),
            pager: pager.to_owned(),
            count: 0,
        }
    }

    /// Continues after this number of users.
    pub(crate) fn after(mut self, count: usize) -> Self {
        self.count = count;
        self
    }

    /// Invents a user: of a hundred, five are guests, two are service accounts, and the others are
    /// employees.
    pub(crate) fn user(&mut self) -> (String, Properties) {
        self.count += 1;
        let id = self.random.guid();
        let properties = match self.random.below(100) {
            0..5 => self.guest(),
            5..7 => self.service(),
            _ => self.employee(),
        };
        (id, properties)
    }

    /// Invents an employee.
    pub(crate) fn employee(&mut self) -> Properties {
        let site = self.site();
        let (given, given_ascii) = names::both(self.random.pick(site.given));
        let (surname, surname_ascii) = names::both(self.random.pick(site.surnames));
        let (department, titles) = DEPARTMENTS[self.random.below(DEPARTMENTS.len())];
        let alias = format!("{}.{}{}", given_ascii, surname_ascii, self.count).to_lowercase();
        let upn = format!("{alias}@{}", self.domain);
        let display_name = if site.surname_first {
            format!("{surname}{given}")
        } else {
            format!("{given} {surname}")
        };

        let mut p = self.account(&display_name, &upn, &alias);
        put(&mut p, "givenName", given);
        put(&mut p, "surname", surname);
        put(&mut p, "department", department);
        put(&mut p, "companyName", "Contoso");
        put(&mut p, "usageLocation", site.country_code);
        put(&mut p, "country", site.country);
        put(&mut p, "city", site.city);
        if let Some(state) = site.state {
            put(&mut p, "state", state);
        }
        if !site.postal_code.is_empty() {
            put(&mut p, "postalCode", site.postal_code);
            put(&mut p, "streetAddress", site.street);
        }
        if self.random.percent(90) {
            let title = self.random.pick(titles);
            put(&mut p, "jobTitle", title);
        } else if self.random.percent(10) {
            put(
                &mut p,
                "jobTitle",
                &"Acting Deputy Head of Cross-Functional Alignment ".repeat(2)[..96],
            );
        }
        if self.random.percent(80) {
            let building = self.random.pick(site.buildings);
            let office = format!("{building}/{}", 1000 + self.random.below(4000));
            put(&mut p, "officeLocation", &office);
        }
        if self.random.percent(70) {
            let phone = format!("{} 555 {}", site.dialling, self.random.digits(4));
            p.insert("businessPhones".to_owned(), json!([phone]));
        } else {
            p.insert("businessPhones".to_owned(), json!([]));
        }
        if self.random.percent(55) {
            let phone =
                format!("{} {} {}", site.dialling, self.random.digits(3), self.random.digits(4));
            put(&mut p, "mobilePhone", &phone);
        }
        if self.random.percent(65) {
            put(&mut p, "preferredLanguage", site.language);
        }
        if self.random.percent(75) {
            // Spreadsheets drop leading zeros, card readers need them.
            let number = format!("{:06}", self.count * 7 % 1_000_000);
            put(&mut p, "employeeId", &typed(number, self.count));
        }
        if self.random.percent(8) {
            let fax = format!("{} 555 {}", site.dialling, self.random.digits(4));
            put(&mut p, "faxNumber", &fax);
        }
        if self.random.percent(60) {
            let badge =
                format!("{}{}", self.random.pick(&["00", "A-", " 7", "B"]), self.random.digits(6));
            // Each company has its own use for these attributes, so all fifteen occur.
            let mut attributes =
                json!({"extensionAttribute1": badge, "extensionAttribute15": department});
            let other = format!("extensionAttribute{}", 2 + self.count % 13);
            attributes[other] = typed(badge, self.count).into();
            p.insert("onPremisesExtensionAttributes".to_owned(), attributes);
        }
        if self.random.percent(50) {
            let pager = typed(self.random.digits(8), self.count);
            let name = self.pager.clone();
            put(&mut p, &name, &pager);
        }
        self.mailbox(&mut p, &alias);
        if self.random.percent(4) {
            p.insert("accountEnabled".to_owned(), json!(false));
        }
        p
    }

    /// Invents a guest: the employee of a partner.
    fn guest(&mut self) -> Properties {
        let site = self.site();
        let (given, given_ascii) = names::both(self.random.pick(site.given));
        let (surname, surname_ascii) = names::both(self.random.pick(site.surnames));
        let partner = self.random.pick(PARTNERS);
        let alias = format!("{given_ascii}_{surname_ascii}{}", self.count).to_lowercase();
        let mail = format!("{alias}@{partner}");
        let nickname = format!("{alias}_{partner}#EXT#");
        let upn = format!("{nickname}@{}", self.initial_domain);
        let mut p = self.account(&format!("{given} {surname} ({partner})"), &upn, &nickname);
        put(&mut p, "userType", "Guest");
        put(&mut p, "creationType", "Invitation");
        let accepted = self.random.percent(80);
        put(&mut p, "externalUserState", if accepted { "Accepted" } else { "PendingAcceptance" });
        put(&mut p, "mail", &mail);
        p.insert("otherMails".to_owned(), json!([mail]));
        p.insert("proxyAddresses".to_owned(), json!([format!("SMTP:{mail}")]));
        p.insert("businessPhones".to_owned(), json!([]));
        if self.random.percent(40) {
            put(&mut p, "givenName", given);
            put(&mut p, "surname", surname);
        }
        p
    }

    /// Invents a service account: without a name and without mail.
    fn service(&mut self) -> Properties {
        let name = format!("{}-{}", self.random.pick(SERVICES), self.count);
        let upn = format!("{name}@{}", self.initial_domain);
        let mut p = self.account(&name, &upn, &name);
        put(&mut p, "passwordPolicies", "DisablePasswordExpiration");
        p.insert("businessPhones".to_owned(), json!([]));
        p
    }

    /// Invents a shared mailbox: its account is disabled, but it has an address.
    pub(crate) fn shared_mailbox(&mut self, number: usize) -> (String, Properties) {
        let id = self.random.guid();
        let mut name = SHARED[number % SHARED.len()].to_owned();
        if number >= SHARED.len() {
            name = format!("{name} {}", number / SHARED.len() + 1);
        }
        let alias = name.to_lowercase().replace(' ', ".");
        let upn = format!("{alias}@{}", self.domain);
        let mut p = self.account(&name, &upn, &alias);
        p.insert("accountEnabled".to_owned(), json!(false));
        p.insert("businessPhones".to_owned(), json!([]));
        put(&mut p, "mail", &upn);
        p.insert("proxyAddresses".to_owned(), json!([format!("SMTP:{upn}")]));
        (id, p)
    }

    /// Invents the user that is a room's mailbox.
    pub(crate) fn room_mailbox(&mut self, name: &str, address: &str) -> (String, Properties) {
        let id = self.random.guid();
        let alias = address.split('@').next().unwrap_or(address).to_owned();
        let mut p = self.account(name, address, &alias);
        p.insert("accountEnabled".to_owned(), json!(false));
        p.insert("businessPhones".to_owned(), json!([]));
        put(&mut p, "mail", address);
        let proxies =
            json!([format!("SMTP:{address}"), format!("smtp:{alias}@{}", self.initial_domain)]);
        p.insert("proxyAddresses".to_owned(), proxies);
        (id, p)
    }

    fn account(&mut self, display_name: &str, upn: &str, alias: &str) -> Properties {
        let created = format!(
            "20{}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
            15 + self.random.below(10),
            1 + self.random.below(12),
            1 + self.random.below(28),
            self.random.below(24),
            self.random.below(60),
            self.random.below(60)
        );
        let mut p = Map::new();
        p.insert("accountEnabled".to_owned(), json!(true));
        put(&mut p, "createdDateTime", &created);
        put(&mut p, "displayName", display_name);
        put(&mut p, "mailNickname", alias);
        put(&mut p, "userPrincipalName", upn);
        put(&mut p, "userType", "Member");
        p
    }

    /// Adds a mailbox to most employees.
    fn mailbox(&mut self, p: &mut Properties, alias: &str) {
        if !self.random.percent(94) {
            return;
        }
        // Exchange keeps capital letters of addresses.
        let address = if self.random.percent(10) {
            let mut capital = alias.to_owned();
            if let Some(first) = capital.get_mut(0..1) {
                first.make_ascii_uppercase();
            }
            format!("{capital}@{}", self.domain)
        } else {
            format!("{alias}@{}", self.domain)
        };
        let mut proxies =
            vec![format!("SMTP:{address}"), format!("smtp:{alias}@{}", self.initial_domain)];
        if self.random.percent(20) {
            proxies.push(format!("smtp:{}@{}", alias.replace('.', "_"), self.domain));
        }
        put(p, "mail", &address);
        p.insert("proxyAddresses".to_owned(), json!(proxies));
    }

    fn site(&mut self) -> &'static Site {
        let total = SITES.iter().map(|site| site.share).sum();
        let mut left = self.random.below(total);
        for site in SITES {
            if left < site.share {
                return site;
            }
            left -= site.share;
        }
        &SITES[0]
    }
}

/// Returns a number as an administrator typed it: a few have spaces around or inside.
fn typed(number: String, count: usize) -> String {
    match count % 20 {
        3 => format!(" {number}"),
        7 => format!("{number} "),
        11 => {
            let (start, end) = number.split_at(number.len() / 2);
            format!("{start} {end}")
        }
        13 => format!("000{number}"),
        _ => number,
    }
}

pub(crate) fn put(p: &mut Properties, name: &str, value: &str) {
    p.insert(name.to_owned(), Value::from(value));
}
