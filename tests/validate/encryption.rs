use super::case::{Case, transcript};

pub const CASES: &[Case] = &[];

#[test]
fn defects_are_found() {
    insta::assert_snapshot!(transcript(CASES));
}
