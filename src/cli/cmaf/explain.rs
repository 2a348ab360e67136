//! `cmaf explain`.

use clap::Args;

use super::super::print;
use crate::error::Result;
use crate::findings::{explain, find_rule, list};
use crate::validate::table::{GROUPS, RULES};

/// Say what a rule demands, and why
///
/// Without a name, all rules are listed.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ExplainArgs {
    /// The rule, as ISO-03
    #[arg(value_name = "RULE")]
    rule: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  Why is this an error?
    cmaf explain ENC-10
  All rules about encryption:
    cmaf explain | grep '^ENC-'";

/// Runs the command.
pub(super) fn run(arguments: &ExplainArgs) -> Result<u8> {
    match &arguments.rule {
        Some(name) => print(&explain(find_rule(RULES, name)?))?,
        None => print(&list(GROUPS, RULES))?,
    }
    Ok(0)
}
