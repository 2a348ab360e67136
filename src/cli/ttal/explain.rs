//! `ttal explain`.

use clap::Args;

use super::super::print;
use crate::error::Result;
use crate::findings::{explain, find_rule, list};
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
    match &arguments.rule {
        Some(name) => print(&explain(find_rule(RULES, name)?))?,
        None => print(&list(GROUPS, RULES))?,
    }
    Ok(0)
}
