//! Validating DAPT XML.

use super::{Draft, Origin, Target, ValidateOptions, findings, remark_at, too_many};
use crate::findings::Finding;
use crate::formats::{Notes, dapt};
use crate::ttal::computed::Context;
use crate::ttal::rules::table::S_03;
use crate::ttal::rules::{self, Remarks, Syntax};
use crate::ttal::source::Source;

pub(super) fn validate(source: &Source, options: &ValidateOptions) -> Vec<Finding> {
    let mut remarks = Remarks::default();
    let script = dapt::parse(source, &mut remarks, &mut Notes::default());
    let context = script.as_ref().map(Context::new);
    if let (Some(script), Some(context)) = (&script, &context) {
        rules::check(script, context, Syntax::Xml, &options.rules, &mut remarks);
    }
    let is_full = remarks.is_full();
    let mut drafts: Vec<Draft<'_>> = remarks.into_iter().map(Draft::rule).collect();
    drafts.extend(is_full.then(too_many));
    if source.has_byte_order_mark() {
        let remark =
            remark_at(&S_03, "the file begins with a byte order mark").fix("save it as UTF-8 without one");
        drafts.push(Draft { target: Target::Offset(0), remark, key: None, origin: Origin::Rule });
    }
    findings(source, Syntax::Xml, drafts, script.as_ref().zip(context.as_ref()))
}
