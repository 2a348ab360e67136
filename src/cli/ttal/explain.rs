//! `ttal explain`.

use clap::Args;

use super::super::print;
use crate::error::Result;
use crate::findings::{explain, find_rule};
use crate::ttal::rules::table::{GROUPS, RULES};

/// Say what a rule demands, and why
///
/// Without a name, all rules are listed.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ExplainArgs {
    /// The rule, as D-10
    #[arg(value_name = "RULE")]
    rule: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  Why is this an error?
    ttal explain D-07
  All rules about time:
    ttal explain | grep '^T-'";

/// Runs the command.
pub(super) fn run(arguments: &ExplainArgs) -> Result<u8> {
    if let Some(name) = &arguments.rule {
        print(&explain(find_rule(RULES, name)?))?;
        return Ok(0);
    }
    let mut list = String::new();
    for (group, about) in GROUPS {
        list += &format!("{group}: {about}\n");
        for rule in RULES.iter().filter(|rule| rule.group() == *group) {
            list += &format!("{:<6} {:<8} {}\n", rule.id, rule.severity.as_str(), rule.title);
        }
        list.push('\n');
    }
    print(list.trim_end())?;
    print("\n")?;
    Ok(0)
}
