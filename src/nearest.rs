//! What a misspelt word was meant to be.

/// The candidate nearest to `word`, if one is near enough to be worth naming; of two equally near, the first.
///
/// See [`ranked`] for what near is.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    ranked(word, candidates).into_iter().next()
}

/// The candidates near to `word`, nearest first, equally near ones in the order given.
///
/// Near is at most two letters added, left out, changed or swapped, and fewer than half of the word's, so that a
/// short word is not taken for just any other. Upper and lower case are the same.
pub(crate) fn ranked<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let word = word.to_lowercase();
    let length = word.chars().count();
    let mut near: Vec<(usize, &str)> = candidates
        .into_iter()
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= 2)
        .map(|candidate| (strsim::damerau_levenshtein(&word, &candidate.to_lowercase()), candidate))
        .filter(|&(distance, _)| distance <= 2 && distance * 2 < length)
        .collect();
    near.sort_by_key(|&(distance, _)| distance);
    near.into_iter().map(|(_, candidate)| candidate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_found() {
        let keys = ["characters", "onScreen", "represents"];
        for word in ["onscreen", "onScren", "onSrceen", "onScreeen", "ONSCREEM"] {
            assert_eq!(nearest(word, keys), Some("onScreen"), "{word}");
        }
        assert_eq!(nearest("onScr", keys), None);
        assert_eq!(nearest("", keys), None);
    }

    #[test]
    fn a_short_word_is_not_any_other() {
        assert_eq!(nearest("on", ["of", "ON"]), Some("ON"));
        assert_eq!(nearest("on", ["of"]), None);
        assert_eq!(nearest("off", ["on"]), None);
        assert_eq!(nearest("of", ["off"]), None);
        assert_eq!(nearest("ofg", ["off"]), Some("off"));
    }

    #[test]
    fn the_nearest_comes_first_and_ties_keep_their_order() {
        assert_eq!(ranked("T-041", ["T-14", "T-04", "T-01"]), ["T-04", "T-01", "T-14"]);
    }
}
