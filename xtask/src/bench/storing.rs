//! What the host's store costs beside a bulk insert of the rows that it writes.

use serde_json::Value;

use super::{
    contestants,
    goals::{self, Goal},
    measured::median,
    page_server::{PageServer, Tenant},
};
use crate::{Result, components};

const ROUNDS: usize = 3;

/// 99,900 users, without groups and with 10 memberships each.
const TENANTS: [(&str, Tenant); 2] = [
    ("99,900 users", Tenant::of_pages(100)),
    ("99,900 users and 999,000 memberships", Tenant::of_pages(100).with_groups()),
];

pub(crate) fn measure() -> Result {
    components::plugin()?;
    let program = contestants::build()?;
    let contestant = contestants::contestant("storing", &program, "storing");
    println!("\n## Storing\n");
    println!(
        "A first sync into an empty folder, of batches that are in memory; and the rows that it \
         wrote, inserted\ninto an empty database of the same schema by one prepared statement a \
         table in one transaction.\nProcessor time in seconds, median of {ROUNDS} rounds.\n"
    );
    println!("| | the host's store | bulk insert |\n|---|---|---|");
    let mut goals = Vec::new();
    for (what, tenant) in TENANTS {
        let server = PageServer::start(tenant)?;
        let (mut stored, mut inserted, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let output = contestant.run(&server)?.output;
            let (store, insert) = seconds(&output).ok_or("the contestant printed no times")?;
            stored.push(store);
            inserted.push(insert);
            ratios.push(store / insert);
        }
        println!("| {what} | {:.2} | {:.2} |", median(&stored), median(&inserted));
        let what = format!("store / bulk insert, {what}");
        goals.push(Goal::at_most(what, 1.5, Some(median(&ratios))));
    }
    goals::print(&goals);
    Ok(())
}

fn seconds(output: &str) -> Option<(f64, f64)> {
    let times: Value = serde_json::from_str(output.lines().next()?).ok()?;
    Some((times["store"].as_f64()?, times["insert"].as_f64()?))
}
